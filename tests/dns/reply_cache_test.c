/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which responses are kept, for how long, and what is in them later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/reply_cache.h"

static struct reply_cache cache;
static uint8_t got[DNS_UDP_MAX];

static int set_up(void **state)
{
	(void)state;
	reply_cache_clear(&cache);
	return 0;
}

/* A query for A of this name. */
static struct bytes query_for(const char *name, uint16_t id, uint8_t to[DNS_QUERY_MAX])
{
	struct writer w = writer_of(to, DNS_QUERY_MAX);

	dns_put_query(&w, id, name, DNS_A, false);
	return bytes_of(to, w.len);
}

struct record {
	uint16_t type;
	uint32_t ttl;
	uint32_t last; /* of SOA: the minimum; else the data */
};

static void put_record(struct writer *w, const struct record *r)
{
	put_u16(w, 0xc00c);
	put_u16(w, r->type);
	put_u16(w, 1);
	put_u32(w, r->ttl);
	if (r->type != 6) {
		put_u16(w, 4);
		put_u32(w, r->last);
		return;
	}
	put_u16(w, 22);
	put_u16(w, 0); /* two names */
	for (int i = 0; i < 4; i++)
		put_u32(w, 7);
	put_u32(w, r->last);
}

static struct bytes reply_to(struct bytes query, uint16_t flags, const struct record *answers,
			     uint16_t answer_count, const struct record *authority,
			     uint16_t authority_count, uint8_t to[DNS_UDP_MAX + 1])
{
	struct writer w = writer_of(to, DNS_UDP_MAX + 1);

	put_bytes(&w, query.at, query.len);
	store_u16(to + 2, flags);
	store_u16(to + 6, answer_count);
	store_u16(to + 8, authority_count);
	for (uint16_t i = 0; i < answer_count; i++)
		put_record(&w, &answers[i]);
	for (uint16_t i = 0; i < authority_count; i++)
		put_record(&w, &authority[i]);
	return bytes_of(to, w.len);
}

static size_t get(struct bytes query, uint64_t now_ms)
{
	return reply_cache_get(&cache, query, false, now_ms, got);
}

static void what_is_kept(void **state)
{
	static const struct {
		const char *what;
		uint16_t flags;
		struct record answers[2];
		uint16_t answer_count;
		struct record authority[1];
		uint16_t authority_count;
		uint32_t kept_s;
	} cases[] = {
		{ "an address", 0x8180, { { 1, 60, 7 } }, 1, { { 0 } }, 0, 60 },
		{ "the shorter one", 0x8180, { { 5, 30, 7 }, { 1, 60, 7 } }, 2, { { 0 } }, 0, 30 },
		{ "a name server", 0x8180, { { 1, 60, 7 } }, 1, { { 2, 20, 7 } }, 1, 20 },
		{ "an hour at most", 0x8180, { { 1, 864000, 7 } }, 1, { { 0 } }, 0, 3600 },
		{ "no time", 0x8180, { { 1, 0, 7 } }, 1, { { 0 } }, 0, 0 },
		{ "the options' flags are no time",
		  0x8180,
		  { { 1, 60, 7 }, { 41, 0, 7 } },
		  2,
		  { { 0 } },
		  0,
		  60 },
		{ "no such name", 0x8183, { { 0 } }, 0, { { 6, 300, 50 } }, 1, 50 },
		{ "no such name, with a short-lived SOA",
		  0x8183,
		  { { 0 } },
		  0,
		  { { 6, 30, 50 } },
		  1,
		  30 },
		{ "no such name, without SOA", 0x8183, { { 0 } }, 0, { { 0 } }, 0, 0 },
		{ "an alias to nowhere, without SOA",
		  0x8183,
		  { { 5, 60, 7 } },
		  1,
		  { { 0 } },
		  0,
		  0 },
		{ "no address", 0x8180, { { 0 } }, 0, { { 6, 300, 50 } }, 1, 50 },
		{ "a failure", 0x8182, { { 0 } }, 0, { { 6, 300, 50 } }, 1, 0 },
		{ "a refusal", 0x8185, { { 1, 60, 7 } }, 1, { { 0 } }, 0, 0 },
		{ "truncated", 0x8380, { { 1, 60, 7 } }, 1, { { 0 } }, 0, 0 },
		{ "a query", 0x0180, { { 1, 60, 7 } }, 1, { { 0 } }, 0, 0 },
		{ "signed with the ID",
		  0x8180,
		  { { 1, 60, 7 }, { 250, 60, 7 } },
		  2,
		  { { 0 } },
		  0,
		  0 },
	};
	uint8_t q[DNS_QUERY_MAX], r[DNS_UDP_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bytes query = query_for("www.example.net", 1, q);
		struct bytes reply =
			reply_to(query, cases[i].flags, cases[i].answers, cases[i].answer_count,
				 cases[i].authority, cases[i].authority_count, r);
		uint64_t end = 1000 + (uint64_t)cases[i].kept_s * 1000;

		reply_cache_clear(&cache);
		reply_cache_put(&cache, query, false, reply, 1000);
		if ((get(query, 1000) != 0) != (cases[i].kept_s != 0))
			fail_msg("%s", cases[i].what);
		if (cases[i].kept_s && (!get(query, end - 1) || get(query, end)))
			fail_msg("%s: not for %u s", cases[i].what, cases[i].kept_s);
	}
}

