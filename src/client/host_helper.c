/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the helper of a client. */
#include "client/host_helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/host_wire.h"
#include "net/sockopt.h"
#include "proc/command.h"
#include "util/ip_wire.h"

enum {
	OPEN_LIMIT_MS = 120 * 1000,   /* what crashed before is undone first, by programs */
	RESTORE_LIMIT_MS = 60 * 1000, /* a script has SCRIPT_END_LIMIT_MS */
	CLOSE_LIMIT_MS = 30 * 1000,
	QUESTION_MAX = 8192,
	LOOK_MAX = 64 + HOST_FORMER_MAX + 256,
};

struct asking {
	struct host_setup base;
	const struct host_setup_cfg *cfg;
	const struct host_setup_user *user; /* NULL: not open */
	struct helper *helper;
	struct loop_watch events;
	char name[NETDEV_NAME_SIZE];
	bool is_waiting; /* what was asked last is still being done */
	bool has_lost;   /* the helper has ended */
	struct link_addrs link;
	struct dns_forwarder *forwarder;
	uint32_t forward_version;
	const char *search[DNS_NAMES_MAX];
	struct dns_names names; /* of the forwarder */
};

static struct asking *asking_of(struct host_setup *s)
{
	return container_of(s, struct asking, base);
}

/* ---- questions */

struct question {
	uint8_t in[QUESTION_MAX], out[LOOK_MAX];
	struct writer w;
	struct reader r; /* the reply */
	int fd_in, fd_out;
	unsigned limit_ms;
};

static void begin(struct question *q)
{
	q->w = writer_of(q->in, sizeof(q->in));
	q->fd_in = 0;
	q->limit_ms = 0;
}

static bool is_for_command(const struct asking *a)
{
	return a->cfg->source.kind == NETDEV_FOR_COMMAND;
}

static void note_loss(struct asking *a)
{
	if (a->has_lost)
		return;
	a->has_lost = true;
	log_error(a->user ? a->user->log : NULL,
		  is_for_command(a)
			  ? "the helper process has ended, and with it the command"
			  : "the helper process has ended: without it nothing on this host can be "
			    "changed or restored; the next start of sstp connect restores it");
	if (a->user)
		a->user->end(a->user->arg, REASON_SYSTEM, 0);
}

static int ask(struct asking *a, enum host_op op, struct question *q)
{
	struct helper_question h = {
		.op = (uint16_t)op,
		.in = bytes_of(q->in, q->w.len),
		.fd_in = q->fd_in,
		.out = q->out,
		.out_room = sizeof(q->out),
		.limit_ms = q->limit_ms,
	};
	int error = q->w.full ? -EMSGSIZE : helper_ask(a->helper, &h);

	q->r = reader_of(q->out, h.out_len);
	q->fd_out = error ? -1 : h.fd_out;
	if (error == -EPIPE)
		note_loss(a);
	return error;
}

static int ask_flag(struct asking *a, enum host_op op, bool flag, struct question *q)
{
	begin(q);
	put_u8(&q->w, flag);
	return ask(a, op, q);
}

/* ---- options of sockets */

static int set_option(void *arg, int fd, const struct sockopt_value *v)
{
	struct asking *a = arg;
	struct question q;

	begin(&q);
	put_u8(&q.w, (uint8_t)v->option);
	put_u32(&q.w, v->number);
	if (v->name)
		put_bytes(&q.w, v->name, strlen(v->name));
	q.fd_in = fd;
	return ask(a, HOST_OP_OPTION, &q);
}

/* ---- split DNS: its forwarder reads from the network, so it is here */

static int listener(struct asking *a, bool is_tcp)
{
	struct question q;
	int error = ask_flag(a, HOST_OP_LISTENER, is_tcp, &q);

	return error ? error : q.fd_out;
}

