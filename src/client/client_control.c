/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client_control.h"

#include <stdlib.h>
#include <unistd.h>

#include "control/events.h"
#include "control/metrics_page.h"
#include "http/status.h"
#include "tunnel/tunnel_json.h"

enum { STATUS_SIZE = 16 * 1024 };

static void put_addrs(const struct link_addrs *l, struct json *j)
{
	if (l->own.family)
		json_string(j, "address", ip_print(&l->own).text);
	if (l->peer.family)
		json_string(j, "gateway", ip_print(&l->peer).text);
	json_array(j, "ipv6");
	for (size_t i = 0; i < l->ip6.addr_count; i++)
		json_string(j, NULL, ip_print(&l->ip6.addrs[i].addr).text);
	json_end(j);
	if (l->own_ll.family)
		json_string(j, "ipv6_link_local", ip_print(&l->own_ll).text);
	if (l->delegated.addr.family)
		json_string(j, "delegated_prefix", ip_prefix_print(&l->delegated).text);
	json_array(j, "dns");
	for (size_t i = 0; i < l->dns_count; i++)
		json_string(j, NULL, ip_print(&l->dns[i]).text);
	json_end(j);
	json_number(j, "mtu", l->mtu);
}

static void put_traffic(const struct tunnel *t, struct json *j)
{
	struct tunnel_line line = tunnel_look(t);

	if (t->stage == TUNNEL_RUNNING) {
		json_string(j, "tls", tls_version(t->wire.tls));
		json_string(j, "cipher", tls_cipher(t->wire.tls));
	}
	tunnel_stats_json(&t->stats, j);
	tunnel_line_json(&line, j);
}

/* Since the program's start. */
static void put_totals(const struct client_status *s, struct json *j)
{
	struct tunnel_stats sum = s->counters->traffic;

	if (s->tunnel)
		tunnel_stats_add(&sum, &s->tunnel->stats);
	sum.rx_dropped = drops_sum(s->drops->rx);
	sum.tx_dropped = drops_sum(s->drops->tx); /* also what came while there was no tunnel */
	json_object(j, "totals");
	json_number(j, "attempts", s->counters->attempts);
	tunnel_stats_json(&sum, j);
	tunnel_drops_json("rx_dropped_by", s->drops->rx, j);
	tunnel_drops_json("tx_dropped_by", s->drops->tx, j);
	json_end(j);
}

static void print_status(const struct client_control *c, const struct client_status *s,
			 struct json *j)
{
	json_string(j, "role", "client");
	json_string(j, "verb", c->verb);
	json_string(j, "name", c->service.place.name);
	json_string(j, "version", SSTP_VERSION);
	json_number(j, "pid", (uint64_t)getpid());
	json_string(j, "state", s->state);
	json_string(j, "interface", s->interface);
	json_string(j, "server", s->server);
	json_string(j, "user", s->user);
	json_string(j, "proxy", s->proxy);
	if (s->peer->ss_family)
		json_string(j, "peer", ip_print_sockaddr(s->peer).text);
	json_number(j, "uptime_s", s->uptime_ms / 1000);
	json_number(j, "reconnects", s->reconnects);
	if (*s->last_error)
		json_string(j, "last_error", s->last_error);
	sandbox_report_json(s->sandbox, j);
	if (s->next_try_ms != UINT64_MAX)
		json_number(j, "next_try_s", (s->next_try_ms + 999) / 1000);
	if (s->link) {
		json_number(j, "up_s", s->up_ms / 1000);
		put_addrs(s->link, j);
	}
	if (s->tunnel)
		put_traffic(s->tunnel, j);
	put_totals(s, j);
}

static void get_status(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	const struct client_control *c = arg;
	struct client_status s;
	char body[STATUS_SIZE];
	struct json j;

	(void)rq;
	c->actions->status(c->arg, &s);
	json_open(&j, body, sizeof(body));
	print_status(c, &s, &j);
	control_reply_json(conn, HTTP_OK, body, json_close(&j));
}

static void get_metrics(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	const struct client_control *c = arg;
	struct client_status s;
	char *page = malloc(CLIENT_METRICS_SIZE);
	struct client_metrics m;

	(void)rq;
	if (!page) {
		control_fail(conn, HTTP_INTERNAL_SERVER_ERROR, "out of memory");
		return;
	}
	c->actions->status(c->arg, &s);
	m = (struct client_metrics){
		.counters = s.counters,
		.drops = s.drops,
		.tunnel = s.tunnel,
		.server = s.server,
		.interface = s.interface,
		.is_up = s.link != NULL,
		.up_ms = s.up_ms,
		.uptime_ms = s.uptime_ms,
	};
	control_reply(conn, HTTP_OK, METRICS_TYPE, page, client_metrics_print(&m, page));
	free(page);
}

static void reply_ok(struct control_conn *conn)
{
	char body[JSON_SIZE_MIN];
	struct json j;

	json_open(&j, body, sizeof(body));
	json_bool(&j, "ok", true);
	control_reply_json(conn, HTTP_OK, body, json_close(&j));
}

/* The reply leaves in this turn of the loop, before the program ends. */
static void post_disconnect(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	const struct client_control *c = arg;

	(void)rq;
	reply_ok(conn);
	c->actions->disconnect(c->arg);
}

static void post_reconnect(void *arg, struct control_conn *conn, const struct control_request *rq)
{
	const struct client_control *c = arg;

	(void)rq;
	c->actions->reconnect(c->arg);
	reply_ok(conn);
}

static const struct control_route routes[] = {
	{ "GET", "/v1/status", get_status, false },
	{ "POST", "/v1/disconnect", post_disconnect, false },
	{ "POST", "/v1/reconnect", post_reconnect, false },
	{ "GET", "/v1/events", events_subscribe, false },
	{ "GET", "/metrics", get_metrics, true },
};

bool client_control_open(struct client_control *c, const struct control_settings *settings)
{
	struct control_cfg cfg = {
		.loop = c->loop,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
		.arg = c,
	};

	if (!settings)
		return true;
	cfg.group = settings->place.group;
	c->verb = settings->place.verb;
	return control_service_open(&c->service, settings, &cfg);
}

void client_control_close(struct client_control *c)
{
	control_service_close(&c->service);
}
