/*
 * Start, run and stop of the server: what all sessions share is opened here, connections are
 * accepted, packets from the TUN device find their session by their destination.
 *
 * SIGHUP reads the user file and the certificate anew: sessions that are there stay, and a file that
 * is wrong changes nothing.
 */
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/session.h"
#include "util/secret.h"

enum {
	ACCEPTS_A_TURN = 64,
	READS_A_TURN = 32, /* of the TUN device */
	BACKLOG = 1024,
	LISTEN_MAX = 64,
	STOP_MS = 4000, /* sessions have this long to say goodbye */
	FILES_WANTED = 20000,
};

struct listener {
	struct loop_watch watch;
	struct server *server;
};

struct host_process {
	struct server server;
	struct listener listeners[LISTEN_MAX];
	size_t listener_count;
	struct loop_timer stop;
	struct loop_timer accept_again; /* no descriptors were left */
};

/* ---- listening */

static struct host_process *process_of(struct server *srv)
{
	return container_of(srv, struct host_process, server);
}

static void hold_listeners(struct host_process *p, bool hold)
{
	for (size_t i = 0; i < p->listener_count; i++)
		loop_watch_events(p->server.loop, &p->listeners[i].watch, hold ? 0 : EPOLLIN);
}

static void accept_again(struct loop_timer *timer)
{
	hold_listeners(container_of(timer, struct host_process, accept_again), false);
}

static void take_connection(struct server *srv, int fd, const struct sockaddr_storage *peer)
{
	struct ip_addr source = ip_from_sockaddr(peer);

	if (bans_has(&srv->bans, &source, srv->cfg->max_failures, loop_now(srv->loop))) {
		log_debug(&srv->log, "%s: too many failed logins: not served",
			  ip_print(&source).text);
		close(fd);
		return;
	}
	session_accept(srv, fd, peer);
}

static void on_connection(struct loop_watch *w, uint32_t events)
{
	struct server *srv = container_of(w, struct listener, watch)->server;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage peer = { 0 };
		socklen_t len = sizeof(peer);
		int fd = accept4(w->fd, (struct sockaddr *)&peer, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take_connection(srv, fd, &peer);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			log_error(&srv->log, "accept: %s; waiting a second", strerror(errno));
			hold_listeners(process_of(srv), true);
			loop_timer_set(srv->loop, &process_of(srv)->accept_again,
				       loop_now(srv->loop) + 1000);
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

static int bind_listener(const struct listen_addr *at)
{
	struct sockaddr_storage sa = { .ss_family = at->addr.family };
	int on = 1, error;
	int fd = socket(at->addr.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (at->addr.family == AF_INET) {
		struct sockaddr_in *v4 = (void *)&sa;

		memcpy(&v4->sin_addr, at->addr.bytes, 4);
		v4->sin_port = htons(at->port);
	} else {
		struct sockaddr_in6 *v6 = (void *)&sa;

		memcpy(&v6->sin6_addr, at->addr.bytes, 16);
		v6->sin6_port = htons(at->port);
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, (struct sockaddr *)&sa, sizeof(sa)) && !listen(fd, BACKLOG))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static const char *bind_hint(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return ": another program listens there; stop it or choose another --listen";
	case -EACCES:
	case -EPERM:
		return ": ports under 1024 need root or CAP_NET_BIND_SERVICE";
	case -EADDRNOTAVAIL:
		return ": this host does not have that address";
	default:
		return "";
	}
}

static struct ip_text listen_text(const struct listen_addr *at)
{
	struct ip_text addr = ip_print(&at->addr), t;

	snprintf(t.text, sizeof(t.text), at->addr.family == AF_INET6 ? "[%.46s]:%u" : "%.46s:%u",
		 addr.text, at->port);
	return t;
}

static enum exit_code listen_all(struct host_process *p)
{
	struct server *srv = &p->server;

	for (size_t i = 0; i < srv->cfg->listen_count && i < LISTEN_MAX; i++) {
		const struct listen_addr *at = &srv->cfg->listen[i];
		struct listener *l = &p->listeners[p->listener_count];
		int fd = bind_listener(at);

		if (fd == -EAFNOSUPPORT) {
			log_warn(&srv->log, "%s: this host has no IPv6: not listening there",
				 listen_text(at).text);
			continue;
		}
		if (fd < 0) {
			log_error(&srv->log, "cannot listen on %s: %s%s", listen_text(at).text,
				  strerror(-fd), bind_hint(fd));
			return EXIT_TCP;
		}
		l->server = srv;
		l->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_connection };
		loop_watch(srv->loop, &l->watch);
		p->listener_count++;
		log_info(&srv->log, "listening on %s", listen_text(at).text);
	}
	return p->listener_count ? EXIT_OK : EXIT_TCP;
}

static void stop_listening(struct host_process *p)
{
	for (size_t i = 0; i < p->listener_count; i++) {
		loop_unwatch(p->server.loop, &p->listeners[i].watch);
		close(p->listeners[i].watch.fd);
	}
	p->listener_count = 0;
}

/* ---- packets from the TUN device */

static struct session *session_for(const struct server *srv, const uint8_t *packet, size_t len)
{
	struct ip_addr to = { .family = AF_INET };

	if (len >= 20 && packet[0] >> 4 == 4) {
		memcpy(to.bytes, packet + 16, 4);
	} else if (len >= 40 && packet[0] >> 4 == 6) {
		to.family = AF_INET6;
		memcpy(to.bytes, packet + 24, 16);
	} else {
		return NULL;
	}
	return table_find(srv->table, &to);
}

static void from_tun(struct loop_watch *w, uint32_t events)
{
	struct server *srv = container_of(w, struct server, tun_watch);
	struct tun_offload off;

	(void)events;
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = tun_read(srv->tun, srv->packet, TUN_PACKET_MAX, &off);
		struct session *s;

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			log_error(&srv->log, "%s: %s", tun_name(srv->tun), strerror((int)-n));
			loop_stop(srv->loop);
			return;
		}
		s = session_for(srv, srv->packet, (size_t)n);
		if (s)
			tunnel_send(&s->tunnel, srv->packet, (size_t)n, &off);
	}
}

