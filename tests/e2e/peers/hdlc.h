/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PPP in HDLC-like framing over a byte stream, RFC 1662: what pppd speaks on a terminal. Flags,
 * escapes and the frame check sequence; the frames themselves are left as they are.
 */
#ifndef SSTP_TESTS_E2E_PEERS_HDLC_H
#define SSTP_TESTS_E2E_PEERS_HDLC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HDLC_FRAME_MAX = 4091, /* what an SSTP data packet holds */
	HDLC_FCS_LEN = 2,
	/* everything escaped, and a flag at each end */
	HDLC_WIRE_MAX = 2 * (HDLC_FRAME_MAX + HDLC_FCS_LEN) + 2,
};

/* A frame on its way in. All zeroes is a good start. */
struct hdlc {
	uint8_t frame[HDLC_FRAME_MAX + HDLC_FCS_LEN];
	size_t len;   /* of a whole one */
	size_t taken; /* of the one under way */
	bool is_escaped, is_bad;
};

/*
 * Takes one byte. True when it ends a good frame: that is h->frame, without its FCS, h->len long,
 * until the next call. What is damaged or too long is dropped.
 */
bool hdlc_take(struct hdlc *h, uint8_t byte);

/*
 * Writes a frame of at most HDLC_FRAME_MAX bytes with everything around it, at most HDLC_WIRE_MAX
 * bytes, and returns how many. All control characters are escaped, which is right whatever map of
 * them (ACCM) was agreed on.
 */
size_t hdlc_put(uint8_t *to, const uint8_t *frame, size_t len);

#endif
