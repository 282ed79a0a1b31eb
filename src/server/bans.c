/* A set-associative table: a source may be in any of a few places, the oldest of which gives way. */
#include "server/bans.h"

#include <string.h>

enum { WAYS = 8 };

static struct ip_addr subject(const struct ip_addr *source)
{
	return source->family == AF_INET6 ? ip_mask(source, 64) : *source;
}

/* FNV-1a; a source that finds itself thrown out by others' failures only gains by it. */
static size_t first_way(const struct ip_addr *a)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(a->bytes); i++)
		h = (h ^ a->bytes[i]) * 16777619u;
	return h % (BANS_SIZE / WAYS) * WAYS;
}

static const struct ban *find(const struct bans *b, const struct ip_addr *a)
{
	const struct ban *e = b->entries + first_way(a);

	for (int i = 0; i < WAYS; i++)
		if (e[i].failures && ip_equal(&e[i].source, a))
			return e + i;
	return NULL;
}

static bool is_over(const struct ban *e, uint64_t now_ms)
{
	return now_ms - e->last_ms > BANS_WINDOW_MS;
}

unsigned bans_note(struct bans *b, const struct ip_addr *source, uint64_t now_ms)
{
	struct ip_addr a = subject(source);
	const struct ban *known = find(b, &a);
	struct ban *e = b->entries + (known ? (size_t)(known - b->entries) : first_way(&a));

	if (!known)
		for (int i = 1; i < WAYS; i++)
			if (b->entries[first_way(&a) + (size_t)i].last_ms < e->last_ms)
				e = b->entries + first_way(&a) + i;
	if (!known || is_over(e, now_ms))
		*e = (struct ban){ .source = a };
	e->last_ms = now_ms;
	return ++e->failures;
}

void bans_forgive(struct bans *b, const struct ip_addr *source)
{
	struct ip_addr a = subject(source);
	const struct ban *e = find(b, &a);

	if (e)
		b->entries[e - b->entries] = (struct ban){ .failures = 0 };
}

bool bans_has(const struct bans *b, const struct ip_addr *source, unsigned max_failures,
	      uint64_t now_ms)
{
	struct ip_addr a = subject(source);
	const struct ban *e = find(b, &a);

	return max_failures && e && e->failures >= max_failures && !is_over(e, now_ms);
}