static void flush_tun(struct port *port)
{
	merge_flush(container_of(port, struct server, port)->merge);
}

/* ---- opening */

static int open_loop(struct server *srv)
{
	int error = loop_open(&srv->loop);

	if (!error)
		error = pump_open(&srv->pump, srv->loop);
	if (!error)
		error = pool_open(&srv->cfg->network, &srv->pool);
	if (!error)
		error = table_open(&srv->table);
	if (!error)
		error = netlink_open(&srv->netlink);
	srv->packet = malloc(TUN_PACKET_MAX);
	return error ? error : srv->packet ? 0 : -ENOMEM;
}

static enum exit_code open_files(struct server *srv)
{
	struct users_error users_err;
	struct tls_error tls_err;

	if (users_load(srv->cfg->users_file, &srv->users, &users_err)) {
		log_error(&srv->log, "%s", users_err.text);
		return EXIT_USAGE;
	}
	if (tls_ctx_server(&srv->cfg->tls, &srv->tls, &tls_err)) {
		log_error(&srv->log, "%s", tls_err.text);
		return EXIT_USAGE;
	}
	if (!users_count(srv->users))
		log_warn(&srv->log, "%s: no users yet: add one with: sstp passwd %s NAME",
			 srv->cfg->users_file, srv->cfg->users_file);
	return EXIT_OK;
}

/* The device's addresses: the pool's first, and a link-local one that IPV6CP tells the clients. */
static int configure_tun(struct server *srv)
{
	struct ip_addr own = ip_from_v4(pool_server(srv->pool)), none = { 0 };
	struct ip_addr ll = { .family = AF_INET6, .bytes = { 0xfe, 0x80 } };
	unsigned ifindex = tun_ifindex(srv->tun);
	int error;

	secret_random(srv->own_iid, sizeof(srv->own_iid));
	srv->own_iid[0] &= (uint8_t)~0x02; /* RFC 5072 section 4.1: not globally unique */
	memcpy(ll.bytes + 8, srv->own_iid, sizeof(srv->own_iid));
	netlink_link_no_autoaddr(srv->netlink, ifindex);
	error = netlink_link_up(srv->netlink, ifindex, srv->cfg->mtu);
	if (!error)
		error = netlink_addr_add(srv->netlink, ifindex, &own, srv->cfg->network.len, &none);
	if (!error && srv->cfg->ipv6 && netlink_addr_add(srv->netlink, ifindex, &ll, 64, &none))
		log_debug(&srv->log, "no IPv6 address on the device: the host has IPv6 off");
	return error;
}

static enum exit_code open_tun(struct server *srv)
{
	struct tun_cfg cfg = { .name = srv->cfg->interface, .offload = true };
	int error = tun_open(&cfg, &srv->tun);

	if (error) {
		log_error(&srv->log, "cannot make the TUN device %s: %s%s", srv->cfg->interface,
			  strerror(-error), tun_hint(error));
		return EXIT_NETCONF;
	}
	error = configure_tun(srv);
	if (!error)
		error = merge_open(srv->tun, &srv->merge);
	if (!error) {
		srv->tun_watch = (struct loop_watch){ .fd = tun_fd(srv->tun),
						      .events = EPOLLIN,
						      .ready = from_tun };
		error = loop_watch(srv->loop, &srv->tun_watch);
	}
	if (!error)
		return EXIT_OK;
	log_error(&srv->log, "cannot set up %s with %s in %s: %s", tun_name(srv->tun),
		  ip_print_v4(pool_server(srv->pool)).text,
		  ip_prefix_print(&srv->cfg->network).text, strerror(-error));
	return EXIT_NETCONF;
}

