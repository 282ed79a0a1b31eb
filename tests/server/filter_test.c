/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules as text; packets of both families and directions against them; files of filters. */
#include "server/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/filters.h"

/* ---- text */

static void rules_that_are_wrong(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "a rule must begin with permit or deny" },
		{ "allow any", "a rule must begin with permit or deny" },
		{ "permit", "after permit or deny must come a network" },
		{ "permit 10.0.0.0/33", "after permit or deny must come a network" },
		{ "permit example.net", "after permit or deny must come a network" },
		{ "permit any http", "after the network must come tcp" },
		{ "permit any 0", "after the network must come tcp" },
		{ "permit any 256", "after the network must come tcp" },
		{ "permit any 6x", "after the network must come tcp" },
		{ "permit any icmp 8", "this protocol has no ports" },
		{ "permit any tcp 0", "after the protocol must come a port" },
		{ "permit any tcp 65536", "after the protocol must come a port" },
		{ "permit any tcp 99-80", "after the protocol must come a port" },
		{ "permit any tcp 80-", "after the protocol must come a port" },
		{ "permit any tcp 80,443", "after the protocol must come a port" },
		{ "permit any tcp -80", "after the protocol must come a port" },
		{ "permit any tcp 80 443", "there is more than one port or range" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct filter_rule r;
		const char *why = filter_rule_parse(bytes_text(cases[i].text), &r);

		if (!why || strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
			fail_msg("\"%s\": %s", cases[i].text, why ? why : "taken");
	}
}

static void a_rule_is_read(void **state)
{
	struct filter_rule r;

	(void)state;
	assert_null(filter_rule_parse(bytes_text(" permit\t10.1.2.3/8  tcp 80-99 "), &r));
	assert_true(r.permits);
	assert_string_equal(ip_prefix_print(&r.network).text, "10.0.0.0/8");
	assert_int_equal(r.proto, IPPROTO_TCP);
	assert_true(r.has_ports && r.first_port == 80 && r.last_port == 99);
	assert_null(filter_rule_parse(bytes_text("deny any"), &r));
	assert_true(!r.permits && !r.network.addr.family && !r.proto && !r.has_ports);
	assert_null(filter_rule_parse(bytes_text("deny 2001:db8::1 58"), &r));
	assert_int_equal(r.proto, IPPROTO_ICMP); /* one name for both families */
	assert_int_equal(r.network.len, 128);
}

/* ---- packets: the client is 10.9.0.2, or 2001:db8::2 */

enum { V6_FRAGMENT = 1, V6_OPTIONS = 2 };

struct made {
	bool is_v6, is_out;
	const char *far; /* NULL: 10.1.1.1, or 2001:db8:1::1 */
	uint8_t proto;   /* 0: TCP */
	uint16_t port;   /* of the other end */
	uint8_t flags;   /* of TCP; ICMP: the type */
	uint16_t offset; /* of a fragment, in eight bytes */
	bool has_more;
	unsigned extra; /* V6_... */
	int len;        /* after the IP headers; 0: 20 bytes, < 0: none */
};

/* In memory of exactly its size, so that ASan sees what is read after its end. */
static struct packet make(const struct made *m)
{
	uint8_t bytes[200] = { 0 }, *at = bytes + (m->is_v6 ? IPV6_HDR_LEN : IPV4_HDR_LEN);
	const char *client = m->is_v6 ? "2001:db8::2" : "10.9.0.2";
	size_t addr_len = m->is_v6 ? IPV6_ADDR_LEN : IPV4_ADDR_LEN,
	       len = m->len ? (size_t)(m->len > 0 ? m->len : 0) : 20;
	uint8_t *addrs = bytes + (m->is_v6 ? IPV6_ADDRS_AT : IPV4_ADDRS_AT),
		proto = m->proto ? m->proto : IPPROTO_TCP;
	const char *to = m->is_v6 ? "2001:db8:1::1" : "10.1.1.1";
	bool is_fragment = m->offset || m->has_more;
	struct ip_addr own, far;
	struct packet p;

