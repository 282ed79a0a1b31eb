/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A page of metrics in Prometheus' text format. A metric is metrics_head, then a metrics_value for each
 * set of labels; each call is one line or two, and what does not fit is left out. All names begin with
 * "sstp_" but those of the process, which are the ones that Prometheus' own clients use.
 */
#ifndef SSTP_CONTROL_METRICS_PAGE_H
#define SSTP_CONTROL_METRICS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/histogram.h"

/* The content type of a page. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics_page {
	char *at; /* `size` bytes */
	size_t size, len;
};

void metrics_put(struct metrics_page *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* `type`: "counter", "gauge", "histogram" */
void metrics_head(struct metrics_page *p, const char *name, const char *type, const char *help);
/* `labels`: "", or {name="value"} */
void metrics_value(struct metrics_page *p, const char *name, const char *labels, uint64_t value);
/* The same in milliseconds, printed as seconds. */
void metrics_seconds(struct metrics_page *p, const char *name, uint64_t ms);
/* Both, of a metric without labels. */
void metrics_one(struct metrics_page *p, const char *name, const char *type, const char *help,
		 uint64_t value);
/* A counter by direction. */
void metrics_both(struct metrics_page *p, const char *name, const char *help, uint64_t rx,
		  uint64_t tx);
void metrics_histogram(struct metrics_page *p, const char *name, const char *help,
		       const uint32_t bounds[HISTOGRAM_BOUNDS], const struct histogram *h);

struct metrics_label {
	char text[256];
};
/* A label's value, with what would end it escaped. */
struct metrics_label metrics_label(const char *value);

/* Of this process, with the version of the program. */
struct metrics_process {
	uint64_t resident_bytes, open_files, max_files;
	double cpu_s;
	int64_t started; /* seconds since 1970 */
};

/* When a process started; all zero at first. */
struct metrics_start {
	bool is_known;
	int64_t at_s;      /* seconds since 1970 */
	int64_t offset_ms; /* of the wall clock from one that nobody sets, when that was worked out */
};

/*
 * By the wall clock: when somebody sets that, the time of the start changes too. Otherwise it stays the same, since
 * Prometheus takes a change for a restart; also after the machine was suspended, which `boot_ms` counts and
 * `uptime_ms` does not.
 */
int64_t metrics_started(struct metrics_start *s, int64_t wall_ms, uint64_t boot_ms,
			uint64_t uptime_ms);

/* Opens what metrics_read_process reads, for a process that will not be able to. */
void metrics_open_process(void);
void metrics_read_process(struct metrics_process *m, uint64_t uptime_ms);
void metrics_put_process(struct metrics_page *p, const struct metrics_process *m);

#endif
