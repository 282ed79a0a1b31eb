/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an engine has to send and to tell, in the order it happened. Frames that find no room are
 * lost, as on a wire; events never are. It is empty again once all has been taken.
 */
#ifndef SSTP_PPP_OUTBOX_H
#define SSTP_PPP_OUTBOX_H

#include "ppp/types.h"

enum {
	OUTBOX_ITEMS = 32,
	OUTBOX_EVENTS = 16, /* of these: kept for events */
	OUTBOX_ROOM = 2048, /* a frame of full size and some small ones */
};

/* All zero is empty. */
struct outbox {
	struct {
		uint8_t type;  /* enum ppp_out_type */
		uint8_t offer; /* enum ppp_auth */
		uint16_t at, len;
	} items[OUTBOX_ITEMS];
	uint8_t count, next;
	uint16_t used;
	uint8_t bytes[OUTBOX_ROOM];
};

/* An event; `offer`: of PPP_OUT_OFFER. */
void outbox_emit(struct outbox *b, enum ppp_out_type event, enum ppp_auth offer);
/* A frame of the form that LCP, the NCPs and the authentication protocols share; false: no room. */
bool outbox_send(struct outbox *b, uint16_t protocol, uint8_t code, uint8_t id, struct bytes body);
/* The next one: its type, and `frame` or `offer` of it. False: that was all. */
bool outbox_next(struct outbox *b, struct ppp_out *out);

#endif
