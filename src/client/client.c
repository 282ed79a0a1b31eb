/*
 * Keeping a tunnel up. Which failures are worth another try: before the tunnel was ever up none,
 * since the user is there to read why (or asked for --keep-trying); after that all but a refused
 * password, with a pause that doubles up to a minute and is never quite the same, so that a server
 * which comes back is not met by all its clients at once.
 */
#include "client/client.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/script.h"
#include "net/dial.h"
#include "net/loop.h"
#include "sstp/sstp.h"
#include "tun/merge.h"
#include "tunnel/tunnel.h"
#include "util/secret.h"

enum {
	RETRY_FIRST_MS = 1000,
	RETRY_MAX_MS = 60 * 1000,
	STEADY_MS = 60 * 1000,  /* up for this long: the next failure starts counting anew */
	LOOKUP_MS = 5 * 1000,   /* on a reconnect, before the addresses of last time are used */
};

struct client {
	const struct client_cfg *cfg;
	struct log log;
	struct loop *loop;
	struct pump pump;
	struct tls_ctx *tls;
	struct tun *tun;
	struct merge *merge;
	struct port port;
	struct loop_watch tun_watch;
	uint8_t *packet; /* TUN_PACKET_MAX bytes */
	struct host *host; /* NULL with --script */
	struct dial *dial;
	struct loop_timer retry;
	struct tunnel tunnel;
	struct host_link link;
	struct server_name name;
	struct sockaddr_storage peer;
	struct sockaddr_storage addrs[DIAL_ADDRS_MAX]; /* where the server was last time */
	size_t addr_count;
	uint64_t dialled_ms, up_ms;
	unsigned failures; /* in a row */
	unsigned offers;   /* bit n: this server offered the authentication method n */
	bool has_ipv4_end; /* the server gives this call no IPv4 */
	bool is_up;        /* now */
	bool was_up;       /* at any time */
	bool is_stopping;
	enum exit_code code;
};

struct server_name server_ref_name(const struct server_ref *ref)
{
	bool is_v6 = strchr(ref->host, ':');
	struct server_name n;

	if (ref->port == 443)
		snprintf(n.text, sizeof(n.text), is_v6 ? "[%s]" : "%s", ref->host);
	else
		snprintf(n.text, sizeof(n.text), is_v6 ? "[%s]:%u" : "%s:%u", ref->host,
			 ref->port);
	return n;
}

static void dial(struct client *c);

static void leave(struct client *c, enum exit_code code)
{
	c->code = code;
	loop_stop(c->loop);
}

/* ---- the host's network */

static void run_script(struct client *c, enum script_reason reason)
{
	struct script_env env = {
		.command = c->cfg->script,
		.device = tun_name(c->tun),
		.mtu = c->link.mtu,
		.gateway = ip_from_sockaddr(&c->peer),
		.link = reason == SCRIPT_PRE_INIT ? NULL : &c->link,
		.routes = c->cfg->routes,
		.route_count = c->cfg->default_route ? 0 : c->cfg->route_count,
		.log = &c->log,
	};

	if (c->cfg->script)
		script_run(reason, &env);
}

static void say_up(struct client *c)
{
	char dns[160] = "";

	for (size_t i = 0; i < c->link.dns_count; i++) {
		size_t n = strlen(dns);

		snprintf(dns + n, sizeof(dns) - n, "%s%s", i ? ", " : ", DNS ",
			 ip_print(&c->link.dns[i]).text);
	}
	log_info(&c->log, "connected in %llu ms: %s, address %s, server %s%s",
		 (unsigned long long)(loop_now(c->loop) - c->dialled_ms), tun_name(c->tun),
		 ip_print(c->link.own.family ? &c->link.own : &c->link.own_ll).text,
		 c->link.peer.family ? ip_print(&c->link.peer).text : "unnamed", dns);
}

/*
 * The tunnel carries packets, or carries one protocol more: the host may use it. IPv6 opens first
 * with some servers, and alone is not what the user waits for as long as IPv4 may come.
 */
static void bring_up(struct client *c)
{
	int error = 0;

	if (!c->tunnel.is_connected || (!c->link.own.family && !c->has_ipv4_end))
		return;
	c->link.mtu = tunnel_mtu(&c->tunnel);
	if (c->host)
		error = host_up(c->host, &c->link);
	else
		run_script(c, c->was_up ? SCRIPT_RECONNECT : SCRIPT_CONNECT);
	if (error) {
		c->code = EXIT_NETCONF;
		c->is_stopping = true;
		tunnel_shutdown(&c->tunnel);
		return;
	}
	if (!c->is_up)
		say_up(c);
	c->is_up = true;
	c->up_ms = loop_now(c->loop);
	loop_watch_events(c->loop, &c->tun_watch, EPOLLIN);
	if (!c->was_up && c->cfg->ready)
		c->cfg->ready(c->cfg->ready_arg);
	c->was_up = true;
}

