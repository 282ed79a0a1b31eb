/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sstp probe --json: the report for programs. The names of its members are a contract: sstp(8). */
#ifndef SSTP_CLI_PROBE_JSON_H
#define SSTP_CLI_PROBE_JSON_H

#include "cli/exit_code.h"
#include "client/probe.h"
#include "util/json.h"

/* Puts the report's members into the open object, also if the probe failed. */
void probe_json_put(struct json *j, const struct server_ref *ref, const struct probe_report *r,
		    enum exit_code code);

#endif
