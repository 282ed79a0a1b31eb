/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tunnel/tunnel_metrics.h"

#include <stdio.h>

void tunnel_traffic_metrics(struct metrics_page *p, bool is_client, const struct tunnel_stats *s)
{
	metrics_both(p, is_client ? "client_packets_total" : "packets_total",
		     is_client ? "IP packets from (rx) and to (tx) the server."
			       : "IP packets from (rx) and to (tx) the clients.",
		     s->rx_packets, s->tx_packets);
	metrics_both(p, is_client ? "client_bytes_total" : "bytes_total", "Bytes of these packets.",
		     s->rx_bytes, s->tx_bytes);
	metrics_one(p, is_client ? "client_marked_packets_total" : "marked_packets_total",
		    "counter",
		    is_client
			    ? "Packets to the server that were marked by ECN in place of a drop."
			    : "Packets to the clients that were marked by ECN in place of a drop.",
		    s->tx_marked);
}

void tunnel_drops_metrics(struct metrics_page *p, bool is_client, const struct drops *d)
{
	const char *name = is_client ? "client_dropped_packets_total" : "dropped_packets_total";
	char labels[80];

	metrics_head(
		p, name, "counter",
		is_client
			? "Packets that were dropped, by cause, from (rx) and to (tx) the server."
			: "Packets that were dropped, by cause, from (rx) and to (tx) the clients.");
	for (unsigned c = 0; c < 2 * DROP_CAUSES; c++) {
		enum drop_cause cause = (enum drop_cause)(c % DROP_CAUSES);
		bool is_rx = c < DROP_CAUSES;

		if (!(is_rx ? drop_is_rx(cause) : drop_is_tx(cause)) ||
		    (is_client && !drop_is_at_client(cause)))
			continue;
		snprintf(labels, sizeof(labels), "{direction=\"%s\",cause=\"%s\"}",
			 is_rx ? "rx" : "tx", drop_cause_name(cause));
		metrics_value(p, name, labels, (is_rx ? d->rx : d->tx)[cause]);
	}
}
