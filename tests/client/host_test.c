/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host's routes, addresses and DNS while a tunnel comes up, is lost, comes back and crashes.
 * Two TUN devices represent networks of the host: lan0 (192.168.1.2/24, the default gateway is
 * 192.168.1.1) and lan1, for a host that moves.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/host.h"
#include "client/lab.h"
#include "net/netlink_rule.h"
#include "support/netns.h"

enum { LAN0, LAN1, TUNNEL, DEVICES };

static const char *const names[DEVICES] = { "lan0", "lan1", "sstp0" };
static int fd[DEVICES];
static unsigned dev[DEVICES];
static struct netlink *nl;
static struct host_cfg cfg;
static char resolv_conf[128], state_dir[128];

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

static struct route route_of(const char *dst, const char *via, unsigned device)
{
	return (struct route){ .dst = prefix(dst), .via = addr(via), .ifindex = dev[device] };
}

static void join_network(unsigned device, const char *own, const char *gateway)
{
	struct ip_addr a = addr(own);
	struct route r = route_of("0.0.0.0/0", gateway, device);

	assert_int_equal(netlink_link_up(nl, dev[device], 0), 0);
	assert_int_equal(netlink_addr_add(nl, dev[device], &a, 24, NULL), 0);
	assert_int_equal(netlink_route_add(nl, &r), 0);
}

static void leave_network(unsigned device, const char *own)
{
	struct ip_addr a = addr(own);

	assert_int_equal(netlink_addr_del(nl, dev[device], &a, 24, NULL), 0);
}

/* The lan devices look like Ethernet (ARPHRD_ETHER), unless they represent a VPN (ARPHRD_NONE). */
static int set_type(unsigned device, int type)
{
	return ioctl(fd[device], (int)TUNSETLINK, (long)type);
}

static int set_up(void **state)
{
	(void)state;
	lab_clear();
	mkdir(lab_path("bin"), 0755);
	setenv("PATH", lab_path("bin"), 1);
	snprintf(resolv_conf, sizeof(resolv_conf), "%s", lab_path("resolv.conf"));
	snprintf(state_dir, sizeof(state_dir), "%s", lab_path("state"));
	lab_write("resolv.conf", "nameserver 192.168.1.1\n");
	if (netlink_open(&nl))
		return -1;
	for (unsigned i = 0; i < DEVICES; i++) {
		fd[i] = netns_tun(names[i]);
		dev[i] = if_nametoindex(names[i]);
		if (fd[i] < 0)
			return -1;
	}
	if (set_type(LAN0, ARPHRD_ETHER) || set_type(LAN1, ARPHRD_ETHER))
		return -1;
	join_network(LAN0, "192.168.1.2", "192.168.1.1");
	cfg = (struct host_cfg){
		.device = "sstp0",
		.ifindex = dev[TUNNEL],
		.default_route = true,
		.resolv_conf = resolv_conf,
		.state_dir = state_dir,
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DEVICES; i++)
		close(fd[i]);
	netlink_close(nl);
	return 0;
}

/* ---- helpers */

static struct host *opened(void)
{
	struct host *h;

	assert_int_equal(host_open(&cfg, &h), 0);
	return h;
}

static int route_to(struct host *h, const char *server)
{
	struct ip_addr a = addr(server);

	return host_route_to_server(h, &a);
}

static struct link_addrs link_of(const char *own, const char *peer, const char *server)
{
	return (struct link_addrs){
		.own = addr(own),
		.peer = addr(peer),
		.own_ll = addr("fe80::2"),
		.dns = { addr("10.1.0.53") },
		.dns_count = 1,
		.mtu = 1400,
		.server = addr(server),
	};
}

static int up(struct host *h, const char *own, const char *peer, const char *server)
{
	struct link_addrs link = link_of(own, peer, server);

	return host_up(h, &link);
}

/*
 * Returns "192.168.1.1 lan0", "lan0" without a gateway, "lo" for our own address, "-" if
 * unreachable.
 */
static const char *way_of(const char *to)
{
	static char text[128];
	char name[IF_NAMESIZE] = "?";
	struct ip_addr dst = addr(to);
	struct route r;

	if (netlink_route_get(nl, &dst, &r))
		return "-";
	if_indextoname(r.ifindex, name);
	if (r.via.family == AF_UNSPEC)
		snprintf(text, sizeof(text), "%s", name);
	else
		snprintf(text, sizeof(text), "%s %s", ip_print(&r.via).text, name);
	return text;
}

static void goes(const char *to, const char *way)
{
	const char *is = way_of(to);

	if (strcmp(is, way) != 0)
		fail_msg("%s goes by %s, not %s", to, is, way);
}

/* Whether there is a host route to this address, even if another route covers it. */
static bool has_host_route(const char *to)
{
	char line[256], hex[16];
	struct ip_addr a = addr(to);
	FILE *f = fopen("/proc/net/route", "r");
	uint32_t raw;
	bool found = false;

	assert_non_null(f);
	memcpy(&raw, a.bytes, sizeof(raw));
	snprintf(hex, sizeof(hex), "\t%08X\t", raw);
	while (fgets(line, sizeof(line), f))
		found = found || (strstr(line, hex) && strstr(line, "\tFFFFFFFF\t"));
	fclose(f);
	return found;
}

static unsigned files_in(const char *folder)
{
	char path[256];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/bin/ls -A %s 2>/dev/null | /usr/bin/wc -l",
		 lab_path(folder));
	f = popen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void nothing_is_changed(void)
{
	goes("8.8.8.8", "192.168.1.1 lan0");
	goes("203.0.113.1", "192.168.1.1 lan0");
	assert_false(has_host_route("203.0.113.1"));
	lab_has("resolv.conf", "nameserver 192.168.1.1\n");
}

static void as_before(void)
{
	nothing_is_changed();
	assert_int_equal(files_in("state"), 0);
}

/* ---- one tunnel */

static void up_pause_up_close(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("203.0.113.1", "192.168.1.1 lan0");
	goes("8.8.8.8", "192.168.1.1 lan0"); /* nothing has changed yet */
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("8.8.8.8", "sstp0");
	goes("192.0.2.1", "sstp0");
	goes("203.0.113.1", "192.168.1.1 lan0");
	goes("192.168.1.77", "lan0");
	goes("10.1.0.2", "lo");
	goes("10.1.0.1", "sstp0"); /* as all traffic: it has no route of its own */
	assert_false(has_host_route("10.1.0.1"));
	assert_non_null(strstr(lab_read("resolv.conf"), "\nnameserver 10.1.0.53\n"));
	assert_int_equal(files_in("state"), 1);

	host_pause(h);
	goes("8.8.8.8", "sstp0"); /* nothing bypasses the tunnel */
	lab_has("resolv.conf", "nameserver 192.168.1.1\n");

	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("203.0.113.1", "192.168.1.1 lan0");
	assert_int_equal(up(h, "10.1.0.3", "10.1.0.1", "203.0.113.1"), 0);
	goes("10.1.0.2", "sstp0"); /* no longer ours */
	goes("10.1.0.3", "lo");
	goes("8.8.8.8", "sstp0");
	assert_non_null(strstr(lab_read("resolv.conf"), "\nnameserver 10.1.0.53\n"));

	host_close(h);
	goes("10.1.0.3", "192.168.1.1 lan0");
	as_before();
	assert_string_equal(lab_log(), "");
}

static void up_twice_changes_nothing(void **state)
{
	struct host *h = opened();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("10.1.0.2", "lo");
	goes("8.8.8.8", "sstp0");
	host_close(h);
	as_before();
}

static unsigned own_addresses(void)
{
	struct ifaddrs *all;
	unsigned n = 0;

	assert_int_equal(getifaddrs(&all), 0);
	for (struct ifaddrs *i = all; i; i = i->ifa_next)
		n += i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
		     !strcmp(i->ifa_name, "sstp0");
	freeifaddrs(all);
	return n;
}