/* The ID is the query's, and TTLs are lower by the time that has passed; options stay as they are. */
static void what_comes_back(void **state)
{
	static const struct record answers[] = { { 1, 60, 0x0a000001 }, { 41, 0x00008000, 7 } };
	uint8_t q[DNS_QUERY_MAX], r[DNS_UDP_MAX + 1], expected[DNS_UDP_MAX];
	struct bytes query = query_for("www.example.net", 1, q);
	struct bytes reply = reply_to(query, 0x8180, answers, 2, NULL, 0, r);
	size_t ttl_at = query.len + 6;

	(void)state;
	reply_cache_put(&cache, query, false, reply, 1000);
	memcpy(expected, reply.at, reply.len);
	store_u16(expected, 0xbeef);
	store_u32(expected + ttl_at, 60 - 17);
	query = query_for("www.example.net", 0xbeef, q);
	assert_int_equal(get(query, 18900), reply.len);
	assert_memory_equal(got, expected, reply.len);
}

static void what_is_another_query(void **state)
{
	static const struct record answers[] = { { 1, 60, 7 } };
	uint8_t q[DNS_QUERY_MAX + 1], r[DNS_UDP_MAX + 1];
	struct bytes query = query_for("www.example.net", 1, q);

	(void)state;
	reply_cache_put(&cache, query, false, reply_to(query, 0x8180, answers, 1, NULL, 0, r),
			1000);
	assert_int_equal(reply_cache_get(&cache, query, true, 1000, got), 0);
	assert_int_not_equal(reply_cache_get(&cache, query, false, 1000, got), 0);
	q[3] ^= 0x10; /* CD: the client checks signatures itself */
	assert_int_equal(get(query, 1000), 0);
	q[3] ^= 0x10;
	q[query.len - 3] = 28; /* AAAA */
	assert_int_equal(get(query, 1000), 0);
	assert_int_equal(get(query_for("ftp.example.net", 1, q), 1000), 0);
	assert_int_equal(get(bytes_of(q, 0), 1000), 0);
	assert_int_equal(get(bytes_of(q, sizeof(q)), 1000), 0);
}

/* More names than entries: no name gets another's response, and the newest one is there. */
static void many_names(void **state)
{
	struct record answer = { 1, 60, 0 };
	uint8_t q[DNS_QUERY_MAX], r[DNS_UDP_MAX + 1];
	unsigned found = 0;
	char name[32];

	(void)state;
	for (uint32_t i = 0; i < 4 * REPLY_CACHE_ENTRIES; i++) {
		struct bytes query;

		snprintf(name, sizeof(name), "host%u.example.net", i);
		query = query_for(name, 1, q);
		answer.last = i;
		reply_cache_put(&cache, query, false,
				reply_to(query, 0x8180, &answer, 1, NULL, 0, r), 1000 + i);
		assert_int_not_equal(get(query, 1000 + i), 0);
	}
	for (uint32_t i = 0; i < 4 * REPLY_CACHE_ENTRIES; i++) {
		struct bytes query;
		size_t len;

		snprintf(name, sizeof(name), "host%u.example.net", i);
		query = query_for(name, 1, q);
		len = get(query, 4000);
		if (len && ++found)
			assert_int_equal(load_u32(got + len - 4), i);
	}
	assert_in_range(found, REPLY_CACHE_ENTRIES / 2, REPLY_CACHE_ENTRIES);
}

static void cut_responses(void **state)
{
	static const struct record answers[] = { { 5, 60, 7 }, { 1, 60, 7 } };
	static const struct record authority[] = { { 6, 60, 60 } };
	uint8_t q[DNS_QUERY_MAX], r[DNS_UDP_MAX + 1];
	struct bytes query = query_for("www.example.net", 1, q);
	struct bytes reply = reply_to(query, 0x8180, answers, 2, authority, 1, r);

	(void)state;
	for (size_t len = 0; len < reply.len; len++) {
		reply_cache_put(&cache, query, false, bytes_of(r, len), 1000);
		assert_int_equal(get(query, 1000), 0);
	}
	reply_cache_put(&cache, query, false, reply, 1000);
	assert_int_equal(get(query, 1000), reply.len);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_kept), CASE(what_comes_back), CASE(what_is_another_query),
		CASE(many_names),   CASE(cut_responses),
	};

	return cmocka_run_group_tests_name("dns/reply_cache", tests, NULL, NULL);
}
