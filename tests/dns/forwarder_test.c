/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forwarder between clients and servers simulated by the test, on a clock that the test advances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dns/forwarder.h"

enum { OUTS_MAX = 2 * FORWARDER_QUERIES, CLIENT_ID = 0x4711, TYPE_TXT = 16 };

static const char *const domains[] = { "corp.test", "10.in-addr.arpa" };
static struct forwarder *f;
static uint64_t now;
static struct forwarder_servers vpn, others;
static struct forwarder_out outs[OUTS_MAX];
static size_t out_count;

static uint16_t dice(void *arg)
{
	static uint16_t n;

	(void)arg;
	return n = (uint16_t)(n * 25173 + 13849);
}

static void drain(void)
{
	out_count = 0;
	while (forwarder_next(f, &outs[out_count]))
		assert_true(++out_count < OUTS_MAX);
}

static struct forwarder_servers servers_at(uint32_t first, size_t count)
{
	struct forwarder_servers s = { .count = count };

	for (size_t i = 0; i < count; i++)
		s.at[i].addr = ip_from_v4(first + (uint32_t)i);
	return s;
}

static int set_up(void **state)
{
	(void)state;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	now = 1000;
	forwarder_open(f, dice, NULL);
	f->domains = domains;
	f->domain_count = 2;
	vpn = servers_at(0x0a090001, 2);
	others = servers_at(0xc0a80101, 3);
	forwarder_set_servers(f, FORWARDER_VPN, &vpn, now);
	forwarder_set_servers(f, FORWARDER_OTHERS, &others, now);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(f);
	return 0;
}

/* ---- messages */

static size_t make_query(uint8_t *to, size_t room, const char *name, uint16_t type, bool has_edns)
{
	struct writer w = writer_of(to, room);

	dns_put_query(&w, CLIENT_ID, name, (enum dns_type)type, has_edns);
	assert_false(w.full);
	return w.len;
}

static int ask(const char *name, bool is_stream)
{
	uint8_t query[FORWARDER_QUERY_MAX];
	size_t len = make_query(query, sizeof(query), name, TYPE_TXT, true);
	int n = forwarder_query(f, bytes_of(query, len), is_stream, now);

	drain();
	return n;
}

/* The query was sent to this server, as the only output but for what is logged. */
static void went_to(enum forwarder_out_type type, const struct forwarder_server *s)
{
	assert_true(out_count >= 1);
	assert_int_equal(outs[0].type, type);
	assert_string_equal(ip_print(&outs[0].server.addr).text, ip_print(&s->addr).text);
	for (size_t i = 1; i < out_count; i++)
		assert_true(outs[i].type >= FORWARDER_SERVER_DEAD);
}

static void datagram_to(const struct forwarder_server *s)
{
	went_to(FORWARDER_DATAGRAM, s);
}

static uint8_t response[UINT16_MAX];

/* The server that was queried last responds to outs[0], with `more` bytes after the question. */
static void respond(uint16_t flags, size_t more)
{
	struct bytes query = outs[0].message;

	memcpy(response, query.at, query.len);
	store_u16(response + 2, flags);
	memset(response + query.len, 0x55, more);
	forwarder_response(f, outs[0].query, response, query.len + more, now);
	drain();
}

static void replied(uint16_t flags, size_t len)
{
	assert_true(out_count >= 1);
	assert_int_equal(outs[0].type, FORWARDER_REPLY);
	assert_int_equal(load_u16(outs[0].message.at), CLIENT_ID);
	assert_int_equal(load_u16(outs[0].message.at + 2), flags);
	if (len)
		assert_int_equal(outs[0].message.len, len);
}

static void no_output(void)
{
	drain();
	assert_int_equal(out_count, 0);
}

enum {
	GOOD = 0x8180,
	TRUNCATED = 0x8380,
	SERVFAIL = 0x8182,
	NXDOMAIN = 0x8183,
	NOTIMP = 0x8184,
	REFUSED = 0x8185,
};

/* ---- which servers */

static void by_name(void **state)
{
	static const struct {
		const char *name;
		bool is_vpn;
	} cases[] = {
		{ "corp.test", true },
		{ "www.corp.test", true },
		{ "a.b.CORP.Test", true },
		{ "xcorp.test", false },
		{ "corp.test.example", false },
		{ "test", false },
		{ "corp", false },
		{ "1.2.3.10.in-addr.arpa", true },
		{ "1.2.3.110.in-addr.arpa", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].name);
		ask(cases[i].name, false);
		datagram_to(cases[i].is_vpn ? &vpn.at[0] : &others.at[0]);
		assert_int_not_equal(load_u16(outs[0].message.at), CLIENT_ID);
		respond(GOOD, 100);
		replied(GOOD, 0);
	}
}

