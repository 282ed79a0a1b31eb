/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long to wait before the next attempt to connect. The pause doubles with each failure in a row, up
 * to a minute. A tunnel that was up for a minute ends the series; one that was up for less shortens it,
 * so that a server which lets us in and fails soon is not met again after a minute each time.
 */
#ifndef SSTP_CLIENT_RETRY_H
#define SSTP_CLIENT_RETRY_H

#include <stdint.h>

/* Zeroes are the start. */
struct retry {
	unsigned failures; /* in a row */
};

/* A tunnel that was up for so long has ended. */
void retry_was_up(struct retry *r, uint64_t up_ms);
/*
 * An attempt has failed, or a tunnel has ended: the pause before the next. It is somewhere between three
 * quarters and all of what is due, by `dice`, a random number, so that a server which comes back is not
 * met by all its clients at once.
 */
uint32_t retry_pause_ms(struct retry *r, uint32_t dice);

#endif
