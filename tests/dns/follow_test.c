/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The addresses of names over time: a name server in this process, on a clock that the test turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/follow.h"

static struct follow f;
static uint64_t now;
static uint16_t last_id;
static struct ip_addr servers[2];

static uint16_t next_id(void *arg)
{
	(void)arg;
	return ++last_id;
}

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	if (!ip_parse(text, &a))
		fail_msg("not an address: %s", text);
	return a;
}

static int set_up(void **state)
{
	(void)state;
	now = 1000;
	follow_open(&f, next_id, NULL);
	assert_true(follow_add(&f, "intranet.example"));
	servers[0] = addr("10.9.0.53");
	servers[1] = addr("10.9.0.54");
	follow_start(&f, servers, 2, now);
	return 0;
}

/* A response to the query `out`, with these addresses (one word each) and this TTL. */
static bool respond(const struct follow_out *out, uint8_t rcode, uint32_t ttl, const char *list)
{
	uint8_t room[512];
	struct writer w = writer_of(room, sizeof(room));
	struct dns_question question;
	char copy[256], *rest, *word;
	uint16_t count = 0;

	assert_true(dns_parse_question(out->message, &question));
	put_bytes(&w, out->message.at, question.end);
	room[2] = 0x81;
	room[3] = (uint8_t)(0x80 | rcode);
	store_u16(room + 10, 0); /* no additional records */
	snprintf(copy, sizeof(copy), "%s", list);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct ip_addr a = addr(word);

		if ((a.family == AF_INET) != (question.type == DNS_A))
			continue;
		put_u16(&w, 0xc00c);
		put_u16(&w, question.type);
		put_u16(&w, 1);
		put_u32(&w, ttl);
		put_u16(&w, a.family == AF_INET ? 4 : 16);
		put_bytes(&w, a.bytes, a.family == AF_INET ? 4 : 16);
		count++;
	}
	store_u16(room + 6, count);
	return follow_message(&f, &out->server, bytes_of(room, w.len), now);
}

/* Takes what the engine sends, and responds to all of it. Returns the number of queries. */
static unsigned int answer(uint32_t ttl, const char *list)
{
	struct follow_out out;
	unsigned int queries = 0;
	uint8_t copy[DNS_QUERY_MAX];

	while (follow_next(&f, &out) == FOLLOW_QUERY) {
		memcpy(copy, out.message.at, out.message.len);
		out.message.at = copy;
		queries++;
		assert_true(respond(&out, DNS_NOERROR, ttl, list));
	}
	return queries;
}

static void has(const char *list)
{
	struct ip_addr all[64];
	char text[512] = "";
	size_t n = follow_addresses(&f, all, 64), len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
					ip_print(&all[i]).text);
	assert_string_equal(text, list);
}

static void pass(uint64_t ms)
{
	now += ms;
	follow_tick(&f, now);
}

static void asked_again_when_the_ttl_ends(void **state)
{
	(void)state;
	assert_int_equal(answer(60, "10.0.0.1 2001:db8::1"), 2);
	has("10.0.0.1 2001:db8::1");
	assert_int_equal(follow_deadline(&f), now + 60000);
	pass(59999);
	assert_int_equal(answer(60, ""), 0);
	pass(1);
	assert_int_equal(answer(1, "10.0.0.1 2001:db8::1"), 2);
	assert_int_equal(follow_deadline(&f), now + FOLLOW_MIN_MS);
	pass(FOLLOW_MIN_MS);
	assert_int_equal(answer(1000000, "10.0.0.1 2001:db8::1"), 2);
	assert_int_equal(follow_deadline(&f), now + FOLLOW_MAX_MS);
}

static void an_old_address_goes_after_a_grace(void **state)
{
	enum follow_out_type type;
	struct follow_out out;

	(void)state;
	answer(60, "10.0.0.1 10.0.0.2");
	pass(60000);
	answer(3600, "10.0.0.3");
	has("10.0.0.1 10.0.0.2 10.0.0.3");
	pass(FOLLOW_GRACE_MS - 1);
	has("10.0.0.1 10.0.0.2 10.0.0.3");
	pass(1);
	has("10.0.0.3");
	while ((type = follow_next(&f, &out)) == FOLLOW_QUERY)
		continue;
	assert_int_equal(type, FOLLOW_CHANGE);
	assert_int_equal(follow_next(&f, &out), FOLLOW_NONE);
}

