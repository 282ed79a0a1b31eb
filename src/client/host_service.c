/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The helper of a client: what it is asked, and whether it does that. */
#include "client/host_service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/host.h"
#include "client/host_wire.h"
#include "dns/resolv_line.h"
#include "net/congestion.h"
#include "net/sockopt.h"
#include "proc/command.h"
#include "proc/netns.h"
#include "proc/pending.h"
#include "tun/tun.h"
#include "util/ip_wire.h"

static bool get_flag(struct helper_call *c)
{
	uint8_t flag = get_u8(&c->in);

	if (flag > 1)
		c->in.bad = true;
	return flag == 1;
}

static bool is_all(const struct helper_call *c)
{
	return !c->in.bad && !c->in.left;
}

/* ---- what the setup has to say */

static void notify(struct host_service *s)
{
	if (s->process)
		helper_send_event(s->process, HOST_EVENT_LOOK, bytes_of(NULL, 0));
}

static void settled(void *arg)
{
	struct host_service *s = arg;

	s->is_settled = true;
	notify(s);
}

static void must_end(void *arg, enum tunnel_reason reason, int status)
{
	struct host_service *s = arg;

	s->must_end = true;
	s->reason = reason;
	s->status = status;
	notify(s);
}

/* ---- split DNS */

void host_put_forward(struct writer *w, const struct host_forward *f)
{
	size_t len = strlen(f->former);

	put_u32(w, f->version);
	ip_wire_put(w, &f->at);
	put_u8(w, f->is_foreign);
	put_u16(w, (uint16_t)len);
	put_bytes(w, f->former, len);
	host_wire_put_addrs(w, f->vpn, f->vpn_count);
}

void host_get_forward(struct reader *r, struct host_forward *f)
{
	size_t len;

	*f = (struct host_forward){ .version = get_u32(r) };
	f->at = ip_wire_get(r);
	f->is_foreign = get_u8(r);
	len = get_u16(r);
	if (len >= sizeof(f->former)) {
		r->bad = true;
		return;
	}
	get_copy(r, f->former, len);
	f->vpn_count = host_wire_get_addrs(r, f->vpn, LINK_DNS_MAX);
}

