/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and labels are a contract: dashboards and alerts use them. */
#include "client/client_metrics.h"

#include <stdio.h>

#include "tunnel/tunnel_metrics.h"

void client_counters_ended(struct client_counters *c, const struct tunnel *t, bool was_up,
			   bool had_tls, const struct tunnel_end *end)
{
	tunnel_stats_add(&c->traffic, &t->stats);
	c->retransmitted += tunnel_look(t).repeated;
	(was_up ? c->ended : c->failed)[end->reason]++;
	c->tls_failed += !had_tls && !end->by_us;
}

static void put_info(struct metrics_page *p, const struct client_metrics *m)
{
	metrics_head(p, "client_info", "gauge", "The server that is used, and the device.");
	metrics_put(p, "sstp_client_info{server=\"%s\",interface=\"%s\"} 1\n",
		    metrics_label(m->server).text, metrics_label(m->interface).text);
}

/* Reasons that have not occurred are left out, since a client has many of which most never occur. */
static void put_reasons(struct metrics_page *p, const char *name, const char *help,
			const uint64_t by_reason[TUNNEL_REASONS])
{
	char labels[64];

	metrics_head(p, name, "counter", help);
	for (unsigned r = 0; r < TUNNEL_REASONS; r++) {
		if (!by_reason[r])
			continue;
		snprintf(labels, sizeof(labels), "{reason=\"%s\"}",
			 tunnel_reason_name((enum tunnel_reason)r));
		metrics_value(p, name, labels, by_reason[r]);
	}
}

static void put_attempts(struct metrics_page *p, const struct client_counters *c)
{
	metrics_one(p, "client_attempts_total", "counter", "Attempts to connect.", c->attempts);
	put_reasons(p, "client_failed_attempts_total",
		    "Attempts that have failed before the tunnel was up, by reason.", c->failed);
	metrics_one(p, "client_tunnels_total", "counter", "Tunnels that came up.", c->ups);
	metrics_one(p, "client_reconnects_total", "counter", "The same without the first one.",
		    c->ups ? c->ups - 1 : 0);
	put_reasons(p, "client_ended_tunnels_total",
		    "Tunnels that were up and have ended, by reason.", c->ended);
	metrics_head(p, "client_tls_handshakes_total", "counter", "TLS handshakes.");
	metrics_value(p, "client_tls_handshakes_total", "{result=\"ok\"}", c->tls_ok);
	metrics_value(p, "client_tls_handshakes_total", "{result=\"failed\"}", c->tls_failed);
	metrics_one(p, "client_tls_resumed_total", "counter",
		    "Of the handshakes that are ok: resumed ones.", c->tls_resumed);
	metrics_histogram(p, "client_connect_duration_seconds",
			  "From the start of an attempt to the first packet that may pass.",
			  histogram_logins, &c->connect_time);
}

/* What is of a connection is absent while there is none. */
static void put_connection(struct metrics_page *p, const struct client_metrics *m)
{
	struct tunnel_line line;

	metrics_one(p, "client_up", "gauge", "1: the tunnel is up.", m->is_up);
	metrics_head(p, "client_up_seconds", "gauge", "How long it has been up; 0: it is not.");
	metrics_seconds(p, "client_up_seconds", m->is_up ? m->up_ms : 0);
	if (!m->tunnel)
		return;
	line = tunnel_look(m->tunnel);
	metrics_head(p, "client_round_trip_seconds", "gauge",
		     "Round trip time of the connection to the server, or to the proxy.");
	metrics_seconds(p, "client_round_trip_seconds", line.rtt_ms);
	metrics_one(p, "client_waiting_bytes", "gauge",
		    "What waits to be sent, in queues and in the socket.", line.waiting);
}

static void put_traffic(struct metrics_page *p, const struct client_metrics *m)
{
	struct tunnel_stats sum = m->counters->traffic;
	uint64_t retransmitted = m->counters->retransmitted;

	if (m->tunnel) {
		tunnel_stats_add(&sum, &m->tunnel->stats);
		retransmitted += tunnel_look(m->tunnel).repeated;
	}
	tunnel_traffic_metrics(p, true, &sum);
	tunnel_drops_metrics(p, true, m->drops);
	metrics_one(p, "client_retransmitted_segments_total", "counter",
		    "TCP segments that were sent to the server again.", retransmitted);
}

size_t client_metrics_print(const struct client_metrics *m, char *to)
{
	struct metrics_page p = { to, CLIENT_METRICS_SIZE, 0 };
	struct metrics_process process;

	put_info(&p, m);
	put_connection(&p, m);
	put_attempts(&p, m->counters);
	put_traffic(&p, m);
	metrics_read_process(&process, m->uptime_ms);
	metrics_put_process(&p, &process);
	return p.len;
}
