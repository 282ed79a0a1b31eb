/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of a tunnel tell each other; nobody else includes this. */
#ifndef SSTP_TUNNEL_INSIDE_H
#define SSTP_TUNNEL_INSIDE_H

#include "tunnel/tunnel.h"

/* tunnel.c: life and events */
void tunnel_notify(struct tunnel *t, struct tunnel_event ev);
/* Remembers why it ends; the first reason is the cause, those after it are its consequences. */
void tunnel_set_reason(struct tunnel *t, enum tunnel_reason reason, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The reason that an engine has noted, if one has: PPP's, then SSTP's. What the socket says comes after
 * that: a peer that was told goodbye closes the connection. */
void tunnel_set_engine_reason(struct tunnel *t);
/* The end: says goodbye in TLS if that still makes sense, lets go of everything, tells the owner. */
void tunnel_finish(struct tunnel *t);
/* Works off what the engines have to say, until neither has more. */
void tunnel_drain(struct tunnel *t);
/* Sets the timer to the earliest deadline. */
void tunnel_arm(struct tunnel *t);
void tunnel_start_sstp(struct tunnel *t); /* TLS is up */

/* receive.c: from the socket to the engines and the packet sink */
void tunnel_read(struct tunnel *t); /* the socket is readable */
void tunnel_take_frame(struct tunnel *t, struct bytes frame);

/* send.c: from the owner's packets to the socket */
void tunnel_send_waiting(struct tunnel *t); /* the socket is writable */
void tunnel_end_turn(struct loop_task *turn);

#endif