/*
 * Addresses that servers give from one connect to the next, in an order that is difficult for the
 * kernel.
 */
static void addresses_change(void **state)
{
	static const struct {
		const char *own, *peer;
	} steps[] = {
		{ "10.1.0.2", "10.1.0.1" }, { "10.1.0.3", "10.1.0.1" }, /* the usual */
		{ "10.1.0.2", "10.1.0.1" }, { "10.1.0.2", "10.2.0.1" }, { "10.1.0.2", "" },
		{ "10.1.0.2", "10.1.0.2" }, { "10.1.0.9", "10.1.0.2" }, { "10.1.0.2", "10.1.0.9" },
		{ "10.1.0.9", "" },         { "10.1.0.1", "" },         { "10.1.0.2", "10.1.0.1" },
		{ "10.1.0.1", "10.1.0.2" }, { "10.1.0.2", "" },         { "10.1.0.1", "10.1.0.2" },
	};
	struct host *h = opened();

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_int_equal(up(h, steps[i].own, steps[i].peer, "203.0.113.1"), 0);
		goes(steps[i].own, "lo");
		assert_int_equal(own_addresses(), 1);
		goes("8.8.8.8", "sstp0");
		if (*steps[i].peer && strcmp(steps[i].peer, steps[i].own) != 0)
			goes(steps[i].peer, "sstp0");
	}
	host_close(h);
	assert_int_equal(own_addresses(), 0);
	as_before();
}

/* A device that has no address for a moment loses all its routes, this one too. */
static void routes_stay_while_the_address_changes(void **state)
{
	struct route witness = route_of("10.77.0.0/16", "", TUNNEL);
	struct host *h = opened();

	(void)state;
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_add(nl, &witness), 0);
	assert_int_equal(up(h, "10.1.0.3", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.4", "10.2.0.1", "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.4", "10.3.0.1", "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.5", "", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_add(nl, &witness), -EEXIST);
	host_close(h);
}

static void mtu_follows_the_server(void **state)
{
	struct link_addrs link = link_of("10.1.0.2", "10.1.0.1", "203.0.113.1");
	struct host *h = opened();

	(void)state;
	for (link.mtu = 1300; link.mtu <= 1500; link.mtu += 100) {
		char text[16];
		FILE *f;

		assert_int_equal(host_up(h, &link), 0);
		f = fopen("/proc/sys/net/ipv6/conf/sstp0/mtu", "r");
		if (!f)
			continue; /* no IPv6 */
		assert_non_null(fgets(text, sizeof(text), f));
		fclose(f);
		assert_int_equal(strtoul(text, NULL, 10), link.mtu);
	}
	host_close(h);
}

static void ipv6_alone(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(up(h, "", "", "203.0.113.1"), 0);
	goes("8.8.8.8", "192.168.1.1 lan0"); /* the server gave no IPv4: no IPv4 goes there */
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("8.8.8.8", "sstp0");
	host_close(h);
	as_before();
}

static void give_ipv6(struct link_addrs *link, const char *own, bool has_router)
{
	link->ip6 = (struct slaac_config){ .is_settled = true, .has_router = has_router };
	if (*own)
		link->ip6.addrs[link->ip6.addr_count++] =
			(struct slaac_addr){ addr(own), 900, 1000 };
}

static void goes6(const char *to, const char *way)
{
	for (int i = 0; i < 60 * 1000 && strcmp(way_of(to), way); i++)
		usleep(1000); /* a kernel worker adds the address's own route */
	goes(to, way);
}

/* All IPv6 goes into the tunnel once the server's side has given an address and forwards. */
static void ipv6_comes_and_goes(void **state)
{
	struct link_addrs link = link_of("10.1.0.2", "10.1.0.1", "203.0.113.1");
	struct host *h = opened();

	(void)state;
	assert_int_equal(host_up(h, &link), 0);
	goes("2001:db8:9::9", "-");
	give_ipv6(&link, "2001:db8:7::2", true);
	assert_int_equal(host_up(h, &link), 0);
	goes6("2001:db8:9::9", "sstp0");
	goes6("2001:db8:7::2", "lo");
	goes6("2001:db8:7::3", "sstp0"); /* as all traffic: the prefix has no route of its own */
	/* a reconnect: unchanged until the new state is known */
	host_pause(h);
	link.ip6 = (struct slaac_config){ .is_settled = false };
	link.own_ll = addr("");
	assert_int_equal(host_up(h, &link), 0);
	goes("2001:db8:7::2", "lo");
	goes("2001:db8:9::9", "sstp0");
	link.own_ll = addr("fe80::2");
	give_ipv6(&link, "2001:db8:8::2", true);
	assert_int_equal(host_up(h, &link), 0);
	goes6("2001:db8:8::2", "lo");
	goes6("2001:db8:7::2", "sstp0");
	/* the router disappears, then the address, then the routes stay away */
	give_ipv6(&link, "2001:db8:8::2", false);
	assert_int_equal(host_up(h, &link), 0);
	goes6("2001:db8:9::9", "-");
	goes("2001:db8:8::2", "lo");
	give_ipv6(&link, "", true);
	assert_int_equal(host_up(h, &link), 0);
	goes6("2001:db8:8::2", "-");
	give_ipv6(&link, "2001:db8:8::2", true);
	assert_int_equal(host_up(h, &link), 0);
	goes6("2001:db8:9::9", "sstp0");
	host_close(h);
	as_before();
	goes6("2001:db8:9::9", "-");
	goes6("2001:db8:8::2", "-");
}

static void ipv6_with_routes_of_its_own(void **state)
{
	static struct ip_prefix inside;
	struct link_addrs link = link_of("10.1.0.2", "10.1.0.1", "203.0.113.1");
	struct host *h;

	(void)state;
	inside = prefix("2001:db8:7::/48");
	cfg.default_route = false;
	cfg.routes = &inside;
	cfg.route_count = 1;
	h = opened();
	give_ipv6(&link, "2001:db8:7:1::2", true);
	assert_int_equal(host_up(h, &link), 0);
	goes6("2001:db8:7:9::9", "sstp0");
	goes("2001:db8:9::9", "-");
	host_close(h);
}

static void no_dns(void **state)
{
	struct host *h;

	(void)state;
	cfg.dns = HOST_DNS_NONE;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	lab_has("resolv.conf", "nameserver 192.168.1.1\n");
	host_pause(h);
	host_close(h);
	as_before();
}

static void the_device_goes_first(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	close(fd[TUNNEL]);
	host_close(h);
	as_before();
	fd[TUNNEL] = -1;
}

static void closing_nothing(void **state)
{
	(void)state;
	host_close(NULL);
	host_close(opened());
	as_before();
	assert_int_not_equal(access(state_dir, F_OK), 0); /* the empty folder is removed too */
	mkdir(state_dir, 0755);
	host_close(opened());
	assert_int_equal(access(state_dir, F_OK), 0); /* but this folder was not ours */
}

/* ---- IPv6 does not bypass a tunnel that has none */

static void join_ipv6(void)
{
	struct route way = route_of("::/0", "fe80::1", LAN0);

	assert_int_equal(netlink_route_add(nl, &way), 0);
	goes("2001:db8:9::9", "fe80::1 lan0");
}

static void ipv6_is_blocked(void **state)
{
	struct host *h;

	(void)state;
	join_ipv6();
	h = opened();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("2001:db8:9::9", "fe80::1 lan0"); /* not yet */
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("2001:db8:9::9", "-");
	goes("9000::1", "-");
	host_pause(h);
	goes("2001:db8:9::9", "-");
	host_close(h);
	goes("2001:db8:9::9", "fe80::1 lan0");
	goes("9000::1", "fe80::1 lan0");
	as_before();
}

/* A program removes our routes again and again, and these, too: there is no pause for these, in which IPv6 would leave. */
static void ipv6_stays_blocked_in_a_pause(void **state)
{
	struct route block = { .dst = prefix("::/1"), .table = RT_TABLE_MAIN, .unreachable = true };
	struct ip_addr a = addr("10.1.0.2");
	struct host *h;
	unsigned rounds = 0;

	(void)state;
	join_ipv6();
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	while (!netlink_addr_del(nl, dev[TUNNEL], &a, 32, NULL) && rounds < 100) {
		rounds++;
		host_check(h, 1000 + 10 * rounds);
	}
	assert_int_equal(rounds, 9);
	assert_int_equal(netlink_route_del(nl, &block), 0);
	goes("2001:db8:9::9", "fe80::1 lan0");
	host_check(h, 2000);
	goes("2001:db8:9::9", "-");
	host_close(h);
	as_before();
}

static void ipv6_may_be_let_out(void **state)
{
	struct host *h;

	(void)state;
	join_ipv6();
	cfg.ipv6_outside = true;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("2001:db8:9::9", "fe80::1 lan0");
	host_close(h);
	as_before();
}

static void ipv6_stays_with_a_split_tunnel(void **state)
{
	struct host *h;

	(void)state;
	join_ipv6();
	cfg.default_route = false;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("2001:db8:9::9", "fe80::1 lan0");
	host_close(h);
	as_before();
}

/*
 * A server with an IPv6 address stays reachable, also when its route is searched again despite the
 * block.
 */
static void ipv6_is_blocked_but_for_the_server(void **state)
{
	struct host *h;

	(void)state;
	join_ipv6();
	h = opened();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(route_to(h, "2001:db8::1"), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "2001:db8::1"), 0);
		goes("2001:db8::1", "fe80::1 lan0");
		goes("2001:db8::2", "-");
		host_pause(h);
	}
	host_close(h);
	as_before();
}

