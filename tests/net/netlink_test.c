/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rtnetlink against this kernel, in a network namespace of our own with two TUN devices. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/netlink_rule.h"
#include "support/netns.h"
#include "util/log.h"

static struct netlink *nl;
static int tun[2];
static unsigned dev[2]; /* their interface indices */
static char last_line[256];

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	if (*text && !ip_parse(text, &a))
		fail_msg("not an address: %s", text);
	return a;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(text, &p))
		fail_msg("not a prefix: %s", text);
	return p;
}

static void note_line(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

/* Both devices are up; the first is 10.0.0.2/24 and 2001:db8::2/64. */
static int set_up(void **state)
{
	struct ip_addr v4 = addr("10.0.0.2"), v6 = addr("2001:db8::2");

	(void)state;
	tun[0] = netns_tun("ours0");
	tun[1] = netns_tun("ours1");
	if (tun[0] < 0 || tun[1] < 0 || netlink_open(&nl))
		return -1;
	dev[0] = if_nametoindex("ours0");
	dev[1] = if_nametoindex("ours1");
	last_line[0] = '\0';
	return netlink_link_no_autoaddr(nl, dev[0]) || netlink_link_no_autoaddr(nl, dev[1]) ||
	       netlink_link_up(nl, dev[0], 0) || netlink_link_up(nl, dev[1], 0) ||
	       netlink_addr_add(nl, dev[0], &v4, 24, NULL) ||
	       netlink_addr_add(nl, dev[0], &v6, 64, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	netlink_close(nl);
	close(tun[0]);
	close(tun[1]);
	return 0;
}

/* ---- links */

static void device_has(const char *name, short flags, int mtu)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
	assert_int_equal(ifr.ifr_flags & IFF_UP, flags);
	assert_int_equal(ioctl(fd, SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, mtu);
	close(fd);
}

static void link_goes_up_with_an_mtu(void **state)
{
	int fd = netns_tun("other");
	unsigned index = if_nametoindex("other");

	(void)state;
	device_has("other", 0, 1500);
	assert_int_equal(netlink_link_up(nl, index, 0), 0);
	device_has("other", IFF_UP, 1500);
	assert_int_equal(netlink_link_up(nl, index, 1392), 0);
	device_has("other", IFF_UP, 1392);
	close(fd);
}

static void link_queue_takes_a_length(void **state)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(netlink_link_queue_len(nl, dev[0], 1234), 0);
	if_indextoname(dev[0], ifr.ifr_name);
	assert_int_equal(ioctl(fd, SIOCGIFTXQLEN, &ifr), 0);
	assert_int_equal(ifr.ifr_qlen, 1234);
	assert_int_equal(netlink_link_queue_len(nl, 9999, 1234), -ENODEV);
	close(fd);
}

static void link_errors(void **state)
{
	(void)state;
	assert_int_equal(netlink_link_up(nl, 9999, 0), -ENODEV);
	assert_int_equal(netlink_link_up(nl, dev[0], 10), -EINVAL);
	assert_memory_equal(last_line, "netlink: ", 9); /* then the kernel's text */
}

static bool has_v6_address(const char *device)
{
	char line[128], name[32];
	FILE *f = fopen("/proc/net/if_inet6", "r");
	bool has = false;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %*s %31s", name) == 1 && !strcmp(name, device))
			has = true;
	fclose(f);
	return has;
}

static void kernel_generates_no_address(void **state)
{
	int fd = netns_tun("other");

	(void)state;
	assert_int_equal(netlink_link_up(nl, if_nametoindex("other"), 0), 0);
	assert_true(has_v6_address("other")); /* the kernel does so by default */
	assert_false(has_v6_address("ours1"));
	close(fd);
}

/* ---- addresses */

/* A worker of the kernel adds the routes of an IPv6 address a moment after the address. */
static struct route soon_goes_to(const struct ip_addr *dst, unsigned ifindex)
{
	struct route r;

	for (unsigned tries = 0; tries < 60 * 1000; tries++) {
		if (!netlink_route_get(nl, dst, &r) && r.ifindex == ifindex)
			return r;
		usleep(1000);
	}
	fail_msg("no route to %s", ip_print(dst).text);
	return r;
}

static void is_on_link(const char *text, const struct ip_addr *src)
{
	struct ip_addr dst = addr(text);
	struct route r;

	if (dst.family == AF_UNSPEC)
		return;
	r = soon_goes_to(&dst, dev[1]);
	assert_int_equal(r.via.family, AF_UNSPEC);
	assert_true(ip_equal(&r.src, src));
}

static void addresses(void **state)
{
	static const struct {
		const char *local;
		unsigned len;
		const char *peer, *sees; /* an address that is then on the link; "": not checked */
	} cases[] = {
		{ "192.0.2.1", 24, "", "192.0.2.77" },
		{ "192.0.2.1", 32, "198.51.100.1", "198.51.100.1" },
		{ "2001:db8:1::1", 64, "", "2001:db8:1::77" },
		{ "fe80::1", 128, "fe80::2", "" }, /* a look-up would need the device */
		{ "2001:db8:1::1", 128, "2001:db8:2::1", "2001:db8:2::1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip_addr local = addr(cases[i].local), peer = addr(cases[i].peer);
		unsigned len = cases[i].len;

		assert_int_equal(netlink_addr_add(nl, dev[1], &local, len, &peer), 0);
		assert_int_equal(netlink_addr_add(nl, dev[1], &local, len, &peer), -EEXIST);
		is_on_link(cases[i].sees, &local);
		assert_int_equal(netlink_addr_del(nl, dev[1], &local, len, &peer), 0);
		assert_int_equal(netlink_addr_del(nl, dev[1], &local, len, &peer), -EADDRNOTAVAIL);
	}
}

static void ipv6_addresses_with_lifetimes(void **state)
{
	struct ip_addr a = addr("2001:db8:5::1"), neighbor = addr("2001:db8:5::2");
	struct route r;

	(void)state;
	assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 64, 900, 1000), 0);
	assert_int_equal(soon_goes_to(&a, 1).ifindex, 1); /* the loopback's */
	assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 64, UINT32_MAX, UINT32_MAX), 0);
	assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 64, 0, 10), 0);
	assert_true(netlink_route_get(nl, &neighbor, &r) || r.ifindex != dev[1]);
	assert_int_equal(netlink_addr_add(nl, dev[1], &a, 64, NULL), -EEXIST);
	assert_int_equal(netlink_addr6_add(nl, dev[1], &a, 64, 900, 1000), -EEXIST);
	assert_int_equal(netlink_addr_del(nl, dev[1], &a, 64, NULL), 0);
	assert_int_equal(netlink_addr6_add(nl, dev[1], &a, 64, 900, 1000), 0);
	assert_int_equal(netlink_addr_del(nl, dev[1], &a, 64, NULL), 0);
	assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 64, 10, 9), -EINVAL);
	assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 64, 0, 0), -EINVAL);
	assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 129, 10, 10), -EINVAL);
	assert_int_equal(netlink_addr6_set(nl, 9999, &a, 64, 10, 10), -ENODEV);
	a = addr("192.0.2.1");
	assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 24, 10, 10), -EINVAL);
}

