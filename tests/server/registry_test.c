/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which session holds which address, which ones are evicted, and what the packet path finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/users_private.h"
#include "net/netlink.h"
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

static const char *log_in_to(unsigned part, unsigned n, const char *user, unsigned worker,
			     uint32_t fixed)
{
	const struct refusal *refused;

	regs[n].user = user;
	regs[n].session = n;
	regs[n].worker = worker;
	refused = registry_login(r, &regs[n], part, &fixed, &evictions);
	return refused ? refused->why : NULL;
}

static const char *log_in(unsigned n, const char *user, unsigned worker, uint32_t fixed)
{
	return log_in_to(0, n, user, worker, fixed);
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
	registry_logout(r, &regs[5]); /* never logged in */
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
	assert_int_equal(worker_of(0x0a090004), 1);
	registry_logout(r, &regs[0]); /* the old one ends: it no longer has the address */
	assert_int_equal(worker_of(0x0a090004), 1);
	assert_non_null(strstr(log_in(2, "bob", 0, 0x0a090004), "another user"));
	assert_int_equal(evictions.count, 0);
	assert_non_null(strstr(log_in(2, "bob", 0, 0x0a090001), "cannot be a client's"));
}

static void reload(const char *text)
{
	struct error err;
	struct users *users;

	assert_int_equal(users_parse("users", text, strlen(text), &users, &err), 0);
	registry_keep_addresses(r, users);
	users_release(users);
}

static void an_address_given_to_a_user_is_theirs_at_once(void **state)
{
	(void)state;
	cfg.name = "server";
	assert_null(log_in(0, "ann", 1, 0)); /* of the pool */
	assert_int_equal(regs[0].ipv4, 0x0a090002);
	reload("ann * secret *\nbob * secret 10.9.0.2\n");
	assert_null(log_in(1, "bob", 0, 0x0a090002));
	assert_int_equal(evictions.count, 1);
	assert_int_equal(evictions.at[0].session, 0);
	assert_int_equal(evictions.at[0].worker, 1);
	assert_non_null(strstr(evictions.at[0].why, "belongs to another user"));
	assert_int_equal(worker_of(0x0a090002), 0);
	registry_logout(r, &regs[0]);
	assert_int_equal(worker_of(0x0a090002), 0);
	assert_null(log_in(0, "ann", 1, 0)); /* she gets another, in spite of her lease */
	assert_int_not_equal(regs[0].ipv4, 0x0a090002);
}

/* From one user to another: the former owner may still be connected. */
static void a_users_own_address_may_become_anothers(void **state)
{
	(void)state;
	cfg.name = "server";
	reload("ann * secret 10.9.0.4\nbob * secret *\n");
	assert_null(log_in(0, "ann", 0, 0x0a090004));
	reload("ann * secret *\nbob * secret 10.9.0.4\n");
	assert_null(log_in(1, "bob", 1, 0x0a090004));
	assert_int_equal(evictions.count, 1);
	assert_int_equal(evictions.at[0].session, 0);
	reload("ann * secret 10.9.0.4\nbob * secret 10.9.0.4\n");
	assert_non_null(strstr(log_in(2, "ann", 0, 0x0a090004), "another user"));
	assert_int_equal(evictions.count, 0);
	assert_int_equal(worker_of(0x0a090004), 1);
}

/* The same with one from outside the pool. */
static void an_address_from_outside_may_become_anothers(void **state)
{
	(void)state;
	cfg.name = "server";
	reload("ann * secret 192.0.2.9\n");
	assert_null(log_in(0, "ann", 0, 0xc0000209));
	reload("bob * secret 192.0.2.9\n");
	assert_null(log_in(1, "bob", 1, 0xc0000209));
	assert_int_equal(evictions.count, 1);
	assert_int_equal(worker_of(0xc0000209), 1);
	registry_logout(r, &regs[0]);
	assert_int_equal(worker_of(0xc0000209), 1);
}

