/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client's helper does, and what it refuses, when the process that reads from the network asks for it. */
#include "client/host_service.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/host_wire.h"
#include "net/sockopt.h"
#include "proc/pending.h"
#include "util/ip_wire.h"

/* ---- a setup that only notes what it is asked */

static struct seen {
	unsigned opened, lookups, connects, ups, downs, named, restored, closed;
	struct link_addrs link;
	struct ip_addr to;
	uint16_t port;
	size_t named_count;
	bool was_asked;
	unsigned signals;
	struct signalfd_siginfo signal;
} seen;

static const struct host_setup_user *user;
static enum tunnel_reason open_result;
static int up_result;

static enum tunnel_reason fake_open(struct host_setup *s, const struct host_setup_user *u)
{
	s->name = "sstp7";
	user = u;
	seen.opened++;
	return open_result;
}

static void fake_before_lookup(struct host_setup *s, bool again, struct host_name_lookup *how)
{
	(void)s;
	(void)again;
	*how = (struct host_name_lookup){ .is_marked = true, .server_count = 1 };
	ip_parse("192.0.2.53", &how->servers[0]);
	seen.lookups++;
}

static int fake_before_connect(struct host_setup *s, const struct sockaddr_storage *to)
{
	(void)s;
	seen.to = ip_from_sockaddr(to);
	seen.port = ip_port_of_sockaddr(to);
	seen.connects++;
	return 0;
}

static int fake_up(struct host_setup *s, const struct link_addrs *link)
{
	(void)s;
	seen.link = *link;
	seen.ups++;
	return up_result;
}

static int fake_down(struct host_setup *s, bool will_return)
{
	(void)s;
	(void)will_return;
	seen.downs++;
	return 0;
}

static void fake_set_named(struct host_setup *s, const struct ip_addr *addrs, size_t count)
{
	(void)s;
	(void)addrs;
	seen.named_count = count;
	seen.named++;
}

static bool fake_signal(struct host_setup *s, const struct signalfd_siginfo *info)
{
	(void)s;
	seen.signals++;
	seen.signal = *info;
	return info->ssi_signo != SIGHUP;
}

static void fake_restore(struct host_setup *s)
{
	(void)s;
	seen.restored++;
}

static void fake_close(struct host_setup *s, bool was_asked)
{
	(void)s;
	seen.was_asked = was_asked;
	seen.closed++;
}

static struct host_setup *fake_new(const struct host_setup_cfg *cfg)
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

	(void)cfg;
	setup = (struct host_setup){ .ops = &ops };
	return &setup;
}

/* ---- a helper without a process */

static const uint16_t ports[] = { 443, 3128 };
static struct host_service_cfg cfg;
static struct host_service service;
static struct helper_engine engine;
static uint8_t out[HELPER_MESSAGE_MAX];
static struct reader reply;

static int start(void **state)
{
	static const struct helper_service *services[1] = { &service.service };

	(void)state;
	memset(&seen, 0, sizeof(seen));
	open_result = REASON_NONE;
	up_result = 0;
	cfg = (struct host_service_cfg){
		.host = { .mark = 7 },
		.ports = ports,
		.port_count = 2,
		.congestion = "auto",
		.pending_fd = pending_open(),
	};
	assert_true(cfg.pending_fd >= 0);
	service = (struct host_service){ .cfg = &cfg, .make = fake_new };
	host_service_init(&service);
	engine = (struct helper_engine){ .services = services, .service_count = 1 };
	return 0;
}

static int stop(void **state)
{
	(void)state;
	if (cfg.pending_fd >= 0)
		close(cfg.pending_fd);
	cfg.pending_fd = -ENOENT;
	return 0;
}

static int ask_with(uint16_t op, const struct writer *w, int fd)
{
	uint8_t in[HELPER_MESSAGE_MAX];
	struct writer message = writer_of(in, sizeof(in));
	struct helper_head h = { .op = op, .len = (uint32_t)(w ? w->len : 0) };
	struct helper_call c = { .fd_in = fd };

	helper_head_put(&message, &h);
	if (w)
		put_bytes(&message, w->at, w->len);
	assert_true(helper_head_get(&h, out, helper_answer(&engine, in, message.len, out, &c)));
	assert_int_equal(c.fd_out, -1);
	reply = reader_of(out + HELPER_HEAD_LEN, h.len);
	return h.error;
}

