/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to src/tunnel: what its files share. */
#ifndef SSTP_TUNNEL_INSIDE_H
#define SSTP_TUNNEL_INSIDE_H

#include "tunnel/tunnel.h"

/* ---- tunnel.c: life and events */

void tunnel_notify(struct tunnel *t, struct tunnel_event ev);
/* Records why it ends; the first reason is the cause, later ones are its consequences and ignored. */
void tunnel_set_reason(struct tunnel *t, enum tunnel_reason reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Records what the failure may tell about the way to the server; to be called before the reason is set. */
void tunnel_set_sign(struct tunnel *t, enum tunnel_sign sign);
/* Takes the reason that an engine has recorded, if one has: PPP's, then SSTP's. It comes before an error
 * of the socket, since a peer closes the connection once the tunnel has been disconnected. */
void tunnel_set_engine_reason(struct tunnel *t);
/* Sends close_notify if that is still possible, releases everything, notifies the owner. */
void tunnel_finish(struct tunnel *t);
/*
 * To be called before the engines are: lends them their outboxes until tunnel_drain has handled everything.
 * False: no memory; the tunnel has ended.
 */
bool tunnel_lend(struct tunnel *t);
/* Handles the engines' frames and events until neither has more. */
void tunnel_drain(struct tunnel *t);
/* Sets the timer to the earliest deadline. */
void tunnel_arm(struct tunnel *t);
void tunnel_start_sstp(struct tunnel *t); /* TLS is up */
/* Looks again then whether packets may pass at the rates that are set. */
void tunnel_pace(struct tunnel *t, uint64_t at_ms);

/* ---- the session's speed limits, if it has any */

static inline bool tunnel_limits_up(const struct tunnel *t)
{
	return t->rates && t->rates->up.bytes_s;
}

static inline bool tunnel_limits_down(const struct tunnel *t)
{
	return t->rates && t->rates->down.bytes_s;
}

/* ---- receive.c: from the socket to the engines and the packet sink */

void tunnel_read(struct tunnel *t); /* the socket is readable */
void tunnel_take_frame(struct tunnel *t, struct bytes frame);

/* ---- send.c: from the owner's packets to the socket */

void tunnel_send_waiting(struct tunnel *t); /* the socket is writable */
void tunnel_end_turn(struct loop_task *turn);

#endif