/* A label may have any byte: one with a dot in it is not two labels. */
static void a_dot_in_a_label(void **state)
{
	uint8_t query[64];
	size_t len = make_query(query, sizeof(query), "x-corp.test", 1, false);

	(void)state;
	query[12 + 2] = '.';
	assert_true(forwarder_query(f, bytes_of(query, len), false, now) >= 0);
	drain();
	datagram_to(&others.at[0]);
}

static void without_servers(void **state)
{
	static const struct forwarder_servers none;

	(void)state;
	forwarder_set_servers(f, FORWARDER_VPN, &none, now);
	ask("www.corp.test", false);
	replied(SERVFAIL, 12 + 15 + 4);
	ask("www.example", false);
	datagram_to(&others.at[0]);
}

/* The tunnel comes back with other servers while a query waits. */
static void other_servers(void **state)
{
	(void)state;
	ask("www.corp.test", false);
	ask("www.example", false);
	vpn = servers_at(0x0a0a0001, 1);
	forwarder_set_servers(f, FORWARDER_VPN, &vpn, now);
	drain();
	datagram_to(&vpn.at[0]);
	respond(GOOD, 0);
	replied(GOOD, 0);
	forwarder_set_servers(f, FORWARDER_VPN, &vpn, now);
	no_output();
}

/* ---- responses */

static void any_size(void **state)
{
	static const size_t sizes[] = { 0, 500, 1232, 4096, 60000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t query_len;

		ask("big.corp.test", true);
		went_to(FORWARDER_STREAM, &vpn.at[0]);
		query_len = outs[0].message.len;
		respond(GOOD, sizes[i]);
		replied(GOOD, query_len + sizes[i]);
		assert_ptr_equal(outs[0].message.at, response);
	}
}

/* As they are: the client asks again over TCP. */
static void passed_on_as_they_are(void **state)
{
	static const uint16_t flags[] = { GOOD, TRUNCATED, NXDOMAIN, 0x85a0, 0x8181 };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		ask("www.example", false);
		respond(flags[i], 10);
		replied(flags[i], 0);
	}
}

static void failures_of_servers(void **state)
{
	static const uint16_t flags[] = { SERVFAIL, REFUSED, NOTIMP };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		ask("www.example", false);
		datagram_to(&others.at[0]);
		respond(flags[i], 10);
		datagram_to(&others.at[1]);
		respond(GOOD, 10);
		replied(GOOD, 0);
		ask("www.corp.test", false);
		respond(flags[i], 10);
		datagram_to(&vpn.at[1]);
		respond(flags[i], 10);
		replied(flags[i], 0);
	}
	no_output();
}

static void forged_responses(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t flip;
	} cases[] = {
		{ "another ID", 0, 1 },
		{ "another ID", 1, 0x80 },
		{ "a query", 2, 0x80 },
		{ "another operation", 2, 0x08 },
		{ "no question", 5, 1 },
		{ "two questions", 5, 3 },
		{ "another name", 13, 1 },
		{ "another type", 12 + 13 + 1, 1 },
		{ "another class", 12 + 13 + 3, 1 },
	};
	struct bytes query;
	int n = ask("www.example", false);

	(void)state;
	query = outs[0].message;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].what);
		memcpy(response, query.at, query.len);
		store_u16(response + 2, GOOD);
		response[cases[i].at] ^= cases[i].flip;
		forwarder_response(f, n, response, query.len, now);
		no_output();
	}
	for (size_t len = 0; len < 12 + 13 + 4; len++) {
		memcpy(response, query.at, query.len);
		store_u16(response + 2, GOOD);
		forwarder_response(f, n, response, len, now);
		no_output();
	}
	memcpy(response, query.at, query.len);
	store_u16(response + 2, GOOD);
	response[13] = 'W';
	forwarder_response(f, n, response, query.len, now);
	drain();
	replied(GOOD, 0);
	assert_int_equal(outs[0].message.at[13], 'W');
	memcpy(response, query.at, query.len);
	forwarder_response(f, n, response, query.len, now); /* too late */
	no_output();
}

/* Some servers copy nothing into an error. */
static void an_error_without_a_question(void **state)
{
	int n = ask("www.example", false);
	struct bytes query = outs[0].message;

	(void)state;
	memset(response, 0, 12);
	memcpy(response, query.at, 2);
	store_u16(response + 2, 0x8181);
	forwarder_response(f, n, response, 12, now);
	drain();
	replied(0x8181, 12);
}

