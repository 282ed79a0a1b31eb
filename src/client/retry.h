/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What follows the end of a tunnel, or of an attempt: another attempt, at once or after a pause, or none.
 * Only what the caller says counts: no clock, no random numbers of its own.
 *
 * Before a tunnel was ever up the user is there to read why it failed, so there is no second attempt,
 * unless `keep_trying`. After that everything is tried again but a login that the server refuses in so
 * many words: a server that goes down may end the link at the login too, and one with a slow RADIUS server
 * may not be done in time.
 *
 * The pause doubles with each failure in a row, up to a minute. A tunnel that was up for a minute ends the
 * series; one that was up for less shortens it, so that a server which lets us in and fails soon is not
 * met again after a minute each time.
 */
#ifndef SSTP_CLIENT_RETRY_H
#define SSTP_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "tunnel/reason.h"

/* Zeroes and the user's choice are the start. */
struct retry {
	bool once;         /* never again */
	bool keep_trying;  /* also when the very first attempt fails, but not for want of trust */
	bool was_up;       /* at any time */
	bool is_up;        /* now, ... */
	uint64_t up_ms;    /* ... since then */
	unsigned failures; /* in a row */
};

/* Why it ended. */
struct retry_end {
	bool by_us;                /* for another attempt: the user knows of another network */
	enum tunnel_reason reason; /* else */
	bool is_verdict; /* REASON_AUTH: the server refuses this login; false: perhaps another time */
};

struct retry_plan {
	enum { RETRY_NEVER, RETRY_NOW, RETRY_LATER } when;
	uint32_t wait_ms; /* RETRY_LATER: from now */
	/* RETRY_NEVER: of the end of it all; RETRY_LATER: what is wrong meanwhile */
	enum tunnel_reason reason;
};

/* Packets may pass. May be called again while they do. */
void retry_up(struct retry *r, uint64_t now_ms);
/*
 * A tunnel or an attempt has ended. The pause is somewhere between three quarters and all of what is due,
 * by `dice`, a random number, so that a server which comes back is not met by all its clients at once.
 */
struct retry_plan retry_ended(struct retry *r, const struct retry_end *end, uint64_t now_ms,
			      uint32_t dice);

#endif
