/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client's process that an attacker has taken over may ask its helper for: questions.h, after a byte that says
 * what the user permits. What reaches the setup is permitted and makes sense. Questions that a helper does not know
 * are what happens on its side, and struct host_forward as the other process reads it.
 */
#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "client/host_service.h"
#include "client/host_wire.h"
#include "fuzz/questions.h"
#include "fuzz/target.h"
#include "proc/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	WITH_SOCKET = 0x40, /* of what is asked: a socket goes with it */
	READ_FORWARD = 0x20,
	SETTLED = 0x21,
	MUST_END = 0x22,
	CHILD = 0x23,
	USE_FORWARD = 0x24,
	UNUSE_FORWARD = 0x25,
};

static struct host_service_cfg cfg;
static bool is_open;
static const struct host_setup_user *user;
static struct dns_forward *forward;

static bool is_permitted(const struct ip_addr *a)
{
	struct ip_addr only = cfg.only ? ip_from_sockaddr(cfg.only) : *a;

	return ip_equal(&only, a);
}

static void check_name(const char *name, size_t size)
{
	size_t n = strnlen(name, size);

	must(n < size && *name != '.');
	for (size_t i = 0; i < n; i++)
		must(isalnum((unsigned char)name[i]) || strchr("._-", name[i]));
}

static enum tunnel_reason fake_open(struct host_setup *s, const struct host_setup_user *u)
{
	must(!is_open);
	is_open = true;
	user = u;
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
	must(is_open && ip_port_of_sockaddr(to) == 443 && is_permitted(&a));
	return 0;
}

/* What was read is written and read again as the same. */
static void check_again(const struct link_addrs *l)
{
	static uint8_t room[HELPER_PAYLOAD_MAX], other[HELPER_PAYLOAD_MAX];
	static struct link_addrs again;
	struct writer w = writer_of(room, sizeof(room)), v = writer_of(other, sizeof(other));
	struct reader r;

	host_wire_put_link(&w, l);
	r = reader_of(room, w.len);
	host_wire_get_link(&r, &again);
	must(!r.bad && !r.left);
	host_wire_put_link(&v, &again);
	must(v.len == w.len && !memcmp(room, other, w.len));
}

static int fake_up(struct host_setup *s, const struct link_addrs *l)
{
	(void)s;
	must(is_open && is_permitted(&l->server));
	must(l->own.family == AF_UNSPEC || l->own.family == AF_INET);
	must(l->own_ll.family == AF_UNSPEC || ip_is_link_local(&l->own_ll));
	must(l->ip6.addr_count <= IP6_ADDRS_MAX && l->ip6.server_count <= IP6_SERVERS_MAX &&
	     l->ip6.domain_count <= IP6_DOMAINS_MAX && l->dns_count <= LINK_DNS_MAX &&
	     l->route_count <= LINK_ROUTES_MAX);
	must(cfg.wants_prefix || !l->delegated.addr.family);
	must(l->delegated.len <= 128);
	must(cfg.asks_server || (!l->route_count && !*l->domain));
	for (size_t i = 0; i < l->ip6.addr_count; i++)
		must(l->ip6.addrs[i].addr.family == AF_INET6);
	for (size_t i = 0; i < l->route_count; i++)
		must(l->routes[i].addr.family == AF_INET && l->routes[i].len <= 32);
	for (size_t i = 0; i < l->ip6.domain_count; i++)
		check_name(l->ip6.domains[i], sizeof(l->ip6.domains[i]));
	check_name(l->domain, sizeof(l->domain));
	check_again(l);
	return 0;
}

static int fake_down(struct host_setup *s, bool will_return)
{
	(void)s;
	must(is_open);
	return will_return ? HOST_SETUP_LATER : 0;
}

static void fake_set_named(struct host_setup *s, const struct ip_addr *addrs, size_t count)
{
	(void)s;
	must(is_open && cfg.has_named);
	for (size_t i = 0; i < count; i++)
		must(addrs[i].family == AF_INET || addrs[i].family == AF_INET6);
}

static void fake_restore(struct host_setup *s)
{
	(void)s;
	must(is_open);
}

static void fake_close(struct host_setup *s, bool was_asked)
{
	(void)s;
	must(is_open && !was_asked); /* no signal is pending */
	is_open = false;
}

