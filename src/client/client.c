/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps a tunnel up. retry.h decides which failures are retried, and when. */
#include "client/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/autoconf.h"
#include "client/client_control.h"
#include "client/client_metrics.h"
#include "client/dhcp6_setup.h"
#include "client/end_signals.h"
#include "client/client_eap.h"
#include "client/client_helper.h"
#include "client/client_sandbox.h"
#include "client/obstacle.h"
#include "client/path_mtu.h"
#include "client/portal.h"
#include "client/retry.h"
#include "client/roam.h"
#include "client/server_info.h"
#include "client/server_list.h"
#include "proc/command.h"
#include "net/congestion.h"
#include "eap/packet.h"
#include "net/health.h"
#include "net/loop.h"
#include "net/reach.h"
#include "sstp/http.h"
#include "sstp/sstp.h"
#include "tls/cert_name.h"
#include "tls/key_agent.h"
#include "tls/open.h"
#include "tls/tickets.h"
#include "tunnel/tunnel.h"
#include "util/clock.h"
#include "util/pid1.h"
#include "util/syscall_advice.h"
#include "util/secret.h"

enum {
	ACKS_STALLED_LOOK_MS = 1000, /* interval of checks while the server does not acknowledge */
	ACKS_UNHEALTHY_MS = 10 * 1000,
	LOOKUP_MS = 5 * 1000,       /* on a reconnect, before the last addresses are used */
	PROXY_HELLO_MS = 25 * 1000, /* some proxies end connections that are idle for a minute */
	/* while there is no way to a server, whatever the kernel reports */
	WAY_LOOK_MS = 60 * 1000,
};

/* 198.51.100.1, a documentation address (RFC 5737). Nothing is sent there. */
#define PUBLIC_ADDRESS 0xc6336401u

struct client {
	const struct client_cfg *cfg;
	struct log log;
	struct log_limit log_limit; /* for log lines that the server causes */
	struct loop *loop;
	struct end_signals end_signals;
	struct health health;
	struct pump pump;
	struct tls_ctx *tls;
	struct tls_tickets *tickets;
	struct tls_ctx *eap_tls, *peap_tls;   /* NULL: EAP-TLS, PEAP is not used */
	struct backend_client backend_client; /* the backend's interface to us */
	struct reach *dial;
	struct reach_cover *cover;     /* of the tunnel's connection, the last one; NULL: none */
	struct loop_timer again;       /* until the next attempt */
	struct loop_timer acks;        /* while it is up */
	struct loop_timer setup_limit; /* until it is up */
	struct roam roam;
	struct path path;
	struct loop_timer path_look; /* during the TLS handshake */
	unsigned path_step;          /* step of path_mtu, if large packets are lost */
	struct tunnel tunnel;
	const char *password;   /* cfg->password, or cfg->new_password once it is set */
	struct client_eap *eap; /* during the login; NULL: EAP is not used */
	struct link_addrs link;
	size_t ipcp_dns_count; /* this many at the start of link.dns are from IPCP */
	struct autoconf autoconf;
	struct server_info server_info;
	size_t routes6; /* from the server's side, as logged */
	struct dhcp6_setup dhcp6;
	uint8_t correlation[SSTP_GUID_LEN]; /* lets our own server recognize a reconnect */
	/* of the last call: requested again, so that addresses stay the same */
	uint8_t iid[PPP_IID_LEN];
	struct server_list servers;
	const struct server_ref *ref; /* the current one of them */
	bool sees_network;            /* the kernel reports changes of the network */
	bool has_no_way;              /* to any of them: waiting until there is one */
	bool is_next_due;             /* the round goes on: dial another server, without a pause */
	struct server_name name, http_host;
	struct sockaddr_storage peer;
	/* The addresses at the last attempt: of the server; with a proxy, of the proxy and of the server. */
	struct reach_addrs addrs, addrs_after_proxy;
	struct {
		struct reach_addrs addrs, addrs_after_proxy;
	} known[SERVER_LIST_MAX]; /* the same of each server */
	bool was_looked_up;       /* the server's, by name servers or the hosts file */
	struct cert_info refused; /* the certificate that was not trusted */
	bool is_refused_for_host;
	struct obstacle_text hint;        /* the last one that was logged */
	struct obstacle_text portal_hint; /* the last one of a portal */
	struct portal *portal; /* NULL: none is looked for; else the attempt ends after it: */
	struct retry_end portal_end;
	char portal_text[768]; /* why it failed */
	uint64_t dialed_ms, up_ms;
	struct retry retry;
	unsigned offers;      /* bit n: this server offered authentication method n */
	bool is_resuming;     /* this call's TLS session continues a former one, or offers to */
	bool is_eap_first;    /* the server has none of the other methods */
	uint32_t former_ipv4; /* our address in the last call, to request again; 0: none */
	bool has_ipv4_end;    /* the server gives no IPv4 in this call */
	bool is_late;         /* the time limit of connecting is over: use what is up */
	bool backend_is_up;   /* a script may still be setting the network up */
	bool is_up;           /* now */
	bool was_ready;       /* once at least: cfg->ready was called */
	bool is_stalled;      /* health was notified of it */
	bool is_dial_due;     /* dial when the backend has restored the host */
	bool is_stopping;
	struct client_control control;
	struct sandbox_report sandbox;
	uint64_t started_ms;
	struct client_counters counters;
	bool has_tls;              /* the handshake of this tunnel is done */
	char last_error[256];      /* why the last tunnel or attempt ended */
	enum tunnel_reason reason; /* why the client ends */
	/* exit status of the backend's command, if that ended the client */
	int status;
};

static struct server_name name_and_port(const char *name, uint16_t port)
{
	bool is_v6 = strchr(name, ':');
	struct server_name n;

	if (port == 443)
		snprintf(n.text, sizeof(n.text), is_v6 ? "[%s]" : "%s", name);
	else
		snprintf(n.text, sizeof(n.text), is_v6 ? "[%s]:%u" : "%s:%u", name, port);
	return n;
}

struct server_name server_ref_name(const struct server_ref *ref)
{
	return name_and_port(ref->host, ref->port);
}

struct server_name server_ref_http_host(const struct server_ref *ref)
{
	const char *name = ref->verify_name ? ref->verify_name : ref->host;
	struct server_name given;

	if (ref->http_host) {
		snprintf(given.text, sizeof(given.text), "%s", ref->http_host);
		return given;
	}
	return name_and_port(ref->sni && *ref->sni ? ref->sni : name, ref->port);
}

static void dial(struct client *c);

static void leave(struct client *c, enum tunnel_reason reason)
{
	c->reason = reason;
	loop_stop(c->loop);
}

/* Disconnects properly if there is a tunnel; stops at once if called twice. */
static void stop(struct client *c, enum tunnel_reason reason)
{
	health_stopping(&c->health, c->cfg->backend->name);
	if (c->is_stopping || c->tunnel.stage == TUNNEL_CLOSED) {
		leave(c, c->is_stopping ? c->reason : reason);
		return;
	}
	log_info(&c->log, "disconnecting");
	c->reason = reason;
	c->is_stopping = true;
	dhcp6_setup_release(&c->dhcp6);
	tunnel_shutdown(&c->tunnel);
}

/* ---- the backend */

static const struct ip_addr *own_address(const struct link_addrs *link)
{
	if (link->own.family)
		return &link->own;
	return link->ip6.addr_count ? &link->ip6.addrs[0].addr : &link->own_ll;
}

