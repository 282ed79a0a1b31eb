/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Set-associative tables: an entry may be in any of WAYS slots; a new one replaces the least
 * useful.
 */
#include "server/bans.h"

#include <stdio.h>
#include <string.h>

#include "util/hash.h"
#include "util/secret.h"

enum { WAYS = 8 };

static const uint64_t KNOWN_MS = 30ull * 24 * 60 * 60 * 1000;

/* The key of an entry for this user and source. `user` empty: for the source alone. */
static struct ban key_of(const struct bans *b, const struct ip_addr *source, const char *user)
{
	struct ban k = { .source = source->family == AF_INET6 ? ip_mask(source, 64) : *source };

	snprintf(k.user, sizeof(k.user), "%s", user);
	k.user_hash = hash_bytes(b->seed, user, strlen(user));
	return k;
}

static size_t first_way(const struct bans *b, const struct ban *k)
{
	uint32_t h = hash_bytes(k->user_hash ^ b->seed, k->source.bytes, sizeof(k->source.bytes));

	return (h ^ h >> 16) % (BANS_SIZE / WAYS) * WAYS;
}

static bool is_same(const struct ban *e, const struct ban *k)
{
	return e->failures && e->user_hash == k->user_hash && ip_equal(&e->source, &k->source) &&
	       !strcmp(e->user, k->user);
}

static bool is_over(const struct ban *e, uint64_t now_ms)
{
	return now_ms - e->last_ms > BANS_WINDOW_MS;
}

/* BANS_SIZE: not found. */
static size_t index_of(const struct bans *b, const struct ban *table, const struct ban *k)
{
	size_t first = first_way(b, k);

	for (size_t i = first; i < first + WAYS; i++)
		if (is_same(&table[i], k))
			return i;
	return BANS_SIZE;
}

/* NULL: not found. */
static struct ban *find(const struct bans *b, struct ban *table, const struct ban *k)
{
	size_t i = index_of(b, table, k);

	return i == BANS_SIZE ? NULL : &table[i];
}

/* Replaces free and expired entries first, then those with the fewest failures, then the oldest. */
static bool is_replaced_before(const struct ban *e, const struct ban *other, uint64_t now_ms)
{
	unsigned own = is_over(e, now_ms) ? 0 : e->failures;
	unsigned others = is_over(other, now_ms) ? 0 : other->failures;

	return own != others ? own < others : e->last_ms < other->last_ms;
}

/* Finds the entry of `k` or makes one. */
static struct ban *entry(struct bans *b, struct ban *table, const struct ban *k, uint64_t now_ms)
{
	struct ban *e = find(b, table, k), *ways = table + first_way(b, k);

	if (e)
		return e;
	e = ways;
	for (int i = 1; i < WAYS; i++)
		if (is_replaced_before(ways + i, e, now_ms))
			e = ways + i;
	*e = *k;
	return e;
}

static unsigned note(struct bans *b, struct ban *table, const struct ban *k, uint64_t now_ms)
{
	struct ban *e = entry(b, table, k, now_ms);

	if (is_over(e, now_ms))
		e->failures = 0;
	e->last_ms = now_ms;
	return ++e->failures;
}

static unsigned failures_of(const struct bans *b, const struct ban *table, const struct ban *k,
			    uint64_t now_ms)
{
	size_t i = index_of(b, table, k);

	return i < BANS_SIZE && !is_over(&table[i], now_ms) ? table[i].failures : 0;
}

static bool is_fresh(const struct ban *known, uint64_t now_ms)
{
	return known->failures && now_ms - known->last_ms <= KNOWN_MS;
}

static bool is_known(const struct bans *b, const struct ban *pair, uint64_t now_ms)
{
	size_t i = index_of(b, b->known, pair);

	return i < BANS_SIZE && is_fresh(&b->known[i], now_ms);
}