static void a_refused_login_evicts_no_session(void **state)
{
	static const uint32_t unfit[] = { 0x0a090001, 0x0a090007, 0xc0000207 };

	(void)state;
	cfg.name = "server";
	cfg.user_sessions = 1;
	reload("ann * secret 10.9.0.2\neve * secret 10.9.0.6\ndan * secret *\n");
	assert_null(log_in(0, "ann", 0, 0x0a090002));
	assert_null(log_in(1, "eve", 0, 0x0a090006));
	regs[2].source = ip_from_v4(0xc0000207);
	for (size_t i = 0; i < sizeof(unfit) / sizeof(*unfit); i++) {
		assert_non_null(log_in(2, "ann", 0, unfit[i]));
		assert_int_equal(evictions.count, 0);
	}
	assert_non_null(strstr(log_in(2, "ann", 0, 0x0a090006), "another user"));
	assert_int_equal(evictions.count, 0);
	/* no address of the pool is free, and the one that she has is kept for its owner */
	for (unsigned n = 3; n < 6; n++)
		assert_null(log_in(n, (const char *[]){ "a", "b", "c" }[n - 3], 0, 0));
	assert_non_null(strstr(log_in(2, "ann", 0, 0), "no address is free"));
	assert_int_equal(evictions.count, 0);
	assert_int_equal(worker_of(0x0a090002), 0);
	assert_int_equal(registry_count(r), 5);
	/* where it is not, her older session makes room for the newer */
	reload("eve * secret 10.9.0.6\n");
	assert_null(log_in(2, "ann", 0, 0));
	assert_int_equal(evictions.count, 1);
	assert_int_equal(regs[2].ipv4, 0x0a090002);
	/* the server is full of other users */
	registry_set_max(r, 4);
	assert_non_null(strstr(log_in(7, "ann", 0, 0x0a090002), "--max-sessions"));
	assert_int_equal(evictions.count, 0);
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

static void a_user_who_returns_gets_the_former_address(void **state)
{
	static const char text[] = "10.9.0.5 dan\n10.9.1.9 eve\n";
	size_t len;
	char *out;

	(void)state;
	registry_read_leases(r, text, strlen(text));
	assert_null(registry_print_leases(r, &len)); /* nothing new */
	assert_null(log_in(0, "ann", 0, 0));
	assert_int_equal(regs[0].ipv4, 0x0a090002);
	registry_logout(r, &regs[0]);
	assert_null(log_in(1, "bob", 0, 0));
	assert_int_equal(regs[1].ipv4, 0x0a090003);
	assert_null(log_in(0, "ann", 0, 0));
	assert_int_equal(regs[0].ipv4, 0x0a090002);
	assert_null(log_in(2, "dan", 0, 0));
	assert_int_equal(regs[2].ipv4, 0x0a090005);
	out = registry_print_leases(r, &len);
	assert_string_equal(out, "10.9.0.3 bob\n10.9.0.2 ann\n10.9.0.5 dan\n");
	free(out);
}

static void an_address_may_be_asked_for(void **state)
{
	(void)state;
	assert_null(log_in(0, "ann", 1, 0));
	assert_null(log_in(1, "bob", 0, 0));
	registry_logout(r, &regs[1]); /* .3 is left to bob */
	assert_false(registry_change_ipv4(r, &regs[0], 0x0a090003));
	assert_false(registry_change_ipv4(r, &regs[0], 0x0a090001));
	assert_false(registry_change_ipv4(r, &regs[0], 0x0a0a0001));
	assert_true(registry_change_ipv4(r, &regs[0], 0x0a090005));
	assert_int_equal(regs[0].ipv4, 0x0a090005);
	assert_int_equal(worker_of(0x0a090005), 1);
	assert_int_equal(worker_of(0x0a090002), REGISTRY_NOBODY);
	registry_logout(r, &regs[0]);
	assert_false(registry_change_ipv4(r, &regs[0], 0x0a090002)); /* not logged in */
	assert_null(log_in(0, "ann", 1, 0));
	assert_int_equal(regs[0].ipv4, 0x0a090005); /* the other was never in use */
	assert_null(log_in(2, "carl", 0, 0x0a090004));
	assert_false(registry_change_ipv4(r, &regs[2], 0x0a090006)); /* a user's own stays */
}

static const char *why_end(void *arg, const struct registration *reg)
{
	(void)arg;
	return strcmp(reg->user, "ann") ? NULL : "gone";
}

static void count_end(void *arg, const struct eviction *e)
{
	assert_string_equal(e->why, "gone");
	*(unsigned *)arg += 1u << e->session;
}

static void sessions_of_a_user_are_found(void **state)
{
	unsigned ended = 0;

	(void)state;
	cfg.user_sessions = 2;
	assert_null(log_in(0, "ann", 0, 0));
	assert_null(log_in(1, "ann", 0, 0));
	assert_null(log_in(2, "bob", 0, 0));
	assert_null(log_in(3, "ann", 0, 0)); /* 0 is evicted and is ending already */
	registry_each_to_end(r, why_end, count_end, &ended);
	assert_int_equal(ended, 1u << 1 | 1u << 3);
}

static void an_own_address_must_not_cut_a_connection(void **state)
{
	struct listen_addr at = { .addr = ip_from_v4(0xc0000201), .port = 443 };

	(void)state;
	cfg.listen = &at;
	cfg.listen_count = 1;
	regs[0].source = ip_from_v4(0xc0000207);
	regs[0].local = ip_from_v4(0xc0000202);
	assert_non_null(strstr(log_in(0, "ann", 0, 0xc0000207), "would cut"));
	assert_non_null(strstr(log_in(0, "ann", 0, 0xc0000202), "would cut"));
	assert_non_null(strstr(log_in(0, "ann", 0, 0xc0000201), "would cut"));
	regs[1].source = ip_from_v4(0xc0000208);
	assert_null(log_in(1, "bob", 0, 0));
	assert_non_null(strstr(log_in(0, "ann", 0, 0xc0000208), "would cut"));
	registry_logout(r, &regs[1]);
	assert_null(log_in(0, "ann", 0, 0xc0000208));
}

static void the_server_may_be_full(void **state)
{
	(void)state;
	registry_set_max(r, 2);
	cfg.user_sessions = 2;
	assert_null(log_in(0, "ann", 0, 0));
	assert_null(log_in(1, "ann", 0, 0));
	assert_non_null(strstr(log_in(2, "bob", 0, 0), "--max-sessions"));
	assert_null(log_in(3, "ann", 0, 0)); /* in place of her oldest, which is still ending */
	assert_int_equal(registry_count(r), 2);
	registry_logout(r, &regs[0]);
	assert_int_equal(registry_count(r), 2);
	registry_logout(r, &regs[1]);
	assert_null(log_in(2, "bob", 0, 0));
}

static bool guess(const char *source, const char *user, bool is_good)
{
	struct registration reg = { .user = user };

	assert_true(ip_parse(source, &reg.source));
	return registry_may_log_in(r, &reg, is_good, 1000);
}

static void failures_are_counted(void **state)
{
	struct registry_ban_list list;

	(void)state;
	assert_true(guess("192.0.2.1", "ann", false));
	assert_true(guess("192.0.2.1", "ann", false));
	assert_false(guess("192.0.2.1", "ann", true));
	assert_true(guess("192.0.2.2", "ann", true));
	registry_list_bans(r, 1000, &list);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.text[0],
			    "user \"ann\" from 192.0.2.1: 2 failures, refused for another "
			    "600 s");
	registry_lift_bans(r);
	assert_true(guess("192.0.2.1", "ann", true));
	cfg.max_failures = 0;
	for (int i = 0; i < 100; i++)
		assert_true(guess("192.0.2.1", "ann", false));
}