static void note_ipv4(struct client *c, const struct ppp_ipv4 *v4)
{
	c->link.own = ip_from_v4(v4->own);
	c->link.peer = v4->peer ? ip_from_v4(v4->peer) : (struct ip_addr){ 0 };
	c->link.dns_count = 0;
	for (size_t i = 0; i < 2; i++)
		if (v4->dns[i])
			c->link.dns[c->link.dns_count++] = ip_from_v4(v4->dns[i]);
}

static void note_ipv6(struct client *c, const struct ppp_ipv6 *v6)
{
	c->link.own_ll = (struct ip_addr){ .family = AF_INET6, .bytes = { 0xfe, 0x80 } };
	memcpy(c->link.own_ll.bytes + 8, v6->own_iid, PPP_IID_LEN);
}

/* ---- the tunnel ends: again, or not */

static bool is_worth_another_try(const struct client *c, enum exit_code code)
{
	if (c->cfg->once || code == EXIT_AUTH)
		return false;
	if (c->was_up)
		return true;
	return c->cfg->keep_trying && code != EXIT_TRUST;
}

/* A second, two, four ... a minute; then somewhere between three quarters and all of it. */
static uint32_t pause_ms(unsigned failures)
{
	uint32_t most = failures < 6 ? (uint32_t)RETRY_FIRST_MS << failures : RETRY_MAX_MS, dice;

	secret_random(&dice, sizeof(dice));
	return most - dice % (most / 4);
}

static void failed(struct client *c, enum exit_code code, const char *text)
{
	uint32_t wait;

	if (c->is_stopping) {
		log_info(&c->log, "disconnected");
		leave(c, c->code);
		return;
	}
	if (!is_worth_another_try(c, code)) {
		log_error(&c->log, "%s", text);
		leave(c, c->was_up && code != EXIT_AUTH ? EXIT_LOST : code);
		return;
	}
	wait = pause_ms(c->failures++);
	log_warn(&c->log, "%s; next try in %u.%u s", text, wait / 1000, wait % 1000 / 100);
	loop_timer_set(c->loop, &c->retry, loop_now(c->loop) + wait);
}

/* What the server would have taken, if that was none of what we may use. */
static void print_offers(const struct client *c, char *to, size_t room)
{
	size_t n = 0;

	*to = '\0';
	for (size_t i = 0; i < c->cfg->auth_count; i++)
		if (c->offers & 1u << c->cfg->auth[i])
			return;
	for (unsigned m = PPP_AUTH_NONE + 1; m < PPP_AUTH_COUNT; m++)
		if (c->offers & 1u << m)
			n += (size_t)snprintf(to + n, room - n, "%s%s",
					      n ? ", " : ": the server offers ",
					      ppp_auth_name((enum ppp_auth)m));
	if (n)
		snprintf(to + n, room - n, " (--auth allows it)");
}

static void login_failed(struct client *c, const struct tunnel_end *end)
{
	char text[sizeof(end->text) + 128], offers[128];

	print_offers(c, offers, sizeof(offers));
	snprintf(text, sizeof(text), "%s%s", end->text, offers);
	failed(c, end->code, text);
}

static void tunnel_ended(struct client *c, const struct tunnel_end *end)
{
	loop_watch_events(c->loop, &c->tun_watch, 0);
	if (c->is_up) {
		if (loop_now(c->loop) - c->up_ms >= STEADY_MS)
			c->failures = 0;
		if (c->host)
			host_pause(c->host);
		if (!c->is_stopping)
			run_script(c, SCRIPT_ATTEMPT_RECONNECT);
	}
	c->is_up = false;
	if (end->by_us && !c->is_stopping)
		dial(c); /* SIGUSR2 */
	else if (end->code == EXIT_AUTH)
		login_failed(c, end);
	else
		failed(c, end->code, end->text);
}

static void on_retry(struct loop_timer *timer)
{
	dial(container_of(timer, struct client, retry));
}