static void log_connected(struct client *c)
{
	char dns[160] = "", text[160];

	for (size_t i = 0; i < c->link.dns_count; i++) {
		size_t n = strlen(dns);

		snprintf(dns + n, sizeof(dns) - n, "%s%s", i ? ", " : "",
			 ip_print(&c->link.dns[i]).text);
	}
	snprintf(text, sizeof(text),
		 "connected in {duration_ms} ms: {interface}, address {address}, server %s%s",
		 c->link.peer.family ? "{gateway}" : "unnamed", *dns ? ", DNS {dns}" : "");
	log_event(&c->log, LOG_LEVEL_INFO, "connected", text, LOG_TEXT("server", c->name.text),
		  LOG_BYTES("user", c->cfg->user, strlen(c->cfg->user)),
		  LOG_TEXT("peer", ip_print_sockaddr(&c->peer).text),
		  LOG_TEXT("interface", c->cfg->backend->name),
		  LOG_TEXT("address", ip_print(own_address(&c->link)).text),
		  LOG_TEXT("gateway", c->link.peer.family ? ip_print(&c->link.peer).text : NULL),
		  LOG_LIST("dns", dns),
		  LOG_NUMBER("duration_ms", loop_now(c->loop) - c->dialed_ms));
}

static void add_dns(struct link_addrs *link, const struct ip_addr *server)
{
	for (size_t i = 0; i < link->dns_count; i++)
		if (ip_equal(&link->dns[i], server))
			return;
	if (link->dns_count < LINK_DNS_MAX)
		link->dns[link->dns_count++] = *server;
}

static void note_server_info(struct client *c)
{
	const struct dhcp_info *i = server_info_reply(&c->server_info);

	if (!c->cfg->asks_server)
		return;
	server_info_get(&c->server_info, &c->link);
	for (size_t k = 0; i && c->cfg->backend->wants_dns && k < i->dns_count; k++)
		add_dns(&c->link, &i->dns[k]);
}

static void add_domain6(struct slaac_config *ip6, const char *domain)
{
	for (size_t i = 0; i < ip6->domain_count; i++)
		if (!strcasecmp(ip6->domains[i], domain))
			return;
	if (ip6->domain_count < IP6_DOMAINS_MAX)
		snprintf(ip6->domains[ip6->domain_count++], IP6_DOMAIN_SIZE, "%s", domain);
}

static void note_dhcp6(struct client *c)
{
	struct dhcp6_config d;

	dhcp6_setup_get(&c->dhcp6, &d);
	for (size_t i = 0; i < d.domain_count; i++)
		add_domain6(&c->link.ip6, d.domains[i]);
	c->link.delegated = d.prefix;
	for (size_t i = 0; c->cfg->backend->wants_dns && i < d.server_count; i++)
		add_dns(&c->link, &d.servers[i]);
}

static void log_routes6(struct client *c, size_t count)
{
	if (count != c->routes6)
		log_info(&c->log, "the server's side gives %zu IPv6 routes", count);
	c->routes6 = count;
}

/* Adds the current IPv6 configuration to the link, unless there is no IPv6. */
static void note_config6(struct client *c)
{
	struct slaac_config *ip6 = &c->link.ip6;
	uint32_t mtu = tunnel_mtu(&c->tunnel);

	if (c->autoconf.is_on)
		autoconf_get(&c->autoconf, ip6);
	if (!c->cfg->asks_server)
		ip6->route_count = 0;
	log_routes6(c, ip6->route_count);
	c->link.mtu = ip6->mtu && ip6->mtu < mtu ? ip6->mtu : mtu;
	c->link.dns_count = c->ipcp_dns_count;
	for (size_t i = 0; c->cfg->backend->wants_dns && i < ip6->server_count; i++)
		add_dns(&c->link, &ip6->servers[i]);
	note_dhcp6(c);
	note_server_info(c);
}

/* Everything is set up: notifies those who wait for the tunnel. */
static void note_up(struct client *c)
{
	if (c->is_up)
		return; /* only more addresses than before */
	c->up_ms = loop_now(c->loop);
	c->is_stalled = false;
	loop_timer_set(c->loop, &c->acks, c->up_ms + TUNNEL_ACKS_LOOK_MS);
	log_connected(c);
	health_up(&c->health, c->cfg->backend->name);
	c->is_up = true;
	c->counters.ups++;
	histogram_add(&c->counters.connect_time, histogram_logins,
		      (c->up_ms - c->dialed_ms) * 1000);
	if (!c->was_ready && c->cfg->ready)
		c->cfg->ready(c->cfg->ready_arg);
	c->was_ready = true;
}

/*
 * The tunnel carries packets, or one protocol more: lets the host use it. Some servers open IPv6
 * first; IPv6 alone is not what the user waits for as long as IPv4 may follow.
 */
static void bring_up(struct client *c)
{
	struct backend *b = c->cfg->backend;
	int error;

	if (!c->tunnel.is_connected || (!c->link.own.family && !c->has_ipv4_end))
		return;
	note_config6(c);
	if (!c->link.own.family && !c->link.ip6.is_settled && !c->is_late)
		return; /* a command that is started now would have no address */
	error = b->ops->up(b, &c->link);
	if (error < 0) {
		stop(c, REASON_NETWORK);
		return;
	}
	c->backend_is_up = true;
	if (!c->retry.is_up)
		server_list_up(&c->servers, loop_now(c->loop),
			       (uint32_t)(loop_now(c->loop) - c->dialed_ms));
	retry_up(&c->retry, loop_now(c->loop));
	if (error != BACKEND_LATER)
		note_up(c);
}

/* A server may give one protocol in time, and negotiate the other for longer. */
static void on_setup_limit(struct loop_timer *timer)
{
	struct client *c = container_of(timer, struct client, setup_limit);

	if (!c->tunnel.is_connected || c->backend_is_up || c->is_stopping)
		return;
	c->is_late = true;
	if (!c->link.own.family && !c->has_ipv4_end)
		log_warn(&c->log, "no IPv4 address within %u seconds",
			 (unsigned)(c->ref->timeout_ms / 1000));
	c->has_ipv4_end = true;
	bring_up(c);
}

static void note_ipv4(struct client *c, const struct ppp_ipv4 *v4)
{
	c->link.own = ip_from_v4(v4->own);
	c->former_ipv4 = v4->own;
	c->link.peer = v4->peer ? ip_from_v4(v4->peer) : (struct ip_addr){ 0 };
	c->link.dns_count = 0;
	for (size_t i = 0; i < 2; i++)
		if (v4->dns[i]) {
			struct ip_addr server = ip_from_v4(v4->dns[i]);

			add_dns(&c->link, &server);
		}
	c->ipcp_dns_count = c->link.dns_count;
}

static void on_dhcp6(struct dhcp6_setup *d)
{
	bring_up(container_of(d, struct client, dhcp6));
}

/* Its sink comes before the backend's, and after that of server_info, which ends sooner. */
static void start_dhcp6(struct client *c)
{
	struct dhcp6_setup *d = &c->dhcp6;

	if (d->is_on)
		return;
	d->loop = c->loop;
	d->tunnel = &c->tunnel;
	d->backend = &c->cfg->backend->sink;
	d->log = &c->log;
	d->wants_prefix = c->cfg->wants_prefix;
	d->prefix_len = c->cfg->delegated_len;
	d->changed = on_dhcp6;
	if (c->server_info.is_on)
		c->server_info.backend = &d->sink;
	else
		tunnel_set_sink(&c->tunnel, &d->sink);
	dhcp6_setup_start(d, c->iid);
}

static void on_config6(struct autoconf *a)
{
	struct client *c = container_of(a, struct client, autoconf);
	struct slaac_config config;

	autoconf_get(a, &config);
	if (config.has_dhcp)
		start_dhcp6(c);
	bring_up(c);
}

/* Starts once IPV6CP is open and packets may pass. */
static void start_autoconf(struct client *c)
{
	if (!c->tunnel.is_connected || !c->link.own_ll.family || c->autoconf.is_on)
		return;
	c->autoconf.loop = c->loop;
	c->autoconf.tunnel = &c->tunnel;
	c->autoconf.log = &c->log;
	c->autoconf.changed = on_config6;
	autoconf_start(&c->autoconf, c->iid);
	if (c->cfg->wants_prefix)
		start_dhcp6(c);
}

