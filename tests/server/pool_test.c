/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The address pool: which addresses it gives out, keeps, and never gives out. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/pool.h"

static struct pool *open_pool(const char *network)
{
	struct ip_prefix p;
	struct pool *pool;

	assert_true(ip_prefix_parse(network, &p));
	assert_int_equal(pool_open(&p, &pool), 0);
	return pool;
}

static void refuses_what_is_no_network_for_clients(void **state)
{
	static const char *const bad[] = { "10.0.0.0/31", "10.0.0.0/7", "2001:db8::/64" };
	struct ip_prefix p;
	struct pool *pool;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(ip_prefix_parse(bad[i], &p));
		assert_int_equal(pool_open(&p, &pool), -EINVAL);
	}
}

static void gives_each_address_once(void **state)
{
	struct pool *p = open_pool("10.9.0.0/28");
	bool seen[16] = { false };

	(void)state;
	assert_int_equal(pool_server(p), 0x0a090001);
	assert_int_equal(pool_size(p), 13);
	for (size_t i = 0; i < pool_size(p); i++) {
		uint32_t a = pool_take(p, 0);

		assert_in_range(a, 0x0a090002, 0x0a09000e); /* no network, server, broadcast */
		assert_false(seen[a & 15]);
		seen[a & 15] = true;
	}
	assert_int_equal(pool_take(p, 0), 0);
	pool_give_back(p, 0x0a090005);
	pool_give_back(p, 0x0a090005); /* a second time has no effect */
	assert_int_equal(pool_take(p, 0), 0x0a090005);
	assert_int_equal(pool_take(p, 0), 0);
	pool_close(p);
}

static void lets_a_freed_address_rest(void **state)
{
	struct pool *p = open_pool("10.9.0.0/24");
	uint32_t first = pool_take(p, 0);

	(void)state;
	pool_give_back(p, first);
	assert_int_not_equal(pool_take(p, 0), first);
	pool_close(p);
}

static void host_bits_do_not_matter(void **state)
{
	struct pool *p = open_pool("10.9.0.77/24");

	(void)state;
	assert_int_equal(pool_server(p), 0x0a090001);
	pool_close(p);
}

static void takes_a_certain_address(void **state)
{
	struct pool *p = open_pool("10.9.0.0/24");

	(void)state;
	assert_true(pool_take_this(p, 0x0a090042));
	assert_false(pool_take_this(p, 0x0a090042));
	assert_false(pool_take_this(p, 0x0a090000));
	assert_false(pool_take_this(p, 0x0a090001));
	assert_false(pool_take_this(p, 0x0a0900ff));
	assert_true(pool_take_this(p, 0xc0a80001)); /* of another network: has no effect */
	assert_false(pool_has(p, 0xc0a80001));
	assert_false(pool_has(p, 0x0a08ffff));
	pool_give_back(p, 0xc0a80001);
	pool_close(p);
}

static void keeps_addresses_for_their_owners(void **state)
{
	struct pool *p = open_pool("10.9.0.0/29"); /* .2 to .6 are for clients */

	(void)state;
	pool_keep(p, 0x0a090002);
	pool_keep(p, 0x0a090004);
	pool_keep(p, 0xc0a80001); /* of another network: ignored */
	assert_int_equal(pool_take(p, 0), 0x0a090003);
	assert_int_equal(pool_take(p, 0), 0x0a090005);
	assert_int_equal(pool_take(p, 0), 0x0a090006);
	assert_int_equal(pool_take(p, 0), 0);
	assert_true(pool_take_this(p, 0x0a090002));
	assert_false(pool_take_this(p, 0x0a090002));
	pool_keep_none(p);
	assert_int_equal(pool_take(p, 0), 0x0a090004);
	assert_int_equal(pool_take(p, 0), 0);
	pool_close(p);
}

