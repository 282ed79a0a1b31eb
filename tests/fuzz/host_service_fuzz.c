/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client's process that an attacker has taken over may ask its helper for: messages one after the other, each
 * with its length in two bytes before it, after a byte that says what the user permits. What reaches the setup
 * is permitted and makes sense.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "client/host_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct host_service_cfg cfg;
static bool is_open;

static void check(bool is_so)
{
	if (!is_so)
		abort();
}

static bool is_permitted(const struct ip_addr *a)
{
	struct ip_addr only = cfg.only ? ip_from_sockaddr(cfg.only) : *a;

	return ip_equal(&only, a);
}

static void check_name(const char *name, size_t size)
{
	size_t n = strnlen(name, size);

	check(n < size && *name != '.');
	for (size_t i = 0; i < n; i++)
		check(isalnum((unsigned char)name[i]) || strchr("._-", name[i]));
}

static enum tunnel_reason fake_open(struct host_setup *s, const struct host_setup_user *u)
{
	(void)u;
	check(!is_open);
	is_open = true;
	s->name = "sstp0";
	return REASON_NONE;
}

static void fake_before_lookup(struct host_setup *s, bool again, struct host_name_lookup *how)
{
	(void)s;
	*how = (struct host_name_lookup){ .is_marked = again };
}

static int fake_before_connect(struct host_setup *s, const struct sockaddr_storage *to)
{
	struct ip_addr a = ip_from_sockaddr(to);

	(void)s;
	check(is_open && ip_port_of_sockaddr(to) == 443 && is_permitted(&a));
	return 0;
}

static int fake_up(struct host_setup *s, const struct link_addrs *l)
{
	(void)s;
	check(is_open && is_permitted(&l->server));
	check(l->own.family == AF_UNSPEC || l->own.family == AF_INET);
	check(l->own_ll.family == AF_UNSPEC || ip_is_link_local(&l->own_ll));
	check(l->ip6.addr_count <= IP6_ADDRS_MAX && l->ip6.server_count <= IP6_SERVERS_MAX &&
	      l->ip6.domain_count <= IP6_DOMAINS_MAX && l->dns_count <= LINK_DNS_MAX &&
	      l->route_count <= LINK_ROUTES_MAX);
	check(cfg.wants_prefix || !l->delegated.addr.family);
	check(l->delegated.len <= 128);
	check(cfg.asks_server || (!l->route_count && !*l->domain));
	for (size_t i = 0; i < l->ip6.addr_count; i++)
		check(l->ip6.addrs[i].addr.family == AF_INET6);
	for (size_t i = 0; i < l->route_count; i++)
		check(l->routes[i].addr.family == AF_INET && l->routes[i].len <= 32);
	for (size_t i = 0; i < l->ip6.domain_count; i++)
		check_name(l->ip6.domains[i], sizeof(l->ip6.domains[i]));
	check_name(l->domain, sizeof(l->domain));
	return 0;
}

static int fake_down(struct host_setup *s, bool will_return)
{
	(void)s;
	check(is_open);
	return will_return ? HOST_SETUP_LATER : 0;
}

static void fake_set_named(struct host_setup *s, const struct ip_addr *addrs, size_t count)
{
	(void)s;
	check(is_open && cfg.has_named);
	for (size_t i = 0; i < count; i++)
		check(addrs[i].family == AF_INET || addrs[i].family == AF_INET6);
}

static void fake_restore(struct host_setup *s)
{
	(void)s;
	check(is_open);
}

static void fake_close(struct host_setup *s, bool was_asked)
{
	(void)s;
	check(is_open && !was_asked); /* no signal is pending */
	is_open = false;
}

static struct host_setup *fake_new(const struct host_setup_cfg *host)
{
	static const struct host_setup_ops ops = {
		.open = fake_open,
		.before_lookup = fake_before_lookup,
		.before_connect = fake_before_connect,
		.up = fake_up,
		.down = fake_down,
		.set_named = fake_set_named,
		.restore = fake_restore,
		.close = fake_close,
	};
	static struct host_setup setup;

	(void)host;
	setup = (struct host_setup){ .ops = &ops };
	return &setup;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint16_t port = 443;
	static struct host_service service;
	static const struct helper_service *const services[] = { &service.service };
	static uint8_t out[HELPER_MESSAGE_MAX];
	struct helper_engine e = { .services = services, .service_count = 1 };
	struct reader r = reader_of(data, len);
	struct ip_addr one = ip_from_v4(0xc0000201);
	struct sockaddr_storage only = ip_sockaddr(&one, 0);
	uint8_t permits = get_u8(&r);

	cfg = (struct host_service_cfg){
		.asks_server = permits & 1,
		.wants_prefix = permits & 2,
		.has_named = permits & 4,
		.ports = &port,
		.port_count = 1,
		.only = permits & 8 ? &only : NULL,
		.only_count = permits & 8 ? 1 : 0,
		.pending_fd = -1,
	};
	service = (struct host_service){ .cfg = &cfg, .make = fake_new };
	host_service_init(&service);
	is_open = false;
	while (r.left) {
		struct reader in = get_reader(&r, get_u16(&r));
		struct helper_call c = { .fd_in = -1 };
		struct helper_head h;
		size_t n;

		if (r.bad)
			break;
		n = helper_answer(&e, in.at, in.left, out, &c);
		check(helper_head_get(&h, out, n) && h.error <= 0 && c.fd_out == -1);
	}
	return 0;
}
