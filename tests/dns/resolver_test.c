/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The resolver with servers simulated by the test, on a clock that the test advances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dns/resolver.h"

enum { SENT_MAX = 8192 };

static struct resolver *r;
static uint64_t now;
static struct ip_addr servers[RESOLVER_SERVERS + 1];

/* The resolver's output since the last check. */
static struct resolver_out outs[SENT_MAX];
static uint8_t queries[SENT_MAX][DNS_QUERY_MAX];
static size_t out_count;

static uint16_t dice(void *arg)
{
	static uint16_t n;

	(void)arg;
	return n = (uint16_t)(n * 25173 + 13849);
}

static void drain(void)
{
	struct resolver_out out;

	out_count = 0;
	while (resolver_next(r, &out, now)) {
		assert_true(out_count < SENT_MAX);
		outs[out_count] = out;
		if (out.message.len) {
			memcpy(queries[out_count], out.message.at, out.message.len);
			outs[out_count].message.at = queries[out_count];
		}
		out_count++;
	}
}

static int set_up(void **state)
{
	(void)state;
	r = calloc(1, sizeof(*r));
	now = 1000;
	for (size_t i = 0; i < RESOLVER_SERVERS + 1; i++)
		servers[i] = ip_from_v4(0x0a090001 + (uint32_t)i);
	if (!r)
		return -1;
	resolver_open(r, dice, NULL);
	resolver_set_servers(r, servers, 2, now);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(r);
	return 0;
}

/* ---- servers */

struct said {
	uint8_t rcode;
	bool is_truncated;
	unsigned int addresses; /* 10.1.1.1 and on, or fd00::1 and on */
	const char *alias;      /* in place of addresses */
	uint32_t ttl;
	bool has_soa;
};

static void put_host(struct writer *w, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		put_u8(w, (uint8_t)n);
		put_bytes(w, name, n);
		name += n + (name[n] == '.');
	}
	put_u8(w, 0);
}

static void put_record(struct writer *w, uint16_t type, uint32_t ttl, size_t len)
{
	put_u16(w, 0xc00c);
	put_u16(w, type);
	put_u16(w, 1);
	put_u32(w, ttl);
	put_u16(w, (uint16_t)len);
}

static uint16_t type_of(const struct resolver_out *q)
{
	size_t at = 12;

	while (q->message.at[at])
		at += q->message.at[at] + 1u;
	return load_u16(q->message.at + at + 1);
}

static bool has_edns(const struct resolver_out *q)
{
	return load_u16(q->message.at + 10) == 1;
}

static void respond_from(const struct resolver_out *q, const struct said *s,
			 const struct ip_addr *from)
{
	uint8_t made[2048], rdata[64];
	struct writer w = writer_of(made, sizeof(made)), alias = writer_of(rdata, sizeof(rdata));
	uint16_t type = type_of(q);
	size_t end = 12;

	while (q->message.at[end])
		end += q->message.at[end] + 1u;
	put_u16(&w, load_u16(q->message.at));
	put_u16(&w, (uint16_t)(0x8180 | s->rcode | (s->is_truncated ? 0x200 : 0)));
	put_u16(&w, 1);
	put_u16(&w, (uint16_t)(s->alias ? 1 : s->addresses));
	put_u16(&w, s->has_soa);
	put_u16(&w, 0);
	put_bytes(&w, q->message.at + 12, end + 5 - 12);
	if (s->alias) {
		put_host(&alias, s->alias);
		put_record(&w, 5, s->ttl, alias.len);
		put_bytes(&w, rdata, alias.len);
	}
	for (unsigned int i = 0; !s->alias && i < s->addresses; i++) {
		put_record(&w, type, s->ttl, type == DNS_A ? 4 : 16);
		put_u8(&w, type == DNS_A ? 10 : 0xfd);
		for (int k = 0; k < (type == DNS_A ? 2 : 14); k++)
			put_u8(&w, type == DNS_A);
		put_u8(&w, (uint8_t)(i + 1));
	}
	if (s->has_soa) {
		put_record(&w, 6, s->ttl, 22);
		put_u16(&w, 0); /* two root names */
		for (int k = 0; k < 5; k++)
			put_u32(&w, s->ttl);
	}
	resolver_message(r, q->channel, from, bytes_of(made, w.len), now);
}

