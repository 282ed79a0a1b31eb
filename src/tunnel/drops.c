/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tunnel/drops.h"

#include <stddef.h>

enum { RX = 1, TX = 2, SERVER = 4 };

/* The names are a contract: docs/control.md lists them. */
static const struct cause {
	const char *name;
	unsigned where;
} causes[DROP_CAUSES] = {
	[DROP_MALFORMED] = { "malformed", RX | TX },
	[DROP_NOT_UP] = { "not_up", RX | TX },
	[DROP_CONFIGURATION] = { "configuration", RX },
	[DROP_SOURCE] = { "source", RX | SERVER },
	[DROP_FILTER] = { "filter", RX | TX | SERVER },
	[DROP_CLIENT] = { "client_to_client", RX | SERVER },
	[DROP_DEVICE] = { "device", RX | SERVER },
	[DROP_NO_SESSION] = { "no_session", TX | SERVER },
	[DROP_TOO_BIG] = { "too_big", TX },
	[DROP_QUEUE_FULL] = { "queue_full", TX },
	[DROP_QUEUE_DELAY] = { "queue_delay", TX },
	[DROP_RATE] = { "rate", TX | SERVER },
	[DROP_WORKER] = { "worker_busy", TX | SERVER },
	[DROP_MEMORY] = { "memory", TX },
};

const char *drop_cause_name(enum drop_cause cause)
{
	return causes[cause].name;
}

bool drop_is_rx(enum drop_cause cause)
{
	return causes[cause].where & RX;
}

bool drop_is_tx(enum drop_cause cause)
{
	return causes[cause].where & TX;
}

bool drop_is_at_client(enum drop_cause cause)
{
	return !(causes[cause].where & SERVER);
}

uint64_t drops_sum(const uint64_t by_cause[DROP_CAUSES])
{
	uint64_t sum = 0;

	for (size_t i = 0; i < DROP_CAUSES; i++)
		sum += by_cause[i];
	return sum;
}

void drops_add(struct drops *to, const struct drops *from)
{
	for (size_t i = 0; i < DROP_CAUSES; i++) {
		to->rx[i] += from->rx[i];
		to->tx[i] += from->tx[i];
	}
}