static void live(void);
static void make_the_device_again(void);

static void ipv6_is_blocked_and_killed(void **state)
{
	(void)state;
	join_ipv6();
	lab_kill(lab_fork(live));
	make_the_device_again();
	goes("2001:db8:9::9", "-");
	host_recover(state_dir, resolv_conf, NULL);
	goes("2001:db8:9::9", "fe80::1 lan0");
	as_before();
}

/* ---- the host's network changes */

static void host_changes(struct host *h)
{
	host_check(h, 1000);
}

static void the_host_route_is_restored(void **state)
{
	struct route ours = route_of("203.0.113.1/32", "192.168.1.1", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_del(nl, &ours), 0);
	goes("203.0.113.1", "sstp0");
	host_changes(h);
	goes("203.0.113.1", "192.168.1.1 lan0");
	lab_logged("was removed by another program; added it again");
	host_changes(h);
	assert_string_equal(lab_log(), "");
	host_close(h);
	as_before();
}

/* As `ip addr flush` and network managers do, and the kernel with IPv6 when a device is set down. */
static void addresses_are_restored(void **state)
{
	static const struct {
		const char *text;
		unsigned len;
	} given[] = { { "10.1.0.2", 32 }, { "fe80::2", 64 }, { "2001:db8:7::2", 64 } };
	struct link_addrs link = link_of("10.1.0.2", "10.1.0.1", "203.0.113.1");
	struct host *h = opened();

	(void)state;
	give_ipv6(&link, "2001:db8:7::2", true);
	assert_int_equal(host_up(h, &link), 0);
	host_changes(h);
	assert_string_equal(lab_log(), "");
	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
		struct ip_addr a = addr(given[i].text);

		assert_int_equal(netlink_addr_del(nl, dev[TUNNEL], &a, given[i].len, NULL), 0);
		host_changes(h);
		lab_logged("was removed by another program; added it again");
		assert_int_equal(netlink_addr_add(nl, dev[TUNNEL], &a, given[i].len, NULL),
				 -EEXIST);
		host_changes(h);
		assert_string_equal(lab_log(), "");
	}
	goes("8.8.8.8", "sstp0");
	goes6("2001:db8:9::9", "sstp0");
	goes6("2001:db8:7::2", "lo");
	host_close(h);
	as_before();
}

/* By a program that does so each time: then sstp waits, and says so. */
static void addresses_removed_again_and_again(void **state)
{
	struct ip_addr a = addr("10.1.0.2");
	struct host *h = opened();
	unsigned rounds = 0;

	(void)state;
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	while (!netlink_addr_del(nl, dev[TUNNEL], &a, 32, NULL) && rounds < 100) {
		rounds++;
		host_check(h, 1000 + 10 * rounds);
	}
	assert_int_equal(rounds, 9); /* it was restored eight times */
	lab_logged("another program removes the addresses, routes or rules each time; "
		   "adding them again in 60 s");
	assert_int_equal(host_check(h, 1080 + 60000), UINT64_MAX);
	assert_int_equal(netlink_addr_add(nl, dev[TUNNEL], &a, 32, NULL), -EEXIST);
	host_close(h);
}

/* Two programs that always undo what the other has done do not do so all the time. */
static void another_program_that_never_stops(void **state)
{
	struct route ours = route_of("0.0.0.0/1", "", TUNNEL);
	struct host *h = opened();
	unsigned rounds = 0;

	(void)state;
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	while (rounds < 100 && !netlink_route_del(nl, &ours)) {
		host_check(h, 1000 + rounds);
		rounds++;
	}
	assert_int_equal(rounds, 9);
	goes("8.8.8.8", "192.168.1.1 lan0");
	assert_int_equal(host_check(h, 2000), 1007 + 60 * 1000);
	host_check(h, 1007 + 60 * 1000);
	goes("8.8.8.8", "sstp0");
	host_close(h);
	as_before();
}

/*
 * What a DHCP client does: it removes the address, and with it all routes; then it adds it again.
 */
static void the_address_goes_and_comes_back(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	leave_network(LAN0, "192.168.1.2");
	host_changes(h);
	goes("203.0.113.1", "-"); /* not into the tunnel */
	lab_logged("the host has no route to the server 203.0.113.1 any more");
	join_network(LAN0, "192.168.1.2", "192.168.1.1");
	host_changes(h);
	goes("203.0.113.1", "192.168.1.1 lan0");
	lab_logged("has changed: via 192.168.1.1");
	host_close(h);
	as_before();
}

static void another_gateway_takes_over(void **state)
{
	struct route old = route_of("0.0.0.0/0", "192.168.1.1", LAN0);
	struct route other = route_of("0.0.0.0/0", "192.168.1.254", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_del(nl, &old), 0);
	assert_int_equal(netlink_route_add(nl, &other), 0);
	host_changes(h);
	goes("203.0.113.1", "192.168.1.254 lan0");
	leave_network(LAN0, "192.168.1.2");
	join_network(LAN1, "172.20.0.2", "172.20.0.1");
	host_changes(h);
	goes("203.0.113.1", "172.20.0.1 lan1");
	goes("8.8.8.8", "sstp0");
	host_close(h);
	assert_false(has_host_route("203.0.113.1"));
}