/* netlink_addr6_wait waits for a moment only, and the kernel's worker may wait for longer until another has set up its network. */
static void soon_receives(const struct ip_addr *a)
{
	for (unsigned tries = 0; tries < 600; tries++)
		if (netlink_addr6_wait(nl, a))
			return;
	fail_msg("%s does not receive", ip_print(a).text);
}

/* At once, many times: without netlink_addr6_wait some of them do not receive yet. */
static void a_new_ipv6_address_receives(void **state)
{
	struct ip_addr a = addr("2001:db8:5::1");
	struct route r;

	(void)state;
	for (int i = 0; i < 200; i++) {
		a.bytes[15] = (uint8_t)i;
		assert_int_equal(netlink_addr6_set(nl, dev[1], &a, 64, 900, 1000), 0);
		soon_receives(&a);
		assert_int_equal(netlink_route_get(nl, &a, &r), 0);
		assert_int_equal(r.table, RT_TABLE_LOCAL);
	}
	for (int i = 0; i < 200; i++) {
		a.bytes[15] = (uint8_t)i;
		assert_int_equal(netlink_addr_del(nl, dev[1], &a, 64, NULL), 0);
	}
	a = addr("2001:db8:6::1"); /* no address of this host */
	assert_false(netlink_addr6_wait(nl, &a));
}