static void respond(const struct resolver_out *q, const struct said *s)
{
	respond_from(q, s, &q->server);
}

static const struct said one = { .addresses = 1, .ttl = 60 };
static const struct said nothing = { .ttl = 30, .has_soa = true };
static const struct said no_name = { .rcode = DNS_NXDOMAIN, .ttl = 30, .has_soa = true };
static const struct said refused = { .rcode = DNS_REFUSED };
static const struct said failed = { .rcode = DNS_SERVFAIL };
static const struct said truncated = { .is_truncated = true };

static bool is_query(const struct resolver_out *out)
{
	return out->type == RESOLVER_DATAGRAM || out->type == RESOLVER_STREAM;
}

/* Drains the output and responds to all queries; returns how many there were. */
static size_t respond_all(const struct said *v4, const struct said *v6)
{
	size_t count = 0, n;

	drain();
	n = out_count;
	for (size_t i = 0; i < n; i++)
		if (is_query(&outs[i])) {
			count++;
			respond(&outs[i], type_of(&outs[i]) == DNS_A ? v4 : v6);
		}
	return count;
}

static const struct resolver_out *find(enum resolver_out_type type)
{
	for (size_t i = 0; i < out_count; i++)
		if (outs[i].type == type)
			return &outs[i];
	return NULL;
}

static const struct resolver_out *done(void)
{
	drain();
	return find(RESOLVER_DONE);
}

/* Advances the clock to the next deadline. */
static void pass_time(void)
{
	uint64_t next = resolver_deadline(r);

	assert_true(next != UINT64_MAX && next >= now);
	now = next;
	resolver_tick(r, now);
}

static const struct resolver_out *ask_and_wait(const char *name, bool aaaa)
{
	resolver_ask(r, name, true, aaaa, now);
	for (int i = 0; i < 50; i++) {
		const struct resolver_out *d = done();

		if (d)
			return d;
		pass_time();
	}
	return NULL;
}

/* ---- names */

static void both_families_are_queried(void **state)
{
	const struct resolver_out *d;

	(void)state;
	resolver_ask(r, "a.net", true, true, now);
	assert_int_equal(respond_all(&one, &one), 2);
	d = done();
	assert_non_null(d);
	assert_int_equal(d->result, DNS_FOUND);
	assert_string_equal(ip_print(&d->addresses[0].addresses[0]).text, "10.1.1.1");
	assert_string_equal(ip_print(&d->addresses[1].addresses[0]).text, "fd00::1");
	assert_non_null(find(RESOLVER_CLOSE));
	assert_int_equal(resolver_deadline(r), UINT64_MAX);
}

static void one_family_waits_briefly_for_the_other(void **state)
{
	const struct resolver_out *d;

	(void)state;
	resolver_ask(r, "a.net", true, true, now);
	drain();
	for (size_t i = 0; i < 2; i++)
		if (type_of(&outs[i]) == DNS_A)
			respond(&outs[i], &one);
	assert_null(done());
	assert_int_equal(resolver_deadline(r), now + RESOLVER_OTHER_MS);
	pass_time();
	d = done();
	assert_non_null(d);
	assert_int_equal(d->result, DNS_FOUND);
	assert_int_equal(d->addresses[1].result, 0);
}

/* A response that is too late for its question is cached for the next. */
static void late_responses_are_cached(void **state)
{
	uint8_t copy[DNS_QUERY_MAX];
	struct resolver_out v6;
	size_t at;

	(void)state;
	resolver_ask(r, "a.net", true, true, now);
	drain();
	at = type_of(&outs[0]) == DNS_AAAA ? 0 : 1;
	v6 = outs[at];
	memcpy(copy, v6.message.at, v6.message.len);
	v6.message.at = copy;
	respond(&outs[!at], &one);
	pass_time();
	assert_non_null(done());
	respond(&v6, &one);
	drain();
	resolver_ask(r, "a.net", true, true, now);
	drain();
	assert_null(find(RESOLVER_DATAGRAM));
	assert_non_null(find(RESOLVER_DONE));
}

