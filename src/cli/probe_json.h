/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp probe --json: the report for programs. The names of its members are a contract: sstp(8). */
#ifndef SSTP_CLI_PROBE_JSON_H
#define SSTP_CLI_PROBE_JSON_H

#include "cli/exit_code.h"
#include "client/probe.h"

/* Prints one object and a newline to standard output, even if the probe failed. */
void probe_json_print(const struct server_ref *ref, const struct probe_report *r,
		      enum exit_code code);

#endif