static void address_errors(void **state)
{
	struct ip_addr v4 = addr("192.0.2.1"), v6 = addr("2001:db8::1"), none = addr("");

	(void)state;
	assert_int_equal(netlink_addr_add(nl, 9999, &v4, 24, NULL), -ENODEV);
	assert_int_equal(netlink_addr_add(nl, dev[0], &v4, 33, NULL), -EINVAL);
	assert_int_equal(netlink_addr_add(nl, dev[0], &v4, 32 + 256, NULL), -EINVAL);
	assert_int_equal(netlink_addr_add(nl, dev[0], &v4, 32, &v6), -EINVAL);
	assert_int_equal(netlink_addr_add(nl, dev[0], &none, 1, NULL), -EINVAL);
}

static bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fputs(text, f) >= 0;

	return f && !fclose(f) && ok;
}

/* Disabled by the administrator, or by an MTU that is too small for IPv6. */
static void device_without_ipv6(void **state)
{
	struct ip_addr v6 = addr("2001:db8:1::1");

	(void)state;
	if (!write_file("/proc/sys/net/ipv6/conf/ours1/disable_ipv6", "1")) {
		print_message("skip: kernel: /proc/sys is read-only\n");
		skip();
	}
	assert_int_equal(netlink_link_no_autoaddr(nl, dev[1]), 0);
	assert_int_equal(netlink_addr_add(nl, dev[1], &v6, 64, NULL), -EACCES);
	assert_int_equal(netlink_link_up(nl, dev[1], 1000), 0);
	assert_int_equal(netlink_link_no_autoaddr(nl, dev[1]), -EAFNOSUPPORT);
	assert_int_equal(netlink_addr_add(nl, dev[1], &v6, 64, NULL), -EINVAL);
}

/* ---- routes */

enum { MAIN_TABLE = 254 };

static struct route route_of(const char *dst, const char *via, unsigned ifindex)
{
	return (struct route){ .dst = prefix(dst), .via = addr(via), .ifindex = ifindex };
}

static void goes(const char *to, const char *via, unsigned ifindex)
{
	struct ip_addr dst = addr(to), expected = addr(via);
	struct route r;
	int rc = netlink_route_get(nl, &dst, &r);

	if (rc)
		fail_msg("%s: %s", to, strerror(-rc));
	if (!ip_equal(&r.via, &expected))
		fail_msg("%s goes via %s", to, ip_print(&r.via).text);
	assert_int_equal(r.ifindex, ifindex);
	assert_int_equal(r.table, MAIN_TABLE);
	assert_true(ip_equal(&r.dst.addr, &dst));
	assert_int_equal(r.dst.len, dst.family == AF_INET ? 32 : 128);
}

static void goes_nowhere(const char *to, int error)
{
	struct ip_addr dst = addr(to);
	struct route r;

	assert_int_equal(netlink_route_get(nl, &dst, &r), error);
}

