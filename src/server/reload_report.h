/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reload has read, and what it could not read: for the log and for whoever asked for it. */
#ifndef SSTP_SERVER_RELOAD_REPORT_H
#define SSTP_SERVER_RELOAD_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum { RELOAD_REPORT_SIZE = 4096 };

struct reload_report {
	bool has_failed;               /* something could not be read; it is unchanged */
	char text[RELOAD_REPORT_SIZE]; /* lines, each with its end; what does not fit is left out */
	size_t len;
};

/* Each adds a line and logs it. The report must be zero before the first call. */
void reload_report_done(struct reload_report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void reload_report_warn(struct reload_report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void reload_report_failed(struct reload_report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