static void on_server_info(struct server_info *s)
{
	bring_up(container_of(s, struct client, server_info));
}

/* Starts once IPCP is open and packets may pass; nothing waits for the reply. */
static void ask_server(struct client *c)
{
	struct server_info *s = &c->server_info;

	if (!c->cfg->asks_server || !c->tunnel.is_connected || c->link.own.family != AF_INET)
		return;
	s->loop = c->loop;
	s->tunnel = &c->tunnel;
	s->backend = c->dhcp6.is_on ? &c->dhcp6.sink : &c->cfg->backend->sink;
	s->log = &c->log;
	s->changed = on_server_info;
	server_info_start(s, &c->link.own);
}

static void no_ipv6(struct client *c)
{
	autoconf_stop(&c->autoconf);
	dhcp6_setup_stop(&c->dhcp6);
	c->link.own_ll = (struct ip_addr){ 0 };
	c->link.ip6 = (struct slaac_config){ .is_settled = true };
}

static bool has_configured_iid(const struct client *c)
{
	static const uint8_t zero[PPP_IID_LEN];

	return memcmp(c->cfg->own_iid, zero, PPP_IID_LEN) != 0;
}

static void warn_of_other_iid(const struct client *c)
{
	struct ip_addr wanted = ip_link_local(c->cfg->own_iid), own = ip_link_local(c->iid);

	if (has_configured_iid(c) && !ip_equal(&wanted, &own))
		log_warn(
			&c->log,
			"the server does not accept the interface identifier of --ipv6-id: another "
			"host has %s; this one gets %s",
			ip_print(&wanted).text, ip_print(&own).text);
}

static void note_ipv6(struct client *c, const struct ppp_ipv6 *v6)
{
	autoconf_stop(&c->autoconf);
	memcpy(c->iid, v6->own_iid, PPP_IID_LEN);
	warn_of_other_iid(c);
	c->link.own_ll = ip_link_local(c->iid);
	c->link.ip6 = (struct slaac_config){ .is_settled = false };
	start_autoconf(c);
}

/* ---- which network the host is in */

static bool is_own_address(const struct client *c, const struct ip_addr *a)
{
	for (size_t i = 0; i < c->link.ip6.addr_count; i++)
		if (ip_equal(a, &c->link.ip6.addrs[i].addr))
			return true;
	return ip_equal(a, &c->link.own);
}

static int before_connect(void *arg, const struct sockaddr_storage *to);

static bool has_route(const struct client *c, const struct sockaddr_storage *to,
		      struct ip_addr *source)
{
	return !source_for(to, c->cfg->mark, source) && !is_own_address(c, source);
}

/*
 * While the tunnel is down its routes stay, and may cover the server: then the backend finds the
 * route outside the tunnel and adds a host route.
 */
static bool find_source(struct client *c, const struct sockaddr_storage *to, struct ip_addr *source)
{
	if (has_route(c, to, source))
		return true;
	return c->tunnel.stage == TUNNEL_CLOSED && !c->dial && !before_connect(c, to) &&
	       has_route(c, to, source);
}

/*
 * The source address with which the host would reach the server without the tunnel; AF_UNSPEC: it
 * cannot. While none of the server's addresses is known, an arbitrary public address is used.
 */
static struct ip_addr source_outside(struct client *c)
{
	struct sockaddr_storage any = { 0 };
	struct ip_addr source = { 0 };

	if (!c->addrs.count) {
		struct sockaddr_in *in = (void *)&any;

		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(PUBLIC_ADDRESS);
		return has_route(c, &any, &source) ? source : (struct ip_addr){ 0 };
	}
	if (c->peer.ss_family && find_source(c, &c->peer, &source))
		return source;
	for (size_t i = 0; i < c->addrs.count; i++)
		if (find_source(c, &c->addrs.at[i], &source))
			return source;
	return (struct ip_addr){ 0 };
}

/* The socket of the connection to the server or to the proxy. */
static int line_of(const struct client *c)
{
	return c->cover ? c->cover->fd : c->tunnel.wire.fd;
}

/* The tunnel has closed its connection. */
static void close_cover(struct client *c)
{
	if (c->cover)
		c->cover->close(c->cover);
	c->cover = NULL;
}

static void reconnect(struct client *c, const char *why)
{
	c->path_step = 0;
	log_info(&c->log, "reconnecting (%s)", why);
	tunnel_leave(&c->tunnel, why);
}

static void try_now(struct client *c)
{
	if (c->dial) {
		reach_cancel(c->dial);
		c->is_next_due = true; /* the same server again */
	}
	c->dial = NULL;
	loop_timer_set(c->loop, &c->again, loop_now(c->loop));
}

static void on_roam(struct roam *r)
{
	struct client *c = container_of(r, struct client, roam);
	bool has_tunnel = c->tunnel.stage != TUNNEL_CLOSED;
	struct roam_facts f = {
		.is_trying = c->dial || c->again.slot,
		.now = source_outside(c),
	};

	if (c->is_stopping || c->is_dial_due)
		return;
	if (has_tunnel) {
		f.local = source_of(line_of(c));
		f.is_here = source_is_here(line_of(c));
	}
	switch (roam_look(r, &f)) {
	case ROAM_STAY:
	case ROAM_LOOK_AGAIN:
		break;
	case ROAM_RECONNECT:
		reconnect(c, "this host is in another network");
		break;
	case ROAM_TRY_NOW:
		try_now(c);
		break;
	}
}

/* ---- the tunnel ends: connect again, or not */

static void log_end(const struct client *c, enum log_level level, const char *event,
		    const char *text, const char *reason, const char *wait)
{
	const struct tunnel_stats *st = &c->tunnel.stats;
	uint64_t up_ms = c->up_ms ? loop_now(c->loop) - c->up_ms : 0;
	struct tunnel_line line = tunnel_look(&c->tunnel);

	log_event(&c->log, level, event, text, LOG_TEXT("server", c->name.text),
		  LOG_TEXT("interface", c->cfg->backend->name), LOG_TEXT("reason", reason),
		  LOG_TEXT("wait", wait), LOG_NUMBER("duration", up_ms / 1000),
		  LOG_NUMBER("rx_bytes", st->rx_bytes), LOG_NUMBER("tx_bytes", st->tx_bytes),
		  LOG_NUMBER("rx_dropped", st->rx_dropped),
		  LOG_NUMBER("tx_dropped", st->tx_dropped), LOG_NUMBER("tx_marked", st->tx_marked),
		  LOG_NUMBER("retransmitted", line.repeated), LOG_NUMBER("rtt_ms", line.rtt_ms));
}

/* Helps to find out why a tunnel was slow. */
static void log_traffic(const struct client *c)
{
	const struct tunnel_stats *st = &c->tunnel.stats;

	log_info(&c->log, "after %llu s: %llu bytes in, %llu out, %s",
		 (unsigned long long)(loop_now(c->loop) - c->up_ms) / 1000,
		 (unsigned long long)st->rx_bytes, (unsigned long long)st->tx_bytes,
		 tunnel_line_print(&c->tunnel).text);
}

static void try_later(struct client *c, const struct retry_plan *plan, const char *text)
{
	char wait[16];

	c->roam.source = source_outside(c);
	snprintf(wait, sizeof(wait), "%u.%u", plan->wait_ms / 1000, plan->wait_ms % 1000 / 100);
	log_end(c, LOG_LEVEL_WARN, "retry", "{reason}; next try in {wait} s", text, wait);
	health_down(&c->health, c->cfg->backend->name, tunnel_reason_text(plan->reason));
	loop_timer_set(c->loop, &c->again, loop_now(c->loop) + plan->wait_ms);
}