/* With ten failures of five users the source is refused, unless it has sessions. */
static void a_source_with_sessions_is_not_refused(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };

	(void)state;
	for (size_t i = 0; i < 10; i++)
		assert_true(guess("2001:db8::1", names[i / 2], false));
	assert_false(guess("2001:db8::2", "ann", true));
	for (unsigned n = 0; n < 3; n++) {
		assert_true(ip_parse("2001:db8::3", &regs[n].source));
		assert_null(log_in(n, "bob", 0, 0));
	}
	assert_true(guess("2001:db8::2", "ann", true));
	registry_logout(r, &regs[0]); /* the first registration of the source */
	assert_true(guess("2001:db8::2", "eve", true));
	registry_logout(r, &regs[2]);
	assert_true(guess("2001:db8::2", "dan", true));
	registry_logout(r, &regs[1]);
	assert_false(guess("2001:db8::2", "carl", true));
	assert_true(guess("2001:db8::2", "ann", true)); /* a user who logged in from there before */
}

/* The former session may still exist: the server has not noticed that the client has moved. */
static void a_client_that_comes_back_takes_its_sessions_place(void **state)
{
	uint32_t addr;

	(void)state;
	cfg.user_sessions = 2;
	cfg.keep_old_session = true;
	regs[0].client = regs[2].client = regs[3].client = 7;
	regs[1].client = 8;
	assert_null(log_in(0, "ann", 0, 0));
	assert_null(log_in(1, "ann", 0, 0));
	addr = regs[0].ipv4;
	assert_null(log_in(2, "ann", 1, 0)); /* within the limit: the former one is gone */
	assert_int_equal(evictions.count, 1);
	assert_int_equal(evictions.at[0].session, 0);
	assert_string_equal(evictions.at[0].why, "the client has connected again");
	assert_int_equal(regs[2].ipv4, addr);
	assert_int_equal(worker_of(addr), 1);
	registry_logout(r, &regs[0]);
	assert_int_equal(worker_of(addr), 1);
	assert_null(log_in(3, "bob", 0, 0)); /* the same number, another user's */
	assert_int_equal(evictions.count, 0);
}

