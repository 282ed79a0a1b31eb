/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names as users write them, and responses, valid and malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dns/message.h"

static void names_are_normalized(void **state)
{
	static const struct {
		const char *given, *normal; /* NULL: not a host name */
	} cases[] = {
		{ "example.net", "example.net" },
		{ "Example.NET.", "example.net" },
		{ "a", "a" },
		{ "_sip._tcp.example.net", "_sip._tcp.example.net" },
		{ "1.example", "1.example" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "", NULL },
		{ ".", NULL },
		{ "a..b", NULL },
		{ ".a", NULL },
		{ "a b", NULL },
		{ "127.1", NULL },
		{ "2130706433", NULL },
		{ "example.net.7", NULL },
		{ "b\xc3\xbc"
		  "cher.example",
		  NULL },
		{ "a-label-of-sixty-three-bytes-is-the-longest-that-there-is-in-dns-", NULL },
	};
	char name[DNS_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool is_name = dns_name_normalize(cases[i].given, name);

		assert_int_equal(is_name, cases[i].normal != NULL);
		if (is_name)
			assert_string_equal(name, cases[i].normal);
	}
}

static void the_longest_name_is_valid(void **state)
{
	char given[DNS_NAME_MAX + 3], name[DNS_NAME_MAX + 1];

	(void)state;
	memset(given, 'a', sizeof(given));
	for (size_t i = 50; i < sizeof(given); i += 51)
		given[i] = '.';
	given[DNS_NAME_MAX] = '\0';
	assert_true(dns_name_normalize(given, name));
	given[DNS_NAME_MAX] = 'a';
	given[DNS_NAME_MAX + 1] = '\0';
	assert_false(dns_name_normalize(given, name));
}

static void a_query_on_the_wire(void **state)
{
	static const uint8_t expected[] = { 0x12, 0x34, 1,    0,    0,   1,   0, 0, 0,  0, 0, 1,
					    1,    'a',  3,    'n',  'e', 't', 0, 0, 28, 0, 1, 0,
					    0,    41,   0x04, 0xd0, 0,   0,   0, 0, 0,  0 };
	uint8_t made[DNS_QUERY_MAX];
	struct writer w = writer_of(made, sizeof(made));

	(void)state;
	dns_put_query(&w, 0x1234, "a.net", DNS_AAAA, true);
	assert_int_equal(w.len, sizeof(expected));
	assert_memory_equal(made, expected, sizeof(expected));
}

/* ---- responses: the question is a.net A, ID 7 */

#define HEAD(flags, answers, authorities) \
	0, 7, (flags) >> 8, (flags)&0xff, 0, 1, 0, answers, 0, authorities, 0, 0
#define QUESTION 1, 'a', 3, 'n', 'e', 't', 0, 0, 1, 0, 1 /* the name at 12, net at 14 */
#define A_NET 0xc0, 12
#define ADDRESS(last) 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 9, 8, last
#define TO_B 0, 5, 0, 1, 0, 0, 0, 30, 0, 4, 1, 'b', 0xc0, 14
#define B_NET 1, 'B', 3, 'n', 'e', 't', 0
#define SOA                                                                                        \
	0xc0, 14, 0, 6, 0, 1, 0, 0, 1, 0, 0, 24, 0xc0, 14, 0xc0, 14, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, \
		0, 1, 0, 0, 0, 1, 0, 0, 0, 99

enum { OK = 0x8180, NXDOMAIN = 0x8183, TRUNCATED = 0x8380 };

#define CASE(name, good, rcode, count, ttl, alias, ...)                                           \
	{                                                                                         \
		name, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), \
			good, rcode, count, ttl, alias                                            \
	}