/*
 * Whether another server may do what this one did not. A refused login would be refused there too, and may
 * be counted; what fails on this host has nothing to do with the server.
 */
static bool is_of_this_server(enum tunnel_reason reason)
{
	switch (reason) {
	case REASON_NONE:
	case REASON_AUTH:
	case REASON_SETTINGS:
	case REASON_NETWORK:
	case REASON_HOOK:
	case REASON_SYSTEM:
		return false;
	default:
		return true;
	}
}

/* An attempt has failed: goes on with the next server of the round, if there is one. */
static bool try_next_server(struct client *c, const struct retry_end *end, const char *text)
{
	if (c->retry.is_up || end->by_us || (c->retry.once && c->retry.was_up))
		return false;
	server_list_failed(&c->servers);
	if (!is_of_this_server(end->reason) || !server_list_next(&c->servers))
		return false;
	log_end(c, LOG_LEVEL_WARN, "retry", "{reason}; trying the next server", text, NULL);
	c->is_next_due = true;
	loop_timer_set(c->loop, &c->again, loop_now(c->loop));
	return true;
}

/* A tunnel or an attempt has ended, for the reason in `text`. */
static void ended(struct client *c, const struct retry_end *end, const char *text)
{
	struct retry_plan plan;
	uint32_t jitter;

	snprintf(c->last_error, sizeof(c->last_error), "%s", text);
	if (c->is_stopping) {
		log_end(c, LOG_LEVEL_INFO, "disconnected", "disconnected", text, NULL);
		leave(c, c->reason);
		return;
	}
	if (try_next_server(c, end, text))
		return;
	secret_random(&jitter, sizeof(jitter));
	plan = retry_ended(&c->retry, end, loop_now(c->loop), jitter);
	switch (plan.when) {
	case RETRY_NEVER:
		log_end(c, LOG_LEVEL_ERROR, "failed", "{reason}", text, NULL);
		leave(c, plan.reason);
		break;
	case RETRY_NOW:
		c->is_dial_due = true;
		break;
	case RETRY_LATER:
		try_later(c, &plan, text);
		break;
	}
}

/* Logs it unless the last one had the same meaning. */
static bool log_new_hint(struct client *c, struct obstacle_text *last, struct obstacle_text hint)
{
	bool is_new = strcmp(hint.text, last->text) != 0;

	if (*hint.text && is_new)
		log_event(&c->log, LOG_LEVEL_WARN, "hint", "hint: {hint}",
			  LOG_TEXT("hint", hint.text));
	*last = hint;
	return is_new;
}

static void on_portal(void *arg, const struct portal_result *r)
{
	struct client *c = arg;

	c->portal = NULL;
	if (r->is_portal)
		log_new_hint(c, &c->portal_hint, portal_hint(r, c->ref->host));
	ended(c, &c->portal_end, c->portal_text);
	if (c->is_dial_due)
		dial(c);
}

static int before_connect(void *arg, const struct sockaddr_storage *to);

/* True: `ended` is called later. */
static bool look_for_portal(struct client *c, const struct obstacle_facts *f,
			    const struct retry_end *end, const char *text)
{
	struct portal_cfg cfg = {
		.host = c->ref->host,
		.addrs = &c->addrs,
		.mark = c->cfg->mark,
		.before_connect = before_connect,
		.done = on_portal,
		.arg = c,
	};

	if (c->ref->proxy || c->ref->no_portal_check || c->cfg->is_locked || !c->addrs.count ||
	    !obstacle_may_be_portal(f) || portal_start(c->loop, &cfg, &c->portal))
		return false;
	c->portal_end = *end;
	snprintf(c->portal_text, sizeof(c->portal_text), "%s", text);
	return true;
}

/* Logs what such a failure usually means. True: `ended` is called later, after one more check. */
static bool log_hint(struct client *c, struct obstacle_facts f, const struct retry_end *end,
		     const char *text)
{
	const struct reach_addrs *server = c->ref->proxy ? &c->addrs_after_proxy : &c->addrs;
	bool is_new;

	if (c->is_stopping || c->retry.is_up)
		return false;
	f.host = c->ref->host;
	f.verify_name = c->ref->verify_name;
	f.addrs = server->at;
	f.addr_count = c->was_looked_up ? server->count : 0;
	f.cert = &c->refused;
	f.is_cert_for_host = c->is_refused_for_host;
	is_new = log_new_hint(c, &c->hint, obstacle_hint(&f));
	return is_new && look_for_portal(c, &f, end, text);
}

static void note_untrusted(struct client *c, struct bytes leaf)
{
	const struct server_ref *ref = c->ref;

	if (cert_read(leaf, &c->refused))
		c->is_refused_for_host =
			cert_is_for(leaf, ref->verify_name ? ref->verify_name : ref->host);
}

static void failed(struct client *c, enum tunnel_reason reason, const char *text)
{
	c->counters.failed[reason]++;
	ended(c, &(struct retry_end){ .reason = reason }, text);
}

static bool is_supported(enum ppp_auth method)
{
	return method == PPP_AUTH_EAP || ppp_auth_is_supported(method);
}

/* Prints the methods that the server offers and sstp supports, or does not support. */
static size_t print_methods(const struct client *c, bool supported, const char *before, char *to,
			    size_t room)
{
	size_t n = 0;

	for (unsigned m = PPP_AUTH_NONE + 1; m < PPP_AUTH_COUNT; m++)
		if (c->offers & 1u << m && is_supported((enum ppp_auth)m) == supported)
			n += (size_t)snprintf(to + n, room - n, "%s%s", n ? ", " : before,
					      ppp_auth_name((enum ppp_auth)m));
	return n;
}

/* Prints the server's offers if it offers no method that we may use. */
static void print_offers(const struct client *c, char *to, size_t room)
{
	size_t supported, lacking;

	*to = '\0';
	for (size_t i = 0; i < c->cfg->auth_count; i++)
		if (c->offers & 1u << c->cfg->auth[i])
			return;
	supported = print_methods(c, true, ": the server offers ", to, room);
	if (supported)
		supported += (size_t)snprintf(to + supported, room - supported,
					      c->offers == 1u << PPP_AUTH_EAP
						      ? " (--auth eap-mschapv2 or another EAP "
							"method allows it)"
						      : " (--auth allows it)");
	to += supported;
	room -= supported;
	lacking = print_methods(c, false, supported ? ", and " : ": the server offers ", to, room);
	if (lacking)
		snprintf(to + lacking, room - lacking, ", which sstp does not support");
}

static void end_eap(struct client *c)
{
	client_eap_close(c->eap);
	c->eap = NULL;
}

/* The login may have set the new password. */
static void note_password(struct client *c)
{
	if (c->password == c->cfg->new_password ||
	    (!ppp_has_changed_password(&c->tunnel.ppp) && !client_eap_has_changed_password(c->eap)))
		return;
	c->password = c->cfg->new_password;
	log_info(&c->log, "the server has set the new password: use it from now on");
}

static void note_refusal(const struct client *c, const struct tunnel_end *end)
{
	if (c->cfg->refusal && end->reason == REASON_AUTH)
		*c->cfg->refusal = (struct client_refusal){ end->error, end->may_retry };
}

/*
 * A server whose EAP we refused in favor of another method, and that has no other: the next attempt
 * accepts it. False: that was not the reason.
 */
static bool is_eap_missed(struct client *c, const struct tunnel_end *end)
{
	bool is_missed = end->reason == REASON_AUTH && !end->by_us && c->eap && !c->is_eap_first &&
			 c->cfg->auth[0] != PPP_AUTH_EAP && !c->is_stopping &&
			 c->offers == 1u << PPP_AUTH_EAP && !client_eap_has_begun(c->eap);

	c->is_eap_first |= is_missed;
	return is_missed;
}

