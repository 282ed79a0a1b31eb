/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 1662 sections 3, 4 and appendix C. */
#include "e2e/peers/hdlc.h"

enum {
	FLAG = 0x7e,
	ESCAPE = 0x7d,
	ESCAPE_BIT = 0x20,
	FCS_START = 0xffff,
	FCS_GOOD = 0xf0b8, /* over a frame and its own FCS */
};

static uint16_t fcs(const uint8_t *at, size_t len)
{
	unsigned value = FCS_START;

	for (size_t i = 0; i < len; i++) {
		value ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			value = value & 1 ? value >> 1 ^ 0x8408 : value >> 1;
	}
	return (uint16_t)value;
}

static bool end_frame(struct hdlc *h, size_t len)
{
	if (h->is_bad || h->is_escaped || len <= HDLC_FCS_LEN || fcs(h->frame, len) != FCS_GOOD)
		return false;
	h->len = len - HDLC_FCS_LEN;
	return true;
}

bool hdlc_take(struct hdlc *h, uint8_t byte)
{
	size_t len = h->taken;

	if (byte == FLAG) {
		bool is_good = end_frame(h, len);

		h->taken = 0;
		h->is_bad = h->is_escaped = false;
		return is_good;
	}
	if (byte == ESCAPE) {
		h->is_escaped = true;
		return false;
	}
	if (len == sizeof(h->frame)) {
		h->is_bad = true;
		return false;
	}
	h->frame[h->taken++] = h->is_escaped ? byte ^ ESCAPE_BIT : byte;
	h->is_escaped = false;
	return false;
}

static size_t put_escaped(uint8_t *to, uint8_t byte)
{
	if (byte >= ESCAPE_BIT && byte != FLAG && byte != ESCAPE) {
		to[0] = byte;
		return 1;
	}
	to[0] = ESCAPE;
	to[1] = byte ^ ESCAPE_BIT;
	return 2;
}

size_t hdlc_put(uint8_t *to, const uint8_t *frame, size_t len)
{
	unsigned check = fcs(frame, len) ^ 0xffffu;
	size_t n = 0;

	to[n++] = FLAG;
	for (size_t i = 0; i < len; i++)
		n += put_escaped(to + n, frame[i]);
	n += put_escaped(to + n, check & 0xff); /* the only little-endian number in PPP */
	n += put_escaped(to + n, (uint8_t)(check >> 8));
	to[n++] = FLAG;
	return n;
}