static int ask(uint16_t op, const struct writer *w)
{
	return ask_with(op, w, -1);
}

static int ask_byte(uint16_t op, uint8_t byte)
{
	struct writer w = writer_of(&byte, 1);

	w.len = 1;
	return ask(op, &w);
}

static void open_it(void)
{
	assert_int_equal(ask(HOST_OP_OPEN, NULL), 0);
	assert_int_equal(get_u8(&reply), REASON_NONE);
	assert_int_equal(get_u8(&reply), 5);
	assert_memory_equal(reply.at, "sstp7", 5);
}

/* ---- a link */

static struct ip_addr address(const char *text)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	assert_true(ip_parse(text, &a));
	return a;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p = { .len = 0 };

	assert_true(ip_prefix_parse(text, &p));
	return p;
}

static struct link_addrs plain_link(void)
{
	return (struct link_addrs){
		.own = address("10.9.0.2"),
		.peer = address("10.9.0.1"),
		.mtu = 1400,
		.server = address("192.0.2.1"),
	};
}

static struct link_addrs full_link(void)
{
	struct link_addrs l = plain_link();

	l.own_ll = address("fe80::1");
	l.ip6 = (struct slaac_config){
		.is_settled = true,
		.has_router = true,
		.has_dhcp = true,
		.mtu = 1300,
		.addr_count = 2,
		.addrs = { { address("2001:db8::1"), 10, 20 },
			   { address("2001:db8:1::1"), UINT32_MAX, UINT32_MAX } },
		.server_count = 1,
		.servers = { address("2001:db8::53") },
		.domain_count = 2,
		.domains = { "a.example", "b.example" },
		.route_count = 2,
		.routes = { prefix("2001:db8:6::/48"), prefix("2001:db8:7::7/128") },
	};
	l.delegated = prefix("2001:db8:5::/48");
	l.dns_count = 2;
	l.dns[0] = address("10.9.0.53");
	l.dns[1] = address("2001:db8::53");
	l.is_informed = true;
	l.route_count = 2;
	l.routes[0] = prefix("10.0.0.0/8");
	l.routes[1] = prefix("0.0.0.0/0");
	memcpy(l.domain, "corp.example", 13);
	return l;
}

static int ask_up(const struct link_addrs *link)
{
	uint8_t room[8192];
	struct writer w = writer_of(room, sizeof(room));

	host_wire_put_link(&w, link);
	assert_false(w.full);
	return ask(HOST_OP_UP, &w);
}

/* Field by field: the bytes between them have no meaning. */
static void same_addrs(const struct ip_addr *a, const struct ip_addr *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(a[i].family, b[i].family);
		assert_true(ip_equal(&a[i], &b[i]));
	}
}

static void same_prefixes(const struct ip_prefix *a, const struct ip_prefix *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		same_addrs(&a[i].addr, &b[i].addr, 1);
		assert_int_equal(a[i].len, b[i].len);
	}
}

static void same_ip6(const struct slaac_config *a, const struct slaac_config *b)
{
	assert_int_equal(a->is_settled, b->is_settled);
	assert_int_equal(a->has_router, b->has_router);
	assert_int_equal(a->has_dhcp, b->has_dhcp);
	assert_int_equal(a->mtu, b->mtu);
	assert_int_equal(a->addr_count, b->addr_count);
	for (size_t i = 0; i < a->addr_count; i++) {
		same_addrs(&a->addrs[i].addr, &b->addrs[i].addr, 1);
		assert_int_equal(a->addrs[i].preferred_s, b->addrs[i].preferred_s);
		assert_int_equal(a->addrs[i].valid_s, b->addrs[i].valid_s);
	}
	assert_int_equal(a->server_count, b->server_count);
	same_addrs(a->servers, b->servers, a->server_count);
	assert_int_equal(a->domain_count, b->domain_count);
	for (size_t i = 0; i < a->domain_count; i++)
		assert_string_equal(a->domains[i], b->domains[i]);
	assert_int_equal(a->route_count, b->route_count);
	same_prefixes(a->routes, b->routes, a->route_count);
}