/*
 * A server that a ticket may have confused: the call is made once more, with a full handshake. One example
 * are servers that share the keys of their tickets and have different certificates: they end the call, which
 * may be up by then, since the crypto binding is for the certificate of the former session.
 */
static bool is_resumption_doubted(struct client *c, const struct tunnel_end *end)
{
	bool is_early =
		retry_is_early(&c->retry, c->dialed_ms + c->ref->timeout_ms, loop_now(c->loop));

	if (!c->is_resuming || end->by_us || c->is_stopping || !is_early)
		return false;
	tls_tickets_clear(c->tickets);
	return end->reason != REASON_AUTH && end->reason != REASON_TRUST;
}

/* A tunnel that was up is missed, and the user asks why it ended. */
static void log_doubt(struct client *c, bool was_up, const char *text)
{
	if (!was_up) {
		log_debug(&c->log, "%s; once more, with a full TLS handshake", text);
		return;
	}
	snprintf(c->last_error, sizeof(c->last_error), "%.250s", text);
	log_end(c, LOG_LEVEL_WARN, "retry", "{reason}; once more, with a full TLS handshake", text,
		NULL);
}

static void tunnel_ended(struct client *c, const struct tunnel_end *end)
{
	struct retry_end retry_end = { end->by_us, end->reason, end->is_verdict,
				       end->sign == SIGN_CERT_EARLY };
	char text[sizeof(end->text) + 192], offers[192] = "";
	struct backend *b = c->cfg->backend;
	bool is_later = false, is_missed = is_eap_missed(c, end);
	bool is_doubted = is_resumption_doubted(c, end), was_up = c->is_up;

	client_counters_ended(&c->counters, &c->tunnel, was_up, c->has_tls, end);
	autoconf_stop(&c->autoconf);
	dhcp6_setup_stop(&c->dhcp6);
	server_info_stop(&c->server_info);
	loop_timer_stop(c->loop, &c->acks);
	loop_timer_stop(c->loop, &c->setup_limit);
	if (c->is_up)
		log_traffic(c);
	if (c->backend_is_up)
		is_later = b->ops->down(b, !c->is_stopping) == BACKEND_LATER;
	c->is_up = c->backend_is_up = false;
	if (end->reason == REASON_AUTH)
		print_offers(c, offers, sizeof(offers));
	note_refusal(c, end);
	if (end->reason != REASON_AUTH || !client_eap_explain(c->eap, text, sizeof(text)))
		snprintf(text, sizeof(text), "%s%s", end->text, offers);
	end_eap(c);
	if (is_doubted)
		log_doubt(c, was_up, text);
	if (is_missed || is_doubted) {
		/* The same server again; after a tunnel that was up it is also the first one of a new round. */
		c->is_next_due = !c->retry.is_up;
		retry_down(&c->retry, loop_now(c->loop));
		c->is_dial_due = true;
	} else if (end->reason == REASON_AUTH ||
		   !log_hint(c, (struct obstacle_facts){ .reason = end->reason, .sign = end->sign },
			     &retry_end, text)) {
		ended(c, &retry_end, text);
	}
	if (c->is_dial_due && !is_later)
		dial(c);
}

static void on_acks(struct loop_timer *timer)
{
	struct client *c = container_of(timer, struct client, acks);
	uint32_t silent_ms;
	char text[80];

	if (!c->is_up || c->is_stopping)
		return;
	silent_ms = tunnel_check_acks(&c->tunnel);
	if (c->tunnel.stage == TUNNEL_CLOSED)
		return;
	snprintf(text, sizeof(text), "no acknowledgement from the server for %u s",
		 silent_ms / 1000);
	if (silent_ms >= ACKS_UNHEALTHY_MS)
		health_down(&c->health, c->cfg->backend->name, text);
	else if (c->is_stalled)
		health_up(&c->health, c->cfg->backend->name);
	c->is_stalled = silent_ms >= ACKS_UNHEALTHY_MS;
	loop_timer_set(c->loop, timer,
		       loop_now(c->loop) +
			       (silent_ms ? ACKS_STALLED_LOOK_MS : TUNNEL_ACKS_LOOK_MS));
}

static void on_again(struct loop_timer *timer)
{
	dial(container_of(timer, struct client, again));
}

/* ---- the tunnel begins */

/* Whether the whole link is down, and not only one protocol. */
static bool is_link_down(const struct client *c)
{
	return c->tunnel.is_shutting_down ||
	       (c->backend_is_up && !ppp_data_is_open(&c->tunnel.ppp, PPP_PROTO_IPV4));
}

static void log_tls(const struct client *c)
{
	bool by_pin = c->ref->tls.pin_count;

	log_event(&c->log, LOG_LEVEL_INFO, "tls",
		  c->ref->proxy
			  ? "{server}, through the proxy at {peer}: {tls} {cipher}, certificate "
			    "{certificate}"
			  : "{server} is at {peer}, {tls} {cipher}, certificate {certificate}",
		  LOG_TEXT("server", c->name.text),
		  LOG_TEXT("peer", ip_print_sockaddr(&c->peer).text),
		  LOG_TEXT("tls", tls_version(c->tunnel.wire.tls)),
		  LOG_TEXT("cipher", tls_cipher(c->tunnel.wire.tls)),
		  LOG_TEXT("certificate", by_pin ? "trusted by its pin" : "verified"));
	if (c->is_resuming)
		log_debug(&c->log, "the TLS session is resumed: the certificate is the one that "
				   "the server showed before");
}

static void ipv4_down(struct client *c)
{
	if (c->tunnel.is_shutting_down || c->link.own.family)
		return; /* IPv4 was up: the end of the tunnel follows */
	if (c->has_ipv4_end)
		return;
	log_warn(&c->log, "the server gives no IPv4 address");
	c->has_ipv4_end = true;
	bring_up(c);
}

static void ipv6_down(struct client *c)
{
	if (is_link_down(c))
		return; /* the next call will show what there is */
	log_debug(&c->log, "the server %s IPv6",
		  c->link.own_ll.family ? "has ended" : "does not speak");
	no_ipv6(c);
	bring_up(c);
}

static void on_event(void *arg, const struct tunnel_event *ev)
{
	struct client *c = arg;

	switch (ev->type) {
	case TUNNEL_TLS_UP:
		c->is_resuming = tls_is_resumed(c->tunnel.wire.tls);
		c->has_tls = true;
		c->counters.tls_ok++;
		c->counters.tls_resumed += c->is_resuming;
		log_tls(c);
		break;
	case TUNNEL_IPV4_UP:
		note_ipv4(c, ev->ipv4);
		ask_server(c);
		bring_up(c);
		break;
	case TUNNEL_IPV6_UP:
		note_ipv6(c, ev->ipv6);
		bring_up(c);
		break;
	case TUNNEL_IPV4_DOWN:
		ipv4_down(c);
		break;
	case TUNNEL_IPV6_DOWN:
		ipv6_down(c);
		break;
	case TUNNEL_NEIGHBOR:
		autoconf_input(&c->autoconf, ev->packet);
		break;
	case TUNNEL_CONNECTED:
		loop_timer_set(c->loop, &c->setup_limit, c->dialed_ms + c->ref->timeout_ms);
		start_autoconf(c);
		ask_server(c);
		bring_up(c);
		break;
	case TUNNEL_OFFER:
		c->offers |= 1u << ev->offer;
		break;
	case TUNNEL_ENDED:
		tunnel_ended(c, ev->end);
		break;
	case TUNNEL_EAP:
		client_eap_input(c->eap, &c->tunnel, ev->packet);
		break;
	case TUNNEL_AUTHENTICATED:
		note_password(c);
		end_eap(c);
		break;
	case TUNNEL_UNTRUSTED:
		note_untrusted(c, ev->leaf);
		break;
	case TUNNEL_SSTP_UP:
	case TUNNEL_CHECK_PASSWORD:
		break;
	}
}