/* One descriptor a session, and room for our own. */
static void raise_file_limit(struct server *srv)
{
	struct rlimit l;
	rlim_t wanted = (rlim_t)srv->max_sessions + SESSION_HALF_OPEN_MAX + 100;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	if (wanted > FILES_WANTED)
		wanted = FILES_WANTED;
	if (l.rlim_cur >= wanted)
		return;
	l.rlim_cur = wanted;
	if (l.rlim_max < wanted)
		l.rlim_max = wanted; /* root may */
	if (!setrlimit(RLIMIT_NOFILE, &l) || getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

static void warn_of_forwarding(struct server *srv)
{
	char value = '1';
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &value, 1) == 1 && value == '0')
		log_warn(&srv->log, "IPv4 forwarding is off: clients reach this host and nothing "
				    "behind it (sysctl net.ipv4.ip_forward=1; sstp serve --help "
				    "shows the NAT rules)");
	if (fd >= 0)
		close(fd);
}

/* ---- signals */

static void reload(struct server *srv)
{
	struct users_error users_err;
	struct tls_error tls_err;
	struct users *users;
	struct tls_ctx *tls;

	if (users_load(srv->cfg->users_file, &users, &users_err)) {
		log_error(&srv->log, "%s; the users stay as they were", users_err.text);
	} else {
		users_free(srv->users);
		srv->users = users;
		log_info(&srv->log, "%s: %zu users", srv->cfg->users_file, users_count(users));
	}
	if (tls_ctx_server(&srv->cfg->tls, &tls, &tls_err)) {
		log_error(&srv->log, "%s; the certificate stays as it was", tls_err.text);
	} else {
		tls_ctx_release(srv->tls);
		srv->tls = tls;
		log_info(&srv->log, "%s: certificate read anew", srv->cfg->tls.cert_file);
	}
}

static void shut_down_all(struct sessions *l)
{
	struct session *s, *next;

	for (s = l->first; s; s = next) {
		next = s->next;
		tunnel_shutdown(&s->tunnel);
	}
}

static void on_stop_timer(struct loop_timer *timer)
{
	loop_stop(container_of(timer, struct host_process, stop)->server.loop);
}

static void on_signal(void *arg, int signal)
{
	struct host_process *p = arg;
	struct server *srv = &p->server;

	if (signal == SIGHUP) {
		reload(srv);
		return;
	}
	if (srv->is_stopping) {
		loop_stop(srv->loop);
		return;
	}
	log_info(&srv->log, "stopping: %zu sessions end", srv->open.count);
	srv->is_stopping = true;
	stop_listening(p);
	loop_timer_set(srv->loop, &p->stop, loop_now(srv->loop) + STOP_MS);
	shut_down_all(&srv->half_open);
	shut_down_all(&srv->open);
	if (!srv->open.count && !srv->half_open.count)
		loop_stop(srv->loop);
}

static void abandon_all(struct sessions *l)
{
	struct session *s, *next;

	for (s = l->first; s; s = next) {
		next = s->next;
		tunnel_abandon(&s->tunnel);
		loop_timer_stop(s->server->loop, &s->delay);
		free(s);
	}
}

static void close_all(struct host_process *p)
{
	struct server *srv = &p->server;

	stop_listening(p);
	abandon_all(&srv->half_open);
	abandon_all(&srv->open);
	if (srv->loop && srv->tun_watch.ready)
		loop_unwatch(srv->loop, &srv->tun_watch);
	merge_close(srv->merge);
	tun_close(srv->tun);
	netlink_close(srv->netlink);
	table_close(srv->table);
	pool_close(srv->pool);
	users_free(srv->users);
	tls_ctx_release(srv->tls);
	if (srv->loop)
		loop_timer_stop(srv->loop, &p->stop);
	pump_close(&srv->pump);
	loop_close(srv->loop);
	free(srv->packet);
}

static enum exit_code open_all(struct host_process *p)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct server *srv = &p->server;
	enum exit_code code = open_files(srv);
	int error;

	if (code)
		return code;
	error = open_loop(srv);
	if (!error)
		error = loop_signals(srv->loop, signals, sizeof(signals) / sizeof(*signals),
				     on_signal, p);
	if (error) {
		log_error(&srv->log, "%s", strerror(-error));
		return EXIT_OTHER;
	}
	srv->max_sessions = srv->cfg->max_sessions ? srv->cfg->max_sessions :
						     (unsigned)pool_size(srv->pool);
	raise_file_limit(srv);
	code = open_tun(srv);
	return code ? code : listen_all(p);
}

enum exit_code server_run(const struct server_cfg *cfg)
{
	struct host_process *p = calloc(1, sizeof(*p));
	enum exit_code code;

	if (!p)
		return EXIT_OTHER;
	p->server.cfg = cfg;
	p->server.port = (struct port){ session_deliver, flush_tun };
	p->stop.expired = on_stop_timer;
	p->accept_again.expired = accept_again;
	code = open_all(p);
	if (!code) {
		warn_of_forwarding(&p->server);
		log_info(&p->server.log, "ready: %s, clients get addresses of %s",
			 tun_name(p->server.tun), ip_prefix_print(&cfg->network).text);
		if (cfg->ready)
			cfg->ready(cfg->ready_arg);
		code = loop_run(p->server.loop) ? EXIT_OTHER : EXIT_OK;
	}
	close_all(p);
	free(p);
	return code;
}