static void same_link(const struct link_addrs *a, const struct link_addrs *b)
{
	same_addrs(&a->own, &b->own, 1);
	same_addrs(&a->peer, &b->peer, 1);
	same_addrs(&a->own_ll, &b->own_ll, 1);
	same_ip6(&a->ip6, &b->ip6);
	same_prefixes(&a->delegated, &b->delegated, 1);
	assert_int_equal(a->dns_count, b->dns_count);
	same_addrs(a->dns, b->dns, a->dns_count);
	assert_int_equal(a->is_informed, b->is_informed);
	assert_int_equal(a->route_count, b->route_count);
	same_prefixes(a->routes, b->routes, a->route_count);
	assert_string_equal(a->domain, b->domain);
	assert_int_equal(a->mtu, b->mtu);
	same_addrs(&a->server, &b->server, 1);
}

static void a_link_arrives_whole(void **state)
{
	struct link_addrs link = full_link();

	(void)state;
	cfg.asks_server = cfg.wants_prefix = true;
	open_it();
	assert_int_equal(ask_up(&link), 0);
	assert_int_equal(get_u8(&reply), 0);
	same_link(&seen.link, &link);
	up_result = HOST_SETUP_LATER;
	link = plain_link();
	assert_int_equal(ask_up(&link), 0);
	assert_int_equal(get_u8(&reply), 1);
	same_link(&seen.link, &link);
	up_result = -EADDRINUSE;
	assert_int_equal(ask_up(&link), -EADDRINUSE);
}

/* A message that is cut anywhere, or has a byte more, changes nothing. */
static void a_link_is_whole_or_nothing(void **state)
{
	struct link_addrs link = full_link();
	uint8_t room[8192];
	struct writer w = writer_of(room, sizeof(room)), part;

	(void)state;
	cfg.asks_server = cfg.wants_prefix = true;
	open_it();
	host_wire_put_link(&w, &link);
	for (size_t len = 0; len < w.len; len++) {
		part = w;
		part.len = len;
		assert_int_equal(ask(HOST_OP_UP, &part), -EBADMSG);
	}
	put_u8(&w, 0);
	assert_int_equal(ask(HOST_OP_UP, &w), -EBADMSG);
	assert_int_equal(seen.ups, 0);
}

static void spoil_own(struct link_addrs *l)
{
	l->own = address("2001:db8::1");
}

static void spoil_link_local(struct link_addrs *l)
{
	l->own_ll = address("2001:db8::1");
}

static void spoil_addr6(struct link_addrs *l)
{
	l->ip6.addrs[0].addr = address("10.0.0.1");
}

static void spoil_multicast(struct link_addrs *l)
{
	l->ip6.addrs[0].addr = address("ff02::1");
}

static void spoil_delegated(struct link_addrs *l)
{
	l->delegated = prefix("::/0");
}

static void spoil_prefix_len(struct link_addrs *l)
{
	l->routes[0].len = 33;
}

static void spoil_route_family(struct link_addrs *l)
{
	l->routes[0] = prefix("2001:db8::/32");
}

static void spoil_route6(struct link_addrs *l)
{
	l->ip6.routes[1] = prefix("::/0");
}

static void spoil_route6_family(struct link_addrs *l)
{
	l->ip6.routes[1] = prefix("10.0.0.0/8");
}

static void spoil_line_end(struct link_addrs *l)
{
	memcpy(l->domain, "a\nnameserver 192.0.2.66", 24);
}

static void spoil_blank(struct link_addrs *l)
{
	memcpy(l->ip6.domains[0], "a b", 4);
}

static void spoil_first_dot(struct link_addrs *l)
{
	memcpy(l->domain, ".a", 3);
}

static void spoil_mtu(struct link_addrs *l)
{
	l->mtu = 10;
}

static void spoil_dns(struct link_addrs *l)
{
	l->dns[0].family = AF_UNSPEC;
}

static void what_makes_no_sense_is_refused(void **state)
{
	void (*const spoil[])(struct link_addrs * l) = {
		spoil_own,       spoil_link_local,    spoil_addr6,    spoil_multicast,
		spoil_delegated, spoil_route_family,  spoil_line_end, spoil_blank,
		spoil_first_dot, spoil_mtu,           spoil_dns,      spoil_prefix_len,
		spoil_route6,    spoil_route6_family,
	};

	(void)state;
	cfg.asks_server = cfg.wants_prefix = true;
	open_it();
	for (size_t i = 0; i < sizeof(spoil) / sizeof(*spoil); i++) {
		struct link_addrs link = full_link();

		spoil[i](&link);
		assert_int_equal(ask_up(&link), -EBADMSG);
	}
	assert_int_equal(seen.ups, 0);
}

