/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/reload_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/log.h"

enum { LINE_SIZE = 512 };

static void add(struct reload_report *r, const char *line)
{
	size_t len = strlen(line);

	if (r->len + len + 1 >= sizeof(r->text))
		return;
	memcpy(r->text + r->len, line, len);
	r->len += len;
	r->text[r->len++] = '\n';
	r->text[r->len] = '\0';
}

__attribute__((format(printf, 3, 0))) static void log_and_add(struct reload_report *r,
							      enum log_level level,
							      const char *format, va_list args)
{
	char line[LINE_SIZE];

	vsnprintf(line, sizeof(line), format, args);
	log_at(NULL, level, "%s", line);
	add(r, line);
}

void reload_report_done(struct reload_report *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_and_add(r, LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void reload_report_warn(struct reload_report *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_and_add(r, LOG_LEVEL_WARN, format, args);
	va_end(args);
}

void reload_report_failed(struct reload_report *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_and_add(r, LOG_LEVEL_ERROR, format, args);
	va_end(args);
	r->has_failed = true;
}
