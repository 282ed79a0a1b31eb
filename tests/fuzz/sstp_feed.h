/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets over the SSTP engine have in common. */
#ifndef SSTP_TESTS_FUZZ_SSTP_FEED_H
#define SSTP_TESTS_FUZZ_SSTP_FEED_H

#include "sstp/call.h"
#include "sstp/sstp.h"

struct feed {
	struct sstp s;
	struct sstp_keys keys;
	struct sstp_outbox out;
	uint64_t now_ms;
	bool is_authenticated; /* sstp_authenticated was called */
	bool is_closed;
	uint8_t rest[3 * SSTP_HTTP_MAX]; /* fed and not taken */
	size_t rest_len;
};

/* An engine of that role, opened, with a hidden log and the same random numbers each time. */
void feed_open(struct feed *f, enum sstp_role role);
/* Bytes from the peer, on memory of their own size so that a read past it is seen. */
void feed_bytes(struct feed *f, const uint8_t *at, size_t len);
void feed_authenticated(struct feed *f);
void feed_close(struct feed *f);
/* Advances the clock, at most to the deadline, so that the timer expires exactly in time. */
void feed_wait(struct feed *f, uint64_t ms);
void feed_until_deadline(struct feed *f);

#endif
