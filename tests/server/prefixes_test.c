/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which IPv6 prefixes clients get, and which worker has them. */
#include "server/prefixes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct ip_prefix network_of(const char *text)
{
	struct ip_prefix p;

	assert_true(ip_prefix_parse(text, &p));
	return p;
}

static bool take(struct prefixes *p, size_t preferred, unsigned worker, struct ip_addr *prefix)
{
	size_t number = prefixes_take(p, preferred, worker);

	*prefix = prefixes_at(p, number).addr;
	return number;
}

static void give_back(struct prefixes *p, const struct ip_addr *prefix)
{
	prefixes_give_back(p, prefixes_number(p, prefix));
}

static struct prefixes *opened(const char *network, size_t wanted)
{
	struct ip_prefix n = network_of(network);
	struct prefixes *p;

	assert_int_equal(prefixes_open(&n, 64, wanted, &p), 0);
	return p;
}

static int worker_of(const struct prefixes *p, const char *text)
{
	struct ip_addr a;

	assert_true(ip_parse(text, &a));
	return prefixes_worker_of(p, &a);
}

static void assert_prefix(const struct ip_addr *a, const char *text)
{
	assert_string_equal(ip_print(a).text, text);
}

static void gives_the_preferred_one(void **state)
{
	struct prefixes *p = opened("2001:db8:1::/48", 512);
	struct ip_addr a, b, c;

	(void)state;
	assert_int_equal(prefixes_count(p), 512);
	assert_true(take(p, 258, 3, &a));
	assert_prefix(&a, "2001:db8:1:102::");
	assert_true(take(p, 258, 0, &b)); /* taken: the next */
	assert_prefix(&b, "2001:db8:1:103::");
	assert_int_equal(worker_of(p, "2001:db8:1:102:ffff::1"), 3);
	assert_int_equal(worker_of(p, "2001:db8:1:103::"), 0);
	assert_int_equal(worker_of(p, "2001:db8:1:104::"), -1);
	give_back(p, &a);
	assert_int_equal(worker_of(p, "2001:db8:1:102::1"), -1);
	assert_true(take(p, 258, 1, &c));
	assert_prefix(&c, "2001:db8:1:102::");
	prefixes_close(p);
}

static void the_first_is_the_servers(void **state)
{
	struct prefixes *p = opened("2001:db8:1:ffff::/60", 1000); /* host bits are set */
	struct ip_addr own = prefixes_server(p), a;

	(void)state;
	assert_prefix(&own, "2001:db8:1:fff0::1");
	assert_int_equal(prefixes_count(p), 16);
	for (size_t i = 1; i < 16; i++) {
		assert_true(take(p, 7, 0, &a));
		assert_false(a.bytes[7] == 0xf0);
	}
	assert_false(take(p, 7, 0, &a));
	assert_int_equal(worker_of(p, "2001:db8:1:fff0::1"), -1);
	give_back(p, &own); /* no effect */
	assert_false(take(p, 0, 0, &a));
	prefixes_close(p);
}

static void what_is_outside_has_no_worker(void **state)
{
	struct prefixes *p = opened("2001:db8:1:10::/60", 16);
	struct ip_addr a;

	(void)state;
	for (size_t i = 1; i < 16; i++)
		assert_true(take(p, i, 1, &a));
	assert_int_equal(worker_of(p, "2001:db8:1:f::1"), -1);
	assert_int_equal(worker_of(p, "2001:db8:1:20::1"), -1);
	assert_int_equal(worker_of(p, "::1"), -1);
	assert_int_equal(worker_of(p, "ffff:ffff:ffff:ffff::1"), -1);
	assert_int_equal(worker_of(p, "fe80::1"), -1);
	assert_int_equal(worker_of(p, "10.0.0.1"), -1);
	assert_int_equal(worker_of(p, "2001:db8:1:1f:ffff:ffff:ffff:ffff"), 1);
	prefixes_close(p);
}

static void large_and_small_networks(void **state)
{
	static const char *const wrong[] = { "2001:db8::/64", "2001:db8::1/128", "2000::/15",
					     "10.0.0.0/8" };
	struct ip_prefix n;
	struct prefixes *p;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		n = network_of(wrong[i]);
		assert_int_equal(prefixes_open(&n, 64, 16, &p), -EINVAL);
	}
	p = opened("2001:db8::/16", 1000);
	assert_int_equal(prefixes_count(p), 1000);
	prefixes_close(p);
	p = opened("2001:db8::/63", 0);
	assert_int_equal(prefixes_count(p), 2);
	prefixes_close(p);
}

static void shorter_prefixes(void **state)
{
	struct ip_prefix n = network_of("2001:db8:100::/40"), at;
	struct prefixes *p;
	size_t number;

	(void)state;
	assert_int_equal(prefixes_open(&n, 65, 16, &p), -EINVAL);
	assert_int_equal(prefixes_open(&n, 40, 16, &p), -EINVAL);
	assert_int_equal(prefixes_open(&n, 56, 1 << 20, &p), 0);
	assert_int_equal(prefixes_count(p), 65536);
	number = prefixes_take(p, 2, 5);
	at = prefixes_at(p, number);
	assert_string_equal(ip_prefix_print(&at).text, "2001:db8:100:200::/56");
	assert_int_equal(worker_of(p, "2001:db8:100:2ff::1"), 5);
	assert_int_equal(worker_of(p, "2001:db8:100:300::1"), -1);
	assert_int_equal(worker_of(p, "2001:db8:100:1ff::1"), -1);
	assert_int_equal(worker_of(p, "2001:db8:ff:200::1"), -1);
	prefixes_give_back(p, number);
	assert_int_equal(worker_of(p, "2001:db8:100:2ff::1"), -1);
	prefixes_close(p);
}

/* Each DHCPv6 request asks, also when there is none left. */
static void all_are_taken(void **state)
{
	struct ip_prefix network;
	struct prefixes *p;

	(void)state;
	assert_true(ip_prefix_parse("2001:db8::/56", &network));
	assert_int_equal(prefixes_open(&network, 60, 1000, &p), 0);
	assert_int_equal(prefixes_count(p), 16);
	for (size_t i = 1; i < 16; i++)
		assert_int_equal(prefixes_take(p, i, 0), i);
	assert_int_equal(prefixes_take(p, 3, 0), 0);
	prefixes_give_back(p, 7);
	prefixes_give_back(p, 7); /* a second time has no effect */
	assert_int_equal(prefixes_take(p, 3, 0), 7);
	assert_int_equal(prefixes_take(p, 3, 0), 0);
	prefixes_give_back(p, 0);
	assert_int_equal(prefixes_take(p, 3, 0), 0);
	prefixes_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_preferred_one),
		cmocka_unit_test(the_first_is_the_servers),
		cmocka_unit_test(what_is_outside_has_no_worker),
		cmocka_unit_test(large_and_small_networks),
		cmocka_unit_test(shorter_prefixes),
		cmocka_unit_test(all_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