	assert_true(ip_parse(client, &own) && ip_parse(m->far ? m->far : to, &far));
	memcpy(addrs, m->is_out ? own.bytes : far.bytes, addr_len);
	memcpy(addrs + addr_len, m->is_out ? far.bytes : own.bytes, addr_len);
	if (m->extra & V6_OPTIONS || (m->is_v6 && is_fragment)) {
		bool is_options = m->extra & V6_OPTIONS;

		at[0] = proto;
		if (!is_options)
			store_u16(at + 2, (uint16_t)(m->offset << 3 | m->has_more));
		proto = is_options ? IPPROTO_DSTOPTS : IPPROTO_FRAGMENT;
		at += 8;
		if (is_options && is_fragment) { /* a fragment header before the options */
			memmove(at, at - 8, 8);
			memset(at - 8, 0, 8);
			at[-8] = IPPROTO_DSTOPTS;
			store_u16(at - 6, (uint16_t)(m->offset << 3 | m->has_more));
			proto = IPPROTO_FRAGMENT;
			at += 8;
		}
	}
	if (m->proto == IPPROTO_ICMP || m->proto == IPPROTO_ICMPV6) {
		at[0] = m->flags;
	} else {
		store_u16(at, m->is_out ? 40000 : m->port);
		store_u16(at + 2, m->is_out ? m->port : 40000);
		at[TCP_FLAGS_AT] = m->flags;
	}
	len += (size_t)(at - bytes);
	if (m->is_v6) {
		bytes[0] = IPV6_VERSION;
		store_u16(bytes + IPV6_LENGTH_AT, (uint16_t)(len - IPV6_HDR_LEN));
		bytes[IPV6_NEXT_AT] = proto;
	} else {
		bytes[0] = IPV4_VERSION_IHL;
		store_u16(bytes + IPV4_LENGTH_AT, (uint16_t)len);
		store_u16(bytes + IPV4_FRAGMENT_AT, (uint16_t)(m->has_more << 13 | m->offset));
		bytes[IPV4_PROTO_AT] = proto;
	}
	p.at = malloc(len);
	assert_non_null(p.at);
	memcpy(p.at, bytes, len);
	assert_true(packet_parse(&p, p.at, len));
	return p;
}

static struct filters *parse(const char *text)
{
	struct filters *f;
	struct error err;

	if (filters_parse("filters", bytes_text(text), &f, &err))
		fail_msg("%s", err.text);
	return f;
}

static bool try(const char *text, const struct packet *p, bool is_from_client)
{
	struct filters *f = parse(text);
	struct filter_use use = { NULL, NULL };
	struct filter_store store;
	bool does_pass;

	filter_store_open(&store, f);
	assert_true(filter_store_use(&store, "f", &use));
	does_pass = filter_passes(use.filter, p, is_from_client);
	filter_use_end(&use);
	filter_store_close(&store);
	return does_pass;
}

#define WEB "f permit 10.0.0.0/8 tcp 443\nf permit 2001:db8:1::/48 tcp 443\n"
#define NO_MAIL "f deny any tcp 25\nf permit any\n"
#define DNS "f permit any udp 53\n"
#define IN4(...)            \
	{                   \
		__VA_ARGS__ \
	}
#define OUT4(...)                           \
	{                                   \
		.is_out = true, __VA_ARGS__ \
	}
#define IN6(...)                           \
	{                                  \
		.is_v6 = true, __VA_ARGS__ \
	}
#define OUT6(...)                                          \
	{                                                  \
		.is_v6 = true, .is_out = true, __VA_ARGS__ \
	}