/* ---- no response */

static void let_time_pass(void)
{
	now = forwarder_deadline(f);
	assert_int_not_equal(now, UINT64_MAX);
	forwarder_tick(f, now);
	drain();
}

static void silent_servers(void **state)
{
	uint64_t begin = now;

	(void)state;
	ask("www.example", false);
	for (int round = 0; round < FORWARDER_ROUNDS; round++)
		for (size_t i = 0; i < 3; i++) {
			datagram_to(&others.at[i]);
			let_time_pass();
		}
	replied(SERVFAIL, 0);
	assert_int_equal(now - begin, 3 * 1500 + 3 * 3000);
	assert_int_equal(forwarder_deadline(f), UINT64_MAX);
}

/* Only the first queries wait for a dead server, and then one in a while. */
static void a_dead_first_server(void **state)
{
	unsigned int tested = 0;

	(void)state;
	for (int i = 0; i < FORWARDER_DEAD_AFTER; i++) {
		ask("www.example", false);
		datagram_to(&others.at[0]);
		let_time_pass();
		datagram_to(&others.at[1]);
		respond(GOOD, 0);
	}
	for (int i = 0; i < 100; i++) {
		ask("www.example", false);
		tested += ip_equal(&outs[0].server.addr, &others.at[0].addr);
		respond(GOOD, 0);
		assert_int_equal(tested, 0);
	}
	now += FORWARDER_REVIVE_MS;
	ask("www.example", false);
	datagram_to(&others.at[0]);
	ask("other.example", false);
	datagram_to(&others.at[1]);
	let_time_pass();
	now += FORWARDER_REVIVE_MS;
	ask("third.example", false);
	datagram_to(&others.at[0]);
	respond(GOOD, 0);
	replied(GOOD, 0);
	assert_int_equal(outs[1].type, FORWARDER_SERVER_ALIVE);
	ask("fourth.example", false);
	datagram_to(&others.at[0]);
}

static void servers_that_cannot_be_reached(void **state)
{
	(void)state;
	ask("www.corp.test", false);
	datagram_to(&vpn.at[0]);
	forwarder_lost(f, outs[0].query, now);
	drain();
	datagram_to(&vpn.at[1]);
	forwarder_lost(f, outs[0].query, now);
	drain();
	replied(SERVFAIL, 0);
}

static void streams(void **state)
{
	(void)state;
	ask("www.corp.test", true);
	went_to(FORWARDER_STREAM, &vpn.at[0]);
	assert_int_equal(forwarder_deadline(f), now + FORWARDER_STREAM_MS);
	let_time_pass();
	went_to(FORWARDER_STREAM, &vpn.at[1]);
	forwarder_lost(f, outs[0].query, now);
	drain();
	replied(SERVFAIL, 0);
}

/* ---- queries */

static int ask_raw(const uint8_t *at, size_t len)
{
	int n = forwarder_query(f, bytes_of(at, len), false, now);

	drain();
	return n;
}

static void odd_queries(void **state)
{
	uint8_t query[FORWARDER_QUERY_MAX + 1] = { 0 };
	size_t len = make_query(query, sizeof(query), "www.example", 252, false);

	(void)state;
	ask_raw(query, len); /* AXFR */
	replied(REFUSED, len);
	for (size_t cut = 0; cut < 12; cut++)
		assert_int_equal(ask_raw(query, cut), -1);
	for (size_t cut = 12; cut < len; cut++) {
		assert_true(ask_raw(query, cut) >= 0);
		replied(0x8181, 12);
	}
	store_u16(query + 2, 0x8100); /* a response */
	assert_int_equal(ask_raw(query, len), -1);
	store_u16(query + 2, 0x2800); /* a dynamic update */
	ask_raw(query, len);
	replied(0xa884, 12);
	store_u16(query + 2, 0x0100);
	store_u16(query + 4, 2); /* two questions */
	ask_raw(query, len);
	replied(0x8181, 12);
	store_u16(query + 4, 1);
	query[len - 3] = 16;
	ask_raw(query, FORWARDER_QUERY_MAX);
	datagram_to(&others.at[0]);
	assert_int_equal(outs[0].message.len, FORWARDER_QUERY_MAX);
	ask_raw(query, FORWARDER_QUERY_MAX + 1);
	replied(0x8181, 12);
}