static void cached_names_are_not_queried_again(void **state)
{
	static const struct said *const said[] = { &one, &nothing, &no_name };
	static const enum dns_result results[] = { DNS_FOUND, DNS_NO_ADDRESS, DNS_NO_NAME };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%zu.net", i);
		resolver_ask(r, name, true, false, now);
		assert_int_equal(respond_all(said[i], NULL), 1);
		assert_int_equal(done()->result, results[i]);
		now += said[i]->ttl * 1000 - 1;
		resolver_ask(r, name, true, false, now);
		assert_int_equal(done()->result, results[i]);
		assert_null(find(RESOLVER_DATAGRAM));
		now += 1;
		resolver_ask(r, name, true, false, now);
		assert_int_equal(respond_all(said[i], NULL), 1);
		assert_non_null(done());
	}
}

static void the_same_name_twice_is_one_question(void **state)
{
	(void)state;
	assert_int_equal(resolver_ask(r, "a.net", true, false, now),
			 resolver_ask(r, "a.net", true, false, now));
	assert_int_equal(respond_all(&one, NULL), 1);
}

static void an_alias_without_its_address_is_followed(void **state)
{
	static const struct said alias = { .alias = "b.net", .ttl = 5 };

	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&alias, NULL);
	assert_int_equal(respond_all(&one, NULL), 1);
	assert_int_equal(done()->result, DNS_FOUND);
	now += 4999; /* the smallest TTL counts */
	resolver_ask(r, "a.net", true, false, now);
	assert_non_null(done());
	now += 1;
	resolver_ask(r, "a.net", true, false, now);
	drain();
	assert_non_null(find(RESOLVER_DATAGRAM));
}

static void aliases_in_a_circle_end(void **state)
{
	static const struct said to_b = { .alias = "b.net", .ttl = 5 },
				 to_a = { .alias = "a.net", .ttl = 5 };
	size_t queries_sent = 0;

	(void)state;
	resolver_set_servers(r, servers, 1, now);
	resolver_ask(r, "a.net", true, false, now);
	for (int i = 0; i < 40; i++)
		queries_sent += respond_all(i % 2 ? &to_a : &to_b, NULL);
	assert_in_range(queries_sent, RESOLVER_ALIASES, RESOLVER_ALIASES + 2);
	assert_int_equal(resolver_deadline(r), UINT64_MAX);
}

/* ---- failures */

static void failures_are_distinguished(void **state)
{
	static const struct {
		const struct said *first, *second;
		enum dns_result result;
		int server; /* that is named; -1: none */
	} cases[] = {
		{ &refused, &one, DNS_FOUND, -1 },
		{ &failed, &one, DNS_FOUND, -1 },
		{ &failed, &no_name, DNS_NO_NAME, -1 },
		{ &refused, &refused, DNS_SERVER_REFUSED, 1 },
		{ &refused, &failed, DNS_FAILED, 1 },
		{ &no_name, &one, DNS_NO_NAME, -1 },
		{ &nothing, &one, DNS_NO_ADDRESS, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct resolver_out *d;
		char name[32];

		snprintf(name, sizeof(name), "n%zu.net", i);
		resolver_ask(r, name, true, false, now);
		respond_all(cases[i].first, NULL);
		respond_all(cases[i].second, NULL);
		d = done();
		if (!d)
			d = find(RESOLVER_DONE);
		if (cases[i].first == &no_name || cases[i].first == &nothing)
			continue; /* finished with the first: checked below */
		assert_non_null(d);
		assert_int_equal(d->result, cases[i].result);
		if (cases[i].server >= 0)
			assert_true(ip_equal(&d->server, &servers[cases[i].server]));
	}
}

static void a_negative_response_is_final(void **state)
{
	(void)state;
	resolver_ask(r, "a.net", true, true, now);
	assert_int_equal(respond_all(&no_name, &no_name), 2);
	assert_int_equal(done()->result, DNS_NO_NAME);
	assert_null(find(RESOLVER_DATAGRAM));
	resolver_ask(r, "b.net", true, true, now);
	assert_int_equal(respond_all(&one, &no_name), 2); /* the server does not support AAAA */
	assert_int_equal(done()->result, DNS_FOUND);
}

static void a_failure_is_cached_for_a_second(void **state)
{
	(void)state;
	resolver_set_servers(r, servers, 1, now);
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&failed, NULL);
	assert_int_equal(done()->result, DNS_FAILED);
	now += 999;
	resolver_ask(r, "a.net", true, false, now);
	assert_int_equal(done()->result, DNS_FAILED);
	now += 1;
	resolver_ask(r, "a.net", true, false, now);
	assert_int_equal(respond_all(&one, NULL), 1);
	assert_int_equal(done()->result, DNS_FOUND);
}

