/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tunnel/drops.h"

#include <stddef.h>

enum { RX = 1, TX = 2 };

/* The names are a contract: docs/control.md lists them. */
static const struct cause {
	const char *name;
	unsigned directions;
} causes[DROP_CAUSES] = {
	[DROP_MALFORMED] = { "malformed", RX | TX },
	[DROP_NOT_UP] = { "not_up", RX | TX },
	[DROP_CONFIGURATION] = { "configuration", RX },
	[DROP_SOURCE] = { "source", RX },
	[DROP_FILTER] = { "filter", RX | TX },
	[DROP_CLIENT] = { "client_to_client", RX },
	[DROP_DEVICE] = { "device", RX },
	[DROP_NO_SESSION] = { "no_session", TX },
	[DROP_TOO_BIG] = { "too_big", TX },
	[DROP_QUEUE_FULL] = { "queue_full", TX },
	[DROP_QUEUE_DELAY] = { "queue_delay", TX },
	[DROP_RATE] = { "rate", TX },
	[DROP_WORKER] = { "worker_busy", TX },
	[DROP_MEMORY] = { "memory", TX },
};

const char *drop_cause_name(enum drop_cause cause)
{
	return causes[cause].name;
}

bool drop_is_rx(enum drop_cause cause)
{
	return causes[cause].directions & RX;
}

bool drop_is_tx(enum drop_cause cause)
{
	return causes[cause].directions & TX;
}

void drops_add(struct drops *to, const struct drops *from)
{
	for (size_t i = 0; i < DROP_CAUSES; i++) {
		to->rx[i] += from->rx[i];
		to->tx[i] += from->tx[i];
	}
}