static void an_address_that_comes_back_stays(void **state)
{
	(void)state;
	answer(60, "10.0.0.1");
	pass(60000);
	answer(60, "10.0.0.2");
	pass(60000);
	answer(3600, "10.0.0.1 10.0.0.2");
	pass(FOLLOW_GRACE_MS);
	has("10.0.0.1 10.0.0.2");
}

static void silence_and_failures_forget_nothing(void **state)
{
	struct follow_out out;
	unsigned int queries = 0, to_second = 0;

	(void)state;
	answer(60, "10.0.0.1");
	pass(60000);
	for (int i = 0; i < FOLLOW_TRIES; i++) {
		while (follow_next(&f, &out) == FOLLOW_QUERY) {
			queries++;
			to_second += ip_equal(&out.server, &servers[1]) ? 1 : 0;
		}
		pass(FOLLOW_TIMEOUT_MS);
	}
	assert_int_equal(queries, 2 * FOLLOW_TRIES);
	assert_int_equal(to_second, FOLLOW_TRIES);
	assert_int_equal(follow_next(&f, &out), FOLLOW_FAILED);
	assert_string_equal(out.name, "intranet.example");
	assert_int_equal(follow_next(&f, &out), FOLLOW_FAILED); /* the other family */
	assert_int_equal(follow_next(&f, &out), FOLLOW_NONE);
	pass(FOLLOW_PAUSE_MS);
	while (follow_next(&f, &out) == FOLLOW_QUERY) {
		struct follow_out copy = out;
		uint8_t room[DNS_QUERY_MAX];

		memcpy(room, out.message.at, out.message.len);
		copy.message.at = room;
		assert_true(respond(&copy, DNS_REFUSED, 0, ""));
	}
	pass(FOLLOW_GRACE_MS);
	has("10.0.0.1");
}

static void only_responses_to_our_queries(void **state)
{
	struct follow_out out;
	uint8_t room[DNS_QUERY_MAX];

	(void)state;
	assert_int_equal(follow_next(&f, &out), FOLLOW_QUERY);
	memcpy(room, out.message.at, out.message.len);
	out.message.at = room;
	out.server = servers[1]; /* another server */
	assert_false(respond(&out, DNS_NOERROR, 60, "10.6.6.6"));
	out.server = servers[0];
	room[1] ^= 1; /* another ID */
	assert_false(respond(&out, DNS_NOERROR, 60, "10.6.6.6"));
	room[1] ^= 1;
	assert_true(respond(&out, DNS_NOERROR, 60, "10.0.0.1"));
	assert_false(respond(&out, DNS_NOERROR, 60, "10.6.6.6")); /* a second one */
	has("10.0.0.1");
}

static void stopped_and_started_again(void **state)
{
	struct follow_out out;

	(void)state;
	answer(60, "10.0.0.1");
	follow_stop(&f);
	assert_int_equal(follow_deadline(&f), UINT64_MAX);
	pass(24 * 3600 * 1000);
	assert_int_equal(follow_next(&f, &out), FOLLOW_NONE);
	has("10.0.0.1");
	follow_start(&f, servers, 1, now);
	assert_int_equal(answer(60, "10.0.0.2"), 2);
	has("10.0.0.1 10.0.0.2");
}

static void too_many(void **state)
{
	char list[256];

	(void)state;
	for (size_t i = 1; i < FOLLOW_NAMES_MAX; i++)
		assert_true(follow_add(&f, "x.example"));
	assert_false(follow_add(&f, "x.example"));
	for (int i = 0; i < 10; i++) {
		size_t n = 0;

		for (int k = 0; k < 8; k++)
			n += (size_t)snprintf(list + n, sizeof(list) - n, "10.0.%d.%d ", i, k);
		answer(10, list);
		pass(10000);
	}
	for (size_t i = 0; i < 2 * f.name_count; i++)
		assert_true(f.names[i / 2].query[i % 2].addr_count <= FOLLOW_ADDRS_MAX);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(asked_again_when_the_ttl_ends),
		CASE(an_old_address_goes_after_a_grace),
		CASE(an_address_that_comes_back_stays),
		CASE(silence_and_failures_forget_nothing),
		CASE(only_responses_to_our_queries),
		CASE(stopped_and_started_again),
		CASE(too_many),
	};

	return cmocka_run_group_tests_name("dns/follow", tests, NULL, NULL);
}