/* lan1 is another VPN's device, and the route into it covers the server. */
static void another_vpn_gets_the_route_only_when_ours_is_gone(void **state)
{
	static const struct {
		const char *server, *network, *way;
	} cases[] = {
		{ "203.0.113.1", "203.0.113.0/24", "192.168.1.1 lan0" },
		{ "192.168.1.77", "192.168.1.64/26", "lan0" }, /* on the link */
	};

	(void)state;
	assert_int_equal(set_type(LAN1, ARPHRD_NONE), 0);
	assert_int_equal(netlink_link_up(nl, dev[LAN1], 0), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct route other = route_of(cases[i].network, "", LAN1);
		const char *server = cases[i].server;
		struct host *h = opened();

		assert_int_equal(route_to(h, server), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", server), 0);
		assert_int_equal(netlink_route_add(nl, &other), 0);
		host_changes(h);
		goes(server, cases[i].way);
		host_pause(h); /* and when it connects again */
		assert_int_equal(route_to(h, server), 0);
		goes(server, cases[i].way);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", server), 0);
		assert_string_equal(lab_log(), "");
		leave_network(LAN0, "192.168.1.2");
		host_changes(h);
		goes(server, "lan1");
		lab_logged("has changed");
		host_close(h);
		assert_int_equal(netlink_route_del(nl, &other), 0);
		join_network(LAN0, "192.168.1.2", "192.168.1.1");
	}
}

/* The kernel removes the host route with the link's address; then only the other VPN has a route. */
static void after_a_link_flap_the_route_leaves_the_other_vpn(void **state)
{
	static const struct {
		const char *server, *network, *gateway, *way;
	} cases[] = {
		{ "203.0.113.1", "203.0.113.0/24", "192.168.1.1", "192.168.1.1 lan0" },
		{ "203.0.113.1", "203.0.113.0/24", "192.168.1.254", "192.168.1.254 lan0" },
		{ "192.168.1.77", "192.168.1.64/26", "192.168.1.1", "lan0" }, /* on the link */
	};
	struct ip_addr own = addr("10.66.0.2");

	(void)state;
	assert_int_equal(set_type(LAN1, ARPHRD_NONE), 0);
	assert_int_equal(netlink_link_up(nl, dev[LAN1], 0), 0);
	assert_int_equal(netlink_addr_add(nl, dev[LAN1], &own, 24, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct route other = route_of(cases[i].network, "", LAN1);
		const char *server = cases[i].server;
		struct host *h = opened();

		assert_int_equal(route_to(h, server), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", server), 0);
		assert_int_equal(netlink_route_add(nl, &other), 0);
		host_changes(h);
		for (int flap = 0; flap < 2; flap++) {
			leave_network(LAN0, "192.168.1.2");
			host_changes(h);
			goes(server, "lan1");
			if (flap) { /* the client connects again meanwhile */
				host_pause(h);
				assert_int_equal(route_to(h, server), 0);
				assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", server), 0);
				goes(server, "lan1");
			}
			join_network(LAN0, "192.168.1.2", cases[i].gateway);
			host_changes(h);
			goes(server, cases[i].way);
			lab_logged("has changed");
			host_changes(h);
			goes(server, cases[i].way);
			assert_string_equal(lab_log(), "");
		}
		host_close(h);
		assert_int_equal(netlink_route_del(nl, &other), 0);
		leave_network(LAN0, "192.168.1.2");
		join_network(LAN0, "192.168.1.2", "192.168.1.1");
	}
}

static void another_gateway_while_another_vpn_covers_the_server(void **state)
{
	struct route vpn = route_of("203.0.113.0/24", "", LAN1);
	struct route old = route_of("0.0.0.0/0", "192.168.1.1", LAN0);
	struct route new = route_of("0.0.0.0/0", "192.168.1.254", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(set_type(LAN1, ARPHRD_NONE), 0);
	assert_int_equal(netlink_link_up(nl, dev[LAN1], 0), 0);
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_add(nl, &vpn), 0);
	assert_int_equal(netlink_route_del(nl, &old), 0);
	host_changes(h);
	goes("203.0.113.1", "192.168.1.1 lan0"); /* that gateway may still be there */
	assert_int_equal(netlink_route_add(nl, &new), 0);
	host_changes(h);
	goes("203.0.113.1", "192.168.1.254 lan0");
	host_close(h);
}

static void routes_removed_again_and_again(void **state)
{
	struct route ours = route_of("203.0.113.1/32", "192.168.1.1", LAN0);
	struct host *h = opened();
	unsigned rounds = 0;

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	while (!netlink_route_del(nl, &ours) && rounds < 100) {
		rounds++;
		host_check(h, 1000 + 10 * rounds);
	}
	assert_int_equal(rounds, 9); /* it was restored eight times */
	lab_logged("another program removes the route to the server");
	assert_int_equal(host_check(h, 2000), 1080 + 60000);
	host_check(h, 1080 + 60000);
	goes("203.0.113.1", "192.168.1.1 lan0");
	host_close(h);
}

static void routes_into_the_tunnel_are_restored(void **state)
{
	struct route half = route_of("0.0.0.0/1", "", TUNNEL);
	struct host *h = opened();

	(void)state;
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_del(nl, &half), 0);
	goes("8.8.8.8", "192.168.1.1 lan0");
	host_changes(h);
	goes("8.8.8.8", "sstp0");
	host_close(h);
	as_before();
}

/* ---- which routes */

/* The route's metrics, in rtnetlink's format: mtu 1300, advmss 1200. */
static void the_host_route_is_a_copy_of_the_hosts_route(void **state)
{
	static const struct {
		uint16_t len, type;
		uint32_t value;
	} metrics[] = { { 8, RTAX_MTU, 1300 }, { 8, RTAX_ADVMSS, 1200 } };
	struct route old = route_of("0.0.0.0/0", "192.168.1.1", LAN0), is;
	struct ip_addr server = addr("203.0.113.1");
	struct host *h;

	(void)state;
	assert_int_equal(netlink_route_del(nl, &old), 0);
	old.src = addr("192.168.1.2");
	old.metrics.len = sizeof(metrics);
	memcpy(old.metrics.at, metrics, sizeof(metrics));
	assert_int_equal(netlink_route_add(nl, &old), 0);
	h = opened();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(route_to(h, "203.0.113.1"), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
		assert_int_equal(netlink_route_match(nl, &server, &is), 0);
		assert_int_equal(is.dst.len, 32);
		assert_int_equal(is.metrics.len, sizeof(metrics));
		assert_memory_equal(is.metrics.at, metrics, sizeof(metrics));
		assert_true(ip_equal(&is.src, &old.src));
		host_changes(h);
		host_pause(h);
	}
	host_close(h);
	assert_string_equal(lab_log(), "");
	as_before();
}

static void the_servers_inner_address_is_captured_by_nothing(void **state)
{
	struct host *h;

	(void)state;
	cfg.default_route = false;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "192.168.1.1", "203.0.113.1"), 0); /* the LAN's router */
	goes("192.168.1.1", "lan0");
	assert_int_equal(up(h, "10.1.0.2", "203.0.113.1", "203.0.113.1"), 0); /* as we dialed it */
	goes("203.0.113.1", "192.168.1.1 lan0");
	host_close(h);
	as_before();
}

static void routes_that_are_done_already(void **state)
{
	struct ip_prefix routes[] = { prefix("10.1.0.1/32"), prefix("10.1.0.2/32"),
				      prefix("0.0.0.0/0"), prefix("203.0.113.1/32") };
	struct host *h;

	(void)state;
	cfg.default_route = false;
	cfg.routes = routes;
	cfg.route_count = 4;
	h = opened();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(route_to(h, "203.0.113.1"), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
		lab_logged("it is the address of the server itself");
		goes("203.0.113.1", "192.168.1.1 lan0");
		goes("10.1.0.1", "sstp0");
		goes("10.1.0.2", "lo");
		goes("8.8.8.8", "sstp0");
		host_pause(h);
	}
	/*
	 * next time the server is another one, and then the first one's address is routed into the
	 * tunnel
	 */
	assert_int_equal(route_to(h, "198.51.100.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "198.51.100.1"), 0);
	goes("203.0.113.1", "sstp0");
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("203.0.113.1", "192.168.1.1 lan0");
	host_close(h);
	as_before();
}

static void an_address_that_would_cut_the_connection(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "192.168.1.2", "10.1.0.1", "203.0.113.1"), -EADDRINUSE);
	lab_logged("which the connection to the server uses");
	assert_int_equal(up(h, "203.0.113.1", "10.1.0.1", "203.0.113.1"), -EADDRINUSE);
	host_close(h);
	as_before();
}