/* clang-format off */
static const struct {
	const char *name, *filter;
	struct made m;
	bool passes;
} packets[] = {
	{ "to the port", WEB, OUT4(.port = 443), true },
	{ "to another port", WEB, OUT4(.port = 80), false },
	{ "to another network", WEB, OUT4(.far = "11.1.1.1", .port = 443), false },
	{ "another protocol", WEB, OUT4(.port = 443, .proto = IPPROTO_UDP), false },
	{ "from the port", WEB, IN4(.port = 443, .flags = TCP_BIT_ACK), true },
	{ "from the port, SYN and ACK", WEB, IN4(.port = 443, .flags = TCP_BIT_SYN | TCP_BIT_ACK), true },
	{ "from the port, opens", WEB, IN4(.port = 443, .flags = TCP_BIT_SYN), false },
	{ "opens, no port in the rule", "f permit any tcp\n", IN4(.port = 443, .flags = TCP_BIT_SYN), true },
	{ "from another port", WEB, IN4(.port = 80, .flags = TCP_BIT_ACK), false },
	{ "v6 to the port", WEB, OUT6(.port = 443), true },
	{ "v6 to another port", WEB, OUT6(.port = 80), false },
	{ "v6 to another network", WEB, OUT6(.far = "2001:db8:2::1", .port = 443), false },
	{ "v6 from the port", WEB, IN6(.port = 443, .flags = TCP_BIT_ACK), true },
	{ "v6 after options", WEB, OUT6(.port = 443, .extra = V6_OPTIONS), true },
	{ "v6 after options, another port", WEB, OUT6(.port = 80, .extra = V6_OPTIONS), false },
	{ "the first match decides", "f deny 10.1.0.0/16\nf permit any\n", OUT4(.port = 1), false },
	{ "the second match", "f deny 10.2.0.0/16\nf permit any\n", OUT4(.port = 1), true },
	{ "any is both families", "f permit any\n", OUT6(.port = 1), true },
	{ "a network is of one family", "f permit 0.0.0.0/0\n", OUT6(.port = 1), false },
	{ "denied, out", NO_MAIL, OUT4(.port = 25), false },
	{ "denied, in", NO_MAIL, IN4(.port = 25, .flags = TCP_BIT_SYN), false },
	{ "not denied", NO_MAIL, OUT4(.port = 26), true },
	{ "a range", "f permit any udp 5000-5009\n", OUT4(.proto = IPPROTO_UDP, .port = 5009), true },
	{ "after a range", "f permit any udp 5000-5009\n", OUT4(.proto = IPPROTO_UDP, .port = 5010), false },
	{ "a number", "f permit any 47\n", OUT4(.proto = IPPROTO_GRE), true },
	{ "icmp", "f permit any icmp\n", OUT4(.proto = IPPROTO_ICMP, .flags = 8), true },
	{ "v6 icmp", "f permit any icmp\n", OUT6(.proto = IPPROTO_ICMPV6, .flags = 128), true },
	{ "no icmp", WEB, OUT4(.proto = IPPROTO_ICMP, .flags = 8), false },
	/* fragments */
	{ "first fragment", DNS, OUT4(.proto = IPPROTO_UDP, .port = 53, .has_more = true), true },
	{ "first fragment, another port", DNS, OUT4(.proto = IPPROTO_UDP, .port = 54, .has_more = true), false },
	{ "later fragment", DNS, OUT4(.proto = IPPROTO_UDP, .port = 99, .offset = 100), true },
	{ "later fragment, denied port", "f deny any udp 53\nf permit any\n", OUT4(.proto = IPPROTO_UDP, .port = 53, .offset = 100), true },
	{ "later fragment, another protocol", DNS, OUT4(.proto = IPPROTO_TCP, .offset = 100), false },
	{ "later fragment, another network", "f permit 11.0.0.0/8 udp 53\n", OUT4(.proto = IPPROTO_UDP, .offset = 100), false },
	{ "too short for its port", DNS, OUT4(.proto = IPPROTO_UDP, .len = 3, .has_more = true), false },
	{ "too short, denied port", "f deny any udp 53\nf permit any\n", OUT4(.proto = IPPROTO_UDP, .len = 3, .has_more = true), false },
	{ "too short for TCP's flags", WEB, OUT4(.port = 443, .len = 8, .has_more = true), false },
	{ "too short, denied TCP port", NO_MAIL, OUT4(.port = 26, .len = 8, .has_more = true), false },
	{ "the flags in a fragment of their own", WEB, IN4(.offset = 1), false },
	{ "the same, denied port", NO_MAIL, IN4(.offset = 1), false },
	{ "nothing after the header", WEB, OUT4(.len = -1), false },
	{ "v6 first fragment", DNS, OUT6(.proto = IPPROTO_UDP, .port = 53, .has_more = true), true },
	{ "v6 first fragment, another port", DNS, OUT6(.proto = IPPROTO_UDP, .port = 54, .has_more = true), false },
	{ "v6 later fragment", DNS, OUT6(.proto = IPPROTO_UDP, .port = 99, .offset = 100), true },
	{ "v6 fragment that hides a port", NO_MAIL, OUT6(.port = 25, .has_more = true, .extra = V6_OPTIONS), false },
	{ "v6 fragment with options, no ports asked", "f permit 2001:db8:1::/48\n", OUT6(.port = 25, .has_more = true, .extra = V6_OPTIONS), true },
	{ "v6 fragment with options, a port asked", WEB, OUT6(.port = 443, .has_more = true, .extra = V6_OPTIONS), false },
};
/* clang-format on */

