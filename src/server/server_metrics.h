/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's counters in Prometheus' text format (docs/control.md lists them). */
#ifndef SSTP_SERVER_SERVER_METRICS_H
#define SSTP_SERVER_SERVER_METRICS_H

#include "server/stats.h"
#include "util/histogram.h"

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
	/* of the process; metrics_read_process fills them */
	uint64_t resident_bytes, open_files, max_files;
	double cpu_s;
	int64_t started; /* seconds since 1970 */
};

void metrics_read_process(struct server_metrics *m);
/* Prints them to METRICS_SIZE bytes; returns the length. */
size_t metrics_print(const struct server_metrics *m, char *to);

#endif
