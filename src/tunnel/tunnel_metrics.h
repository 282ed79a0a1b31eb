/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counters of tunnels in a page of metrics: docs/control.md lists them. Those of a client have names of
 * their own ("sstp_client_packets_total"), so that sums over servers have no clients in them.
 */
#ifndef SSTP_TUNNEL_TUNNEL_METRICS_H
#define SSTP_TUNNEL_TUNNEL_METRICS_H

#include "control/metrics_page.h"
#include "tunnel/tunnel.h"

void tunnel_traffic_metrics(struct metrics_page *p, bool is_client, const struct tunnel_stats *s);
void tunnel_drops_metrics(struct metrics_page *p, bool is_client, const struct drops *d);

#endif