/* Routes, a domain and a prefix from the server's side, where the user does not want them. */
static void what_the_user_does_not_want_is_refused(void **state)
{
	struct link_addrs link = plain_link();
	uint8_t room[32];
	struct writer w = writer_of(room, sizeof(room));
	struct ip_addr a = address("192.0.2.9");

	(void)state;
	open_it();
	link.route_count = 1;
	link.routes[0] = prefix("10.0.0.0/8");
	assert_int_equal(ask_up(&link), -EPERM);
	link = plain_link();
	link.ip6.route_count = 1;
	link.ip6.routes[0] = prefix("2001:db8:6::/48");
	assert_int_equal(ask_up(&link), -EPERM);
	link = plain_link();
	memcpy(link.domain, "a", 2);
	assert_int_equal(ask_up(&link), -EPERM);
	link = plain_link();
	link.delegated = prefix("2001:db8::/48");
	assert_int_equal(ask_up(&link), -EPERM);
	host_wire_put_addrs(&w, &a, 1);
	assert_int_equal(ask(HOST_OP_NAMED, &w), -EPERM);
	assert_int_equal(seen.ups + seen.named, 0);
	cfg.has_named = true;
	assert_int_equal(ask(HOST_OP_NAMED, &w), 0);
	assert_int_equal(seen.named_count, 1);
}

/* ---- connections outside of the tunnel */

static int ask_connect(const char *to, uint16_t port)
{
	uint8_t room[32];
	struct writer w = writer_of(room, sizeof(room));
	struct ip_addr a = address(to);

	ip_wire_put(&w, &a);
	put_u16(&w, port);
	return ask(HOST_OP_CONNECT, &w);
}

static void only_servers_are_connected_to(void **state)
{
	struct ip_addr one = address("192.0.2.1"), two = address("2001:db8::1");
	struct sockaddr_storage only[] = { ip_sockaddr(&one, 0), ip_sockaddr(&two, 443) };
	struct link_addrs link = plain_link();

	(void)state;
	open_it();
	assert_int_equal(ask_connect("198.51.100.1", 443), 0);
	assert_int_equal(ask_connect("2001:db8::9", 3128), 0);
	assert_int_equal(seen.port, 3128);
	assert_int_equal(ask_connect("198.51.100.1", 53), -EPERM);
	cfg.only_count = 2; /* of some servers; the names of others are looked up */
	assert_int_equal(ask_connect("198.51.100.1", 443), 0);
	cfg.only = only;
	cfg.only_count = 2;
	assert_int_equal(ask_connect("198.51.100.1", 443), -EPERM);
	assert_int_equal(ask_connect("192.0.2.1", 443), 0);
	assert_int_equal(ask_connect("2001:db8::1", 443), 0);
	assert_int_equal(seen.connects, 5);
	assert_int_equal(ask_up(&link), 0);
	link.server = address("198.51.100.1");
	assert_int_equal(ask_up(&link), -EPERM);
}

static int ask_option(uint8_t option, uint32_t number, const char *name, int fd)
{
	uint8_t room[64];
	struct writer w = writer_of(room, sizeof(room));

	put_u8(&w, option);
	put_u32(&w, number);
	put_bytes(&w, name, strlen(name));
	return ask_with(HOST_OP_OPTION, &w, fd);
}

/* -EPERM comes from the kernel too where the test has no privileges: what is refused is tested with a value. */
static void only_chosen_options_are_set(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ends[2], size = 0;
	socklen_t len = sizeof(size);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(ask_option(SOCKOPT_MARK, 7, "", ends[0]), -EBADMSG); /* no IP */
	assert_int_equal(ask_option(SOCKOPT_MARK, 7, "", -1), -EBADMSG);
	assert_int_equal(ask_option(99, 7, "", fd), -EPERM);
	assert_int_equal(ask_option(SOCKOPT_MARK, 8, "", fd), -EPERM);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MARK, &size, &len), 0);
	assert_int_equal(size, 0);
	assert_int_equal(ask_option(SOCKOPT_SNDBUF, UINT32_MAX / 4, "", fd), -EPERM);
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "reno", fd), -EPERM);
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "a-name-that-is-too-long", fd),
			 -EBADMSG);
	cfg.congestion = "reno"; /* each kernel has it, and needs no privilege for it */
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "reno", fd), 0);
	assert_int_equal(ask_option(SOCKOPT_CONGESTION, 0, "bbr", fd), -EPERM);
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