static int open_socket(void *arg, int family, int type)
{
	struct asking *a = arg;
	struct question q;
	int error;

	begin(&q);
	put_u8(&q.w, family == AF_INET ? 4 : 6);
	put_u8(&q.w, (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM);
	error = ask(a, HOST_OP_SOCKET, &q);
	return error ? error : q.fd_out;
}

static void add_search(struct asking *a, const char *domain)
{
	if (*domain && a->names.search_count < DNS_NAMES_MAX)
		a->search[a->names.search_count++] = domain;
}

/* Names of search domains too are the VPN's. */
static void name_domains(struct asking *a)
{
	const struct dns_names *names = &a->cfg->dns_names;

	a->names = *names;
	a->names.search = a->search;
	a->names.search_count = 0;
	for (size_t i = 0; i < names->search_count; i++)
		add_search(a, names->search[i]);
	add_search(a, a->link.domain);
	for (size_t i = 0; i < a->link.ip6.domain_count; i++)
		add_search(a, a->link.ip6.domains[i]);
}

static void open_forwarder(struct asking *a, const struct host_forward *f)
{
	struct dns_listeners given = { .at = f->at, .udp = -1, .tcp = -1 };
	struct dns_forwarder_cfg cfg = {
		.loop = a->user->loop,
		.names = &a->names,
		.netns_fd = -1,
		.open_socket = f->is_foreign ? open_socket : NULL,
		.arg = a,
		.given = &given,
		.log = a->user->log,
	};

	given.udp = listener(a, false);
	given.tcp = listener(a, true);
	if (given.udp < 0 || given.tcp < 0) {
		dns_listeners_close(&given);
		return;
	}
	name_domains(a);
	if (dns_forwarder_open(&cfg, &a->forwarder))
		log_warn(a->user->log, "DNS: the forwarder cannot be started");
}

static void forward(struct asking *a, const struct host_forward *f)
{
	if (f->version == a->forward_version)
		return;
	a->forward_version = f->version;
	if (!a->forwarder)
		open_forwarder(a, f);
	if (!a->forwarder)
		return;
	dns_forwarder_set_others(a->forwarder, f->former);
	dns_forwarder_set_vpn(a->forwarder, f->vpn, f->vpn_count);
}

/* ---- what the helper has noticed */

static void look(struct asking *a)
{
	struct host_forward f;
	struct question q;
	bool is_settled, must_end;
	enum tunnel_reason reason;
	int status;

	begin(&q);
	if (ask(a, HOST_OP_LOOK, &q))
		return;
	is_settled = get_u8(&q.r);
	must_end = get_u8(&q.r);
	reason = (enum tunnel_reason)get_u8(&q.r);
	status = (int)get_u32(&q.r);
	host_get_forward(&q.r, &f);
	if (q.r.bad)
		return;
	forward(a, &f);
	if (must_end) {
		a->user->end(a->user->arg, reason, status);
	} else if (is_settled && a->is_waiting) {
		a->is_waiting = false;
		a->user->settled(a->user->arg);
	}
}

static void on_event(struct loop_watch *w, uint32_t events)
{
	struct asking *a = container_of(w, struct asking, events);
	struct helper_event e;
	bool must_look = false;
	int result;

	(void)events;
	while ((result = helper_next_event(a->helper, &e)) > 0)
		if (e.op == HOST_EVENT_LOOK)
			must_look = true;
		else if (e.op == HOST_EVENT_MILESTONE)
			log_pass_milestone((const char *)e.at, e.len);
	if (result < 0) {
		loop_unwatch(a->user->loop, w);
		note_loss(a);
	} else if (must_look) {
		look(a);
	}
}

static int watch_events(struct asking *a)
{
	a->events = (struct loop_watch){ .fd = helper_event_fd(a->helper),
					 .events = EPOLLIN,
					 .ready = on_event };
	return loop_watch(a->user->loop, &a->events);
}

/* ---- the setup's functions */

static int take_device(struct asking *a, struct question *q)
{
	size_t len = get_u8(&q->r);
	int error;

	if (len >= sizeof(a->name))
		q->r.bad = true;
	else
		get_copy(&q->r, a->name, len);
	error = q->r.bad ? -EBADMSG : tun_adopt(q->fd_out, &a->base.tun);
	if (error && q->fd_out >= 0)
		close(q->fd_out);
	return error;
}

static enum tunnel_reason open_asking(struct host_setup *s, const struct host_setup_user *user)
{
	struct asking *a = asking_of(s);
	enum tunnel_reason reason;
	struct question q;
	int error;

	a->user = user;
	begin(&q);
	q.limit_ms = OPEN_LIMIT_MS;
	error = ask(a, HOST_OP_OPEN, &q);
	reason = (enum tunnel_reason)get_u8(&q.r);
	if (!error && reason)
		return reason;
	if (!error)
		error = take_device(a, &q);
	if (!error)
		error = watch_events(a);
	if (!error) {
		look(a);
		return REASON_NONE;
	}
	log_error(user->log, "the helper process: %s", strerror(-error));
	return REASON_SYSTEM;
}

static void before_lookup(struct host_setup *s, bool again, struct host_name_lookup *how)
{
	struct question q;

	*how = (struct host_name_lookup){ .is_marked = false };
	if (ask_flag(asking_of(s), HOST_OP_LOOKUP, again, &q))
		return;
	how->is_marked = get_u8(&q.r);
	how->server_count = host_wire_get_addrs(&q.r, how->servers, NAME_LOOKUP_SERVERS_MAX);
}

static int before_connect(struct host_setup *s, const struct sockaddr_storage *to)
{
	struct ip_addr addr = ip_from_sockaddr(to);
	struct question q;

	begin(&q);
	ip_wire_put(&q.w, &addr);
	put_u16(&q.w, ip_port_of_sockaddr(to));
	return ask(asking_of(s), HOST_OP_CONNECT, &q);
}

/* 0, HOST_SETUP_LATER, or -errno: what was asked last. */
static int result_of(struct asking *a, int error, struct question *q)
{
	a->is_waiting = !error && get_u8(&q->r);
	return error ? error : a->is_waiting ? HOST_SETUP_LATER : 0;
}

static int up(struct host_setup *s, const struct link_addrs *link)
{
	struct asking *a = asking_of(s);
	struct question q;
	int result;

	a->link = *link;
	begin(&q);
	host_wire_put_link(&q.w, link);
	result = result_of(a, ask(a, HOST_OP_UP, &q), &q);
	if (result >= 0)
		look(a);
	return result;
}

static int down(struct host_setup *s, bool will_return)
{
	struct asking *a = asking_of(s);
	struct question q;
	int result = result_of(a, ask_flag(a, HOST_OP_DOWN, will_return, &q), &q);

	return result == HOST_SETUP_LATER ? result : 0;
}

static void set_named(struct host_setup *s, const struct ip_addr *addrs, size_t count)
{
	struct question q;

	begin(&q);
	host_wire_put_addrs(&q.w, addrs, count);
	ask(asking_of(s), HOST_OP_NAMED, &q);
}

/* The helper looks at the signal itself, since an attacker in this process could pretend that one has come. */
static void before_end(struct host_setup *s)
{
	struct asking *a = asking_of(s);
	struct question q;

	if (!a->user || !a->cfg->lockdown)
		return;
	begin(&q);
	q.limit_ms = CLOSE_LIMIT_MS;
	if (ask(a, HOST_OP_ASKED, &q) == -EPERM)
		log_warn(a->user->log,
			 "--lockdown: the helper process cannot see in /proc that a signal "
			 "ends sstp, so the lock will stay");
}

/* All children, also the command of sstp run, are the helper's. */
static bool take_signal(struct host_setup *s, const struct signalfd_siginfo *info)
{
	struct asking *a = asking_of(s);
	struct question q;

	if (!is_for_command(a) || info->ssi_signo == SIGCHLD || !command_takes(info))
		return false;
	begin(&q);
	put_u8(&q.w, (uint8_t)info->ssi_signo);
	put_u8(&q.w, command_has_signal(info));
	return !ask(a, HOST_OP_SIGNAL, &q) && get_u8(&q.r);
}

static void restore(struct host_setup *s)
{
	struct asking *a = asking_of(s);
	struct question q;

	if (!a->user)
		return;
	begin(&q);
	q.limit_ms = RESTORE_LIMIT_MS;
	ask(a, HOST_OP_RESTORE, &q);
	dns_forwarder_close(a->forwarder);
	a->forwarder = NULL;
	loop_unwatch(a->user->loop, &a->events);
}

static void close_asking(struct host_setup *s, bool was_asked)
{
	struct asking *a = asking_of(s);
	struct question q;

	begin(&q);
	put_u8(&q.w, was_asked);
	q.limit_ms = CLOSE_LIMIT_MS;
	if (a->user)
		ask(a, HOST_OP_CLOSE, &q);
	sockopt_use_helper(NULL, NULL);
	free(a);
}

struct host_setup *host_helper_new(const struct host_setup_cfg *cfg, struct helper *h)
{
	static const struct host_setup_ops ops = {
		.open = open_asking,
		.before_lookup = before_lookup,
		.before_connect = before_connect,
		.up = up,
		.down = down,
		.set_named = set_named,
		.before_end = before_end,
		.signal = take_signal,
		.restore = restore,
		.close = close_asking,
	};
	struct asking *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->cfg = cfg;
	a->helper = h;
	a->base = (struct host_setup){ .ops = &ops, .name = a->name };
	sockopt_use_helper(set_option, a);
	return &a->base;
}