static void routes_come_and_go(void **state)
{
	static const struct {
		const char *dst, *via, *to;
		unsigned dev;
	} cases[] = {
		{ "0.0.0.0/0", "10.0.0.1", "192.0.2.1", 0 },
		{ "0.0.0.0/0", "", "192.0.2.1", 1 },
		{ "198.51.100.0/24", "10.0.0.1", "198.51.100.9", 0 },
		{ "198.51.100.7/24", "", "198.51.100.9", 1 }, /* host bits are cleared */
		{ "198.51.100.7/32", "10.0.0.1", "198.51.100.7", 0 },
		{ "::/0", "2001:db8::1", "2001:db8:9::1", 0 },
		{ "::/0", "", "2001:db8:9::1", 1 },
		{ "2001:db8:9::/48", "fe80::9", "2001:db8:9::1", 1 },
		{ "198.51.100.0/24", "2001:db8::1", "198.51.100.9", 0 },    /* RFC 5549 */
		{ "198.51.100.0/24", "203.0.113.1", "198.51.100.9", 0 },    /* onlink */
		{ "2001:db8:9::/48", "2001:db8:8::1", "2001:db8:9::1", 1 }, /* onlink */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct route r = route_of(cases[i].dst, cases[i].via, dev[cases[i].dev]);

		goes_nowhere(cases[i].to, -ENETUNREACH);
		assert_int_equal(netlink_route_add(nl, &r), 0);
		assert_int_equal(netlink_route_add(nl, &r), -EEXIST);
		goes(cases[i].to, cases[i].via, r.ifindex);
		assert_int_equal(netlink_route_del(nl, &r), 0);
		assert_int_equal(netlink_route_del(nl, &r), -ESRCH);
	}
	goes_nowhere("192.0.2.1", -ENETUNREACH);
}

static void gateway_alone_names_its_device(void **state)
{
	struct route r = route_of("192.0.2.0/24", "10.0.0.1", 0);

	(void)state;
	assert_int_equal(netlink_route_add(nl, &r), 0);
	goes("192.0.2.1", "10.0.0.1", dev[0]);
}

static void replace_adds_then_replaces(void **state)
{
	static const char *const dsts[] = { "198.51.100.0/24", "2001:db8:9::/48" };
	static const char *const tos[] = { "198.51.100.1", "2001:db8:9::1" };
	static const char *const vias[] = { "10.0.0.1", "2001:db8::1" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct route before = route_of(dsts[i], vias[i], dev[0]),
			     after = route_of(dsts[i], "", dev[1]);

		assert_int_equal(netlink_route_replace(nl, &before), 0);
		goes(tos[i], vias[i], dev[0]);
		assert_int_equal(netlink_route_replace(nl, &after), 0);
		goes(tos[i], "", dev[1]);
		assert_int_equal(netlink_route_del(nl, &before), -ESRCH);
		assert_int_equal(netlink_route_del(nl, &after), 0);
	}
}

static void lower_metric_wins(void **state)
{
	struct route far = route_of("192.0.2.0/24", "10.0.0.1", dev[0]),
		     near = route_of("192.0.2.0/24", "", dev[1]);

	(void)state;
	far.metric = 200;
	near.metric = 100;
	assert_int_equal(netlink_route_add(nl, &far), 0);
	assert_int_equal(netlink_route_add(nl, &near), 0);
	goes("192.0.2.1", "", dev[1]);
	assert_int_equal(netlink_route_del(nl, &near), 0);
	goes("192.0.2.1", "10.0.0.1", dev[0]);
}

static void source_is_preferred(void **state)
{
	struct ip_addr second = addr("192.0.2.1"), to = addr("198.51.100.1");
	struct route r = route_of("198.51.100.0/24", "", dev[0]), found;

	(void)state;
	assert_int_equal(netlink_addr_add(nl, dev[1], &second, 32, NULL), 0);
	r.src = second;
	assert_int_equal(netlink_route_add(nl, &r), 0);
	assert_int_equal(netlink_route_get(nl, &to, &found), 0);
	assert_true(ip_equal(&found.src, &second));
}

/* No rule uses this table, so it changes nothing. */
static void other_table_is_left_alone(void **state)
{
	struct route r = route_of("192.0.2.0/24", "10.0.0.1", dev[0]);

	(void)state;
	r.table = 1000; /* does not fit into the header's eight bits */
	assert_int_equal(netlink_route_add(nl, &r), 0);
	goes_nowhere("192.0.2.1", -ENETUNREACH);
	r.table = 0;
	assert_int_equal(netlink_route_del(nl, &r), -ESRCH);
	r.table = 1000;
	assert_int_equal(netlink_route_del(nl, &r), 0);
}

