/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tunnel/tunnel_json.h"

void tunnel_stats_json(const struct tunnel_stats *s, struct json *j)
{
	json_number(j, "rx_packets", s->rx_packets);
	json_number(j, "rx_bytes", s->rx_bytes);
	json_number(j, "rx_dropped", s->rx_dropped);
	json_number(j, "tx_packets", s->tx_packets);
	json_number(j, "tx_bytes", s->tx_bytes);
	json_number(j, "tx_dropped", s->tx_dropped);
	json_number(j, "tx_marked", s->tx_marked);
}

void tunnel_drops_json(const char *name, const uint64_t by_cause[DROP_CAUSES], struct json *j)
{
	json_object(j, name);
	for (unsigned c = 0; c < DROP_CAUSES; c++)
		if (by_cause[c])
			json_number(j, drop_cause_name((enum drop_cause)c), by_cause[c]);
	json_end(j);
}

void tunnel_line_json(const struct tunnel_line *l, struct json *j)
{
	json_number(j, "rtt_ms", l->rtt_ms);
	json_number(j, "retransmitted", l->repeated);
	json_number(j, "waiting_bytes", l->waiting);
}