static void a_silent_server_is_reported(void **state)
{
	const struct resolver_out *d;
	uint64_t start = now;

	(void)state;
	resolver_set_servers(r, servers, 1, now);
	d = ask_and_wait("a.net", true);
	assert_non_null(d);
	assert_int_equal(d->result, DNS_SILENT);
	assert_true(ip_equal(&d->server, &servers[0]));
	assert_in_range(now - start, 3000, 10000);
}

/*
 * The first server is dead: the first question waits for it; later ones do not, until it is tested
 * again.
 */
static void a_dead_server_is_remembered(void **state)
{
	(void)state;
	for (int i = 0; i < RESOLVER_DEAD_AFTER; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.net", i);
		resolver_ask(r, name, true, false, now);
		drain();
		assert_true(ip_equal(&find(RESOLVER_DATAGRAM)->server, &servers[0]));
		pass_time();
		respond_all(&one, NULL);
	}
	assert_true(r->servers[0].is_dead);
	resolver_ask(r, "b.net", true, false, now);
	drain();
	assert_true(ip_equal(&find(RESOLVER_DATAGRAM)->server, &servers[1]));
	respond(find(RESOLVER_DATAGRAM), &one);
	now += RESOLVER_REVIVE_MS;
	resolver_ask(r, "c.net", true, false, now);
	resolver_ask(r, "d.net", true, false, now);
	drain();
	assert_true(ip_equal(&outs[1].server, &servers[0]) !=
		    ip_equal(&outs[2].server, &servers[0])); /* one of them tests it */
	for (size_t i = 0; i < out_count; i++)
		if (is_query(&outs[i]))
			respond(&outs[i], &one);
	drain();
	assert_non_null(find(RESOLVER_SERVER_ALIVE));
}

static void a_dead_server_is_reported_once(void **state)
{
	size_t reports = 0;

	(void)state;
	resolver_set_servers(r, servers, 1, now);
	for (int k = 0; k < 3; k++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.net", k);
		resolver_ask(r, name, true, true, now);
		for (int i = 0; i < 30; i++) {
			drain();
			for (size_t n = 0; n < out_count; n++)
				reports += outs[n].type == RESOLVER_SERVER_DEAD;
			if (find(RESOLVER_DONE))
				break;
			pass_time();
		}
	}
	assert_int_equal(reports, 1);
}

static void an_unreachable_server_is_skipped_at_once(void **state)
{
	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	drain();
	resolver_lost(r, find(RESOLVER_DATAGRAM)->channel, true, now);
	drain();
	assert_true(ip_equal(&find(RESOLVER_DATAGRAM)->server, &servers[1]));
	resolver_lost(r, find(RESOLVER_DATAGRAM)->channel, true, now);
	assert_int_equal(done()->result, DNS_SERVER_REFUSED);
}

static void a_late_response_counts(void **state)
{
	struct resolver_out first;

	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	drain();
	first = *find(RESOLVER_DATAGRAM);
	pass_time(); /* the second server is queried */
	respond_from(&first, &one, &servers[0]);
	assert_int_equal(done()->result, DNS_FOUND);
}

/* ---- forged responses */

