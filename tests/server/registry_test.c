/* Who holds which address, who has to go, and what the packet path is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/registry.h"

static struct server_cfg cfg;
static struct registry *r;
static struct registration regs[16];
static struct evictions evictions;

static int set_up(void **state)
{
	(void)state;
	cfg = (struct server_cfg){ .max_failures = 2 };
	assert_true(ip_prefix_parse("10.9.0.0/29", &cfg.network)); /* .2 to .6 are for clients */
	memset(regs, 0, sizeof(regs));
	return registry_open(&cfg, &r);
}

static int tear_down(void **state)
{
	(void)state;
	registry_close(r);
	return 0;
}

static const char *log_in(unsigned n, const char *user, unsigned worker, uint32_t fixed)
{
	regs[n].user = user;
	regs[n].session = n;
	regs[n].worker = worker;
	return registry_login(r, &regs[n], &fixed, &evictions);
}

static int worker_of(uint32_t v4)
{
	struct ip_addr a = ip_from_v4(v4);

	return registry_worker_of(r, &a);
}

static void gives_addresses_until_none_is_left(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 5; n++) {
		assert_null(log_in(n, "ann", n % 2, 0));
		assert_int_equal(worker_of(regs[n].ipv4), n % 2);
	}
	assert_non_null(strstr(log_in(5, "ann", 0, 0), "no address is free"));
	assert_int_equal(registry_count(r), 5);
	registry_logout(r, &regs[5]); /* never was in */
	registry_logout(r, &regs[3]);
	assert_int_equal(worker_of(0x0a090005), REGISTRY_NOBODY);
	assert_null(log_in(5, "ann", 1, 0));
	assert_int_equal(regs[5].ipv4, 0x0a090005);
	assert_int_equal(worker_of(0x0a090001), REGISTRY_NOBODY); /* the server's own */
}

static void a_users_own_address_moves_to_the_new_session(void **state)
{
	(void)state;
	assert_null(log_in(0, "ann", 0, 0x0a090004));
	assert_int_equal(evictions.count, 0);
	assert_null(log_in(1, "ann", 1, 0x0a090004));
	assert_int_equal(evictions.count, 1);
	assert_int_equal(evictions.at[0].session, 0);
	assert_int_equal(evictions.at[0].worker, 0);
	assert_int_equal(evictions.at[0].ipv4, 0x0a090004);
	assert_int_equal(worker_of(0x0a090004), 1);
	registry_logout(r, &regs[0]); /* the old one ends: the address is not its any more */
	assert_int_equal(worker_of(0x0a090004), 1);
	assert_non_null(strstr(log_in(2, "bob", 0, 0x0a090004), "another user"));
	assert_non_null(strstr(log_in(2, "bob", 0, 0x0a090001), "can't be a client's"));
}

static void a_users_limit_ends_the_oldest(void **state)
{
	(void)state;
	cfg.user_sessions = 2;
	assert_null(log_in(0, "ann", 0, 0));
	assert_null(log_in(1, "ann", 0, 0));
	assert_null(log_in(2, "bob", 0, 0));
	assert_null(log_in(3, "ann", 0, 0));
	assert_int_equal(evictions.count, 1);
	assert_int_equal(evictions.at[0].session, 0);
	assert_null(log_in(4, "ann", 0, 0)); /* the evicted one does not count */
	assert_int_equal(evictions.at[0].session, 1);
	cfg.keep_old_session = true;
	assert_non_null(strstr(log_in(5, "ann", 0, 0), "--user-sessions"));
	assert_int_equal(evictions.count, 0);
}

static void link_local_addresses_are_one_sessions(void **state)
{
	struct ip_addr ll = { .family = AF_INET6, .bytes = { 0xfe, 0x80, [15] = 7 } };
	struct ip_addr other = { .family = AF_INET6, .bytes = { 0xfe, 0x80, [15] = 8 } };

	(void)state;
	assert_false(registry_take_ipv6(r, &regs[0], &ll)); /* not logged in */
	assert_null(log_in(0, "ann", 1, 0));
	assert_null(log_in(1, "bob", 0, 0));
	assert_true(registry_take_ipv6(r, &regs[0], &ll));
	assert_true(registry_take_ipv6(r, &regs[0], &ll));
	assert_false(registry_take_ipv6(r, &regs[1], &ll));
	assert_int_equal(registry_worker_of(r, &ll), 1);
	assert_true(registry_take_ipv6(r, &regs[1], &other));
	assert_false(registry_take_ipv6(r, &regs[0], &other));
	assert_int_equal(registry_worker_of(r, &ll), 1); /* it keeps what it has */
	registry_logout(r, &regs[1]);
	assert_true(registry_take_ipv6(r, &regs[0], &other)); /* in place of the first */
	assert_int_equal(registry_worker_of(r, &ll), REGISTRY_NOBODY);
	registry_logout(r, &regs[0]);
	assert_int_equal(registry_worker_of(r, &other), REGISTRY_NOBODY);
}

static void failures_are_counted(void **state)
{
	struct ip_addr a = ip_from_v4(0xc0000201);

	(void)state;
	registry_note_failure(r, &a, 1);
	assert_false(registry_is_banned(r, &a, 1));
	registry_note_failure(r, &a, 1);
	assert_true(registry_is_banned(r, &a, 1));
	registry_forgive(r, &a);
	assert_false(registry_is_banned(r, &a, 1));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(gives_addresses_until_none_is_left),
		CASE(a_users_own_address_moves_to_the_new_session),
		CASE(a_users_limit_ends_the_oldest),
		CASE(link_local_addresses_are_one_sessions),
		CASE(failures_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