/* ---- the command of sstp run */

static int ask_signal(int number, uint8_t is_from_terminal)
{
	uint8_t room[2] = { (uint8_t)number, is_from_terminal };
	struct writer w = writer_of(room, sizeof(room));

	w.len = sizeof(room);
	return ask(HOST_OP_SIGNAL, &w);
}

static void signals_go_to_the_command(void **state)
{
	(void)state;
	cfg.host.source.kind = NETDEV_FOR_COMMAND;
	assert_int_equal(ask_signal(SIGTERM, 0), -ENOTCONN);
	open_it();
	assert_int_equal(ask_signal(SIGTERM, 0), 0);
	assert_int_equal(get_u8(&reply), 1);
	assert_int_equal(seen.signal.ssi_signo, SIGTERM);
	assert_int_equal(seen.signal.ssi_code, SI_USER);
	assert_int_equal(ask_signal(SIGINT, 1), 0);
	assert_int_equal(seen.signal.ssi_code, SI_KERNEL);
	assert_int_equal(ask_signal(SIGHUP, 0), 0);
	assert_int_equal(get_u8(&reply), 0);
	user->end(user->arg, REASON_NONE, 6);
	assert_int_equal(ask_signal(SIGHUP, 1), 0);
	assert_int_equal(get_u8(&reply), 1);
	assert_int_equal(seen.signals, 4);
}

static void other_signals_are_refused(void **state)
{
	static const int others[] = { 0, SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGUSR2, 64, 255 };

	(void)state;
	cfg.host.source.kind = NETDEV_FOR_COMMAND;
	open_it();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(ask_signal(others[i], 0), -EPERM);
	assert_int_equal(ask_signal(SIGTERM, 2), -EBADMSG);
	assert_int_equal(ask_byte(HOST_OP_SIGNAL, SIGTERM), -EBADMSG);
	cfg.host.source.kind = NETDEV_FOR_SCRIPT;
	assert_int_equal(ask_signal(SIGTERM, 0), -EPERM);
	assert_int_equal(seen.signals, 0);
}

/* ---- its life */

static void nothing_happens_before_it_is_open(void **state)
{
	struct link_addrs link = plain_link();

	(void)state;
	assert_int_equal(ask_up(&link), -ENOTCONN);
	assert_int_equal(ask_connect("192.0.2.1", 443), -ENOTCONN);
	assert_int_equal(ask_byte(HOST_OP_DOWN, 1), -ENOTCONN);
	assert_int_equal(ask_byte(HOST_OP_LOOKUP, 1), -ENOTCONN);
	assert_int_equal(ask_byte(HOST_OP_CLOSE, 1), -ENOTCONN);
	assert_int_equal(ask(HOST_OP_RESTORE, NULL), -ENOTCONN);
	assert_int_equal(ask_byte(HOST_OP_LISTENER, 1), -ENOENT);
	assert_int_equal(seen.ups + seen.connects + seen.downs + seen.closed, 0);
}

static void a_whole_life(void **state)
{
	struct ip_addr servers[4];

	(void)state;
	open_it();
	assert_int_equal(ask(HOST_OP_OPEN, NULL), -EALREADY);
	assert_int_equal(ask_byte(HOST_OP_LOOKUP, 2), -EBADMSG);
	assert_int_equal(ask_byte(HOST_OP_LOOKUP, 0), 0);
	assert_int_equal(get_u8(&reply), 1);
	assert_int_equal(host_wire_get_addrs(&reply, servers, 4), 1);
	assert_int_equal(ask_byte(HOST_OP_DOWN, 1), 0);
	assert_int_equal(ask(HOST_OP_RESTORE, NULL), 0);
	assert_int_equal(ask_byte(HOST_OP_CLOSE, 1), 0);
	assert_int_equal(seen.closed, 1);
	open_it(); /* another attempt */
}