static const struct {
	const char *name;
	const uint8_t *at;
	size_t len;
	bool is_good;
	uint8_t rcode;
	size_t count;
	uint32_t ttl;
	const char *alias;
} responses[] = {
	CASE("two addresses", true, 0, 2, 60, "", HEAD(OK, 2, 0), QUESTION, A_NET, ADDRESS(1),
	     A_NET, ADDRESS(2)),
	CASE("an alias with its address", true, 0, 1, 30, "", HEAD(OK, 2, 0), QUESTION, A_NET, TO_B,
	     B_NET, ADDRESS(1)),
	CASE("the address before the alias", true, 0, 1, 30, "", HEAD(OK, 2, 0), QUESTION, B_NET,
	     ADDRESS(1), A_NET, TO_B),
	CASE("an alias alone", true, 0, 0, 30, "b.net", HEAD(OK, 1, 0), QUESTION, A_NET, TO_B),
	CASE("an alias of what has no address", true, 0, 0, 30, "", HEAD(OK, 1, 1), QUESTION, A_NET,
	     TO_B, SOA),
	CASE("an alias of itself", true, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, A_NET, 0, 5, 0, 1,
	     0, 0, 0, 30, 0, 2, A_NET),
	CASE("an alias of what is not", true, 3, 0, 30, "", HEAD(NXDOMAIN, 1, 1), QUESTION, A_NET,
	     TO_B, SOA),
	CASE("no such name", true, 3, 0, 99, "", HEAD(NXDOMAIN, 0, 1), QUESTION, SOA),
	CASE("no address", true, 0, 0, 99, "", HEAD(OK, 0, 1), QUESTION, SOA),
	CASE("no address, for we don't know how long", true, 0, 0, 0, "", HEAD(OK, 0, 0), QUESTION),
	CASE("truncated", true, 0, 0, 0, "", HEAD(TRUNCATED, 0, 0), QUESTION),
	CASE("refused", true, 5, 0, 0, "", HEAD(0x8185, 0, 0), QUESTION),
	CASE("a format error alone", true, 1, 0, 0, "", 0, 7, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0),
	CASE("a refusal without question", false, 0, 0, 0, "", 0, 7, 0x81, 0x85, 0, 0, 0, 0, 0, 0,
	     0, 0),
	CASE("another's address", true, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, B_NET, ADDRESS(1)),
	CASE("an address of five bytes", true, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, A_NET, 0, 1,
	     0, 1, 0, 0, 0, 60, 0, 5, 10, 9, 8, 1, 1),
	CASE("another class", true, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, A_NET, 0, 1, 0, 3, 0, 0,
	     0, 60, 0, 4, 10, 9, 8, 1),
	CASE("a query", false, 0, 0, 0, "", HEAD(0x0100, 0, 0), QUESTION),
	CASE("another operation", false, 0, 0, 0, "", HEAD(0xa180, 0, 0), QUESTION),
	CASE("another ID", false, 0, 0, 0, "", 0, 8, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION),
	CASE("another name", false, 0, 0, 0, "", HEAD(OK, 1, 0), 1, 'b', 3, 'n', 'e', 't', 0, 0, 1,
	     0, 1, A_NET, ADDRESS(1)),
	CASE("another type", false, 0, 0, 0, "", HEAD(OK, 1, 0), 1, 'a', 3, 'n', 'e', 't', 0, 0, 28,
	     0, 1, A_NET, ADDRESS(1)),
	CASE("fewer records than it says", false, 0, 0, 0, "", HEAD(OK, 2, 0), QUESTION, A_NET,
	     ADDRESS(1)),
	CASE("a pointer to itself", false, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, 0xc0, 23,
	     ADDRESS(1)),
	CASE("a pointer ahead", false, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, 0xc0, 40, ADDRESS(1)),
	CASE("a label of an unknown kind", false, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, 0x40, 'a',
	     0, ADDRESS(1)),
	CASE("an empty alias", false, 0, 0, 0, "", HEAD(OK, 1, 0), QUESTION, A_NET, 0, 5, 0, 1, 0,
	     0, 0, 30, 0, 1, 0),
	CASE("nothing", false, 0, 0, 0, "", 0),
};

static void responses_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(responses) / sizeof(*responses); i++) {
		struct dns_response r;
		bool is_good = dns_parse_response(bytes_of(responses[i].at, responses[i].len), 7,
						  "a.net", DNS_A, &r);

		if (is_good != responses[i].is_good)
			fail_msg("%s", responses[i].name);
		if (!is_good)
			continue;
		if (r.rcode != responses[i].rcode || r.count != responses[i].count ||
		    (r.has_ttl ? r.ttl : 0) != responses[i].ttl ||
		    strcmp(r.alias, responses[i].alias) != 0)
			fail_msg("%s: rcode %d, %zu addresses, ttl %u, alias \"%s\"",
				 responses[i].name, r.rcode, r.count, r.ttl, r.alias);
	}
}

/* Each response, cut at each byte: never read past its end, and never accepted. */
static void truncated_messages_are_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(responses) / sizeof(*responses); i++)
		for (size_t len = 0; len < responses[i].len; len++) {
			uint8_t *copy = malloc(len + 1);
			struct dns_response r;

			assert_non_null(copy);
			memcpy(copy, responses[i].at, len);
			if (dns_parse_response(bytes_of(copy, len), 7, "a.net", DNS_A, &r))
				assert_int_equal(r.count, 0);
			free(copy);
		}
}

static void the_number_of_addresses_is_limited(void **state)
{
	static uint8_t made[12 + 11 + 300 * 16] = { HEAD(OK, 0, 0), QUESTION };
	static const uint8_t one[] = { A_NET, ADDRESS(1) };
	struct dns_response r;

	(void)state;
	store_u16(made + 6, 300);
	for (size_t i = 0; i < 300; i++)
		memcpy(made + 23 + i * sizeof(one), one, sizeof(one));
	assert_true(dns_parse_response(bytes_of(made, sizeof(made)), 7, "a.net", DNS_A, &r));
	assert_int_equal(r.count, DNS_ADDRESSES);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_normalized),
		cmocka_unit_test(the_longest_name_is_valid),
		cmocka_unit_test(a_query_on_the_wire),
		cmocka_unit_test(responses_are_parsed),
		cmocka_unit_test(truncated_messages_are_malformed),
		cmocka_unit_test(the_number_of_addresses_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
