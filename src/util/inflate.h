/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decompression of what the build compressed: one member of gzip (RFC 1952) without a name or comment, in
 * memory. It never reads or writes out of bounds, but is made small, not fast: a few bits at a time.
 */
#ifndef SSTP_UTIL_INFLATE_H
#define SSTP_UTIL_INFLATE_H

#include "util/bytes.h"

/* The length that the member says it has, uncompressed; 0: this is no such member. */
size_t inflate_len(struct bytes member);
/* Writes at most `room` bytes. Returns how many; 0: the member is malformed, or does not fit. */
size_t inflate(struct bytes member, uint8_t *to, size_t room);

#endif
