/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several servers of one VPN: in which order they are tried. A round tries each of them once; the caller
 * pauses between rounds (retry.h). It has no clock of its own; the caller passes the time.
 *
 * In the first round the order is the user's. Later rounds begin with the server that last had a tunnel,
 * then go by the number of failures since a server's last success, then by the time that connecting took,
 * the shortest first, then by the user's order.
 */
#ifndef SSTP_CLIENT_SERVER_LIST_H
#define SSTP_CLIENT_SERVER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERVER_LIST_MAX = 16 };

struct server_record {
	bool was_tried;      /* in this round */
	unsigned failures;   /* in a row */
	uint64_t up_ms;      /* when its last tunnel was up; 0: it never had one */
	uint32_t connect_ms; /* from the start of that attempt to the tunnel; 0: unknown */
};

struct server_list {
	size_t count, current; /* current: the server of the attempt or of the tunnel */
	struct server_record at[SERVER_LIST_MAX];
};

/* `count` is from 1 to SERVER_LIST_MAX. */
void server_list_init(struct server_list *l, size_t count);
/* Begins a round: `current` is the best server. */
void server_list_begin(struct server_list *l);
/* `current` becomes the best server of those that were not tried in this round. Returns false if none is left. */
bool server_list_next(struct server_list *l);
/* The current server's attempt has failed. */
void server_list_failed(struct server_list *l);
/* The current server's tunnel is up, `connect_ms` after the attempt's start. */
void server_list_up(struct server_list *l, uint64_t now_ms, uint32_t connect_ms);

#endif