/* What is known of the link: nothing yet. */
static void begin_link(struct client *c)
{
	c->has_ipv4_end = c->is_late = false;
	c->offers = 0;
	c->link = (struct link_addrs){
		.mtu = c->cfg->mtu,
		.server = ip_from_sockaddr(&c->peer),
		.ip6 = { .is_settled = !c->cfg->ipv6 },
		.is_informed = !c->cfg->asks_server,
	};
	c->ipcp_dns_count = 0;
	c->routes6 = 0;
}

static int open_eap(struct client *c)
{
	const struct client_eap_cfg cfg = {
		.user = c->cfg->user,
		.password = c->password,
		.new_password = c->cfg->new_password,
		.identity = c->cfg->eap_identity,
		.tls = c->eap_tls,
		.peap_tls = c->peap_tls,
		.requires_peap_binding = c->cfg->requires_peap_binding,
		.server_name = c->cfg->eap_name,
		.methods = c->cfg->eap,
		.method_count = c->cfg->eap_count,
		.log = &c->log,
	};

	end_eap(c);
	return c->cfg->eap_count ? client_eap_open(&cfg, &c->eap) : 0;
}

static void put_eap_first(struct ppp_cfg *cfg)
{
	size_t i = 0;

	while (i + 1 < cfg->auth_count && cfg->auth[i] != PPP_AUTH_EAP)
		i++;
	memmove(&cfg->auth[1], &cfg->auth[0], i * sizeof(cfg->auth[0]));
	cfg->auth[0] = PPP_AUTH_EAP;
}

static void open_tunnel(struct client *c, int fd)
{
	const struct server_ref *ref = c->ref;
	struct ppp_cfg ppp = {
		.role = PPP_CLIENT,
		.auth_count = c->cfg->auth_count,
		.ipv4 = true,
		.ipv6 = c->cfg->ipv6,
		.mru = c->cfg->mtu > PPP_DEFAULT_MRU ? c->cfg->mtu : 0,
		.ipv4_wanted = c->former_ipv4, /* RFC 1332 3.3 */
		.user = c->cfg->user,
		.password = c->password,
		.new_password = c->cfg->new_password,
		.want_dns = c->cfg->backend->wants_dns,
	};
	struct tunnel_cfg cfg = {
		.loop = c->loop,
		.pump = &c->pump,
		.sink = &c->cfg->backend->sink,
		.fd = fd,
		.tls_ctx = c->tls,
		.name = ref->verify_name ? ref->verify_name : ref->host,
		.sni = ref->sni,
		.http_host = c->http_host.text,
		.correlation = c->correlation,
		.hashes = ref->hashes,
		.mtu = c->cfg->mtu,
		.may_use_bbr = congestion_is_auto(c->cfg->congestion),
		.hello_ms = ref->proxy ? PROXY_HELLO_MS : 0,
		.tls_timeout_ms = ref->timeout_ms,
		.setup_deadline_ms = c->dialed_ms + ref->timeout_ms,
		.setup_ms = ref->timeout_ms,
		.log = &c->log,
		.event = on_event,
		.arg = c,
		.ppp = &ppp,
	};
	int error = open_eap(c);

	if (error) {
		close(fd);
		failed(c, REASON_SYSTEM, strerror(-error));
		return;
	}
	begin_link(c);
	ppp.eap = client_eap_memory(c->eap);
	memcpy(ppp.auth, c->cfg->auth, sizeof(ppp.auth));
	if (c->is_eap_first)
		put_eap_first(&ppp);
	memcpy(ppp.own_iid, has_configured_iid(c) ? c->cfg->own_iid : c->iid, sizeof(ppp.own_iid));
	path_begin(&c->path, loop_now(c->loop));
	loop_timer_set(c->loop, &c->path_look, loop_now(c->loop) + PATH_LOOK_MS);
	c->has_tls = false;
	error = tunnel_open(&c->tunnel, &cfg);
	c->is_resuming = tls_tickets_are_tried(c->tickets);
	if (error)
		failed(c, REASON_SYSTEM, strerror(-error));
}

enum tunnel_reason client_reason_of(enum reach_status status)
{
	switch (status) {
	case REACH_NO_ADDRESS:
		return REASON_LOOKUP;
	case REACH_PROXY:
		return REASON_PROXY;
	case REACH_PROXY_LOGIN:
		return REASON_PROXY_LOGIN;
	case REACH_CONNECTED:
	case REACH_NO_ANSWER:
		break;
	}
	return REASON_TCP;
}

static void dialed(void *arg, const struct reach_result *r)
{
	struct client *c = arg;

	c->dial = NULL;
	if (r->addrs.count)
		c->addrs = r->addrs;
	if (r->server.count)
		c->addrs_after_proxy = r->server;
	c->known[c->servers.current].addrs = c->addrs;
	c->known[c->servers.current].addrs_after_proxy = c->addrs_after_proxy;
	c->was_looked_up = r->looked_up_ms;
	if (r->status != REACH_CONNECTED) {
		enum tunnel_reason reason = client_reason_of(r->status);

		const struct retry_end end = { .reason = reason };

		c->counters.failed[reason]++;
		if (!log_hint(c, (struct obstacle_facts){ .reason = reason, .error = r->error },
			      &end, r->text))
			ended(c, &end, r->text);
		return;
	}
	c->peer = r->peer;
	close_cover(c); /* of the tunnel before */
	c->cover = r->cover;
	roam_connected(&c->roam, c->cover ? c->cover->fd : r->fd, source_outside(c));
	open_tunnel(c, r->fd);
}

static int before_connect(void *arg, const struct sockaddr_storage *to)
{
	struct backend *b = ((struct client *)arg)->cfg->backend;

	return b->ops->before_connect ? b->ops->before_connect(b, to) : 0;
}

/* PEAP's own session has no certificate of the client; one inside it may have. */
static int open_eap_tls(const struct client *c, struct tls_ctx **tls, struct tls_ctx **peap_tls,
			struct error *err)
{
	struct tls_client_cfg peap = c->cfg->eap_tls;
	bool has_peap = memchr(c->cfg->eap, EAP_PEAP, c->cfg->eap_count);
	bool has_tls = memchr(c->cfg->eap, EAP_TLS, c->cfg->eap_count) || has_peap;
	int error = 0;

	*tls = *peap_tls = NULL;
	peap.cert_file = NULL;
	peap.only_tls12 = true;
	if (has_peap)
		error = tls_ctx_client(&peap, peap_tls, err);
	if (!error && has_tls && c->cfg->eap_tls.cert_file)
		error = tls_ctx_client(&c->cfg->eap_tls, tls, err);
	if (error)
		tls_ctx_release(*peap_tls);
	return error;
}

static void warn_of_crl(const struct client *c, const struct error *err)
{
	log_warn(&c->log, "%s; the settings that were read before stay in use", err->text);
}

static void reload_eap_crl(struct client *c)
{
	struct tls_ctx *tls, *peap_tls;
	struct error err;

	if (open_eap_tls(c, &tls, &peap_tls, &err)) {
		warn_of_crl(c, &err);
		return;
	}
	tls_ctx_release(c->eap_tls);
	tls_ctx_release(c->peap_tls);
	c->eap_tls = tls;
	c->peap_tls = peap_tls;
}