/* Options, cookies and all that follows the question. */
static void a_query_is_passed_on_as_it_is(void **state)
{
	uint8_t query[512];
	size_t len = make_query(query, sizeof(query), "WWW.corp.test", 28, true);

	(void)state;
	for (size_t i = len; i < sizeof(query); i++)
		query[i] = (uint8_t)i;
	query[3] |= 0x20; /* AD */
	ask_raw(query, sizeof(query));
	datagram_to(&vpn.at[0]);
	assert_int_equal(outs[0].message.len, sizeof(query));
	assert_memory_equal(outs[0].message.at + 2, query + 2, sizeof(query) - 2);
}

/* ---- the same question again, while the first is in progress */

static void ask_as(uint16_t id, const char *name, bool has_edns)
{
	uint8_t query[512];
	size_t len = make_query(query, sizeof(query), name, TYPE_TXT, has_edns);

	store_u16(query, id);
	ask_raw(query, len);
}

static void the_same_question(void **state)
{
	struct forwarder_out first;

	(void)state;
	ask_as(1, "www.example", false);
	first = outs[0];
	ask_as(2, "www.example", false);
	assert_int_equal(out_count, 0);
	ask_as(3, "www.example", true); /* its response may be another */
	assert_int_equal(out_count, 0);
	ask_as(4, "www.example", true);
	outs[0] = first;
	respond(GOOD, 10);
	assert_int_equal(out_count, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(outs[i].type, FORWARDER_REPLY);
		assert_int_equal(outs[i].message.len, first.message.len + 10);
	}
	assert_int_equal(outs[2].type, FORWARDER_DATAGRAM);
	outs[0] = outs[2];
	respond(GOOD, 20);
	assert_int_equal(out_count, 2);
	assert_int_equal(outs[1].type, FORWARDER_REPLY);
	assert_int_equal(f->query_count, 0);
}

static void the_first_client_leaves(void **state)
{
	int first = ask("www.example", true);

	(void)state;
	ask("www.example", true);
	ask("www.example", false);
	forwarder_cancel(f, first, now);
	drain();
	went_to(FORWARDER_STREAM, &others.at[0]);
	respond(GOOD, 0);
	assert_int_equal(out_count, 2);
	assert_int_equal(outs[0].type, FORWARDER_REPLY);
	assert_int_equal(outs[1].type, FORWARDER_DATAGRAM);
}

/*
 * A server that sends each query back to us, with another ID and other options, as a local one does
 * that reads our resolv.conf: no query is in flight twice, and all of them end.
 */
static void a_server_that_queries_us(void **state)
{
	unsigned int sent = 0;

	(void)state;
	others = servers_at(0x7f000001, 1);
	forwarder_set_servers(f, FORWARDER_OTHERS, &others, now);
	ask_as(1, "www.example", false);
	while (out_count) {
		if (outs[0].type == FORWARDER_DATAGRAM) {
			sent++;
			ask_as((uint16_t)(100 + sent), "WWW.example", true);
			assert_int_equal(out_count, 0);
		}
		if (forwarder_deadline(f) == UINT64_MAX)
			break;
		let_time_pass();
	}
	assert_int_equal(sent, FORWARDER_ROUNDS);
	drain();
	assert_int_equal(f->query_count, 0);
}

static void many_at_once(void **state)
{
	int first = -1;
	char name[32];

	(void)state;
	for (int i = 0; i < FORWARDER_QUERIES; i++) {
		int n;

		snprintf(name, sizeof(name), "n%d.example", i);
		n = ask(name, false);

		assert_true(n >= 0);
		first = i ? first : n;
	}
	assert_int_equal(ask("www.example", false), -1);
	forwarder_cancel(f, first, now);
	assert_int_equal(ask("www.example", false), first);
	while (out_count && outs[0].type != FORWARDER_REPLY)
		let_time_pass();
	for (int i = 0; i < FORWARDER_QUERIES; i++)
		forwarder_cancel(f, i, now);
	assert_int_equal(f->query_count, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(by_name),
		CASE(a_dot_in_a_label),
		CASE(without_servers),
		CASE(other_servers),
		CASE(any_size),
		CASE(passed_on_as_they_are),
		CASE(failures_of_servers),
		CASE(forged_responses),
		CASE(an_error_without_a_question),
		CASE(silent_servers),
		CASE(a_dead_first_server),
		CASE(servers_that_cannot_be_reached),
		CASE(streams),
		CASE(odd_queries),
		CASE(a_query_is_passed_on_as_it_is),
		CASE(the_same_question),
		CASE(the_first_client_leaves),
		CASE(a_server_that_queries_us),
		CASE(many_at_once),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
