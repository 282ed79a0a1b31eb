/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FNV-1a, 32 bits: for tables whose keys a peer can't choose, or with a secret seed. */
#ifndef SSTP_UTIL_HASH_H
#define SSTP_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t hash_bytes(uint32_t seed, const void *from, size_t len)
{
	const uint8_t *at = from;
	uint32_t h = seed ^ 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	return h;
}

#endif