/* Revocation lists are replaced every few days: each connection uses the current ones. */
static void reload_crl(struct client *c)
{
	const struct tls_client_cfg *cfg = &c->cfg->server.tls;
	struct error err;
	struct tls_ctx *tls;

	if (c->cfg->eap_tls.crl_file)
		reload_eap_crl(c);
	if (!cfg->crl_file)
		return;
	if (tls_ctx_client(cfg, &tls, &err)) {
		warn_of_crl(c, &err);
		return;
	}
	tls_ctx_use_tickets(tls, c->tickets);
	tls_ctx_release(c->tls);
	c->tls = tls;
}

/* Whether a name is looked up here: the server's, or the proxy's. */
static bool is_looked_up(const struct server_ref *ref)
{
	struct ip_addr a;

	if (ref->proxy)
		return true;
	return !ref->addr_count && !ip_parse(ref->host, &a);
}

static const struct resolve_method *prepare_lookup(struct client *c)
{
	struct backend *b = c->cfg->backend;

	if (!b->ops->before_lookup || !is_looked_up(c->ref))
		return NULL;
	return b->ops->before_lookup(b, c->retry.was_up);
}

static void start_dial(struct client *c)
{
	const struct server_ref *ref = c->ref;
	struct reach_cfg cfg = {
		.dial = {
			.host = ref->host,
			.port = ref->port,
			.family = ref->family,
			.addrs = ref->addrs,
			.addr_count = ref->addr_count,
			.path_mtu = path_mtu(c->path_step),
			.timeout_ms =
				(uint32_t)(c->dialed_ms + ref->timeout_ms - loop_now(c->loop)),
			.lookup_ms = LOOKUP_MS,
			.congestion = c->cfg->congestion,
			.mark = c->cfg->mark,
			.fallback = c->addrs.at,
			.fallback_count = c->addrs.count,
			.before_connect = before_connect,
		},
		.proxy = ref->proxy,
		.server = &c->addrs_after_proxy,
		.done = dialed,
		.arg = c,
	};
	int error;

	cfg.dial.lookup = prepare_lookup(c);
	error = reach_start(c->loop, &cfg, &c->dial);

	if (error)
		failed(c, REASON_SYSTEM, strerror(-error));
}

static void log_connecting(const struct client *c)
{
	const struct reach_proxy *proxy = c->ref->proxy;

	log_event(&c->log, LOG_LEVEL_INFO, "connecting",
		  proxy ? "connecting to {server} through the proxy {proxy}"
			: "connecting to {server}",
		  LOG_TEXT("server", c->name.text), LOG_TEXT("proxy", proxy ? proxy->name : NULL));
}

/* Takes what is known of the current server. */
static void use_server(struct client *c)
{
	size_t i = c->servers.current;

	c->ref = i ? &c->cfg->more[i - 1] : &c->cfg->server;
	c->name = server_ref_name(c->ref);
	c->http_host = server_ref_http_host(c->ref);
	c->addrs = c->known[i].addrs;
	c->addrs_after_proxy = c->known[i].addrs_after_proxy;
}

static void choose_server(struct client *c)
{
	const struct server_ref *before = c->ref;

	if (!c->is_next_due)
		server_list_begin(&c->servers);
	c->is_next_due = false;
	use_server(c);
	if (c->ref == before)
		return;
	c->peer = (struct sockaddr_storage){ 0 };
	c->path_step = 0;
}

/*
 * Whether an attempt is useless: the host has no route to any address that the current server had, not even
 * outside of the tunnel.
 */
static bool is_out_of_reach(struct client *c)
{
	return c->sees_network && c->addrs.count && (c->retry.was_up || c->retry.keep_trying) &&
	       source_outside(c).family == AF_UNSPEC;
}

/* Chooses a server that there is a way to; false: there is none. */
static bool find_reachable(struct client *c)
{
	choose_server(c);
	while (is_out_of_reach(c)) {
		if (!server_list_next(&c->servers))
			return false;
		c->is_next_due = true;
		choose_server(c);
	}
	return true;
}

/* roam.h reports a way as soon as there is one; then the next round begins. */
static void wait_for_way(struct client *c)
{
	if (!c->has_no_way)
		log_warn(&c->log,
			 "no way to %s: this host has no network, or no route; waiting for one",
			 c->name.text);
	c->has_no_way = true;
	/* any route is news, also the one that was there before */
	c->roam.source = (struct ip_addr){ 0 };
	c->is_dial_due = false;
	health_down(&c->health, c->cfg->backend->name, "no way to the server");
	loop_timer_set(c->loop, &c->again, loop_now(c->loop) + WAY_LOOK_MS);
}

static void dial(struct client *c)
{
	c->up_ms = 0;
	if (!find_reachable(c)) {
		wait_for_way(c);
		return;
	}
	c->has_no_way = false;
	reload_crl(c);
	c->is_dial_due = false;
	log_connecting(c);
	health_down(&c->health, c->cfg->backend->name, "connecting");
	c->dialed_ms = loop_now(c->loop);
	c->counters.attempts++;
	start_dial(c);
}

static void on_path_look(struct loop_timer *timer)
{
	struct client *c = container_of(timer, struct client, path_look);
	uint64_t now = loop_now(c->loop);

	if (c->tunnel.stage != TUNNEL_TLS || c->path_step >= PATH_STEPS || c->is_stopping)
		return;
	if (!path_drops_large(&c->path, line_of(c), now)) {
		loop_timer_set(c->loop, timer, now + PATH_LOOK_MS);
		return;
	}
	c->path_step++;
	log_info(&c->log,
		 "large packets vanish on the way to the server: trying with packets of %u bytes",
		 path_mtu(c->path_step));
	tunnel_abandon(&c->tunnel);
	start_dial(c);
}

/* ---- start and end */

/* The user reports another network: do not wait for time-outs. */
static void reconnect_now(struct client *c, const char *why)
{
	if (c->tunnel.stage != TUNNEL_CLOSED && !c->is_stopping)
		reconnect(c, why);
	else if (c->again.slot)
		try_now(c);
}

static void log_status(struct client *c)
{
	uint64_t now = loop_now(c->loop);
	const struct tunnel_stats *st = &c->tunnel.stats;

	if (c->is_up)
		log_info(
			&c->log,
			"status: up for %llu s, %s, address %s, to %s; %llu bytes in, %llu out, %s",
			(unsigned long long)(now - c->up_ms) / 1000, c->cfg->backend->name,
			ip_print(c->link.own.family ? &c->link.own : &c->link.own_ll).text,
			ip_print_sockaddr(&c->peer).text, (unsigned long long)st->rx_bytes,
			(unsigned long long)st->tx_bytes, tunnel_line_print(&c->tunnel).text);
	else if (c->again.slot)
		log_info(&c->log, "status: down, next try in %llu s",
			 (unsigned long long)(c->again.at_ms > now ? c->again.at_ms - now : 0) /
				 1000);
	else
		log_info(&c->log, "status: %s to %s for %llu s",
			 c->is_stopping ? "disconnecting" : "connecting", c->name.text,
			 (unsigned long long)(now - c->dialed_ms) / 1000);
}

static const char *state_of(const struct client *c)
{
	if (c->is_stopping)
		return "disconnecting";
	if (c->is_up)
		return "up";
	return c->again.slot ? "waiting" : "connecting";
}

static void fill_status(void *arg, struct client_status *to)
{
	const struct client *c = arg;
	uint64_t now = loop_now(c->loop);

	*to = (struct client_status){
		.state = state_of(c),
		.server = c->name.text,
		.user = c->cfg->user,
		.interface = c->cfg->backend->name,
		.peer = &c->peer,
		.link = c->is_up ? &c->link : NULL,
		.tunnel = c->tunnel.stage == TUNNEL_CLOSED ? NULL : &c->tunnel,
		.proxy = c->ref->proxy ? c->ref->proxy->name : NULL,
		.last_error = c->last_error,
		.sandbox = &c->sandbox,
		.uptime_ms = now - c->started_ms,
		.up_ms = c->is_up ? now - c->up_ms : 0,
		.next_try_ms = UINT64_MAX,
		.reconnects = c->counters.ups ? c->counters.ups - 1 : 0,
		.counters = &c->counters,
		.drops = &c->pump.drops,
	};
	if (c->again.slot)
		to->next_try_ms = c->again.at_ms > now ? c->again.at_ms - now : 0;
}

