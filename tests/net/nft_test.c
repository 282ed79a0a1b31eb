/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packet filters against this kernel: a network namespace of our own with a TUN device. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/netlink.h"
#include "net/nft.h"
#include "support/netns.h"

static struct netlink *nl;
static struct nft *nft;
static int tun;

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	if (!ip_prefix_parse(text, &p))
		fail_msg("not a prefix: %s", text);
	return p;
}

/* The device is 10.0.0.2/24 and 2001:db8::2/64, with default routes. */
static int set_up(void **state)
{
	static const char *const own[] = { "10.0.0.2/24", "2001:db8::2/64" };
	static const char *const any[] = { "0.0.0.0/0", "::/0" };
	unsigned device;

	(void)state;
	tun = netns_tun("ours0");
	device = if_nametoindex("ours0");
	if (tun < 0 || netlink_open(&nl) || nft_open(&nft) || netlink_link_up(nl, device, 0))
		return -1;
	for (size_t i = 0; i < 2; i++) {
		struct ip_prefix p = prefix(own[i]);
		struct route r = { .dst = prefix(any[i]), .ifindex = device };

		if (netlink_addr_add(nl, device, &p.addr, p.len, NULL) || netlink_route_add(nl, &r))
			return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	nft_delete_table(nft, "test");
	nft_commit(nft);
	nft_close(nft);
	netlink_close(nl);
	close(tun);
	return 0;
}

/* 0, or the error of sending a datagram to this address and port, from port 68 and with this mark. */
static int try_to_send(const char *to, uint16_t port, uint32_t mark)
{
	struct ip_addr a = prefix(to).addr, any = { .family = a.family };
	struct sockaddr_storage target = ip_sockaddr(&a, port), own = ip_sockaddr(&any, 68);
	int fd = socket(a.family, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;
	socklen_t len =
		a.family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, len), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)), 0);
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&target, len) < 0)
		error = errno;
	close(fd);
	return error;
}

static void begin(enum nft_verdict policy)
{
	nft_replace_table(nft, "test");
	nft_chain(nft, "out", NFT_HOOK_OUTPUT, 0, policy);
}

static void commit(void)
{
	assert_int_equal(nft_commit(nft), 0);
}

static void tables(void **state)
{
	bool has;

	(void)state;
	assert_int_equal(nft_has_table(nft, "test", &has), 0);
	assert_false(has);
	nft_delete_table(nft, "test");
	assert_int_equal(nft_commit(nft), -ENOENT);
	for (int i = 0; i < 2; i++) {
		begin(NFT_VERDICT_ACCEPT);
		commit();
		assert_int_equal(nft_has_table(nft, "test", &has), 0);
		assert_true(has);
	}
	nft_delete_table(nft, "test");
	commit();
	assert_int_equal(nft_has_table(nft, "test", &has), 0);
	assert_false(has);
}

