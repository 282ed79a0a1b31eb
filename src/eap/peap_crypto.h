/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys of PEAP version 0 ([MS-PEAP] 3.1.5.5.2), and its TLVs (2.2.8.1): the result of the inner
 * method, and the crypto binding, which proves that both methods were run with the same peer.
 */
#ifndef SSTP_EAP_PEAP_CRYPTO_H
#define SSTP_EAP_PEAP_CRYPTO_H

#include "crypto/digest.h"
#include "eap/packet.h"
#include "tls/tls.h"

enum {
	PEAP_TLV_TYPE = 33, /* EAP type of the packets with TLVs */
	PEAP_ISK_LEN = 32,  /* of the inner method's MSK */
	PEAP_NONCE_LEN = 32,
	PEAP_IPMK_LEN = 40,
	PEAP_CMK_LEN = 20,
	PEAP_BINDING_LEN = 60, /* the whole TLV */
};

struct peap_keys {
	uint8_t ipmk[PEAP_IPMK_LEN];
	uint8_t cmk[PEAP_CMK_LEN];
};

void peap_keys(const uint8_t key_material[TLS_EAP_KEY_LEN], const uint8_t isk[PEAP_ISK_LEN],
	       struct peap_keys *keys);
/* The MSK when a binding was exchanged; without one it is the start of the key material. */
void peap_csk(const struct peap_keys *keys, uint8_t msk[EAP_MSK_LEN]);

/* Result TLV */
enum peap_result {
	PEAP_NO_RESULT,
	PEAP_SUCCESS,
	PEAP_FAILURE,
};

/* Crypto-Binding TLV: SubType */
enum peap_binding_type {
	PEAP_BINDING_REQUEST,
	PEAP_BINDING_RESPONSE,
};

struct peap_tlvs {
	enum peap_result result;
	const uint8_t *binding; /* PEAP_BINDING_LEN bytes; NULL: none */
	uint16_t unknown;       /* type of a mandatory TLV that is not known; 0: none */
};

/* False when malformed. `data` follows the EAP type. */
bool peap_tlvs_get(struct bytes data, struct peap_tlvs *tlvs);
void peap_put_result(struct writer *w, enum peap_result result);
void peap_put_nak(struct writer *w, uint16_t unknown);
void peap_put_binding(struct writer *w, enum peap_binding_type type,
		      const uint8_t nonce[PEAP_NONCE_LEN], const struct peap_keys *keys);
/* Whether the TLV is of that type and has the right MAC. */
bool peap_binding_is_good(const uint8_t binding[PEAP_BINDING_LEN], enum peap_binding_type type,
			  const struct peap_keys *keys);
const uint8_t *peap_nonce_of(const uint8_t binding[PEAP_BINDING_LEN]);

/*
 * Inside the tunnel a packet has no EAP header, except those with TLVs; FreeRADIUS sends one with
 * its first Request too. Writes the packet with its header; `code` and `id` are those of the outer
 * packet.
 */
void peap_wrap(struct writer *w, uint8_t code, uint8_t id, struct bytes plain);
/* The packet as it travels inside. */
struct bytes peap_unwrap(struct bytes packet);

#endif