static void disconnect_by_control(void *arg)
{
	stop(arg, REASON_NONE);
}

static void reconnect_by_control(void *arg)
{
	reconnect_now(arg, "control socket");
}

static bool open_control(struct client *c)
{
	static const struct client_actions actions = {
		fill_status,
		disconnect_by_control,
		reconnect_by_control,
	};

	c->control.loop = c->loop;
	c->control.actions = &actions;
	c->control.arg = c;
	c->started_ms = loop_now(c->loop);
	return client_control_open(&c->control, c->cfg->control);
}

static void on_signal(void *arg, const struct signalfd_siginfo *info)
{
	struct client *c = arg;
	struct backend *b = c->cfg->backend;

	if (b->ops->signal && b->ops->signal(b, info))
		return;
	switch (info->ssi_signo) {
	case SIGUSR1:
		log_status(c);
		break;
	case SIGUSR2:
		reconnect_now(c, "SIGUSR2");
		break;
	case SIGCHLD: /* as process 1 we get orphans; our own children are waited for elsewhere */
		pid1_reap();
		break;
	default:
		stop(c, REASON_NONE);
	}
}

static void on_end_pending(void *arg)
{
	struct client *c = arg;
	struct backend *b = c->cfg->backend;

	if (b->ops->before_end)
		b->ops->before_end(b);
}

static void on_backend_end(struct backend_client *backend_client, enum tunnel_reason reason,
			   int status)
{
	struct client *c = container_of(backend_client, struct client, backend_client);

	if (!c->is_stopping)
		c->status = status;
	stop(c, reason);
}

static void on_backend_settled(struct backend_client *backend_client)
{
	struct client *c = container_of(backend_client, struct client, backend_client);

	if (c->backend_is_up && !c->is_stopping)
		note_up(c);
	if (c->is_dial_due)
		dial(c);
}

static int seal_helper(struct client *c, struct error *err)
{
	struct client_helper *h = c->cfg->sandbox->helper;
	int error = h ? client_helper_seal(h, &c->control.service.place) : 0;

	if (error)
		snprintf(err->text, sizeof(err->text), "the helper process: %s", strerror(-error));
	return error;
}

/* From here on nothing can be opened that is not in the sandbox. */
static enum tunnel_reason enter_sandbox(struct client *c)
{
	const struct client_sandbox_cfg *cfg = c->cfg->sandbox;
	struct key_agent *keys = c->cfg->eap_tls.keys;
	struct client_sandbox s;
	struct error err;

	if (keys && keys->own)
		keys->own(keys);
	if (!cfg)
		return REASON_NONE;
	s = (struct client_sandbox){
		.verb = cfg->verb,
		.mode = cfg->mode,
		.first = &c->cfg->server,
		.more = c->cfg->more,
		.more_count = c->cfg->more_count,
		.ports = cfg->ports,
		.port_count = cfg->port_count,
	};
	if (!seal_helper(c, &err) && !client_sandbox_enter(&s, &c->sandbox, &err))
		return REASON_NONE;
	log_error(&c->log, "%s", err.text);
	return REASON_SYSTEM;
}

static enum tunnel_reason open_all(struct client *c)
{
	static const int signals[] = { SIGCHLD, SIGUSR1, SIGUSR2 };
	enum tunnel_reason reason;
	struct error err;
	int error;

	error = tls_ctx_client(&c->cfg->server.tls, &c->tls, &err);
	c->tickets = tls_tickets_new(clock_boot_s);
	if (!error) {
		tls_ctx_use_tickets(c->tls, c->tickets);
		error = open_eap_tls(c, &c->eap_tls, &c->peap_tls, &err);
	}
	if (error) {
		log_error(&c->log, "%s", err.text);
		return REASON_SETTINGS;
	}
	error = loop_open(&c->loop);
	if (!error)
		error = loop_signals(c->loop, signals, sizeof(signals) / sizeof(*signals),
				     on_signal, c);
	if (!error)
		error = end_signals_open(&c->end_signals, c->loop);
	if (!error)
		error = pump_open(&c->pump, c->loop);
	if (error) {
		log_error(&c->log, "cannot start: %s%s", strerror(-error), syscall_advice(error));
		return REASON_SYSTEM;
	}
	health_open(&c->health, c->loop);
	error = roam_open(&c->roam, c->loop);
	c->sees_network = !error;
	if (error)
		log_debug(&c->log, "no notice of changes of the network: %s", strerror(-error));
	c->backend_client = (struct backend_client){ c->loop, &c->tunnel, &c->log, on_backend_end,
						     on_backend_settled };
	reason = c->cfg->backend->ops->open(c->cfg->backend, &c->backend_client);
	if (!reason && !open_control(c))
		reason = REASON_NETWORK;
	return reason ? reason : enter_sandbox(c);
}

static void close_all(struct client *c)
{
	client_control_close(&c->control);
	reach_cancel(c->dial);
	portal_cancel(c->portal);
	autoconf_stop(&c->autoconf);
	dhcp6_setup_stop(&c->dhcp6);
	server_info_stop(&c->server_info);
	tunnel_abandon(&c->tunnel);
	end_eap(c);
	c->cfg->backend->ops->close(c->cfg->backend);
	if (c->loop) {
		loop_timer_stop(c->loop, &c->again);
		loop_timer_stop(c->loop, &c->acks);
		loop_timer_stop(c->loop, &c->setup_limit);
		loop_timer_stop(c->loop, &c->path_look);
	}
	health_close(&c->health);
	roam_close(&c->roam);
	pump_close(&c->pump);
	close_cover(c);
	end_signals_close(&c->end_signals);
	loop_close(c->loop);
	tls_tickets_free(c->tickets);
	tls_ctx_release(c->tls);
	tls_ctx_release(c->eap_tls);
	tls_ctx_release(c->peap_tls);
}

enum tunnel_reason client_run(const struct client_cfg *cfg, int *status)
{
	struct client *c = calloc(1, sizeof(*c));
	enum tunnel_reason reason;
	struct reach_addrs *known;

	*status = 0;
	if (!c)
		return REASON_SYSTEM;
	c->cfg = cfg;
	c->password = cfg->password;
	known = &c->known[0].addrs;
	known->count = cfg->known_count < DIAL_ADDRS_MAX ? cfg->known_count : DIAL_ADDRS_MAX;
	if (known->count)
		memcpy(known->at, cfg->known, known->count * sizeof(*known->at));
	c->retry = (struct retry){ .once = cfg->once, .keep_trying = cfg->keep_trying };
	c->end_signals =
		(struct end_signals){ .pending = on_end_pending, .caught = on_signal, .arg = c };
	c->again.expired = on_again;
	c->acks.expired = on_acks;
	c->setup_limit.expired = on_setup_limit;
	c->roam.changed = on_roam;
	c->path_look.expired = on_path_look;
	secret_random(c->correlation, sizeof(c->correlation));
	c->log_limit = (struct log_limit){ .about = "the server", .max = 3 * LOG_PEER_MAX };
	c->log.limit = &c->log_limit;
	server_list_init(&c->servers, 1 + cfg->more_count);
	use_server(c);
	reason = open_all(c);
	if (!reason) {
		/* else our own routes, during the first attempt, would look like another network */
		c->roam.source = source_outside(c);
		dial(c);
		reason = loop_run(c->loop) ? REASON_SYSTEM : c->reason;
	}
	*status = c->status;
	close_all(c);
	free(c);
	return reason;
}
