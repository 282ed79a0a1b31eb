/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/cache.h"

static bool is_of(const struct dns_cache_entry *e, const char *name, enum dns_type type)
{
	return e->type == type && !strcmp(e->name, name);
}

void dns_cache_clear(struct dns_cache *c)
{
	c->used = 0;
}

const struct dns_answer *dns_cache_get(const struct dns_cache *c, const char *name,
				       enum dns_type type, uint64_t now_ms)
{
	for (size_t i = 0; i < c->used; i++)
		if (is_of(&c->entries[i], name, type))
			return now_ms < c->entries[i].until_ms ? &c->entries[i].answer : NULL;
	return NULL;
}

static struct dns_cache_entry *place_for(struct dns_cache *c, const char *name, enum dns_type type)
{
	struct dns_cache_entry *first = NULL;

	for (size_t i = 0; i < c->used; i++) {
		struct dns_cache_entry *e = &c->entries[i];

		if (is_of(e, name, type))
			return e;
		if (!first || e->until_ms < first->until_ms)
			first = e;
	}
	return c->used < DNS_CACHE_ENTRIES ? &c->entries[c->used++] : first;
}

static uint32_t bound(enum dns_result result, uint32_t ttl_s)
{
	uint32_t max = result == DNS_FOUND ? DNS_CACHE_MAX_S : DNS_CACHE_NEGATIVE_MAX_S;

	return ttl_s < max ? ttl_s : max;
}

void dns_cache_put(struct dns_cache *c, const char *name, enum dns_type type,
		   const struct dns_answer *answer, uint32_t ttl_s, uint64_t now_ms)
{
	struct dns_cache_entry *e;

	if (!ttl_s)
		return;
	e = place_for(c, name, type);
	strcpy(e->name, name);
	e->type = type;
	e->answer = *answer;
	e->until_ms = now_ms + (uint64_t)bound(answer->result, ttl_s) * 1000;
}