static void unreachable_routes(void **state)
{
	static const char *const dsts[] = { "192.0.2.0/24", "2001:db8:9::/48" };
	static const char *const tos[] = { "192.0.2.1", "2001:db8:9::1" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct route r = route_of(dsts[i], "", 0);

		r.unreachable = true;
		assert_int_equal(netlink_route_add(nl, &r), 0);
		goes_nowhere(tos[i], -EHOSTUNREACH);
		assert_int_equal(netlink_route_del(nl, &r), 0);
		goes_nowhere(tos[i], -ENETUNREACH);
	}
}

/* The table is not checked: the kernel merges local and main while there are no rules. */
static void own_address_is_on_the_loopback(void **state)
{
	static const char *const owns[] = { "10.0.0.2", "2001:db8::2" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ip_addr own = addr(owns[i]);

		soon_goes_to(&own, if_nametoindex("lo"));
	}
}

/* What the client asks while its tunnel's routes cover everything: the route without the tunnel. */
static void a_device_is_left_out(void **state)
{
	static const struct {
		const char *dst, *via;
		unsigned dev;
		uint32_t metric, table;
		bool unreachable;
		const char *goes_via; /* to 192.0.2.1 without the second device, from then on */
	} steps[] = {
		{ "0.0.0.0/1", "", 1, 0, 0, false, NULL },
		{ "128.0.0.0/1", "", 1, 0, 0, false, NULL },
		{ "192.0.2.1/32", "", 1, 0, 0, false, NULL },
		{ "0.0.0.0/0", "10.0.0.1", 0, 0, 77, false, NULL }, /* another table */
		{ "0.0.0.0/0", "10.0.0.200", 0, 200, 0, false, "10.0.0.200" },
		{ "0.0.0.0/0", "10.0.0.100", 0, 100, 0, false, "10.0.0.100" },
		{ "0.0.0.0/0", "10.0.0.250", 0, 150, 0, false, "10.0.0.100" },
		{ "192.0.0.0/16", "10.0.0.16", 0, 300, 0, false, "10.0.0.16" },
		{ "192.0.0.0/12", "10.0.0.12", 0, 0, 0, false, "10.0.0.16" },
		{ "192.0.3.0/24", "10.0.0.24", 0, 0, 0, false, "10.0.0.16" },
		{ "192.0.2.0/24", "", 0, 0, 0, true, "10.0.0.16" },
		{ "192.0.2.0/25", "", 0, 0, 0, false, "" }, /* on the link */
		{ "192.0.2.1/32", "2001:db8::1", 0, 9, 0, false, "2001:db8::1" },
	};
	struct ip_addr to = addr("192.0.2.1");
	struct route found;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct route r = route_of(steps[i].dst, steps[i].via, dev[steps[i].dev]);
		int rc;

		r.metric = steps[i].metric;
		r.table = steps[i].table;
		r.unreachable = steps[i].unreachable;
		assert_int_equal(netlink_route_add(nl, &r), 0);
		rc = netlink_route_without(nl, &to, dev[1], NULL, &found);
		assert_int_equal(rc, steps[i].goes_via ? 0 : -ENETUNREACH);
		if (rc)
			continue;
		assert_string_equal(ip_print(&found.via).text,
				    *steps[i].goes_via ? steps[i].goes_via : "none");
		assert_int_equal(found.ifindex, dev[0]);
		assert_true(ip_equal(&found.dst.addr, &to));
		assert_int_equal(found.dst.len, 32);
	}
}

static void a_device_is_left_out_of_ipv6(void **state)
{
	struct ip_addr to = addr("2001:db8:9::1");
	struct route tunnel = route_of("2000::/3", "", dev[1]), found;
	struct route other = route_of("::/0", "fe80::1", dev[0]);

	(void)state;
	assert_int_equal(netlink_route_add(nl, &tunnel), 0);
	assert_int_equal(netlink_route_without(nl, &to, dev[1], NULL, &found), -ENETUNREACH);
	assert_int_equal(netlink_route_add(nl, &other), 0);
	assert_int_equal(netlink_route_without(nl, &to, dev[1], NULL, &found), 0);
	assert_string_equal(ip_print(&found.via).text, "fe80::1");
	assert_int_equal(found.ifindex, dev[0]);
	assert_int_equal(found.dst.len, 128);
	assert_int_equal(found.metric, 0);
}