static void name_servers_are_asked_through_the_tunnel(void **state)
{
	struct link_addrs link = link_of("10.1.0.2", "10.1.0.1", "203.0.113.1");
	struct ip_prefix routes[] = { prefix("172.16.0.0/12") };
	struct host *h;

	(void)state;
	cfg.default_route = false;
	cfg.routes = routes;
	cfg.route_count = 1;
	link.dns[1] = addr("172.16.0.53"); /* covered */
	link.dns[2] = addr("203.0.113.1"); /* the server, outside */
	link.dns_count = 3;
	h = opened();
	assert_int_equal(host_up(h, &link), 0);
	lab_logged("DNS: 203.0.113.1 is the address of the server itself");
	goes("10.1.0.53", "sstp0");
	assert_true(has_host_route("10.1.0.53"));
	goes("172.16.0.53", "sstp0");
	assert_false(has_host_route("172.16.0.53"));
	goes("203.0.113.1", "192.168.1.1 lan0");
	link.dns[0] = addr("10.1.0.54"); /* after a reconnect */
	link.dns_count = 1;
	assert_int_equal(host_up(h, &link), 0);
	goes("10.1.0.53", "192.168.1.1 lan0");
	goes("10.1.0.54", "sstp0");
	host_close(h);
	as_before();
}

static void what_is_in_the_way(void **state)
{
	struct route longer = route_of("45.0.0.0/8", "192.168.1.9", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(netlink_route_add(nl, &longer), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	lab_logged("packets to 45.0.0.1, for example, do not go through sstp0, but through lan0, "
		   "by the route 45.0.0.0/8 of the main table");
	host_close(h);
}

static void split_tunnel(void **state)
{
	struct ip_prefix routes[] = { prefix("10.0.0.0/8"), prefix("10.0.0.0/8"),
				      prefix("10.9.9.9/8"), prefix("172.16.5.0/24"),
				      prefix("2001:db8:5::/48") };
	struct host *h;

	(void)state;
	cfg.default_route = false;
	cfg.routes = routes;
	cfg.route_count = 5;
	h = opened();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_false(has_host_route("203.0.113.1")); /* no route of ours covers it */
	assert_int_equal(route_to(h, "172.16.5.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "172.16.5.1"), 0);
	goes("8.8.8.8", "192.168.1.1 lan0");
	goes("10.200.0.1", "sstp0");
	goes("172.16.5.9", "sstp0");
	goes("172.16.5.1", "192.168.1.1 lan0");
	goes("2001:db8:5::1", "sstp0");
	host_close(h);
	goes("10.200.0.1", "192.168.1.1 lan0");
	goes("2001:db8:5::1", "-");
	as_before();
}

static void excluded_networks(void **state)
{
	struct ip_prefix routes[] = { prefix("10.1.2.0/24") };
	struct ip_prefix excluded[] = { prefix("10.0.0.0/8"), prefix("192.168.0.0/16"),
					prefix("192.168.1.0/24"), prefix("2001:db8:7::/48") };
	struct route corporate = route_of("10.7.0.0/16", "192.168.1.9", LAN0);
	struct host *h;

	(void)state;
	join_ipv6();
	assert_int_equal(netlink_route_add(nl, &corporate), 0);
	cfg.routes = routes;
	cfg.route_count = 1;
	cfg.excluded = excluded;
	cfg.excluded_count = 4;
	h = opened();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
		goes("8.8.8.8", "sstp0");
		goes("10.200.0.1", "192.168.1.1 lan0");
		goes("10.7.0.1", "192.168.1.9 lan0"); /* the longer route of the host's */
		goes("10.1.2.3", "sstp0");            /* the longer route of ours */
		goes("192.168.77.1", "192.168.1.1 lan0");
		goes("192.168.1.77", "lan0");
		goes("2001:db8:7::1", "fe80::1 lan0");
		goes("2001:db8:8::1", "-");
		host_pause(h);
	}
	host_close(h);
	goes("10.200.0.1", "192.168.1.1 lan0");
	goes("192.168.1.77", "lan0");
	goes("2001:db8:8::1", "fe80::1 lan0");
	as_before();
}

/* The VPN's name server is in an excluded network: it gets a route of its own into the tunnel. */
static void the_name_server_is_in_an_excluded_network(void **state)
{
	struct ip_prefix excluded[] = { prefix("10.0.0.0/8") };
	struct host *h;

	(void)state;
	cfg.excluded = excluded;
	cfg.excluded_count = 1;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("10.1.0.53", "sstp0");
	goes("10.1.0.54", "192.168.1.1 lan0");
	host_close(h);
	as_before();
}

static void excluded_networks_follow_the_host(void **state)
{
	struct ip_prefix excluded[] = { prefix("10.0.0.0/8"), prefix("172.20.0.0/24") };
	struct route old = route_of("0.0.0.0/0", "192.168.1.1", LAN0);
	struct route other = route_of("0.0.0.0/0", "192.168.1.254", LAN0);
	struct route ours = route_of("10.0.0.0/8", "192.168.1.254", LAN0);
	struct host *h;

	(void)state;
	cfg.excluded = excluded;
	cfg.excluded_count = 2;
	h = opened();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_del(nl, &old), 0);
	host_changes(h);
	goes("10.200.0.1", "-"); /* not into the tunnel */
	lab_logged("the host has no route to the excluded network 10.0.0.0/8 any more");
	assert_int_equal(netlink_route_add(nl, &other), 0);
	host_changes(h);
	goes("10.200.0.1", "192.168.1.254 lan0");
	lab_logged("the route to the excluded network 10.0.0.0/8 has changed: via 192.168.1.254");
	assert_int_equal(netlink_route_del(nl, &ours), 0);
	goes("10.200.0.1", "sstp0");
	host_changes(h);
	goes("10.200.0.1", "192.168.1.254 lan0");
	lab_logged("10.0.0.0/8 was removed by another program; added it again");
	host_changes(h);
	assert_string_equal(lab_log(), "");
	goes("172.20.0.7", "192.168.1.254 lan0");
	leave_network(LAN0, "192.168.1.2");
	join_network(LAN1, "172.20.0.2",
		     "172.20.0.1"); /* has a route to an excluded network itself */
	host_changes(h);
	goes("10.200.0.1", "172.20.0.1 lan1");
	goes("172.20.0.7", "lan1");
	lab_clear_log();
	host_changes(h);
	assert_string_equal(lab_log(), "");
	host_close(h);
	goes("172.20.0.7", "lan1");
	goes("10.200.0.1", "172.20.0.1 lan1");
	assert_int_equal(files_in("state"), 0);
}

/* A second VPN takes all traffic, and leaves the excluded network where it was. */
static void excluded_networks_and_another_vpn(void **state)
{
	struct ip_prefix excluded[] = { prefix("10.0.0.0/8") };
	struct route half = route_of("0.0.0.0/1", "", LAN1);
	struct host *h;

	(void)state;
	assert_int_equal(set_type(LAN1, ARPHRD_NONE), 0);
	assert_int_equal(netlink_link_up(nl, dev[LAN1], 0), 0);
	half.metric = 5;
	cfg.excluded = excluded;
	cfg.excluded_count = 1;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_route_add(nl, &half), 0);
	host_changes(h);
	goes("10.200.0.1", "192.168.1.1 lan0");
	leave_network(LAN0, "192.168.1.2");
	host_changes(h);
	goes("10.200.0.1", "lan1");
	lab_logged("has changed");
	join_network(LAN0, "192.168.1.2", "192.168.1.1");
	host_changes(h);
	goes("10.200.0.1", "192.168.1.1 lan0");
	lab_logged("has changed: via 192.168.1.1");
	host_changes(h);
	assert_string_equal(lab_log(), "");
	host_close(h);
	assert_int_equal(netlink_route_del(nl, &half), 0);
}

static void excluded_networks_removed_again_and_again(void **state)
{
	struct ip_prefix excluded[] = { prefix("10.0.0.0/8") };
	struct route ours = route_of("10.0.0.0/8", "192.168.1.1", LAN0);
	struct host *h;
	unsigned rounds = 0;

	(void)state;
	cfg.excluded = excluded;
	cfg.excluded_count = 1;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	while (!netlink_route_del(nl, &ours) && rounds < 100) {
		rounds++;
		host_check(h, 1000 + 10 * rounds);
	}
	assert_int_equal(rounds, 9); /* it was restored eight times */
	assert_int_equal(host_check(h, 2000), 1080 + 60000);
	host_close(h);
	as_before();
}

static void a_metric(void **state)
{
	struct route other = route_of("0.0.0.0/1", "192.168.1.9", LAN0);
	struct host *h;

	(void)state;
	cfg.metric = 50;
	other.metric = 60;
	assert_int_equal(netlink_route_add(nl, &other), 0);
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("8.8.8.8", "sstp0");
	host_close(h);
	goes("8.8.8.8", "192.168.1.9 lan0");
	cfg.metric = 70;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("8.8.8.8", "192.168.1.9 lan0");
	goes("203.0.113.1", "sstp0");
	host_close(h);
	assert_int_equal(netlink_route_del(nl, &other), 0);
	as_before();
}

/* qemu-user's kernel has none. */
static void skip_without_rules(void)
{
	uint32_t priority;

	if (netlink_rule_of_table(nl, AF_INET, 4000, &priority) != -EOPNOTSUPP)
		return;
	print_message("skip: kernel: no policy rules\n");
	skip();
}

/* The main table stays as it is, and the mark alone leads outside. */
static void rules(void **state)
{
	struct netlink_rule own = { .family = AF_INET,
				    .kind = NETLINK_RULE_NOT_MARK,
				    .priority = 32765,
				    .table = 443,
				    .mark = 443 };
	struct ip_prefix excluded[] = { prefix("10.0.0.0/8") };
	uint32_t priority;
	struct host *h;

	(void)state;
	skip_without_rules();
	cfg.has_rules = true;
	cfg.mark = 443;
	cfg.excluded = excluded;
	cfg.excluded_count = 1;
	h = opened();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("8.8.8.8", "192.168.1.1 lan0");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
		goes("8.8.8.8", "sstp0");
		goes("203.0.113.1", "sstp0"); /* without the mark */
		assert_false(has_host_route("203.0.113.1"));
		goes("192.168.1.77", "lan0");
		goes("10.200.0.1", "192.168.1.1 lan0");
		goes("2001:db8:9::9", "-");
		host_pause(h);
		assert_int_equal(route_to(h, "203.0.113.1"), 0);
	}
	assert_int_equal(netlink_rule_del(nl, &own), 0);
	goes("8.8.8.8", "192.168.1.1 lan0");
	host_changes(h);
	goes("8.8.8.8", "sstp0");
	lab_logged("was removed by another program; added it again");
	host_close(h);
	assert_int_equal(netlink_rule_of_table(nl, AF_INET, 443, &priority), -ENOENT);
	assert_int_equal(netlink_rule_of_table(nl, AF_INET6, 443, &priority), -ENOENT);
	as_before();
}

