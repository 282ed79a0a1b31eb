/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AES-GCM (NIST SP 800-38D) with the vector instructions VAES and VPCLMULQDQ: two blocks per register,
 * for pieces of a few KiB nearly twice as fast as AES-NI, which wolfSSL uses. The assembly is
 * ring's, which has it from BoringSSL (tools/deps). No state is kept between calls.
 */
#ifndef SSTP_CRYPTO_GCM_H
#define SSTP_CRYPTO_GCM_H

#include <stdbool.h>

#include "util/bytes.h"

enum {
	GCM_NONCE_LEN = 12,
	GCM_TAG_LEN = 16,
	GCM_ROUND_KEYS_MAX = 15 * 16,
};

struct gcm {
	/* FIPS 197's expanded key: `rounds` + 1 keys of 16 bytes; 10 rounds for AES-128, 14 for AES-256. */
	const void *round_keys;
	unsigned rounds;
	const uint8_t *nonce; /* GCM_NONCE_LEN bytes */
	struct bytes aad;
};

/* Whether this program has the assembly and the CPU has the instructions. Else don't call the others. */
bool gcm_is_available(void);

/* `to` may be `from`, but must not overlap with it otherwise. `len`: less than 64 GiB. */
void gcm_seal(const struct gcm *g, uint8_t *to, const uint8_t *from, size_t len,
	      uint8_t tag[GCM_TAG_LEN]);
/* False, with zeroes in `to`, if the tag does not match nonce, aad and ciphertext. */
bool gcm_open(const struct gcm *g, uint8_t *to, const uint8_t *from, size_t len,
	      const uint8_t tag[GCM_TAG_LEN]);

#endif
