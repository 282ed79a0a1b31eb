/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sum does not depend on the width of the words, nor on their byte order except for a swap at the
 * end (RFC 1071 section 2). So four 64-bit lanes take 32 bytes at a time; the low and the high half
 * of each are added separately so that nothing overflows. The compiler translates GCC's vector types to
 * SSE2, AVX2 or NEON, or to plain C.
 */
#include "util/checksum.h"

#include <arpa/inet.h>
#include <string.h>

typedef uint64_t lanes __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

/* If `to` is NULL, nothing is copied; the check costs nothing because this is inlined. */
INLINE uint64_t add_lanes(uint8_t *to, const uint8_t *from, size_t len)
{
	lanes low = { 0 }, high = { 0 }, word;

	for (size_t i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, from + i, sizeof(word));
		if (to)
			memcpy(to + i, &word, sizeof(word));
		low += word & 0xffffffff;
		high += word >> 32;
	}
	low += high;
	return low[0] + low[1] + low[2] + low[3];
}

INLINE uint64_t add_words(uint8_t *to, const uint8_t *from, size_t len)
{
	uint64_t sum = 0;
	uint32_t word;

	for (; len >= sizeof(word); len -= sizeof(word), from += sizeof(word)) {
		memcpy(&word, from, sizeof(word));
		sum += word;
		if (to) {
			memcpy(to, &word, sizeof(word));
			to += sizeof(word);
		}
	}
	word = 0;
	memcpy(&word, from, len);
	if (to)
		memcpy(to, &word, len);
	return sum + word;
}

INLINE uint16_t add_all(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t bulk = len - len % sizeof(lanes);
	uint64_t sum = add_lanes(to, from, bulk);

	sum += add_words(to ? to + bulk : NULL, from + bulk, len - bulk);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return ntohs(checksum_fold((uint32_t)sum));
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint16_t add_all_avx2(uint8_t *to, const uint8_t *from,
							     size_t len)
{
	return to ? add_all(to, from, len) : add_all(NULL, from, len);
}
#define HAS_AVX2 __builtin_cpu_supports("avx2")
#else
#define add_all_avx2 add_all
#define HAS_AVX2 0
#endif

uint16_t checksum_sum(const uint8_t *at, size_t len)
{
	return HAS_AVX2 ? add_all_avx2(NULL, at, len) : add_all(NULL, at, len);
}

uint16_t checksum_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	return HAS_AVX2 ? add_all_avx2(to, from, len) : add_all(to, from, len);
}

uint32_t checksum_pseudo(const uint8_t *addrs, size_t addrs_len, uint8_t proto, size_t len)
{
	return (uint32_t)checksum_sum(addrs, addrs_len) + proto + (uint32_t)len;
}