/* Another program's table is not used. */
static void rules_find_a_free_table(void **state)
{
	struct route other = route_of("10.7.0.0/16", "192.168.1.9", LAN0);
	struct netlink_rule rule = { .family = AF_INET6,
				     .kind = NETLINK_RULE_NOT_MARK,
				     .priority = 77,
				     .table = 444,
				     .mark = 9 };
	uint32_t priority;
	struct host *h;

	(void)state;
	skip_without_rules();
	other.table = 443;
	assert_int_equal(netlink_route_add(nl, &other), 0);
	assert_int_equal(netlink_rule_add(nl, &rule, true), 0);
	cfg.has_rules = true;
	cfg.mark = 443;
	h = opened();
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	assert_int_equal(netlink_rule_of_table(nl, AF_INET, 445, &priority), 0);
	host_close(h);
	assert_int_equal(netlink_rule_del(nl, &rule), 0);
	assert_int_equal(netlink_route_del(nl, &other), 0);
	as_before();
}

static void a_table_of_its_own(void **state)
{
	struct host *h;

	(void)state;
	cfg.table = 77;
	h = opened();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("8.8.8.8", "192.168.1.1 lan0"); /* the user's rules decide what uses table 77 */
	assert_string_equal(lab_log(), "");
	host_close(h);
	as_before();
}

static void a_server_on_the_link(void **state)
{
	struct ip_prefix routes[] = { prefix("192.168.1.64/26") };
	struct host *h;

	(void)state;
	cfg.routes = routes;
	cfg.route_count = 1;
	h = opened();
	assert_int_equal(route_to(h, "192.168.1.77"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "192.168.1.77"), 0);
	goes("192.168.1.77", "lan0");
	goes("192.168.1.78", "sstp0");
	host_close(h);
	goes("192.168.1.78", "lan0");
	as_before();
}

/* A modem's device has a default route and no gateway. */
static void a_default_route_without_a_gateway(void **state)
{
	struct route old = route_of("0.0.0.0/0", "192.168.1.1", LAN0);
	struct route modem = route_of("0.0.0.0/0", "", LAN1);
	struct host *h = opened();

	(void)state;
	assert_int_equal(netlink_link_up(nl, dev[LAN1], 0), 0);
	assert_int_equal(netlink_route_del(nl, &old), 0);
	assert_int_equal(netlink_route_add(nl, &modem), 0);
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("8.8.8.8", "sstp0");
	goes("203.0.113.1", "lan1");
	host_close(h);
	goes("8.8.8.8", "lan1");
}

static void the_server_is_this_host(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "127.0.0.1"), 0);
	assert_int_equal(route_to(h, "192.168.1.2"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "127.0.0.1"), 0);
	goes("127.0.0.1", "lo");
	goes("192.168.1.2", "lo");
	host_close(h);
	goes("127.0.0.1", "lo");
	as_before();
}

static void a_server_by_ipv6(void **state)
{
	struct ip_prefix routes[] = { prefix("2001:db8::/32") };
	struct route way = route_of("::/0", "fe80::1", LAN0);
	struct host *h;

	(void)state;
	assert_int_equal(netlink_route_add(nl, &way), 0);
	cfg.routes = routes;
	cfg.route_count = 1;
	h = opened();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(route_to(h, "2001:db8::1"), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "2001:db8::1"), 0);
		goes("2001:db8::1", "fe80::1 lan0");
		goes("2001:db8::2", "sstp0");
		host_pause(h);
	}
	host_close(h);
	goes("2001:db8::2", "fe80::1 lan0");
	as_before();
}

