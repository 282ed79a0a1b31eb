/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When the client reconnects because the host has moved, as a table; and what the kernel reports.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/roam.h"
#include "net/netlink.h"
#include "support/netns.h"

/* ---- the decision */

static const struct {
	const char *name;
	const char *local, *before, *now; /* NULL: none */
	bool is_trying, is_here, is_again, was_own;
	enum roam_action action;
} cases[] = {
	{ "nothing has changed", "192.0.2.2", "192.0.2.2", "192.0.2.2", false, true, false, true,
	  ROAM_STAY },
	{ "no way any more", "192.0.2.2", "192.0.2.2", NULL, false, true, false, true, ROAM_STAY },
	{ "address gone, no way: it may come back", "192.0.2.2", "192.0.2.2", NULL, false, false,
	  false, true, ROAM_STAY },
	{ "address gone, another way", "192.0.2.2", "192.0.2.2", "198.51.100.7", false, false,
	  false, true, ROAM_RECONNECT },
	{ "another way beside it", "192.0.2.2", "192.0.2.2", "198.51.100.7", false, true, false,
	  true, ROAM_LOOK_AGAIN },
	{ "and it stays so", "192.0.2.2", "198.51.100.7", "198.51.100.7", false, true, true, true,
	  ROAM_RECONNECT },
	{ "it was another from the start: a rule leads TCP elsewhere", "192.0.2.2", "198.51.100.7",
	  "198.51.100.7", false, true, true, false, ROAM_STAY },
	{ "another address of the same IPv6 network", "2001:db8::1", "2001:db8::1", "2001:db8::2",
	  false, true, true, true, ROAM_STAY },
	{ "another IPv6 network", "2001:db8::1", "2001:db8::1", "2001:db8:1::1", false, true, true,
	  true, ROAM_RECONNECT },
	{ "IPv6 address gone, another of its network", "2001:db8::1", "2001:db8::1", "2001:db8::2",
	  false, false, false, true, ROAM_RECONNECT },
	{ "waiting, and a way is back", NULL, NULL, "192.0.2.2", true, false, false, false,
	  ROAM_TRY_NOW },
	{ "waiting, and it is another network", NULL, "192.0.2.2", "198.51.100.7", true, false,
	  false, false, ROAM_TRY_NOW },
	{ "waiting, and nothing that matters has changed", NULL, "192.0.2.2", "192.0.2.2", true,
	  false, false, false, ROAM_STAY },
	{ "waiting without a way", NULL, "192.0.2.2", NULL, true, false, false, false, ROAM_STAY },
	{ "nothing to do", NULL, NULL, "192.0.2.2", false, false, false, false, ROAM_STAY },
};

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { 0 };

	if (text)
		assert_true(ip_parse(text, &a));
	return a;
}

static void each_change_has_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct roam_facts f = {
			.is_trying = cases[i].is_trying,
			.is_here = cases[i].is_here,
			.is_again = cases[i].is_again,
			.was_own = cases[i].was_own,
			.local = addr(cases[i].local),
			.before = addr(cases[i].before),
			.now = addr(cases[i].now),
		};

		if (roam_decide(&f) != cases[i].action)
			fail_msg("%s: %d", cases[i].name, (int)roam_decide(&f));
	}
}

/* ---- in a network namespace: what the kernel reports */

static struct sockaddr_storage server; /* 192.0.2.1 */
static struct netlink *nl;
static struct loop *loop;
static struct roam roam;
static unsigned device, changes;
static int tun;

static void changed(struct roam *r)
{
	(void)r;
	changes++;
	loop_stop(loop);
}

static void give_up(struct loop_timer *timer)
{
	(void)timer;
	fail_msg("no change was reported");
}

static void wait_for_change(void)
{
	struct loop_timer timer = { .expired = give_up };

	loop_timer_set(loop, &timer, loop_now(loop) + 20000);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_stop(loop, &timer);
}

static int enter(void **state)
{
	struct sockaddr_in *in = (void *)&server;

	(void)state;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = inet_addr("192.0.2.1");
	if (!netns_enter())
		return 0;
	tun = netns_tun("cable");
	assert_true(tun >= 0);
	assert_int_equal(netlink_open(&nl), 0);
	assert_int_equal(netlink_link_index(nl, "cable", &device), 0);
	assert_int_equal(netlink_link_up(nl, device, 1500), 0);
	assert_int_equal(loop_open(&loop), 0);
	roam.changed = changed;
	assert_int_equal(roam_open(&roam, loop), 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	if (!nl)
		return 0;
	roam_close(&roam);
	loop_close(loop);
	netlink_close(nl);
	close(tun);
	return 0;
}

static void an_address_that_goes_is_noticed(void **state)
{
	struct ip_addr first = addr("192.0.2.2"), second = addr("192.0.2.77");
	struct roam_facts f = { .is_here = true };
	struct ip_addr source;
	int fd;

	(void)state;
	if (!nl)
		skip();
	assert_int_not_equal(source_for(&server, 0, &source), 0);
	assert_int_equal(netlink_addr_add(nl, device, &first, 24, NULL), 0);
	wait_for_change();
	assert_int_equal(source_for(&server, 0, &source), 0);
	assert_string_equal(ip_print(&source).text, "192.0.2.2");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&server, sizeof(struct sockaddr_in)), 0);
	assert_true(source_is_here(fd));
	roam_connected(&roam, fd, source);

	assert_int_equal(netlink_addr_del(nl, device, &first, 24, NULL), 0);
	assert_int_equal(netlink_addr_add(nl, device, &second, 24, NULL), 0);
	wait_for_change();
	assert_false(source_is_here(fd));
	f.local = source_of(fd);
	f.is_here = source_is_here(fd);
	assert_int_equal(source_for(&server, 0, &f.now), 0);
	assert_string_equal(ip_print(&f.now).text, "192.0.2.77");
	assert_int_equal(roam_look(&roam, &f), ROAM_RECONNECT);
	assert_true(ip_equal(&f.before, &source));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_has_its_verdict),
		cmocka_unit_test(an_address_that_goes_is_noticed),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