static void forged_responses_are_ignored(void **state)
{
	struct resolver_out q, wrong;
	uint8_t copy[DNS_QUERY_MAX];

	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	drain();
	q = *find(RESOLVER_DATAGRAM);
	respond_from(&q, &one, &servers[5]); /* from another host */
	respond_from(&q, &one, &servers[1]); /* a server that was not queried */
	wrong = q;
	memcpy(copy, q.message.at, q.message.len);
	wrong.message.at = copy;
	copy[1] ^= 1; /* the ID */
	respond(&wrong, &one);
	copy[1] ^= 1;
	copy[13] = 'b'; /* the name */
	respond(&wrong, &one);
	wrong.channel++;
	respond(&wrong, &one);
	wrong.channel = RESOLVER_CHANNELS;
	respond(&wrong, &one);
	resolver_message(r, q.channel, &q.server, bytes_of("", 0), now);
	assert_null(done());
	respond(&q, &one);
	assert_int_equal(done()->result, DNS_FOUND);
}

static void each_query_has_a_new_id(void **state)
{
	uint16_t first;

	(void)state;
	resolver_ask(r, "a.net", true, true, now);
	drain();
	first = load_u16(outs[0].message.at);
	assert_true(first != load_u16(outs[1].message.at));
	assert_true(outs[0].channel != outs[1].channel);
}

/* ---- TCP and EDNS */

static void a_truncated_response_is_followed_by_tcp(void **state)
{
	static const struct said many = { .addresses = DNS_ADDRESSES, .ttl = 60 };

	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&truncated, NULL);
	drain();
	assert_non_null(find(RESOLVER_STREAM));
	assert_true(ip_equal(&find(RESOLVER_STREAM)->server, &servers[0]));
	respond(find(RESOLVER_STREAM), &many);
	assert_int_equal(done()->addresses[0].count, DNS_ADDRESSES);
}

static void without_tcp_the_next_server_is_queried(void **state)
{
	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&truncated, NULL);
	drain();
	resolver_lost(r, find(RESOLVER_STREAM)->channel, false, now);
	drain();
	assert_true(ip_equal(&find(RESOLVER_DATAGRAM)->server, &servers[1]));
	respond(find(RESOLVER_DATAGRAM), &one);
	assert_int_equal(done()->result, DNS_FOUND);
}

static void truncation_over_tcp_is_a_failure(void **state)
{
	(void)state;
	resolver_set_servers(r, servers, 1, now);
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&truncated, NULL);
	respond_all(&truncated, NULL);
	assert_int_equal(done()->result, DNS_FAILED);
}

static void a_server_without_edns_is_queried_without_it(void **state)
{
	static const struct said format_error = { .rcode = DNS_FORMERR };

	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	drain();
	assert_true(has_edns(find(RESOLVER_DATAGRAM)));
	respond(find(RESOLVER_DATAGRAM), &format_error);
	drain();
	assert_false(has_edns(find(RESOLVER_DATAGRAM)));
	assert_true(ip_equal(&find(RESOLVER_DATAGRAM)->server, &servers[0]));
	respond(find(RESOLVER_DATAGRAM), &one);
	assert_int_equal(done()->result, DNS_FOUND);
	resolver_ask(r, "b.net", true, false, now);
	drain();
	assert_false(has_edns(find(RESOLVER_DATAGRAM)));
}

static void a_server_that_drops_edns_is_queried_without_it(void **state)
{
	const struct resolver_out *d = NULL;

	(void)state;
	resolver_set_servers(r, servers, 1, now);
	resolver_ask(r, "a.net", true, false, now);
	for (int i = 0; i < 10 && !d; i++) {
		drain();
		for (size_t k = 0; k < out_count; k++)
			if (is_query(&outs[k]) && !has_edns(&outs[k]))
				respond(&outs[k], &one);
		d = done();
		if (!d)
			pass_time();
	}
	assert_non_null(d);
	assert_int_equal(d->result, DNS_FOUND);
	resolver_ask(r, "b.net", true, false, now);
	drain();
	assert_false(has_edns(find(RESOLVER_DATAGRAM)));
}