static void the_users_own_host_route(void **state)
{
	struct route own = route_of("203.0.113.1/32", "192.168.1.254", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(netlink_route_add(nl, &own), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(route_to(h, "203.0.113.1"), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
		goes("203.0.113.1", "192.168.1.254 lan0");
		host_pause(h);
	}
	host_close(h);
	goes("203.0.113.1", "192.168.1.254 lan0");
}

/* Another client on this host added the host route, and removes it when it ends. */
static void another_clients_host_route(void **state)
{
	static const char *const servers[] = { "203.0.113.1", "192.168.1.77" };
	static const char *const ways[] = { "192.168.1.1 lan0", "lan0" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char text[32];
		struct route theirs;
		struct host *h = opened();

		snprintf(text, sizeof(text), "%s/32", servers[i]);
		theirs = route_of(text, i ? "" : "192.168.1.1", LAN0);
		assert_int_equal(netlink_route_add(nl, &theirs), 0);
		assert_int_equal(route_to(h, servers[i]), 0);
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", servers[i]), 0);
		host_changes(h);
		assert_string_equal(lab_log(), "");
		assert_int_equal(netlink_route_del(nl, &theirs), 0);
		host_changes(h);
		goes(servers[i], ways[i]);
		assert_true(has_host_route(servers[i]));
		lab_logged("was removed by another program; added it again");
		host_changes(h);
		assert_string_equal(lab_log(), "");
		host_close(h); /* and this one is ours */
		assert_false(has_host_route(servers[i]));
		as_before();
	}
}

static void another_clients_host_route_and_then_none(void **state)
{
	struct route theirs = route_of("203.0.113.1/32", "192.168.1.1", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(netlink_route_add(nl, &theirs), 0);
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	leave_network(LAN0, "192.168.1.2"); /* with all routes */
	host_changes(h);
	goes("203.0.113.1", "-"); /* not into the tunnel */
	lab_logged("the host has no route to the server 203.0.113.1 any more");
	join_network(LAN0, "192.168.1.2", "192.168.1.1");
	host_changes(h);
	goes("203.0.113.1", "192.168.1.1 lan0");
	lab_logged("has changed: via 192.168.1.1");
	host_close(h);
	as_before();
}

static void another_clients_host_route_to_the_server_before(void **state)
{
	struct route theirs = route_of("203.0.113.1/32", "192.168.1.1", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(netlink_route_add(nl, &theirs), 0);
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	host_pause(h);
	assert_int_equal(route_to(h, "198.51.100.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "198.51.100.1"), 0);
	assert_int_equal(netlink_route_del(nl, &theirs), 0);
	host_changes(h);
	assert_false(has_host_route("203.0.113.1"));
	assert_string_equal(lab_log(), "");
	host_close(h);
	as_before();
}

static void a_route_that_is_taken(void **state)
{
	struct route other = route_of("128.0.0.0/1", "192.168.1.9", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(netlink_route_add(nl, &other), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), -EEXIST);
	lab_logged("sstp0: there is a route to 128.0.0.0/1 already, perhaps another VPN's");
	host_close(h);
	goes("8.8.8.8", "192.168.1.1 lan0");
	goes("203.0.113.1", "192.168.1.9 lan0"); /* still the other program's */
}

/* ---- servers and gateways change */

/* The host's routes are in a table that rules select, so the main table does not have them. */
static void routes_by_rules(void **state)
{
	struct route old = route_of("0.0.0.0/0", "192.168.1.1", LAN0);
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	host_pause(h);
	assert_int_equal(netlink_route_del(nl, &old), 0);
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("203.0.113.1", "192.168.1.1 lan0");
	assert_int_equal(route_to(h, "198.51.100.1"), 0);
	goes("198.51.100.1", "192.168.1.1 lan0");
	host_close(h);
}

static void the_host_moves(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	host_pause(h);
	leave_network(LAN0, "192.168.1.2");
	assert_int_not_equal(route_to(h, "203.0.113.1"), 0); /* no route yet; tried again later */
	join_network(LAN1, "172.20.0.2", "172.20.0.1");
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("203.0.113.1", "172.20.0.1 lan1");
	goes("8.8.8.8", "sstp0");
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	host_close(h);
	assert_false(has_host_route("203.0.113.1"));
	goes("203.0.113.1", "172.20.0.1 lan1");
}

/* The first network still exists, but another route is better now. */
static void a_better_route(void **state)
{
	struct route old = route_of("0.0.0.0/0", "192.168.1.1", LAN0);
	struct route slow = old;
	struct host *h;

	(void)state;
	slow.metric = 600;
	assert_int_equal(netlink_route_del(nl, &old), 0);
	assert_int_equal(netlink_route_add(nl, &slow), 0);
	h = opened();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	host_pause(h);
	join_network(LAN1, "172.20.0.2", "172.20.0.1");
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	goes("203.0.113.1", "172.20.0.1 lan1");
	host_close(h);
	assert_false(has_host_route("203.0.113.1"));
}

static void many_servers(void **state)
{
	char server[32];
	struct host *h = opened();

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 1; i <= 40; i++) { /* more than are stored */
			snprintf(server, sizeof(server), "203.0.113.%d", i);
			assert_int_equal(route_to(h, server), 0);
			assert_true(has_host_route(server));
		}
		assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.40"), 0);
		for (int i = 1; i <= 40; i++) {
			snprintf(server, sizeof(server), "203.0.113.%d", i);
			assert_int_equal(has_host_route(server), i == 40);
		}
		host_pause(h);
	}
	host_close(h);
	as_before();
}

static void another_server_each_time(void **state)
{
	struct host *h = opened();

	(void)state;
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	host_pause(h);
	assert_int_equal(route_to(h, "198.51.100.1"), 0);
	goes("198.51.100.1", "192.168.1.1 lan0");
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "198.51.100.1"), 0);
	assert_false(has_host_route("203.0.113.1"));
	goes("203.0.113.1", "sstp0");
	host_close(h);
	as_before();
}

/* ---- crashes */

static void live(void)
{
	struct host *h;
	struct link_addrs link = link_of("10.1.0.2", "10.1.0.1", "203.0.113.1");

	if (host_open(&cfg, &h) || route_to(h, "203.0.113.1") || host_up(h, &link))
		_exit(1);
}

/* A TUN device is removed when its process ends; here the test holds it. */
static void make_the_device_again(void)
{
	close(fd[TUNNEL]);
	fd[TUNNEL] = netns_tun("sstp0");
	dev[TUNNEL] = cfg.ifindex = if_nametoindex("sstp0");
}

static void killed_and_recovered(void **state)
{
	pid_t other = lab_fork(live);

	(void)state;
	goes("8.8.8.8", "sstp0");
	host_recover(state_dir, resolv_conf, NULL); /* its process still runs: must not be undone */
	goes("203.0.113.1", "192.168.1.1 lan0");
	assert_true(has_host_route("203.0.113.1"));
	assert_non_null(strstr(lab_read("resolv.conf"), "10.1.0.53"));

	lab_kill(other);
	make_the_device_again();
	assert_true(has_host_route("203.0.113.1"));
	host_recover(state_dir, resolv_conf, NULL);
	assert_non_null(strstr(lab_log(),
			       "removed the route to 203.0.113.1, left by an sstp that crashed"));
	assert_non_null(strstr(lab_log(), "resolv.conf after a crash of sstp"));
	as_before();
}

static void killed_and_started_again(void **state)
{
	struct host *h;

	(void)state;
	lab_kill(lab_fork(live));
	make_the_device_again();
	h = opened();
	nothing_is_changed();
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("203.0.113.1", "192.168.1.1 lan0");
	host_close(h);
	as_before();
}

static void killed_with_excluded_networks(void **state)
{
	static struct ip_prefix excluded[3];

	(void)state;
	join_ipv6();
	excluded[0] = prefix("10.0.0.0/8");
	excluded[1] = prefix("2001:db8:7::/48");
	excluded[2] = prefix("192.168.1.0/24");
	cfg.excluded = excluded;
	cfg.excluded_count = 3;
	lab_kill(lab_fork(live));
	make_the_device_again();
	goes("2001:db8:7::1", "fe80::1 lan0");
	goes("2001:db8:8::1", "-");
	host_recover(state_dir, resolv_conf, NULL);
	assert_non_null(strstr(lab_log(), "removed the route to 10.0.0.0/8, which was excluded"));
	goes("2001:db8:8::1", "fe80::1 lan0");
	goes("192.168.1.77", "lan0");
	leave_network(LAN0, "192.168.1.2"); /* routes through its gateway go with its address */
	join_network(LAN1, "172.20.0.2", "172.20.0.1");
	goes("10.200.0.1", "172.20.0.1 lan1");
	assert_int_equal(files_in("state"), 0);
}

static void killed_with_rules(void **state)
{
	uint32_t priority;

	(void)state;
	skip_without_rules();
	cfg.has_rules = true;
	cfg.mark = 443;
	lab_kill(lab_fork(live));
	make_the_device_again();
	assert_int_equal(netlink_rule_of_table(nl, AF_INET, 443, &priority), 0);
	host_recover(state_dir, resolv_conf, NULL);
	lab_logged("removed the rules for table 443, left by an sstp that crashed");
	assert_int_equal(netlink_rule_of_table(nl, AF_INET, 443, &priority), -ENOENT);
	assert_int_equal(netlink_rule_of_table(nl, AF_INET6, 443, &priority), -ENOENT);
	as_before();
}

static void killed_then_the_host_moves(void **state)
{
	(void)state;
	lab_kill(lab_fork(live));
	leave_network(LAN0, "192.168.1.2");
	join_network(LAN1, "172.20.0.2", "172.20.0.1");
	host_recover(state_dir, resolv_conf, NULL);
	assert_false(has_host_route("203.0.113.1"));
	assert_int_equal(files_in("state"), 0);
}

static void live_in_another_namespace(void)
{
	if (unshare(CLONE_NEWNET) || netlink_open(&nl))
		_exit(1);
	for (unsigned i = 0; i < DEVICES; i++) {
		fd[i] = netns_tun(names[i]);
		dev[i] = if_nametoindex(names[i]);
	}
	cfg.ifindex = dev[TUNNEL];
	join_network(LAN0, "192.168.1.2", "192.168.1.1");
	live();
}

/*
 * The crashed process's host route is in a namespace that was removed; ours, which looks the same,
 * stays.
 */
static void killed_in_another_namespace(void **state)
{
	struct host *h;
	pid_t other = lab_fork(live_in_another_namespace);

	(void)state;
	h = opened();
	assert_int_equal(files_in("state"), 2); /* the same device name, without a conflict */
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	lab_kill(other);
	host_recover(state_dir, resolv_conf, NULL);
	assert_true(has_host_route("203.0.113.1"));
	lab_has("resolv.conf", "nameserver 192.168.1.1\n"); /* the file belongs to this host too */
	host_close(h);
	assert_int_equal(files_in("state"), 1);
}

static void a_torn_state_file(void **state)
{
	char name[64], text[512];
	struct route left = route_of("203.0.113.1/32", "192.168.1.1", LAN0);
	struct stat st;

	(void)state;
	assert_int_equal(netlink_route_add(nl, &left), 0);
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	snprintf(name, sizeof(name), "state/sstp9.%llu.state", (unsigned long long)st.st_ino);
	snprintf(text, sizeof(text),
		 "# sstp\nnetns %llu\nroute\nroute x via y ifindex z table 0\nnonsense\n\n"
		 "route 203.0.113.1/32 via 192.168.1.1 ifindex %u table 0\nend\n"
		 "route 192.168.1.0/24 via none ifindex %u table 0\n",
		 (unsigned long long)st.st_ino, dev[LAN0], dev[LAN0]);
	mkdir(state_dir, 0700);
	lab_write(name, text);
	lab_write("state/other.txt", "not ours");
	host_recover(state_dir, resolv_conf, NULL);
	assert_false(has_host_route("203.0.113.1"));
	goes("192.168.1.77", "lan0"); /* lines after "end" are ignored */
	assert_int_equal(files_in("state"), 1);
}

/* ---- a folder for the state */

static void the_folder_is_private(void **state)
{
	struct host *h = opened();
	struct stat st;

	(void)state;
	assert_int_equal(stat(state_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	host_close(h);
}

static void no_folder_can_be_made(void **state)
{
	struct host *h;

	(void)state;
	lab_write("file", "");
	snprintf(state_dir, sizeof(state_dir), "%s", lab_path("file/state"));
	h = opened();
	lab_logged("cannot write to ");
	assert_int_equal(route_to(h, "203.0.113.1"), 0);
	assert_int_equal(up(h, "10.1.0.2", "10.1.0.1", "203.0.113.1"), 0);
	goes("203.0.113.1", "192.168.1.1 lan0");
	goes("8.8.8.8", "sstp0");
	host_close(h);
	goes("8.8.8.8", "192.168.1.1 lan0");
	assert_false(has_host_route("203.0.113.1"));
	lab_has("resolv.conf", "nameserver 192.168.1.1\n");
}

static void a_folder_that_others_can_write(void **state)
{
	(void)state;
	mkdir(state_dir, 0700);
	chmod(state_dir, 0777);
	host_close(opened());
	lab_logged("Operation not permitted");
}

static const char *obstacle(void)
{
	int tun = netns_tun("sstp0"), inet6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	close(tun);
	close(inet6);
	if (tun < 0)
		return "kernel: no TUN device for this user";
	return inet6 < 0 ? "kernel: no IPv6" : NULL;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(up_pause_up_close),
		CASE(up_twice_changes_nothing),
		CASE(addresses_change),
		CASE(routes_stay_while_the_address_changes),
		CASE(mtu_follows_the_server),
		CASE(ipv6_alone),
		CASE(ipv6_comes_and_goes),
		CASE(ipv6_with_routes_of_its_own),
		CASE(no_dns),
		CASE(the_device_goes_first),
		CASE(closing_nothing),
		CASE(ipv6_is_blocked),
		CASE(ipv6_stays_blocked_in_a_pause),
		CASE(ipv6_may_be_let_out),
		CASE(ipv6_stays_with_a_split_tunnel),
		CASE(ipv6_is_blocked_but_for_the_server),
		CASE(ipv6_is_blocked_and_killed),
		CASE(the_host_route_is_restored),
		CASE(addresses_are_restored),
		CASE(addresses_removed_again_and_again),
		CASE(another_program_that_never_stops),
		CASE(the_address_goes_and_comes_back),
		CASE(another_gateway_takes_over),
		CASE(another_vpn_gets_the_route_only_when_ours_is_gone),
		CASE(after_a_link_flap_the_route_leaves_the_other_vpn),
		CASE(another_gateway_while_another_vpn_covers_the_server),
		CASE(routes_removed_again_and_again),
		CASE(routes_into_the_tunnel_are_restored),
		CASE(the_host_route_is_a_copy_of_the_hosts_route),
		CASE(the_servers_inner_address_is_captured_by_nothing),
		CASE(routes_that_are_done_already),
		CASE(an_address_that_would_cut_the_connection),
		CASE(name_servers_are_asked_through_the_tunnel),
		CASE(what_is_in_the_way),
		CASE(split_tunnel),
		CASE(excluded_networks),
		CASE(the_name_server_is_in_an_excluded_network),
		CASE(excluded_networks_follow_the_host),
		CASE(excluded_networks_and_another_vpn),
		CASE(excluded_networks_removed_again_and_again),
		CASE(a_metric),
		CASE(rules),
		CASE(rules_find_a_free_table),
		CASE(a_table_of_its_own),
		CASE(a_server_on_the_link),
		CASE(a_default_route_without_a_gateway),
		CASE(the_server_is_this_host),
		CASE(a_server_by_ipv6),
		CASE(the_users_own_host_route),
		CASE(another_clients_host_route),
		CASE(another_clients_host_route_and_then_none),
		CASE(another_clients_host_route_to_the_server_before),
		CASE(a_route_that_is_taken),
		CASE(routes_by_rules),
		CASE(the_host_moves),
		CASE(a_better_route),
		CASE(many_servers),
		CASE(another_server_each_time),
		CASE(killed_and_recovered),
		CASE(killed_and_started_again),
		CASE(killed_with_excluded_networks),
		CASE(killed_with_rules),
		CASE(killed_then_the_host_moves),
		CASE(killed_in_another_namespace),
		CASE(a_torn_state_file),
		CASE(the_folder_is_private),
		CASE(no_folder_can_be_made),
		CASE(a_folder_that_others_can_write),
	};

	const struct CMUnitTest no_tests[] = { cmocka_unit_test(lab_skipped) };

	lab_why_not = lab_enter();
	if (!lab_why_not)
		lab_why_not = obstacle();
	if (lab_why_not)
		return cmocka_run_group_tests(no_tests, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
