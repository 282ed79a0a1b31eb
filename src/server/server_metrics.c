/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names and labels are a contract: dashboards and alerts use them. Labels have few values, and none
 * that a peer chooses: no users, no addresses.
 */
#include "server/server_metrics.h"

#include <stdio.h>

#include "tunnel/tunnel_metrics.h"

/* ---- sessions and logins */

static void put_logins(struct metrics_page *p, const struct stats *s)
{
	static const char *const results[LOGIN_RESULTS] = {
		[LOGIN_OK] = "ok",
		[LOGIN_WRONG] = "refused",
		[LOGIN_BANNED] = "banned",
		[LOGIN_LIMITED] = "limited",
		[LOGIN_UNAVAILABLE] = "unavailable",
	};
	char labels[96];

	metrics_head(
		p, "logins_total", "counter",
		"Logins, by method and result: refused by the user file or RADIUS, banned after "
		"failures, limited by the number of sessions or addresses, unavailable when they "
		"could not be checked.");
	for (unsigned m = PPP_AUTH_NONE + 1; m < PPP_AUTH_COUNT; m++)
		for (unsigned r = 0; r < LOGIN_RESULTS; r++) {
			snprintf(labels, sizeof(labels), "{method=\"%s\",result=\"%s\"}",
				 ppp_auth_name((enum ppp_auth)m), results[r]);
			metrics_value(p, "logins_total", labels, s->logins_by[m][r]);
		}
}

/* Only a session that has logged in is counted, so steps of a client's attempt do not occur. */
static bool is_of_server(enum tunnel_reason r)
{
	return r <= REASON_QUOTA || r == REASON_SSTP || r == REASON_AUTH || r == REASON_PPP ||
	       r == REASON_UNAVAILABLE || r == REASON_SYSTEM;
}

static void put_ended(struct metrics_page *p, const struct stats *s)
{
	char labels[64];

	metrics_head(p, "sessions_ended_total", "counter",
		     "Sessions that had logged in and have ended, by reason.");
	for (unsigned r = 0; r < TUNNEL_REASONS; r++) {
		if (!is_of_server((enum tunnel_reason)r) && !s->ended[r])
			continue;
		snprintf(labels, sizeof(labels), "{reason=\"%s\"}",
			 tunnel_reason_name((enum tunnel_reason)r));
		metrics_value(p, "sessions_ended_total", labels, s->ended[r]);
	}
}

static void put_sessions(struct metrics_page *p, const struct server_metrics *m)
{
	const struct stats *s = &m->sum;

	metrics_one(p, "sessions", "gauge", "Sessions that have logged in.", m->sessions);
	metrics_one(p, "sessions_max", "gauge", "The limit of sessions.", m->max_sessions);
	metrics_one(p, "half_open_connections", "gauge", "Connections that have not logged in.",
		    s->half_open);
	metrics_one(p, "bans", "gauge", "Users and addresses that are refused after failed logins.",
		    m->bans);
	metrics_one(p, "draining", "gauge", "1: no new sessions are accepted.", m->is_draining);
	metrics_one(p, "workers", "gauge", "Threads that carry packets.", m->workers);
	metrics_one(p, "connections_total", "counter", "Accepted connections.", s->connections);
	metrics_head(p, "tls_handshakes_total", "counter",
		     "TLS handshakes of accepted connections.");
	metrics_value(p, "tls_handshakes_total", "{result=\"ok\"}", s->tls_ok);
	metrics_value(p, "tls_handshakes_total", "{result=\"failed\"}", s->tls_failed);
	metrics_one(p, "tls_resumed_total", "counter",
		    "Of the handshakes that are ok: resumed ones.", s->tls_resumed);
	metrics_one(
		p, "not_sstp_requests_total", "counter",
		"HTTP requests that were not for SSTP, as those of scanners, and were not passed on.",
		s->not_sstp);
	metrics_one(p, "passed_connections_total", "counter",
		    "Connections that were passed on to another server, such as a web server.",
		    s->passed_on);
	put_logins(p, s);
	put_ended(p, s);
}

/* ---- times */

static void put_times(struct metrics_page *p, const struct server_metrics *m)
{
	metrics_histogram(p, "login_duration_seconds",
			  "From the accepted connection to the first packet that may pass.",
			  histogram_logins, &m->sum.login_time);
	metrics_histogram(p, "loop_turn_duration_seconds",
			  "Turns of the workers' loops, of which one in 16 is measured.",
			  histogram_turns, &m->sum.turn_time);
	if (!m->has_radius)
		return;
	metrics_histogram(p, "radius_duration_seconds",
			  "From an Access-Request to the RADIUS server's response.",
			  histogram_logins, &m->radius);
	metrics_one(p, "radius_unanswered_total", "counter",
		    "Access-Requests that no RADIUS server answered, or without a valid signature.",
		    m->radius_unanswered);
}

/* ---- the program */

static void put_certs(struct metrics_page *p, const struct server_metrics *m)
{
	metrics_head(p, "certificate_expiry_timestamp_seconds", "gauge",
		     "When the certificate of this file expires.");
	for (size_t i = 0; i < m->cert_count; i++)
		metrics_put(p, "sstp_certificate_expiry_timestamp_seconds{file=\"%s\"} %lld\n",
			    metrics_label(m->certs[i].file).text, (long long)m->certs[i].expires);
}

size_t metrics_print(const struct server_metrics *m, char *to)
{
	struct metrics_page p = { to, METRICS_SIZE, 0 };

	put_sessions(&p, m);
	tunnel_traffic_metrics(&p, false, &m->sum.traffic);
	tunnel_drops_metrics(&p, false, &m->sum.drops);
	put_times(&p, m);
	put_certs(&p, m);
	metrics_put_process(&p, &m->process);
	return p.len;
}