/* Two queries are in flight when the server responds to the first that it does not support EDNS. */
static void each_query_keeps_its_own_edns_state(void **state)
{
	static const struct said format_error = { .rcode = DNS_FORMERR };
	struct resolver_out first[2];
	size_t count = 0;

	(void)state;
	resolver_set_servers(r, servers, 1, now);
	resolver_ask(r, "a.net", true, false, now);
	resolver_ask(r, "b.net", true, false, now);
	drain();
	for (size_t i = 0; i < out_count; i++)
		if (is_query(&outs[i]) && count < 2)
			first[count++] = outs[i];
	assert_int_equal(count, 2);
	respond(&first[0], &format_error);
	respond(&first[1], &format_error);
	assert_int_equal(respond_all(&one, NULL), 2);
	drain();
	for (size_t i = 0; i < out_count; i++)
		assert_int_equal(outs[i].type == RESOLVER_DONE ? outs[i].result : DNS_FOUND,
				 DNS_FOUND);
}

/* A format error for a query without EDNS is final. */
static void a_format_error_without_edns_is_a_failure(void **state)
{
	static const struct said format_error = { .rcode = DNS_FORMERR };

	(void)state;
	resolver_set_servers(r, servers, 1, now);
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&format_error, NULL);
	respond_all(&format_error, NULL);
	assert_int_equal(done()->result, DNS_FAILED);
}

/* A lost query is no sign of missing EDNS support if the server has already responded with EDNS. */
static void a_loss_does_not_end_edns(void **state)
{
	(void)state;
	resolver_set_servers(r, servers, 1, now);
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&one, NULL);
	resolver_ask(r, "b.net", true, false, now);
	drain();
	pass_time();
	drain();
	assert_false(has_edns(find(RESOLVER_DATAGRAM)));
	respond(find(RESOLVER_DATAGRAM), &one);
	resolver_ask(r, "c.net", true, false, now);
	drain();
	assert_true(has_edns(find(RESOLVER_DATAGRAM)));
}

/* ---- one server is silent, the other refuses */

static void query_is_to(size_t server)
{
	drain();
	assert_non_null(find(RESOLVER_DATAGRAM));
	assert_true(ip_equal(&find(RESOLVER_DATAGRAM)->server, &servers[server]));
}

static void a_lost_query_is_repeated_though_another_refuses(void **state)
{
	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	query_is_to(0);
	pass_time();
	query_is_to(1);
	respond(find(RESOLVER_DATAGRAM), &refused);
	query_is_to(0);
	respond(find(RESOLVER_DATAGRAM), &one);
	assert_int_equal(done()->result, DNS_FOUND);
}

static void a_server_that_refused_is_not_queried_again(void **state)
{
	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	query_is_to(0);
	respond(find(RESOLVER_DATAGRAM), &refused);
	for (int i = 0; i < 3; i++) {
		query_is_to(1);
		pass_time();
	}
	assert_int_equal(done()->result, DNS_SERVER_REFUSED);
	assert_true(ip_equal(&find(RESOLVER_DONE)->server, &servers[0]));
}

static void all_but_one_refuse(void **state)
{
	(void)state;
	resolver_set_servers(r, servers, 4, now);
	resolver_ask(r, "a.net", true, false, now);
	query_is_to(0);
	respond(find(RESOLVER_DATAGRAM), &failed);
	query_is_to(1);
	resolver_lost(r, find(RESOLVER_DATAGRAM)->channel, true, now);
	query_is_to(2);
	pass_time();
	query_is_to(3);
	respond(find(RESOLVER_DATAGRAM), &refused);
	query_is_to(2);
	respond(find(RESOLVER_DATAGRAM), &no_name);
	assert_int_equal(done()->result, DNS_NO_NAME);
}

/* ---- many questions; new servers; no servers */

