/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames and events that the engine emits, in order. A frame that does not fit is dropped, as on a
 * wire; an event never is. The outbox is empty again once everything has been taken.
 */
#ifndef SSTP_PPP_OUTBOX_H
#define SSTP_PPP_OUTBOX_H

#include "ppp/types.h"

enum {
	OUTBOX_ITEMS = 32,
	OUTBOX_EVENTS = 16, /* of these, reserved for events */
	OUTBOX_SIZE = 2048, /* one frame of full size and some small ones */
};

/* All zero: empty. */
struct outbox {
	struct {
		uint8_t type;  /* enum ppp_out_type */
		uint8_t offer; /* enum ppp_auth */
		uint16_t at, len;
	} items[OUTBOX_ITEMS];
	uint8_t count, next;
	uint16_t used;
	uint8_t bytes[OUTBOX_SIZE];
};

void outbox_reset(struct outbox *b); /* to empty, from any content */
/* Adds an event; `offer` is for PPP_OUT_OFFER. */
void outbox_emit(struct outbox *b, enum ppp_out_type event, enum ppp_auth offer);
/*
 * Adds a frame with the header that LCP, the NCPs and the authentication protocols share; false: no
 * room.
 */
bool outbox_send(struct outbox *b, uint16_t protocol, uint8_t code, uint8_t id, struct bytes body);
bool outbox_is_empty(const struct outbox *b); /* also if it is NULL */
/* Takes the next item: its type, and `frame` or `offer`. False: the outbox is empty. */
bool outbox_next(struct outbox *b, struct ppp_out *out);

#endif