static void packets_and_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
		struct packet p = make(&packets[i].m);

		if (try(packets[i].filter, &p, packets[i].m.is_out) != packets[i].passes)
			fail_msg("%s", packets[i].name);
		free(p.at);
	}
}

/* A batch of segments has one header, and a length that no single packet has. */
static void a_batch_of_segments(void **state)
{
	static uint8_t bytes[60000] = { IPV4_VERSION_IHL, 0, 60000 >> 8,
					60000 & 0xff, [IPV4_PROTO_AT] = IPPROTO_TCP };
	struct ip_addr far;
	struct packet p;

	(void)state;
	assert_true(ip_parse("10.1.1.1", &far));
	memcpy(bytes + IPV4_ADDRS_AT, far.bytes, IPV4_ADDR_LEN);
	store_u16(bytes + IPV4_HDR_LEN, 443);
	assert_true(packet_parse(&p, bytes, sizeof(bytes)));
	assert_true(try(WEB, &p, false));
	assert_false(try("f permit 10.0.0.0/8 tcp 80\n", &p, false));
}

/* An error of type `type` from `from`, which quotes the first `len` bytes of a packet. */
static struct packet make_error(const struct packet *about, const struct made *outer, size_t len)
{
	struct made m = *outer;
	struct packet p, made;

	m.len = (int)(8 + len);
	made = make(&m);
	p = made;
	memcpy(p.at + p.h.ip_len + 8, about->at, len);
	return p;
}

