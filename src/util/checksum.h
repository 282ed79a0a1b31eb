/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Internet checksum (RFC 1071), optimized: besides cryptography and copying it is the only thing
 * that the packet path does with every byte. A sum is a plain number below 2^32, whose two
 * halves are folded together at the end; lengths and protocol numbers are simply added to it.
 */
#ifndef SSTP_UTIL_CHECKSUM_H
#define SSTP_UTIL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Sum of the bytes as big-endian 16-bit words, folded; an odd last byte counts as if padded. */
uint16_t checksum_sum(const uint8_t *at, size_t len);
/* The same, and copies them. */
uint16_t checksum_copy(uint8_t *to, const uint8_t *from, size_t len);
/* The sum of the pseudo-header of TCP and UDP. `addrs_len`: of both addresses together. */
uint32_t checksum_pseudo(const uint8_t *addrs, size_t addrs_len, uint8_t proto, size_t len);

static inline uint16_t checksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

#endif