/* The process that asks says so, too; but only the kernel is believed. */
static void only_a_signal_of_the_user_removes_the_lock(void **state)
{
	static const int ends[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP },
			 others[] = { SIGUSR1, SIGUSR2, SIGALRM };
	sigset_t set;

	(void)state;
	sigfillset(&set);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(kill(getpid(), others[i]), 0);
	open_it();
	assert_int_equal(ask(HOST_OP_ASKED, NULL), -EPERM);
	assert_int_equal(ask_byte(HOST_OP_CLOSE, 1), 0);
	assert_false(seen.was_asked);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		service.was_asked = false;
		open_it();
		assert_int_equal(kill(getpid(), ends[i]), 0);
		assert_int_equal(ask(HOST_OP_ASKED, NULL), 0);
		sigemptyset(&set);
		sigaddset(&set, ends[i]);
		assert_int_equal(sigwaitinfo(&set, NULL), ends[i]);
		assert_int_equal(ask_byte(HOST_OP_CLOSE, 1), 0);
		assert_true(seen.was_asked);
	}
	assert_int_equal(ask(HOST_OP_ASKED, NULL), -EPERM);
	sigfillset(&set);
	while (sigtimedwait(&set, NULL, &(struct timespec){ 0, 0 }) > 0)
		;
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* As in a root without /proc. */
static void without_proc_the_lock_stays(void **state)
{
	sigset_t set;

	(void)state;
	stop(state);
	cfg.pending_fd = -ENOENT;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	open_it();
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_int_equal(ask(HOST_OP_ASKED, NULL), -EPERM);
	assert_int_equal(sigwaitinfo(&set, NULL), SIGTERM);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Or else an attacker could start the command again. */
static void it_is_opened_before_the_seal(void **state)
{
	(void)state;
	open_it();
	assert_int_equal(ask(HELPER_OP_SEAL, NULL), 0);
	assert_int_equal(ask_byte(HOST_OP_CLOSE, 1), 0);
	assert_int_equal(ask(HOST_OP_OPEN, NULL), -EPERM);
	assert_int_equal(seen.opened, 1);
}

static void a_refused_start_is_undone(void **state)
{
	(void)state;
	open_result = REASON_NETWORK;
	assert_int_equal(ask(HOST_OP_OPEN, NULL), 0);
	assert_int_equal(get_u8(&reply), REASON_NETWORK);
	assert_int_equal(ask_byte(HOST_OP_CLOSE, 0), 0);
	assert_int_equal(seen.restored, 1);
}

static void its_news_can_be_looked_at(void **state)
{
	struct host_forward f;

	(void)state;
	open_it();
	assert_int_equal(ask(HOST_OP_LOOK, NULL), 0);
	assert_int_equal(get_u8(&reply), 0);
	assert_int_equal(get_u8(&reply), 0);
	user->settled(user->arg);
	user->end(user->arg, REASON_HOOK, 3);
	assert_int_equal(ask(HOST_OP_LOOK, NULL), 0);
	assert_int_equal(get_u8(&reply), 1);
	assert_int_equal(get_u8(&reply), 1);
	assert_int_equal(get_u8(&reply), REASON_HOOK);
	assert_int_equal(get_u32(&reply), 3);
	host_get_forward(&reply, &f);
	assert_false(reply.bad);
	assert_int_equal(f.version, 0);
	assert_int_equal(ask_byte(HOST_OP_DOWN, 1), 0); /* asked again: not settled any more */
	assert_int_equal(ask(HOST_OP_LOOK, NULL), 0);
	assert_int_equal(get_u8(&reply), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_link_arrives_whole, start, stop),
		cmocka_unit_test_setup_teardown(a_link_is_whole_or_nothing, start, stop),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(what_the_user_does_not_want_is_refused, start,
						stop),
		cmocka_unit_test_setup_teardown(only_servers_are_connected_to, start, stop),
		cmocka_unit_test_setup_teardown(only_chosen_options_are_set, start, stop),
		cmocka_unit_test_setup_teardown(nothing_happens_before_it_is_open, start, stop),
		cmocka_unit_test_setup_teardown(a_whole_life, start, stop),
		cmocka_unit_test_setup_teardown(only_a_signal_of_the_user_removes_the_lock, start,
						stop),
		cmocka_unit_test_setup_teardown(without_proc_the_lock_stays, start, stop),
		cmocka_unit_test_setup_teardown(it_is_opened_before_the_seal, start, stop),
		cmocka_unit_test_setup_teardown(a_refused_start_is_undone, start, stop),
		cmocka_unit_test_setup_teardown(signals_go_to_the_command, start, stop),
		cmocka_unit_test_setup_teardown(other_signals_are_refused, start, stop),
		cmocka_unit_test_setup_teardown(its_news_can_be_looked_at, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