static void many_wait_for_their_turn(void **state)
{
	size_t answered = 0, most = 0;

	(void)state;
	for (int i = 0; i < RESOLVER_QUESTIONS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.net", i);
		assert_true(resolver_ask(r, name, true, true, now) >= 0);
	}
	assert_int_equal(resolver_ask(r, "one.more.net", true, true, now), -1);
	for (int turn = 0; turn < 100 && answered < RESOLVER_QUESTIONS; turn++) {
		size_t n;

		drain();
		n = out_count;
		for (size_t i = 0; i < n; i++) {
			answered += outs[i].type == RESOLVER_DONE && outs[i].result == DNS_FOUND;
			if (is_query(&outs[i]))
				respond(&outs[i], &one);
		}
		if (n > most)
			most = n;
	}
	assert_int_equal(answered, RESOLVER_QUESTIONS);
	assert_true(resolver_ask(r, "one.more.net", true, true, now) >= 0);
}

static void a_question_can_be_canceled(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * RESOLVER_QUESTIONS; i++) {
		char name[32];
		int question;

		snprintf(name, sizeof(name), "n%d.net", i);
		question = resolver_ask(r, name, true, true, now);
		assert_true(question >= 0);
		resolver_cancel(r, question);
	}
	assert_null(done());
}

static void new_servers_are_queried_again(void **state)
{
	(void)state;
	resolver_ask(r, "a.net", true, false, now);
	respond_all(&one, NULL);
	assert_non_null(done());
	resolver_ask(r, "b.net", true, false, now);
	drain();
	resolver_set_servers(r, servers, 2, now); /* the same: nothing changes */
	drain();
	assert_int_equal(out_count, 0);
	resolver_set_servers(r, servers + 4, 1, now);
	drain();
	assert_true(ip_equal(&find(RESOLVER_DATAGRAM)->server, &servers[4]));
	respond(find(RESOLVER_DATAGRAM), &one);
	assert_int_equal(done()->result, DNS_FOUND);
	resolver_ask(r, "a.net", true, false, now); /* the former servers' results are dropped */
	drain();
	assert_non_null(find(RESOLVER_DATAGRAM));
}

static void without_servers_a_question_fails(void **state)
{
	(void)state;
	resolver_set_servers(r, NULL, 0, now);
	resolver_ask(r, "a.net", true, true, now);
	assert_int_equal(done()->result, DNS_NO_SERVER);
}

static void the_cache_is_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * DNS_CACHE_ENTRIES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.net", i);
		resolver_ask(r, name, true, false, now);
		respond_all(&one, NULL);
		assert_non_null(done());
		now++;
	}
	assert_int_equal(r->cache.used, DNS_CACHE_ENTRIES);
	resolver_ask(r, "n1535.net", true, false, now); /* the last one is in the cache */
	drain();
	assert_null(find(RESOLVER_DATAGRAM));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(both_families_are_queried),
		CASE(one_family_waits_briefly_for_the_other),
		CASE(late_responses_are_cached),
		CASE(cached_names_are_not_queried_again),
		CASE(the_same_name_twice_is_one_question),
		CASE(an_alias_without_its_address_is_followed),
		CASE(aliases_in_a_circle_end),
		CASE(failures_are_distinguished),
		CASE(a_negative_response_is_final),
		CASE(a_failure_is_cached_for_a_second),
		CASE(a_silent_server_is_reported),
		CASE(a_dead_server_is_remembered),
		CASE(a_dead_server_is_reported_once),
		CASE(an_unreachable_server_is_skipped_at_once),
		CASE(a_late_response_counts),
		CASE(forged_responses_are_ignored),
		CASE(each_query_has_a_new_id),
		CASE(a_truncated_response_is_followed_by_tcp),
		CASE(without_tcp_the_next_server_is_queried),
		CASE(truncation_over_tcp_is_a_failure),
		CASE(a_server_without_edns_is_queried_without_it),
		CASE(a_server_that_drops_edns_is_queried_without_it),
		CASE(each_query_keeps_its_own_edns_state),
		CASE(a_format_error_without_edns_is_a_failure),
		CASE(a_loss_does_not_end_edns),
		CASE(a_lost_query_is_repeated_though_another_refuses),
		CASE(a_server_that_refused_is_not_queried_again),
		CASE(all_but_one_refuse),
		CASE(many_wait_for_their_turn),
		CASE(a_question_can_be_canceled),
		CASE(new_servers_are_queried_again),
		CASE(without_servers_a_question_fails),
		CASE(the_cache_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