static void forgive(struct bans *b, const struct ban *pair, const struct ban *source,
		    uint64_t now_ms)
{
	struct ban *p = find(b, b->pairs, pair), *s = find(b, b->sources, source);
	struct ban *known;

	if (p && s)
		s->failures -= p->failures < s->failures ? p->failures : s->failures;
	if (p)
		p->failures = 0;
	known = entry(b, b->known, pair, now_ms);
	known->failures = 1;
	known->last_ms = now_ms;
}

void bans_init(struct bans *b)
{
	memset(b, 0, sizeof(*b));
	secret_random(&b->seed, sizeof(b->seed));
}

enum bans_result bans_check(struct bans *b, const struct bans_attempt *a, unsigned max_failures,
			    uint64_t now_ms)
{
	struct ban pair = key_of(b, a->source, a->user), source = key_of(b, a->source, "");
	unsigned source_max = max_failures * BANS_SOURCE_PART;
	bool is_source_known = a->source->family != AF_UNSPEC;
	bool is_source_free =
		!is_source_known || a->has_live_sessions || is_known(b, &pair, now_ms);
	bool is_pair_full, is_source_full;

	if (failures_of(b, b->pairs, &pair, now_ms) >= max_failures)
		return BANS_REFUSED;
	if (!is_source_free && failures_of(b, b->sources, &source, now_ms) >= source_max)
		return BANS_REFUSED;
	if (a->is_good) {
		forgive(b, &pair, &source, now_ms);
		return BANS_GOOD;
	}
	is_pair_full = note(b, b->pairs, &pair, now_ms) == max_failures;
	is_source_full = is_source_known && note(b, b->sources, &source, now_ms) == source_max;
	return is_pair_full || is_source_full ? BANS_WRONG_NOW : BANS_WRONG;
}

bool bans_refuse_source(const struct bans *b, const struct ip_addr *source, unsigned max_failures,
			uint64_t now_ms)
{
	struct ban k = key_of(b, source, "");

	if (failures_of(b, b->sources, &k, now_ms) < max_failures * BANS_SOURCE_PART)
		return false;
	for (size_t i = 0; i < BANS_SIZE; i++)
		if (is_fresh(&b->known[i], now_ms) && ip_equal(&b->known[i].source, &k.source))
			return false;
	return true;
}

static size_t each_of(const struct ban *table, unsigned limit, uint64_t now_ms,
		      void (*each)(void *arg, const struct ban *ban, uint64_t left_ms), void *arg)
{
	size_t count = 0;

	for (size_t i = 0; i < BANS_SIZE; i++) {
		const struct ban *e = table + i;

		if (e->failures < limit || is_over(e, now_ms))
			continue;
		each(arg, e, BANS_WINDOW_MS - (now_ms - e->last_ms));
		count++;
	}
	return count;
}

size_t bans_each(const struct bans *b, unsigned max_failures, uint64_t now_ms,
		 void (*each)(void *arg, const struct ban *ban, uint64_t left_ms), void *arg)
{
	return each_of(b->pairs, max_failures, now_ms, each, arg) +
	       each_of(b->sources, max_failures * BANS_SOURCE_PART, now_ms, each, arg);
}

void bans_lift(struct bans *b)
{
	memset(b->pairs, 0, sizeof(b->pairs));
	memset(b->sources, 0, sizeof(b->sources));
}

static size_t lift_in(struct ban *table, const struct ip_addr *source, unsigned limit,
		      uint64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < BANS_SIZE; i++) {
		if (!ip_equal(&table[i].source, source))
			continue;
		count += table[i].failures >= limit && !is_over(&table[i], now_ms);
		table[i].failures = 0;
	}
	return count;
}

size_t bans_lift_source(struct bans *b, const struct ip_addr *source, unsigned max_failures,
			uint64_t now_ms)
{
	struct ban key = key_of(b, source, "");

	return lift_in(b->pairs, &key.source, max_failures, now_ms) +
	       lift_in(b->sources, &key.source, max_failures * BANS_SOURCE_PART, now_ms);
}