/* The longest of the main table's that covers all of the network; ours are left out. */
static void the_route_over_a_network(void **state)
{
	static const struct {
		const char *network, *over, *via;
	} cases[] = {
		{ "10.99.0.0/16", "10.96.0.0/12", "10.0.0.3" },
		{ "10.99.0.0/15", "10.96.0.0/12", "10.0.0.3" },
		{ "10.96.0.0/11", "10.0.0.0/8", "10.0.0.4" },
		{ "10.0.0.0/24", "10.0.0.0/24", "none" }, /* the link's own */
		{ "10.99.5.0/24", "10.99.5.0/24", "10.0.0.5" },
		{ "172.16.0.0/12", NULL, NULL },
	};
	struct route r = route_of("10.96.0.0/12", "10.0.0.3", dev[0]), found;

	(void)state;
	assert_int_equal(netlink_route_add(nl, &r), 0);
	r = route_of("10.0.0.0/8", "10.0.0.4", dev[0]);
	assert_int_equal(netlink_route_add(nl, &r), 0);
	r = route_of("10.99.5.0/24", "10.0.0.5", dev[0]);
	assert_int_equal(netlink_route_add(nl, &r), 0);
	r = route_of("10.99.0.0/16", "10.0.0.9", dev[0]);
	r.protocol = NETLINK_PROTO_OURS;
	assert_int_equal(netlink_route_add(nl, &r), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ip_prefix to = prefix(cases[i].network);
		int rc = netlink_route_over(nl, &to, dev[1], NULL, &found);

		assert_int_equal(rc, cases[i].over ? 0 : -ENETUNREACH);
		if (rc)
			continue;
		assert_string_equal(ip_prefix_print(&found.dst).text, cases[i].over);
		assert_string_equal(ip_print(&found.via).text, cases[i].via);
	}
}

/* More routes than fit into one reply. */
static void a_long_list_is_read_to_its_end(void **state)
{
	struct ip_addr to = addr("203.0.113.9");
	struct route found, last = route_of("203.0.113.0/24", "10.0.0.3", dev[0]);

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct route r = route_of("100.64.0.0/32", "10.0.0.1", dev[0]);

		r.dst.addr = ip_from_v4(0x64400000 + i);
		assert_int_equal(netlink_route_add(nl, &r), 0);
	}
	assert_int_equal(netlink_route_add(nl, &last), 0);
	assert_int_equal(netlink_route_without(nl, &to, dev[1], NULL, &found), 0);
	assert_string_equal(ip_print(&found.via).text, "10.0.0.3");
	goes("203.0.113.9", "10.0.0.3", dev[0]); /* and the next reply belongs to its request */
}

static void rules(void **state)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct netlink_rule r = {
			.family = families[i],
			.kind = NETLINK_RULE_NOT_MARK,
			.priority = 500,
			.table = 4000,
			.mark = 77,
		};
		uint32_t priority;
		int error = netlink_rule_of_table(nl, r.family, 4000, &priority);

		if (error == -EOPNOTSUPP) { /* qemu-user's is such a one */
			print_message("skip: kernel: no policy rules\n");
			skip();
		}
		assert_int_equal(error, -ENOENT);
		assert_int_equal(netlink_rule_add(nl, &r, false), 0);
		assert_int_equal(netlink_rule_add(nl, &r, true), -EEXIST);
		assert_int_equal(netlink_rule_of_table(nl, r.family, 4000, &priority), 0);
		assert_int_equal(priority, 500);
		r.mark = 78;
		assert_int_equal(netlink_rule_del(nl, &r), -ENOENT); /* another one */
		r.mark = 77;
		assert_int_equal(netlink_rule_del(nl, &r), 0);
		assert_int_equal(netlink_rule_of_table(nl, r.family, 4000, &priority), -ENOENT);
		r.kind = NETLINK_RULE_BUT_DEFAULT;
		assert_int_equal(netlink_rule_add(nl, &r, false), 0);
		assert_int_equal(netlink_rule_add(nl, &r, false), 0); /* two equal ones */
		for (int k = 0; k < 2; k++)
			assert_int_equal(netlink_rule_del(nl, &r), 0);
		assert_int_equal(netlink_rule_del(nl, &r), -ENOENT);
	}
}