/* Most clients send no stable identifier: each connection counts as another client. */
static void unknown_clients_evict_no_session(void **state)
{
	(void)state;
	assert_null(log_in(0, "ann", 0, 0));
	assert_null(log_in(1, "ann", 0, 0));
	assert_int_equal(evictions.count, 0);
	assert_int_equal(registry_count(r), 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* ---- IPv6 prefixes */

static int set_up_ipv6(void **state)
{
	(void)state;
	cfg = (struct server_cfg){ .max_failures = 2 };
	assert_true(ip_prefix_parse("10.9.0.0/29", &cfg.network)); /* offsets 2 to 6 */
	assert_true(ip_prefix_parse("2001:db8:1::/48", &cfg.ipv6_network));
	memset(regs, 0, sizeof(regs));
	return registry_open(&cfg, &r);
}

static const char *prefix_of(unsigned n)
{
	static struct ip_text text;

	assert_true(registry_take_prefix(r, &regs[n]));
	text = ip_print(&regs[n].prefix);
	return text.text;
}

static int worker_of_text(const char *text)
{
	struct ip_addr a;

	assert_true(ip_parse(text, &a));
	return registry_worker_of(r, &a);
}

static void a_prefix_belongs_to_an_address(void **state)
{
	(void)state;
	assert_false(registry_take_prefix(r, &regs[0])); /* not logged in */
	assert_null(log_in(0, "ann", 3, 0));
	assert_string_equal(prefix_of(0), "2001:db8:1:2::");
	assert_string_equal(prefix_of(0), "2001:db8:1:2::"); /* again: no second one */
	assert_int_equal(worker_of_text("2001:db8:1:2:aaaa::5"), 3);
	assert_int_equal(worker_of_text("2001:db8:1:3::5"), REGISTRY_NOBODY);
	assert_null(log_in(1, "bob", 1, 0));
	assert_string_equal(prefix_of(1), "2001:db8:1:3::");
	registry_logout(r, &regs[0]);
	assert_int_equal(worker_of_text("2001:db8:1:2:aaaa::5"), REGISTRY_NOBODY);
	assert_null(log_in(2, "ann", 0, 0)); /* the same lease */
	assert_string_equal(prefix_of(2), "2001:db8:1:2::");
}

static void an_own_address_from_outside_the_pool_has_one_too(void **state)
{
	char first[64];

	(void)state;
	assert_null(log_in(0, "ann", 0, 0xac100105));
	snprintf(first, sizeof(first), "%s", prefix_of(0));
	for (unsigned n = 1; n < 6; n++) {
		assert_null(log_in(n, "bob", 0, 0));
		assert_string_not_equal(prefix_of(n), first);
	}
	registry_logout(r, &regs[0]);
	memset(&regs[0], 0, sizeof(regs[0]));
	assert_null(log_in(0, "ann", 0, 0xac100105));
	assert_string_equal(prefix_of(0), first);
}

static void an_evicted_session_has_no_prefix(void **state)
{
	(void)state;
	regs[0].client = regs[1].client = 77;
	assert_null(log_in(0, "ann", 0, 0));
	assert_string_equal(prefix_of(0), "2001:db8:1:2::");
	assert_null(log_in(1, "ann", 1, 0));
	assert_int_equal(evictions.count, 1);
	assert_false(registry_take_prefix(r, &regs[0]));
	assert_string_equal(prefix_of(1), "2001:db8:1:2::");
	assert_int_equal(worker_of_text("2001:db8:1:2::1"), 1);
	registry_logout(r, &regs[0]); /* ends later: it takes nothing from the new one */
	assert_int_equal(worker_of_text("2001:db8:1:2::1"), 1);
}

static void without_a_network_there_are_no_prefixes(void **state)
{
	(void)state;
	assert_null(log_in(0, "ann", 0, 0));
	assert_false(registry_take_prefix(r, &regs[0]));
	assert_int_equal(worker_of_text("2001:db8:1:2::1"), REGISTRY_NOBODY);
}

/* There is no device with that number. */
static void a_network_without_its_route_is_forgotten(void **state)
{
	struct netlink *netlink;
	struct ip_prefix network;
	struct ip_addr to;

	(void)state;
	assert_true(ip_prefix_parse("10.8.0.0/16", &network) && ip_parse("10.8.0.1", &to));
	assert_int_equal(netlink_open(&netlink), 0);
	registry_set_device(r, netlink, 1 << 30);
	assert_null(log_in(0, "ann", 0, 0));
	assert_non_null(registry_add_network(r, &regs[0], &network));
	assert_int_equal(registry_worker_of(r, &to), REGISTRY_NOBODY);
	assert_int_equal(registry_session_behind(r, 0, &to), 0);
}

static void a_part_of_the_network_for_some_users(void **state)
{
	struct server_pool part = { .name = "staff" };

	(void)state;
	registry_close(r);
	assert_true(ip_prefix_parse("10.9.0.4/31", &part.network));
	cfg.pools = &part;
	cfg.pool_count = 1;
	cfg.user_sessions = 1;
	assert_int_equal(registry_open(&cfg, &r), 0);
	assert_null(log_in_to(1, 0, "ann", 0, 0));
	assert_int_equal(regs[0].ipv4, 0x0a090004);
	assert_null(log_in_to(1, 1, "bob", 0, 0));
	assert_int_equal(regs[1].ipv4, 0x0a090005);
	assert_non_null(strstr(log_in_to(1, 2, "carl", 0, 0), "no address is free"));
	/* the former address is not of the new part, and may not be asked for */
	assert_null(log_in(2, "ann", 0, 0));
	assert_int_equal(evictions.count, 1);
	assert_int_equal(regs[2].ipv4, 0x0a090002);
	assert_false(registry_change_ipv4(r, &regs[2], 0x0a090004));
	assert_true(registry_change_ipv4(r, &regs[2], 0x0a090003));
	registry_logout(r, &regs[2]);
	assert_null(log_in_to(1, 3, "ann", 0, 0));
	assert_int_equal(regs[3].ipv4, 0x0a090004);
	/* a session whose end frees an address of another part does not help */
	assert_non_null(strstr(log_in_to(1, 2, "carl", 0, 0), "no address is free"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_network_without_its_route_is_forgotten),
		CASE(a_part_of_the_network_for_some_users),
		CASE(gives_addresses_until_none_is_left),
		CASE(a_users_own_address_moves_to_the_new_session),
		CASE(an_address_given_to_a_user_is_theirs_at_once),
		CASE(a_users_own_address_may_become_anothers),
		CASE(an_address_from_outside_may_become_anothers),
		CASE(a_refused_login_evicts_no_session),
		CASE(a_users_limit_ends_the_oldest),
		CASE(link_local_addresses_are_one_sessions),
		CASE(a_user_who_returns_gets_the_former_address),
		CASE(a_client_that_comes_back_takes_its_sessions_place),
		CASE(unknown_clients_evict_no_session),
		CASE(an_address_may_be_asked_for),
		CASE(sessions_of_a_user_are_found),
		CASE(an_own_address_must_not_cut_a_connection),
		CASE(the_server_may_be_full),
		CASE(failures_are_counted),
		CASE(a_source_with_sessions_is_not_refused),
		cmocka_unit_test_setup_teardown(a_prefix_belongs_to_an_address, set_up_ipv6,
						tear_down),
		cmocka_unit_test_setup_teardown(an_own_address_from_outside_the_pool_has_one_too,
						set_up_ipv6, tear_down),
		cmocka_unit_test_setup_teardown(an_evicted_session_has_no_prefix, set_up_ipv6,
						tear_down),
		cmocka_unit_test_setup_teardown(without_a_network_there_are_no_prefixes, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
