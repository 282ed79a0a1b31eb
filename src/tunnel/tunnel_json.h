/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tunnel's counters and the state of its connection as members of JSON: docs/control.md lists them. */
#ifndef SSTP_TUNNEL_TUNNEL_JSON_H
#define SSTP_TUNNEL_TUNNEL_JSON_H

#include "tunnel/tunnel.h"
#include "util/json.h"

void tunnel_stats_json(const struct tunnel_stats *s, struct json *j);
/* An object: {"source": 3, "filter": 1}, the causes that occurred, of one direction of drops. */
void tunnel_drops_json(const char *name, const uint64_t by_cause[DROP_CAUSES], struct json *j);
void tunnel_line_json(const struct tunnel_line *l, struct json *j);

#endif