/* As --lockdown uses them, client/lock_rules.h; from the lowest priority that it does not use. */
static void rules_that_permit(void **state)
{
	static const struct netlink_rule all[] = {
		{ .kind = NETLINK_RULE_NOP, .priority = 602 },
		{ .kind = NETLINK_RULE_LOOKUP, .priority = 601, .table = 4000 },
		{ .kind = NETLINK_RULE_BUT_GROUP, .priority = 600, .table = 4000 },
		{ .kind = NETLINK_RULE_GOTO, .priority = 600, .target = 602, .mark = 77 },
		{ .kind = NETLINK_RULE_GOTO, .priority = 600, .target = 602, .device_in = "lo" },
		{ .kind = NETLINK_RULE_GOTO,
		  .priority = 600,
		  .target = 602,
		  .protocol = IPPROTO_TCP,
		  .source_port = 1,
		  .destination_port = 443 },
	};
	struct netlink_rule to = all[3];
	uint32_t first;
	bool is = false;

	(void)state;
	if (netlink_rule_is_at(nl, AF_INET, 600, &is)) {
		print_message("skip: kernel: no policy rules\n");
		skip();
	}
	assert_false(is);
	to.to = prefix("192.0.2.0/24");
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct netlink_rule r = all[i];

		r.family = AF_INET;
		assert_int_equal(netlink_rule_add(nl, &r, true), 0);
		assert_int_equal(netlink_rule_add(nl, &r, true), -EEXIST);
		r.family = AF_INET6;
		assert_int_equal(netlink_rule_add(nl, &r, true), 0);
	}
	assert_int_equal(netlink_rule_of_table(nl, AF_INET, 4000, &first), 0);
	assert_int_equal(first, 601);
	to.family = AF_INET;
	assert_int_equal(netlink_rule_add(nl, &to, true),
			 0); /* another one: it has a destination */
	assert_int_equal(netlink_rule_is_at(nl, AF_INET, 600, &is), 0);
	assert_true(is);
	assert_int_equal(netlink_rule_del(nl, &to), 0);
	assert_int_equal(netlink_rule_del(nl, &to), -ENOENT);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(netlink_rule_del_at(nl, AF_INET, 600), 0);
		assert_int_equal(netlink_rule_del_at(nl, AF_INET6, 600), 0);
	}
	for (uint32_t priority = 601; priority < 603; priority++) {
		assert_int_equal(netlink_rule_del_at(nl, AF_INET, priority), 0);
		assert_int_equal(netlink_rule_del_at(nl, AF_INET6, priority), 0);
	}
	assert_int_equal(netlink_rule_del_at(nl, AF_INET, 600), -ENOENT);
	assert_int_equal(netlink_rule_is_at(nl, AF_INET, 600, &is), 0);
	assert_false(is);
}

static void a_mark_finds_another_route(void **state)
{
	struct netlink_rule r = { .family = AF_INET, .kind = NETLINK_RULE_NOT_MARK };
	struct route unreachable = { .dst = prefix("203.0.113.0/24"), .table = 4000 }, found;
	struct route usual = route_of("203.0.113.0/24", "", dev[0]);
	struct ip_addr to = addr("203.0.113.9");
	bool is;

	(void)state;
	if (netlink_rule_is_at(nl, AF_INET, 600, &is)) {
		print_message("skip: kernel: no policy rules\n");
		skip();
	}
	r.priority = 600;
	r.table = 4000;
	r.mark = 77;
	unreachable.unreachable = true;
	assert_int_equal(netlink_rule_add(nl, &r, true), 0);
	assert_int_equal(netlink_route_add(nl, &unreachable), 0);
	assert_int_equal(netlink_route_add(nl, &usual), 0);
	assert_int_equal(netlink_route_get(nl, &to, &found), -EHOSTUNREACH);
	netlink_set_mark(nl, 77);
	assert_int_equal(netlink_route_get(nl, &to, &found), 0);
	assert_int_equal(found.ifindex, dev[0]);
	netlink_set_mark(nl, 0);
	assert_int_equal(netlink_route_get(nl, &to, &found), -EHOSTUNREACH);
	assert_int_equal(netlink_rule_del(nl, &r), 0);
	assert_int_equal(netlink_route_del(nl, &unreachable), 0);
	assert_int_equal(netlink_route_del(nl, &usual), 0);
}

