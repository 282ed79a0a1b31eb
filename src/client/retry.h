/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decides what follows the end of a tunnel or of an attempt: another attempt, at once or after a
 * pause, or none. It has no clock and no random numbers of its own; the caller passes them.
 *
 * Before a tunnel was ever up the user is there to read why it failed, so there is no second
 * attempt, unless `keep_trying`. After that everything is tried again except a login that the
 * server refuses explicitly: a server that shuts down may also end the link during the login, and
 * one with a slow RADIUS server may time out.
 *
 * The pause doubles with each failure in a row, up to a minute. A tunnel that was up for a minute
 * resets the series. One that was up for less shortens it, so that the pauses do not stay at a
 * minute with a server that accepts the login but fails soon after.
 */
#ifndef SSTP_CLIENT_RETRY_H
#define SSTP_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "tunnel/reason.h"

/* Initialize with zeroes and the user's choices. */
struct retry {
	bool once; /* never reconnect */
	/* also if the first attempt fails, unless the certificate is not trusted, whatever the time */
	bool keep_trying;
	bool was_up;       /* at any time */
	bool is_up;        /* now, ... */
	uint64_t up_ms;    /* ... since then */
	unsigned failures; /* in a row */
};

/* Why it ended. */
struct retry_end {
	/* we ended it to connect again: the user or the kernel reports another network */
	bool by_us;
	enum tunnel_reason reason; /* else */
	/* REASON_AUTH: the server refuses this login; false: it may accept it another time */
	bool is_verdict;
	/* REASON_TRUST: the certificate is not valid yet, or this machine's clock has not been set yet */
	bool is_not_valid_yet;
};

struct retry_plan {
	enum { RETRY_NEVER, RETRY_NOW, RETRY_LATER } when;
	uint32_t wait_ms; /* RETRY_LATER: from now */
	/* RETRY_NEVER: why the client ends; RETRY_LATER: why it is down */
	enum tunnel_reason reason;
};

/* Call it when packets may pass, also repeatedly. */
void retry_up(struct retry *r, uint64_t now_ms);
/*
 * Whether the other end ended an attempt, before its time limit at `limit_ms`, or a tunnel that was up for less than ten
 * seconds. How long it took to come up says nothing: this host, the server or the line may be slow. Call it before
 * retry_ended.
 */
bool retry_is_early(const struct retry *r, uint64_t limit_ms, uint64_t now_ms);
/* The tunnel or the attempt has ended, and the caller decides itself what follows. retry_ended includes it. */
void retry_down(struct retry *r, uint64_t now_ms);
/*
 * Call it when a tunnel or an attempt has ended. The pause is between three quarters and all of the
 * current maximum, chosen by `jitter`, a random number, so that not all clients reconnect at the
 * same time to a server that comes back.
 */
struct retry_plan retry_ended(struct retry *r, const struct retry_end *end, uint64_t now_ms,
			      uint32_t jitter);

#endif
