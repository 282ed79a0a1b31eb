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

/* A frame that is being received. Initialize with zeroes. */
struct hdlc {
	uint8_t frame[HDLC_FRAME_MAX + HDLC_FCS_LEN];
	size_t len;   /* of a complete frame */
	size_t taken; /* of the current frame */
	bool is_escaped, is_bad;
};

/*
 * Takes one byte. Returns true if it ends a valid frame: that is h->frame, without its FCS, h->len
 * long, until the next call. Damaged and overlong frames are dropped.
 */
bool hdlc_take(struct hdlc *h, uint8_t byte);

/*
 * Writes a frame of at most HDLC_FRAME_MAX bytes in HDLC framing, at most HDLC_WIRE_MAX bytes, and
 * returns the length. All control characters are escaped, which is valid with any negotiated ACCM.
 */
size_t hdlc_put(uint8_t *to, const uint8_t *frame, size_t len);

#endif