/* What each match lets through a chain that drops: one packet that it takes, and others that not. */
static void matches(void **state)
{
	static const struct {
		const char *to;
		uint16_t port;
		uint32_t mark;
	} packets[] = {
		{ "192.0.2.1", 67, 0 },     { "192.0.2.200", 67, 0 },
		{ "2001:db8:1::1", 67, 0 }, { "2001:db8:1:8000::1", 67, 0 },
		{ "192.0.2.1", 53, 0 },     { "192.0.2.1", 67, 7 },
	};
	static const struct {
		const char *what;
		const char *passes; /* one letter a packet */
	} cases[] = {
		{ "network 192.0.2.0/25", "y---yy" },
		{ "network 192.0.2.200/32", "-y----" },
		{ "network 0.0.0.0/0", "yy--yy" },
		{ "network 2001:db8:1::/49", "--y---" },
		{ "network 2001:db8:1:8000::1/128", "---y--" },
		{ "port 53", "----y-" },
		{ "source 68", "yyyyyy" },
		{ "source 67", "------" },
		{ "mark", "-----y" },
		{ "family", "--yy--" },
		{ "device ours0", "yyyyyy" },
		{ "device ours00", "------" },
		{ "other ours00", "yyyyyy" },
		{ "other ours0", "------" },
		{ "from 10.0.0.0/24", "yy--yy" },
		{ "from 10.0.0.3/32", "------" },
		{ "from 2001:db8::/32", "--yy--" },
		{ "from fc00::/7", "------" },
		{ "tcp", "------" },
		{ "icmp6", "------" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *what = cases[i].what, *value = strchr(what, ' ');
		struct ip_prefix network;

		begin(NFT_VERDICT_DROP);
		nft_rule(nft);
		if (!strncmp(what, "network", 7)) {
			network = prefix(value + 1);
			nft_match_destination(nft, &network);
		} else if (!strncmp(what, "from", 4)) {
			network = prefix(value + 1);
			nft_match_source(nft, &network);
		} else if (!strncmp(what, "other", 5)) {
			nft_match_other_device(nft, NFT_DEVICE_OUT, value + 1);
		} else if (!strncmp(what, "device", 6)) {
			nft_match_device(nft, NFT_DEVICE_OUT, value + 1);
		} else if (!strcmp(what, "mark")) {
			nft_match_mark(nft, 7);
		} else if (!strcmp(what, "family")) {
			nft_match_family(nft, AF_INET6);
		} else if (!strcmp(what, "tcp")) {
			nft_match_protocol(nft, IPPROTO_TCP);
		} else if (!strcmp(what, "icmp6")) {
			nft_match_icmp6_type(nft, 0);
		} else {
			nft_match_protocol(nft, IPPROTO_UDP);
			nft_match_port(nft, *what == 's' ? NFT_PORT_SOURCE : NFT_PORT_DESTINATION,
				       (uint16_t)atoi(value + 1));
		}
		nft_end(nft, NFT_VERDICT_ACCEPT);
		commit();
		for (size_t k = 0; k < sizeof(packets) / sizeof(*packets); k++) {
			int error = try_to_send(packets[k].to, packets[k].port, packets[k].mark);

			if (error != (cases[i].passes[k] == 'y' ? 0 : EPERM))
				fail_msg("%s: packet %zu: %s", what, k, strerror(error));
		}
	}
}

/* The first rule that fits decides, and a new table takes the place of the former rules. */
static void the_first_rule_decides(void **state)
{
	struct ip_prefix host = prefix("192.0.2.1/32"), network = prefix("192.0.2.0/24");

	(void)state;
	begin(NFT_VERDICT_ACCEPT);
	nft_rule(nft);
	nft_match_destination(nft, &host);
	nft_end(nft, NFT_VERDICT_ACCEPT);
	nft_rule(nft);
	nft_match_destination(nft, &network);
	nft_end(nft, NFT_VERDICT_DROP);
	commit();
	assert_int_equal(try_to_send("192.0.2.1", 67, 0), 0);
	assert_int_equal(try_to_send("192.0.2.2", 67, 0), EPERM);
	assert_int_equal(try_to_send("203.0.113.1", 67, 0), 0);
	begin(NFT_VERDICT_ACCEPT);
	commit();
	assert_int_equal(try_to_send("192.0.2.2", 67, 0), 0);
}

static void all_or_nothing(void **state)
{
	struct ip_prefix host = prefix("192.0.2.1/32");

	(void)state;
	begin(NFT_VERDICT_DROP);
	commit();
	begin(NFT_VERDICT_ACCEPT);
	nft_chain(nft, "nowhere", 77, 0, NFT_VERDICT_ACCEPT);
	assert_int_not_equal(nft_commit(nft), 0);
	assert_int_equal(try_to_send("192.0.2.1", 67, 0), EPERM);
	begin(NFT_VERDICT_ACCEPT);
	for (int i = 0; i < 2000; i++) {
		nft_rule(nft);
		nft_match_destination(nft, &host);
		nft_end(nft, NFT_VERDICT_ACCEPT);
	}
	assert_int_equal(nft_commit(nft), -ENOSPC);
	begin(NFT_VERDICT_ACCEPT); /* the next batch is a new one */
	commit();
	assert_int_equal(try_to_send("192.0.2.1", 67, 0), 0);
}

/* 256 excluded networks and a list of servers fit. */
static void many_rules(void **state)
{
	struct ip_prefix network = prefix("2001:db8:1::/48");

	(void)state;
	begin(NFT_VERDICT_DROP);
	for (int i = 0; i < 300; i++) {
		nft_rule(nft);
		nft_match_destination(nft, &network);
		nft_end(nft, NFT_VERDICT_ACCEPT);
	}
	commit();
	assert_int_equal(try_to_send("2001:db8:1::1", 67, 0), 0);
	assert_int_equal(try_to_send("2001:db8:2::1", 67, 0), EPERM);
}

/* Gone with the socket; meanwhile nobody else changes it. What an older one left is replaced. */
static void an_owned_table(void **state)
{
	struct nft *owner, *other;
	int error;
	bool has;

	(void)state;
	begin(NFT_VERDICT_DROP);
	commit();
	assert_int_equal(nft_adopt(nft_socket(), &owner), 0);
	nft_replace_owned_table(owner, "test");
	nft_chain(owner, "out", NFT_HOOK_OUTPUT, 0, NFT_VERDICT_ACCEPT);
	error = nft_commit(owner);
	if (error == -EINVAL) {
		nft_close(owner);
		print_message("skip: kernel: no owned tables before Linux 5.12\n");
		skip();
	}
	assert_int_equal(error, 0);
	assert_int_equal(try_to_send("192.0.2.1", 67, 0), 0);
	assert_int_equal(nft_open(&other), 0);
	nft_replace_owned_table(other, "test");
	assert_int_equal(nft_commit(other), -EPERM);
	nft_close(other);
	nft_close(owner);
	assert_int_equal(nft_has_table(nft, "test", &has), 0);
	assert_false(has);
}

/* Types and expressions that the kernel must know; test_nat.py shows what becomes of packets. */
static void masquerading(void **state)
{
	struct ip_prefix network = prefix("fc00::/7");
	int error;

	(void)state;
	nft_replace_table(nft, "test");
	nft_nat_chain(nft, "leaving", NFT_HOOK_POSTROUTING, 100);
	nft_rule(nft);
	nft_match_device(nft, NFT_DEVICE_IN, "ours0");
	nft_match_other_device(nft, NFT_DEVICE_OUT, "ours0");
	nft_match_source(nft, &network);
	nft_end_masquerade(nft);
	error = nft_commit(nft);
	if (nft_is_unsupported(error)) {
		print_message("skip: kernel: no NAT by nf_tables\n");
		skip();
	}
	assert_int_equal(error, 0);
}

static const char *why_not;

static void skipped(void **state)
{
	(void)state;
	print_message("skip: %s\n", why_not);
	skip();
}

static const char *obstacle(void)
{
	const char *why = NULL;
	bool has;

	if (!netns_enter())
		return "kernel: no user namespaces";
	if (nft_open(&nft))
		return "kernel: no nf_tables";
	if (nft_has_table(nft, "test", &has))
		why = "kernel: no nf_tables";
	nft_close(nft);
	return why;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tables),         CASE(matches),    CASE(the_first_rule_decides),
		CASE(all_or_nothing), CASE(many_rules), CASE(an_owned_table),
		CASE(masquerading),
	};
	const struct CMUnitTest no_tests[] = { cmocka_unit_test(skipped) };

	why_not = obstacle();
	return why_not ? cmocka_run_group_tests_name("net/nft", no_tests, NULL, NULL)
		       : cmocka_run_group_tests_name("net/nft", tests, NULL, NULL);
}
