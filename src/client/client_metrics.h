/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a client counts since its start, and its page for Prometheus (docs/control.md lists the metrics).
 * A tunnel's own counters begin with the tunnel; client_counters_ended keeps them when it ends.
 */
#ifndef SSTP_CLIENT_CLIENT_METRICS_H
#define SSTP_CLIENT_CLIENT_METRICS_H

#include "tunnel/tunnel.h"
#include "util/histogram.h"

enum { CLIENT_METRICS_SIZE = 24 * 1024 };

struct client_counters {
	uint64_t attempts;               /* to connect */
	uint64_t tls_ok, tls_failed;     /* handshakes */
	uint64_t tls_resumed;            /* of the good ones */
	uint64_t ups;                    /* tunnels that were up */
	uint64_t ended[TUNNEL_REASONS];  /* those that were up, by the reason of their end */
	uint64_t failed[TUNNEL_REASONS]; /* attempts, by the reason */
	struct histogram connect_time;   /* from the start of an attempt to the first data */
	struct tunnel_stats traffic;     /* of tunnels that have ended */
	uint64_t retransmitted;          /* the same */
};

/* The tunnel has ended; its last state is still there. */
void client_counters_ended(struct client_counters *c, const struct tunnel *t, bool was_up,
			   bool had_tls, const struct tunnel_end *end);

struct client_metrics {
	const struct client_counters *counters;
	const struct drops *drops;
	const struct tunnel *tunnel; /* NULL: there is none */
	const char *server, *interface;
	bool is_up;
	uint64_t up_ms, uptime_ms;
};

/* Prints the page to CLIENT_METRICS_SIZE bytes; returns the length. */
size_t client_metrics_print(const struct client_metrics *m, char *to);

#endif