/* ---- the tunnel begins */

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct client *c = arg;

	switch (ev->type) {
	case TUNNEL_TLS_UP:
		log_info(&c->log, "%s is at %s, %s %s, certificate %s", c->name.text,
			 ip_print_sockaddr(&c->peer).text, tls_version(c->tunnel.tls),
			 tls_cipher(c->tunnel.tls),
			 c->cfg->server.tls.pin_count ? "known by its pin" : "verified");
		break;
	case TUNNEL_IPV4_UP:
		note_ipv4(c, ev->ipv4);
		bring_up(c);
		break;
	case TUNNEL_IPV6_UP:
		note_ipv6(c, ev->ipv6);
		bring_up(c);
		break;
	case TUNNEL_IPV4_DOWN:
		if (c->tunnel.is_shutting_down || c->link.own.family)
			break; /* the end of what was there: the server's word follows */
		log_warn(&c->log, "the server gives no IPv4 address");
		c->has_ipv4_end = true;
		bring_up(c);
		break;
	case TUNNEL_IPV6_DOWN:
		if (!c->tunnel.is_shutting_down && !c->link.own_ll.family)
			log_debug(&c->log, "the server does not speak IPv6");
		break;
	case TUNNEL_CONNECTED:
		bring_up(c);
		break;
	case TUNNEL_OFFER:
		c->offers |= 1u << ev->offer;
		break;
	case TUNNEL_ENDED:
		tunnel_ended(c, ev->end);
		break;
	case TUNNEL_UNTRUSTED:
	case TUNNEL_SSTP_UP:
	case TUNNEL_CHECK_PASSWORD:
	case TUNNEL_AUTHENTICATED:
		break;
	}
}

static void open_tunnel(struct client *c, int fd)
{
	const struct server_ref *ref = &c->cfg->server;
	struct tunnel_cfg cfg = {
		.loop = c->loop,
		.pump = &c->pump,
		.port = &c->port,
		.fd = fd,
		.tls_ctx = c->tls,
		.name = ref->verify_name ? ref->verify_name : ref->host,
		.sni = ref->sni,
		.http_host = c->name.text,
		.hashes = ref->hashes,
		.mtu = c->cfg->mtu,
		.tls_timeout_ms = ref->timeout_ms,
		.log = &c->log,
		.event = on_event,
		.arg = c,
		.ppp = {
			.role = PPP_CLIENT,
			.auth_count = c->cfg->auth_count,
			.ipv4 = true,
			.ipv6 = c->cfg->ipv6,
			.mru = c->cfg->mtu > PPP_DEFAULT_MRU ? c->cfg->mtu : 0,
			.user = c->cfg->user,
			.password = c->cfg->password,
			.want_dns = c->cfg->dns != HOST_DNS_NONE || c->cfg->script,
		},
	};
	int error;

	memcpy(cfg.ppp.auth, c->cfg->auth, sizeof(cfg.ppp.auth));
	c->has_ipv4_end = false;
	c->offers = 0;
	c->link = (struct host_link){
		.mtu = c->cfg->mtu,
		.server = ip_from_sockaddr(&c->peer),
	};
	error = tunnel_open(&c->tunnel, &cfg);
	if (error)
		failed(c, EXIT_OTHER, strerror(-error));
}

static void dialled(void *arg, const struct dial_result *r)
{
	struct client *c = arg;

	c->dial = NULL;
	if (r->addr_count) {
		memcpy(c->addrs, r->addrs, sizeof(c->addrs));
		c->addr_count = r->addr_count;
	}
	if (r->status != DIAL_CONNECTED) {
		failed(c, r->status == DIAL_NO_ADDRESS ? EXIT_LOOKUP : EXIT_TCP, r->text);
		return;
	}
	c->peer = r->peer;
	open_tunnel(c, r->fd);
}

/* Without a way past the tunnel, the connection would be sent into the tunnel that is down. */
static int before_connect(void *arg, const struct sockaddr_storage *to)
{
	struct client *c = arg;
	struct ip_addr server = ip_from_sockaddr(to);

	return c->host ? host_route_to_server(c->host, &server) : 0;
}

static void dial(struct client *c)
{
	const struct server_ref *ref = &c->cfg->server;
	struct dial_cfg cfg = {
		.host = ref->host,
		.port = ref->port,
		.family = ref->family,
		.timeout_ms = ref->timeout_ms,
		.lookup_ms = LOOKUP_MS,
		.fallback = c->addrs,
		.fallback_count = c->addr_count,
		.before_connect = before_connect,
		.done = dialled,
		.arg = c,
	};
	int error;

	log_info(&c->log, "connecting to %s", c->name.text);
	c->dialled_ms = loop_now(c->loop);
	error = dial_start(c->loop, &cfg, &c->dial);
	if (error)
		failed(c, EXIT_OTHER, strerror(-error));
}

/* ---- packets */

static void from_tun(struct loop_watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, tun_watch);
	struct tun_offload off;
	size_t bytes = 0;

	(void)events;
	for (int i = 0; i < TUN_TURN_PACKETS && bytes < TUN_TURN_BYTES; i++) {
		ssize_t n = tun_read(c->tun, c->packet, TUN_PACKET_MAX, &off);

		if (n == -EAGAIN)
			return;
		if (n == -EPROTO)
			continue;
		if (n < 0) {
			log_error(&c->log, "%s: %s", tun_name(c->tun), strerror((int)-n));
			leave(c, EXIT_NETCONF);
			return;
		}
		bytes += (size_t)n;
		tunnel_send(&c->tunnel, c->packet, (size_t)n, &off);
	}
}