/* Errors pass with the traffic that they are about, as path MTU discovery needs it. */
static void icmp_errors(void **state)
{
	static const struct {
		const char *name;
		struct made about, outer;
		int len;
		bool passes;
	} cases[] = {
		{ "of a router, to the client",
		  OUT4(.port = 443),
		  { .far = "192.0.2.9", .proto = IPPROTO_ICMP, .flags = 3 },
		  28,
		  true },
		{ "about another port",
		  OUT4(.port = 80),
		  { .far = "192.0.2.9", .proto = IPPROTO_ICMP, .flags = 3 },
		  28,
		  false },
		{ "a quote without ports",
		  OUT4(.port = 443),
		  { .far = "192.0.2.9", .proto = IPPROTO_ICMP, .flags = 3 },
		  22,
		  false },
		{ "half a header",
		  OUT4(.port = 443),
		  { .far = "192.0.2.9", .proto = IPPROTO_ICMP, .flags = 3 },
		  12,
		  false },
		{ "no error",
		  OUT4(.port = 443),
		  { .far = "192.0.2.9", .proto = IPPROTO_ICMP, .flags = 8 },
		  28,
		  false },
		{ "v6 too big",
		  OUT6(.port = 443),
		  { .is_v6 = true, .far = "2001:db8:9::9", .proto = IPPROTO_ICMPV6, .flags = 2 },
		  60,
		  true },
		{ "v6 about another port",
		  OUT6(.port = 80),
		  { .is_v6 = true, .far = "2001:db8:9::9", .proto = IPPROTO_ICMPV6, .flags = 2 },
		  60,
		  false },
		{ "v6 echo",
		  OUT6(.port = 443),
		  { .is_v6 = true, .far = "2001:db8:9::9", .proto = IPPROTO_ICMPV6, .flags = 128 },
		  60,
		  false },
		{ "of the client",
		  IN4(.port = 443),
		  { .is_out = true, .far = "10.1.1.1", .proto = IPPROTO_ICMP, .flags = 3 },
		  28,
		  true },
		{ "of the client, to somebody else",
		  IN4(.port = 443),
		  { .is_out = true, .far = "10.1.1.2", .proto = IPPROTO_ICMP, .flags = 3 },
		  28,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet about = make(&cases[i].about),
			      p = make_error(&about, &cases[i].outer, (size_t)cases[i].len);

		if (try(WEB, &p, cases[i].outer.is_out) != cases[i].passes)
			fail_msg("%s", cases[i].name);
		free(about.at);
		free(p.at);
	}
}

/* ---- files */

static void a_file_of_filters(void **state)
{
	struct filters *f = parse("# two filters\n"
				  "\n"
				  "a permit 10.0.0.0/8 # ours\r\n"
				  "b deny any\n"
				  "\ta\tdeny any");
	struct filter_use use = { NULL, NULL };
	struct filter_store store;

	(void)state;
	assert_int_equal(filters_count(f), 2);
	filter_store_open(&store, f);
	assert_true(filter_store_use(&store, "a", &use));
	assert_int_equal(use.filter->count, 2);
	assert_true(use.filter->rules[0].permits && !use.filter->rules[1].permits);
	assert_false(filter_store_use(&store, "c", &use));
	assert_string_equal(use.filter->name, "a"); /* unchanged */
	/* the former set lives as long as somebody uses it */
	filter_store_replace(&store, parse("b permit any\n"));
	assert_int_equal(use.filter->count, 2);
	assert_false(filter_store_use(&store, "a", &use));
	assert_true(filter_store_use(&store, "b", &use));
	assert_true(use.filter->rules[0].permits);
	filter_use_end(&use);
	filter_store_close(&store);
}

static void files_that_are_wrong(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "a permit any\na\n", "filters:2: a rule must begin with permit or deny" },
		{ "\n\na permit any tcp 80 90",
		  "filters:3: there is more than one port or range: write a rule for each" },
		{ "1234567890123456789012345678901234567890123456789012345678901234 permit any\n",
		  "filters:1: the name of a filter is longer than 63 bytes, or has a zero "
		  "byte" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct filters *f;
		struct error err;

		assert_int_not_equal(filters_parse("filters", bytes_text(cases[i].text), &f, &err),
				     0);
		assert_string_equal(err.text, cases[i].why);
	}
}

static void without_a_file_there_is_no_filter(void **state)
{
	struct filter_use use = { NULL, NULL };
	struct filter_store store;

	(void)state;
	filter_store_open(&store, NULL);
	assert_false(filter_store_use(&store, "a", &use));
	filter_store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_that_are_wrong),
		cmocka_unit_test(a_rule_is_read),
		cmocka_unit_test(packets_and_rules),
		cmocka_unit_test(a_batch_of_segments),
		cmocka_unit_test(icmp_errors),
		cmocka_unit_test(a_file_of_filters),
		cmocka_unit_test(files_that_are_wrong),
		cmocka_unit_test(without_a_file_there_is_no_filter),
	};

	return cmocka_run_group_tests_name("server/filter", tests, NULL, NULL);
}