static bool fake_signal(struct host_setup *s, const struct signalfd_siginfo *info)
{
	(void)s;
	must(is_open);
	if (info->ssi_signo == SIGCHLD)
		return true;
	must(cfg.host.source.kind == NETDEV_FOR_COMMAND && command_takes(info));
	return info->ssi_code == SI_USER;
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
		.signal = fake_signal,
		.restore = fake_restore,
		.close = fake_close,
	};
	static struct host_setup setup;

	forward = host->dns_forward;
	setup = (struct host_setup){ .ops = &ops };
	return &setup;
}

/* Each that is read is written again, as the same. */
static void read_forward(struct bytes in)
{
	static struct host_forward f, again;
	static uint8_t room[HELPER_PAYLOAD_MAX];
	struct reader r = reader_of(in.at, in.len);
	struct writer w = writer_of(room, sizeof(room));

	host_get_forward(&r, &f);
	if (r.bad)
		return;
	must(f.vpn_count <= LINK_DNS_MAX && memchr(f.former, '\0', sizeof(f.former)));
	host_put_forward(&w, &f);
	r = reader_of(room, w.len);
	host_get_forward(&r, &again);
	must(!r.bad && !r.left && !strcmp(f.former, again.former) &&
	     f.vpn_count == again.vpn_count && ip_equal(&f.at, &again.at));
}

/* The VPN's name servers, after the text of the former resolv.conf. */
static void use_forward(struct bytes in)
{
	struct ip_addr vpn[LINK_DNS_MAX], at;
	char former[1024];
	size_t len = in.len < sizeof(former) ? in.len : sizeof(former) - 1;

	if (len)
		memcpy(former, in.at, len);
	former[len] = '\0';
	for (size_t i = 0; i < LINK_DNS_MAX; i++)
		vpn[i] = ip_from_v4(0x0a090001 + (uint32_t)i);
	forward->netns_fd = -1;
	forward->use(forward, former, vpn, LINK_DNS_MAX, &at);
}

static void happen(struct host_service *s, uint8_t what, struct bytes in)
{
	switch (what) {
	case READ_FORWARD:
		read_forward(in);
		break;
	case SETTLED:
		user->settled(user->arg);
		break;
	case MUST_END:
		user->end(user->arg, REASON_SYSTEM, 1);
		break;
	case CHILD:
		s->service.child(s);
		break;
	case USE_FORWARD:
		use_forward(in);
		break;
	case UNUSE_FORWARD:
		forward->unuse(forward);
		break;
	}
}

static void next(struct helper_engine *e, struct host_service *s, struct question *q)
{
	struct bytes out;

	if (q->op >= READ_FORWARD && !(q->op & WITH_SOCKET)) {
		if (is_open || q->op == READ_FORWARD)
			happen(s, q->op, q->in);
		return;
	}
	if (q->op & WITH_SOCKET)
		q->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	q->op &= WITH_SOCKET - 1;
	if (!question_ask(e, HELPER_HOST, q, true, &out) && q->op == (HOST_OP_LOOK & 0xff))
		read_forward(bytes_of(out.at + 7, out.len - 7));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	return questions_mutate(1, data, len, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint16_t port = 443;
	static struct host_service service;
	static const struct helper_service *const services[] = { &service.service };
	struct helper_engine e = { .services = services, .service_count = 1 };
	struct reader r = reader_of(data, len);
	struct ip_addr one = ip_from_v4(0xc0000201);
	struct sockaddr_storage only = ip_sockaddr(&one, 0);
	uint8_t permits = get_u8(&r);
	struct question q;

	cfg = (struct host_service_cfg){
		.host = { .mark = 7,
			  .source = { .kind = permits & 32 ? NETDEV_FOR_COMMAND : NETDEV_HERE } },
		.asks_server = permits & 1,
		.wants_prefix = permits & 2,
		.has_named = permits & 4,
		.ports = &port,
		.port_count = 1,
		.only = permits & 8 ? &only : NULL,
		.only_count = permits & 8 ? 1 : 0,
		.pending_fd = -1,
		.congestion = permits & 16 ? "cubic" : NULL,
	};
	service = (struct host_service){ .cfg = &cfg, .make = fake_new };
	host_service_init(&service);
	is_open = false;
	while (r.left && question_next(&r, &q))
		next(&e, &service, &q);
	dns_listeners_close(&service.listeners);
	return 0;
}
