/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's counters in Prometheus' text format (docs/control.md lists them). */
#ifndef SSTP_SERVER_SERVER_METRICS_H
#define SSTP_SERVER_SERVER_METRICS_H

#include "control/metrics_page.h"
#include "server/stats.h"

enum { METRICS_SIZE = 48 * 1024, METRICS_CERTS_MAX = 64 };

struct server_metrics {
	struct stats sum; /* of all workers */
	size_t sessions, max_sessions, bans;
	unsigned workers;
	bool is_draining;
	bool has_radius;
	struct histogram radius;
	uint64_t radius_unanswered;
	struct {
		const char *file;
		int64_t expires; /* seconds since 1970 */
	} certs[METRICS_CERTS_MAX];
	size_t cert_count;
	struct metrics_process process;
};

/* Prints them to METRICS_SIZE bytes; returns the length. */
size_t metrics_print(const struct server_metrics *m, char *to);

#endif