static void a_table_with_routes(void **state)
{
	struct route r = route_of("192.0.2.0/24", "", dev[0]);
	bool has;

	(void)state;
	r.table = 4000;
	assert_int_equal(netlink_table_has_routes(nl, AF_INET, 4000, &has), 0);
	assert_false(has);
	assert_int_equal(netlink_route_add(nl, &r), 0);
	assert_int_equal(netlink_table_has_routes(nl, AF_INET, 4000, &has), 0);
	assert_true(has);
	assert_int_equal(netlink_table_has_routes(nl, AF_INET6, 4000, &has), 0);
	assert_false(has);
	r.is_throw = true;
	r.dst = prefix("2001:db8:5::/48");
	assert_int_equal(netlink_route_add(nl, &r), 0);
	assert_int_equal(netlink_table_has_routes(nl, AF_INET6, 4000, &has), 0);
	assert_true(has);
	assert_int_equal(netlink_route_del(nl, &r), 0);
}

static void route_errors(void **state)
{
	struct route no_device = route_of("192.0.2.0/24", "", 9999),
		     far_gateway = route_of("192.0.2.0/24", "203.0.113.1", 0),
		     too_long = route_of("192.0.2.0/24", "", dev[0]);

	(void)state;
	assert_int_equal(netlink_route_add(nl, &no_device), -ENODEV);
	assert_int_equal(netlink_route_add(nl, &far_gateway), -ENETUNREACH);
	assert_memory_equal(last_line, "netlink: ", 9);
	too_long.dst.len = 33;
	assert_int_equal(netlink_route_add(nl, &too_long), -EINVAL);
	too_long.dst.addr.family = AF_UNSPEC;
	assert_int_equal(netlink_route_get(nl, &too_long.dst.addr, &too_long), -EINVAL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const char *why_not;

static void cannot_run(void **state)
{
	(void)state;
	print_message("skip: %s\n", why_not);
	skip();
}

/* NULL: the tests can run. */
static const char *obstacle(void)
{
	int fd;

	if (!netns_enter())
		return "kernel: no user namespaces";
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return "kernel: no IPv6";
	close(fd);
	fd = netns_tun("ours0");
	if (fd < 0)
		return "kernel: no TUN device for this user";
	close(fd);
	return NULL;
}

int main(void)
{
	const struct CMUnitTest no_tests[] = { cmocka_unit_test(cannot_run) };
	const struct CMUnitTest tests[] = {
		CASE(link_goes_up_with_an_mtu),
		CASE(link_queue_takes_a_length),
		CASE(link_errors),
		CASE(kernel_generates_no_address),
		CASE(addresses),
		CASE(ipv6_addresses_with_lifetimes),
		CASE(a_new_ipv6_address_receives),
		CASE(address_errors),
		CASE(device_without_ipv6),
		CASE(routes_come_and_go),
		CASE(gateway_alone_names_its_device),
		CASE(replace_adds_then_replaces),
		CASE(lower_metric_wins),
		CASE(source_is_preferred),
		CASE(other_table_is_left_alone),
		CASE(unreachable_routes),
		CASE(own_address_is_on_the_loopback),
		CASE(a_device_is_left_out),
		CASE(a_device_is_left_out_of_ipv6),
		CASE(the_route_over_a_network),
		CASE(a_long_list_is_read_to_its_end),
		CASE(rules),
		CASE(rules_that_permit),
		CASE(a_mark_finds_another_route),
		CASE(a_table_with_routes),
		CASE(route_errors),
	};

	why_not = obstacle();
	if (why_not)
		return cmocka_run_group_tests_name("net/netlink", no_tests, NULL, NULL);
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(note_line);
	return cmocka_run_group_tests_name("net/netlink", tests, NULL, NULL);
}