static void those_without_a_lease_come_first(void **state)
{
	struct pool *p;
	struct ip_prefix network;

	(void)state;
	assert_true(ip_prefix_parse("10.9.0.0/29", &network)); /* .2 to .6 are for clients */
	assert_int_equal(pool_open(&network, &p), 0);
	pool_lease(p, 0x0a090002, true);
	pool_lease(p, 0x0a090003, true);
	pool_lease(p, 0x0a090005, true);
	pool_lease(p, 0x0a090005, false);
	pool_lease(p, 0x0b000000, true); /* of another network: ignored */
	pool_keep(p, 0x0a090004);
	assert_false(pool_is_free(p, 0x0a090004));
	assert_false(pool_is_free(p, 0x0a090001));
	assert_false(pool_is_free(p, 0x0a090007));
	assert_false(pool_is_free(p, 0x0a090008));
	assert_true(pool_is_free(p, 0x0a090005));
	assert_int_equal(pool_take(p, 0), 0x0a090005);
	assert_false(pool_is_free(p, 0x0a090005));
	assert_int_equal(pool_take(p, 0), 0x0a090006);
	assert_int_equal(pool_take(p, 0), 0x0a090002);
	assert_int_equal(pool_take(p, 0), 0x0a090003);
	assert_int_equal(pool_take(p, 0), 0);
	pool_close(p);
}

static bool add_part(struct pool *p, const char *text)
{
	struct ip_prefix part;

	assert_true(ip_prefix_parse(text, &part));
	return pool_add_part(p, &part);
}

/* Each part gives its own addresses alone, in rotation; the rest is part 0. */
static void parts_of_a_network(void **state)
{
	struct pool *p = open_pool("10.9.0.0/27");

	(void)state;
	assert_true(add_part(p, "10.9.0.8/30"));
	assert_true(add_part(p, "10.9.0.31/29")); /* without the broadcast address */
	assert_int_equal(pool_part_of(p, 0x0a090007), 0);
	assert_int_equal(pool_part_of(p, 0x0a090008), 1);
	assert_int_equal(pool_part_of(p, 0x0a09000b), 1);
	assert_int_equal(pool_part_of(p, 0x0a09000c), 0);
	assert_int_equal(pool_part_of(p, 0x0a09001e), 2);
	assert_int_equal(pool_part_of(p, 0x0b09001e), 0);
	for (uint32_t n = 0; n < 4; n++)
		assert_int_equal(pool_take(p, 1), 0x0a090008 + n);
	assert_int_equal(pool_take(p, 1), 0);
	assert_false(pool_has_free(p, 1));
	assert_true(pool_has_free(p, 0) && pool_has_free(p, 2));
	pool_give_back(p, 0x0a09000a);
	assert_true(pool_has_free(p, 1));
	assert_int_equal(pool_take(p, 1), 0x0a09000a);
	for (uint32_t n = 0; n < 7; n++)
		assert_int_equal(pool_take(p, 2), 0x0a090018 + n);
	assert_int_equal(pool_take(p, 2), 0);
	for (uint32_t n = 2; n < 24; n++)
		if (n < 8 || n >= 12)
			assert_int_equal(pool_take(p, 0), 0x0a090000 + n);
	assert_int_equal(pool_take(p, 0), 0);
	pool_close(p);
}

static void parts_that_do_not_fit(void **state)
{
	static const char *const bad[] = { "10.9.0.32/30", "10.8.255.0/24", "10.9.0.0/26",
					   "10.9.0.0/31",  "10.9.0.31/32",  "10.9.0.8/29",
					   "10.0.0.0/8",   "2001:db8::/64" };
	struct pool *p = open_pool("10.9.0.0/27");

	(void)state;
	assert_true(add_part(p, "10.9.0.12/30"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (add_part(p, bad[i]))
			fail_msg("%s", bad[i]);
	pool_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_without_a_lease_come_first),
		cmocka_unit_test(refuses_what_is_no_network_for_clients),
		cmocka_unit_test(gives_each_address_once),
		cmocka_unit_test(lets_a_freed_address_rest),
		cmocka_unit_test(host_bits_do_not_matter),
		cmocka_unit_test(takes_a_certain_address),
		cmocka_unit_test(keeps_addresses_for_their_owners),
		cmocka_unit_test(parts_of_a_network),
		cmocka_unit_test(parts_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