static void to_tun(struct port *port, struct tunnel *from, uint8_t *packet, size_t len)
{
	(void)from;
	merge_add(container_of(port, struct client, port)->merge, packet, len);
}

static void flush_tun(struct port *port)
{
	merge_flush(container_of(port, struct client, port)->merge);
}

/* ---- start and end */

static void on_signal(void *arg, int signal)
{
	struct client *c = arg;

	if (signal == SIGUSR2) { /* another network, says the user: don't wait for time-outs */
		if (c->tunnel.stage != TUNNEL_CLOSED) {
			log_info(&c->log, "reconnecting (SIGUSR2)");
			tunnel_shutdown(&c->tunnel);
		} else if (c->retry.slot) {
			loop_timer_set(c->loop, &c->retry, loop_now(c->loop));
		}
		return;
	}
	if (c->is_stopping || c->tunnel.stage == TUNNEL_CLOSED) {
		leave(c, EXIT_OK); /* nothing to say goodbye to, or asked twice */
		return;
	}
	log_info(&c->log, "disconnecting");
	c->is_stopping = true;
	tunnel_shutdown(&c->tunnel);
}

static enum exit_code open_tun(struct client *c)
{
	struct tun_cfg cfg = { .name = c->cfg->interface,
			       .offload = !c->cfg->no_offload };
	int error = tun_open(&cfg, &c->tun);

	if (!error)
		error = merge_open(c->tun, &c->merge);
	if (!error) {
		c->tun_watch =
			(struct loop_watch){ .fd = tun_fd(c->tun), .events = 0, .ready = from_tun };
		error = loop_watch(c->loop, &c->tun_watch);
	}
	if (!error)
		return EXIT_OK;
	log_error(&c->log, "cannot make the TUN device %s: %s%s", c->cfg->interface,
		  strerror(-error), tun_hint(error));
	return EXIT_NETCONF;
}

static enum exit_code open_host(struct client *c)
{
	struct host_cfg cfg = {
		.device = tun_name(c->tun),
		.ifindex = tun_ifindex(c->tun),
		.default_route = c->cfg->default_route,
		.routes = c->cfg->routes,
		.route_count = c->cfg->route_count,
		.table = c->cfg->table,
		.dns = c->cfg->dns,
		.log = &c->log,
	};

	if (c->cfg->script) {
		run_script(c, SCRIPT_PRE_INIT);
		return EXIT_OK;
	}
	host_recover(NULL, NULL, &c->log);
	return host_open(&cfg, &c->host) ? EXIT_NETCONF : EXIT_OK;
}

static enum exit_code open_all(struct client *c)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR2 };
	struct tls_error err;
	enum exit_code code;
	int error;

	error = tls_ctx_client(&c->cfg->server.tls, &c->tls, &err);
	if (error) {
		log_error(&c->log, "%s", err.text);
		return EXIT_USAGE;
	}
	error = loop_open(&c->loop);
	if (!error)
		error = loop_signals(c->loop, signals, sizeof(signals) / sizeof(*signals), on_signal,
				     c);
	if (!error)
		error = pump_open(&c->pump, c->loop);
	c->packet = error ? NULL : malloc(TUN_PACKET_MAX);
	if (!c->packet) {
		log_error(&c->log, "%s", strerror(error ? -error : ENOMEM));
		return EXIT_OTHER;
	}
	code = open_tun(c);
	return code ? code : open_host(c);
}

static void close_all(struct client *c)
{
	dial_cancel(c->dial);
	tunnel_abandon(&c->tunnel);
	if (c->was_up)
		run_script(c, SCRIPT_DISCONNECT);
	host_close(c->host);
	if (c->loop && c->tun_watch.ready)
		loop_unwatch(c->loop, &c->tun_watch);
	merge_close(c->merge);
	tun_close(c->tun);
	free(c->packet);
	if (c->loop)
		loop_timer_stop(c->loop, &c->retry);
	pump_close(&c->pump);
	loop_close(c->loop);
	tls_ctx_release(c->tls);
}

enum exit_code client_run(const struct client_cfg *cfg)
{
	struct client *c = calloc(1, sizeof(*c));
	enum exit_code code;

	if (!c)
		return EXIT_OTHER;
	c->cfg = cfg;
	c->port = (struct port){ to_tun, flush_tun };
	c->retry.expired = on_retry;
	c->name = server_ref_name(&cfg->server);
	code = open_all(c);
	if (!code) {
		dial(c);
		code = loop_run(c->loop) ? EXIT_OTHER : c->code;
	}
	close_all(c);
	free(c);
	return code;
}