/* Only the lines that count, as many as there is room for. */
static void note_former(struct host_forward *f, const char *text)
{
	char device[RESOLV_LINE_DEVICE_SIZE];
	struct ip_addr a;
	size_t n = 0;

	*f->former = '\0';
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (resolv_line_server(line, &a, device) && n + len + 1 < sizeof(f->former))
			n += (size_t)snprintf(f->former + n, sizeof(f->former) - n, "%.*s\n",
					      (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static int use_forward(struct dns_forward *forward, const char *former, const struct ip_addr *vpn,
		       size_t count, struct ip_addr *address)
{
	struct host_service *s = container_of(forward, struct host_service, forward);
	struct host_forward *f = &s->forward_now;
	int error = f->version ? 0 : dns_listeners_open(&s->listeners, forward->netns_fd, &s->log);

	if (error)
		return error;
	f->version++;
	f->at = s->listeners.at;
	f->is_foreign = forward->netns_fd >= 0;
	note_former(f, former);
	f->vpn_count = count < LINK_DNS_MAX ? count : LINK_DNS_MAX;
	memcpy(f->vpn, vpn, f->vpn_count * sizeof(*vpn));
	*address = f->at;
	notify(s);
	return 0;
}

static void unuse_forward(struct dns_forward *forward)
{
	struct host_service *s = container_of(forward, struct host_service, forward);

	if (!s->forward_now.version)
		return;
	s->forward_now.version++;
	s->forward_now.vpn_count = 0;
	notify(s);
}

static int handle_look(void *state, struct helper_call *c)
{
	struct host_service *s = state;

	put_u8(&c->out, s->is_settled);
	put_u8(&c->out, s->must_end);
	put_u8(&c->out, (uint8_t)s->reason);
	put_u32(&c->out, (uint32_t)s->status);
	host_put_forward(&c->out, &s->forward_now);
	return 0;
}

static int handle_listener(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	int *fd = get_flag(c) ? &s->listeners.tcp : &s->listeners.udp;

	if (!is_all(c))
		return -EBADMSG;
	if (*fd < 0)
		return -ENOENT;
	c->fd_out = *fd; /* the helper keeps none: who reads from it is the other process */
	*fd = -1;
	return 0;
}

/* To name servers, in the device's network namespace. */
static int handle_socket(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	uint8_t family = get_u8(&c->in);
	bool is_tcp = get_flag(c);
	int fd;

	if (!is_all(c) || (family != 4 && family != 6))
		return -EBADMSG;
	if (!s->forward_now.is_foreign)
		return -EPERM;
	fd = netns_socket(s->forward.netns_fd, family == 4 ? AF_INET : AF_INET6,
			  (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return fd;
	c->fd_out = fd;
	return 0;
}

/* ---- the life of the setup */

static int handle_open(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	enum tunnel_reason reason;
	size_t len;

	if (s->setup)
		return -EALREADY;
	s->setup_cfg = s->cfg->host;
	s->setup_cfg.dns_forward = &s->forward;
	s->setup = s->make(&s->setup_cfg);
	if (!s->setup)
		return -ENOMEM;
	s->is_settled = s->must_end = false;
	reason = s->setup->ops->open(s->setup, &s->user);
	put_u8(&c->out, (uint8_t)reason);
	if (reason)
		return 0;
	len = strlen(s->setup->name);
	put_u8(&c->out, (uint8_t)len);
	put_bytes(&c->out, s->setup->name, len);
	if (s->setup->tun)
		c->fd_out = tun_give(s->setup->tun); /* the device ends with the other process */
	s->setup->tun = NULL;
	return 0;
}

static int handle_lookup(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	struct host_name_lookup how;
	bool again = get_flag(c);

	if (!s->setup)
		return -ENOTCONN;
	if (!is_all(c))
		return -EBADMSG;
	s->setup->ops->before_lookup(s->setup, again, &how);
	put_u8(&c->out, how.is_marked);
	host_wire_put_addrs(&c->out, how.servers, how.server_count);
	return 0;
}

static bool is_permitted_port(const struct host_service_cfg *cfg, uint16_t port)
{
	for (size_t i = 0; i < cfg->port_count; i++)
		if (cfg->ports[i] == port)
			return true;
	return false;
}

static bool is_permitted_address(const struct host_service_cfg *cfg, const struct ip_addr *a)
{
	for (size_t i = 0; cfg->only && i < cfg->only_count; i++) {
		struct ip_addr only = ip_from_sockaddr(&cfg->only[i]);

		if (ip_equal(&only, a))
			return true;
	}
	return !cfg->only;
}

static int handle_connect(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	struct ip_addr a = ip_wire_get(&c->in);
	uint16_t port = get_u16(&c->in);
	struct sockaddr_storage to;

	if (!s->setup)
		return -ENOTCONN;
	if (!is_all(c) || !a.family)
		return -EBADMSG;
	if (!is_permitted_port(s->cfg, port) || !is_permitted_address(s->cfg, &a))
		return -EPERM;
	to = ip_sockaddr(&a, port);
	return s->setup->ops->before_connect(s->setup, &to);
}

static bool is_wanted(const struct host_service_cfg *cfg, const struct link_addrs *link)
{
	bool has_info = link->route_count || link->ip6.route_count || *link->domain;

	return (cfg->asks_server || !has_info) &&
	       (cfg->wants_prefix || !link->delegated.addr.family) &&
	       is_permitted_address(cfg, &link->server);
}

static int handle_up(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	struct link_addrs link;
	int result;

	host_wire_get_link(&c->in, &link);
	if (!s->setup)
		return -ENOTCONN;
	if (!is_all(c))
		return -EBADMSG;
	if (!is_wanted(s->cfg, &link))
		return -EPERM;
	s->is_settled = false;
	result = s->setup->ops->up(s->setup, &link);
	if (result < 0)
		return result;
	put_u8(&c->out, result == HOST_SETUP_LATER);
	return 0;
}

static int handle_down(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	bool will_return = get_flag(c);

	if (!s->setup)
		return -ENOTCONN;
	if (!is_all(c))
		return -EBADMSG;
	s->is_settled = false;
	put_u8(&c->out, s->setup->ops->down(s->setup, will_return) == HOST_SETUP_LATER);
	return 0;
}

static int handle_named(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	struct ip_addr addrs[HOST_NAMED_MAX];
	size_t count = host_wire_get_addrs(&c->in, addrs, HOST_NAMED_MAX);

	if (!s->setup)
		return -ENOTCONN;
	if (!is_all(c))
		return -EBADMSG;
	if (!s->cfg->has_named)
		return -EPERM;
	s->setup->ops->set_named(s->setup, addrs, count);
	return 0;
}

static int handle_restore(void *state, struct helper_call *c)
{
	struct host_service *s = state;

	(void)c;
	if (!s->setup)
		return -ENOTCONN;
	s->setup->ops->restore(s->setup);
	return 0;
}

static void close_setup(struct host_service *s, bool was_asked)
{
	s->setup->ops->restore(s->setup);
	tun_close(s->setup->tun);
	s->setup->ops->close(s->setup, was_asked);
	s->setup = NULL;
	dns_listeners_close(&s->listeners);
	s->forward_now = (struct host_forward){ .version = 0 };
}

static int handle_asked(void *state, struct helper_call *c)
{
	struct host_service *s = state;

	(void)c;
	if (!pending_asks_to_end(s->cfg->pending_fd))
		return -EPERM;
	s->was_asked = true;
	return 0;
}

static int handle_close(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	bool was_asked = get_flag(c);

	if (!s->setup)
		return -ENOTCONN;
	if (!is_all(c))
		return -EBADMSG;
	close_setup(s, was_asked && s->was_asked);
	return 0;
}

/* ---- the command of sstp run */

static int handle_signal(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	struct signalfd_siginfo info = { .ssi_signo = get_u8(&c->in) };

	info.ssi_code = get_flag(c) ? SI_KERNEL : SI_USER;
	if (!s->setup)
		return -ENOTCONN;
	if (!is_all(c))
		return -EBADMSG;
	if (s->cfg->host.source.kind != NETDEV_FOR_COMMAND || info.ssi_signo == SIGCHLD ||
	    !command_takes(&info))
		return -EPERM;
	/* a signal of the terminal may just have ended the command too: then its exit status counts */
	put_u8(&c->out, s->setup->ops->signal(s->setup, &info) || s->must_end);
	return 0;
}

/* ---- options of sockets */

static bool is_permitted_option(const struct host_service_cfg *cfg, const struct sockopt_value *v)
{
	switch (v->option) {
	case SOCKOPT_MARK:
		return v->number == cfg->host.mark;
	case SOCKOPT_SNDBUF:
		return v->number <= SOCKOPT_SNDBUF_MAX;
	case SOCKOPT_CONGESTION:
		return congestion_is_chosen(cfg->congestion, v->name);
	}
	return false;
}

static int handle_option(void *state, struct helper_call *c)
{
	struct host_service *s = state;
	char name[CONGESTION_NAME_MAX + 1] = "";
	struct sockopt_value v = { .option = (enum sockopt)get_u8(&c->in) };

	v.number = get_u32(&c->in);
	v.name = name;
	if (c->in.left > CONGESTION_NAME_MAX)
		return -EBADMSG;
	get_copy(&c->in, name, c->in.left);
	if (!is_all(c) || !sockopt_is_of_ip(c->fd_in))
		return -EBADMSG;
	if (!is_permitted_option(s->cfg, &v))
		return -EPERM;
	return sockopt_set(c->fd_in, &v);
}

/* ---- the process */

static struct helper_process *milestones_to;

static void pass_milestone(const char *line, size_t len)
{
	helper_send_event(milestones_to, HOST_EVENT_MILESTONE, bytes_of(line, len));
}

static int begin(void *state, struct helper_process *p)
{
	struct host_service *s = state;

	s->process = p;
	s->user.loop = helper_loop(p);
	milestones_to = p;
	log_set_tap(pass_milestone);
	return 0;
}

static void child(void *state)
{
	const struct host_service *s = state;
	const struct signalfd_siginfo info = { .ssi_signo = SIGCHLD };

	if (s->setup)
		s->setup->ops->signal(s->setup, &info);
}

void host_service_init(struct host_service *s)
{
	static const struct helper_op ops[] = {
		{ .code = HOST_OP_OPEN, .only_before_seal = true, .handle = handle_open },
		{ .code = HOST_OP_LOOKUP, .handle = handle_lookup },
		{ .code = HOST_OP_CONNECT, .handle = handle_connect },
		{ .code = HOST_OP_UP, .handle = handle_up },
		{ .code = HOST_OP_DOWN, .handle = handle_down },
		{ .code = HOST_OP_NAMED, .handle = handle_named },
		{ .code = HOST_OP_RESTORE, .handle = handle_restore },
		{ .code = HOST_OP_CLOSE, .handle = handle_close },
		{ .code = HOST_OP_LOOK, .handle = handle_look },
		{ .code = HOST_OP_LISTENER, .handle = handle_listener },
		{ .code = HOST_OP_SOCKET, .handle = handle_socket },
		{ .code = HOST_OP_OPTION, .handle = handle_option },
		{ .code = HOST_OP_ASKED, .handle = handle_asked },
		{ .code = HOST_OP_SIGNAL, .handle = handle_signal },
	};

	s->limit = (struct log_limit){ .about = "the server", .max = 3 * LOG_PEER_MAX };
	s->log.limit = &s->limit;
	s->user = (struct host_setup_user){
		.log = &s->log, .settled = settled, .end = must_end, .arg = s
	};
	s->forward =
		(struct dns_forward){ .use = use_forward, .unuse = unuse_forward, .netns_fd = -1 };
	s->listeners = (struct dns_listeners){ .udp = -1, .tcp = -1 };
	s->service = (struct helper_service){
		.number = HELPER_HOST,
		.ops = ops,
		.op_count = sizeof(ops) / sizeof(*ops),
		.state = s,
		.begin = begin,
		.child = child,
	};
}
