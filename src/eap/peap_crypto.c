/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "eap/peap_crypto.h"

#include "util/secret.h"

enum {
	TK_LEN = 40, /* of the key material, for IPMK and CMK */
	PRF_MAX = 140,
	MANDATORY = 0x8000,
	TYPE_MASK = 0x3fff,
	TLV_RESULT = 3,
	TLV_NAK = 4,
	TLV_BINDING = 12,
	BINDING_BODY_LEN = PEAP_BINDING_LEN - 4,
	SUBTYPE_AT = 7,
	NONCE_AT = 8,
	MAC_AT = NONCE_AT + PEAP_NONCE_LEN,
};

/* ---- keys */

/* PRF+: T1 = HMAC-SHA1(K, S | 1 0 0), T2 = HMAC-SHA1(K, T1 | S | 2 0 0), ... */
static void prf_plus(struct bytes key, const struct bytes seed[2], uint8_t *out, size_t len)
{
	uint8_t t[SHA1_LEN] = { 0 };

	for (size_t at = 0, n = 1; at < len; n++) {
		const uint8_t counter[3] = { (uint8_t)n, 0, 0 };
		const struct bytes parts[] = {
			bytes_of(t, n > 1 ? sizeof(t) : 0),
			seed[0],
			seed[1],
			bytes_of(counter, sizeof(counter)),
		};
		size_t left;

		hmac_sha1(key, parts, 4, t);
		left = len - at < sizeof(t) ? len - at : sizeof(t);
		memcpy(out + at, t, left);
		at += left;
	}
	secret_wipe(t, sizeof(t));
}

void peap_keys(const uint8_t key_material[TLS_EAP_KEY_LEN], const uint8_t isk[PEAP_ISK_LEN],
	       struct peap_keys *keys)
{
	const struct bytes seed[] = {
		bytes_text("Inner Methods Compound Keys"),
		bytes_of(isk, PEAP_ISK_LEN),
	};
	uint8_t imck[PEAP_IPMK_LEN + PEAP_CMK_LEN];

	prf_plus(bytes_of(key_material, TK_LEN), seed, imck, sizeof(imck));
	memcpy(keys->ipmk, imck, sizeof(keys->ipmk));
	memcpy(keys->cmk, imck + sizeof(keys->ipmk), sizeof(keys->cmk));
	secret_wipe(imck, sizeof(imck));
}

void peap_csk(const struct peap_keys *keys, uint8_t msk[EAP_MSK_LEN])
{
	static const char label[] = "Session Key Generating Function"; /* with its zero byte */
	const struct bytes seed[] = { bytes_of(label, sizeof(label)), bytes_of(NULL, 0) };

	prf_plus(bytes_of(keys->ipmk, sizeof(keys->ipmk)), seed, msk, EAP_MSK_LEN);
}

/* The whole TLV with zeroes in place of the MAC, and the EAP type of PEAP. */
static void binding_mac(const uint8_t binding[PEAP_BINDING_LEN], const struct peap_keys *keys,
			uint8_t mac[SHA1_LEN])
{
	static const uint8_t type = EAP_PEAP, zeroes[SHA1_LEN];
	const struct bytes parts[] = {
		bytes_of(binding, MAC_AT),
		bytes_of(zeroes, sizeof(zeroes)),
		bytes_of(&type, sizeof(type)),
	};

	hmac_sha1(bytes_of(keys->cmk, sizeof(keys->cmk)), parts, 3, mac);
}

void peap_put_binding(struct writer *w, enum peap_binding_type type,
		      const uint8_t nonce[PEAP_NONCE_LEN], const struct peap_keys *keys)
{
	uint8_t tlv[PEAP_BINDING_LEN];
	struct writer t = writer_of(tlv, sizeof(tlv));

	put_u16(&t, TLV_BINDING);
	put_u16(&t, BINDING_BODY_LEN);
	put_u16(&t, 0); /* Reserved, Version */
	put_u8(&t, 0);  /* Received Version */
	put_u8(&t, (uint8_t)type);
	put_bytes(&t, nonce, PEAP_NONCE_LEN);
	binding_mac(tlv, keys, put_gap(&t, SHA1_LEN));
	put_bytes(w, tlv, sizeof(tlv));
}

bool peap_binding_is_good(const uint8_t binding[PEAP_BINDING_LEN], enum peap_binding_type type,
			  const struct peap_keys *keys)
{
	uint8_t mac[SHA1_LEN];

	binding_mac(binding, keys, mac);
	return binding[5] == 0 && binding[6] == 0 && binding[SUBTYPE_AT] == (uint8_t)type &&
	       ct_equal(mac, binding + MAC_AT, sizeof(mac));
}

const uint8_t *peap_nonce_of(const uint8_t binding[PEAP_BINDING_LEN])
{
	return binding + NONCE_AT;
}

/* ---- TLVs */

static void take_tlv(struct peap_tlvs *tlvs, uint16_t head, struct reader *body,
		     const uint8_t *whole)
{
	uint16_t type = head & TYPE_MASK, value;

	if (type == TLV_RESULT) {
		value = get_u16(body);
		body->bad |= body->left || (value != PEAP_SUCCESS && value != PEAP_FAILURE) ||
			     tlvs->result;
		tlvs->result = (enum peap_result)value;
	} else if (type == TLV_BINDING) {
		body->bad |= body->left != BINDING_BODY_LEN || tlvs->binding;
		tlvs->binding = whole;
	} else if (head & MANDATORY && !tlvs->unknown) {
		tlvs->unknown = type;
	}
}

bool peap_tlvs_get(struct bytes data, struct peap_tlvs *tlvs)
{
	struct reader r = reader_of(data.at, data.len);

	memset(tlvs, 0, sizeof(*tlvs));
	while (r.left) {
		const uint8_t *whole = r.at;
		uint16_t head = get_u16(&r);
		struct reader body = get_reader(&r, get_u16(&r));

		if (!body.bad)
			take_tlv(tlvs, head, &body, whole);
		if (body.bad)
			return false;
	}
	return !r.bad;
}

void peap_put_result(struct writer *w, enum peap_result result)
{
	put_u16(w, MANDATORY | TLV_RESULT);
	put_u16(w, 2);
	put_u16(w, (uint16_t)result);
}

void peap_put_nak(struct writer *w, uint16_t unknown)
{
	put_u16(w, MANDATORY | TLV_NAK);
	put_u16(w, 6);
	put_u32(w, 0); /* Vendor-Id */
	put_u16(w, unknown);
}

/* ---- packets */

static bool has_header(struct bytes plain, uint8_t id)
{
	return plain.len > EAP_HDR_LEN &&
	       (plain.at[0] == EAP_REQUEST || plain.at[0] == EAP_RESPONSE) && plain.at[1] == id &&
	       load_u16(plain.at + 2) == plain.len;
}

void peap_wrap(struct writer *w, uint8_t code, uint8_t id, struct bytes plain)
{
	if (has_header(plain, id)) {
		put_bytes(w, plain.at, plain.len);
		return;
	}
	put_u8(w, code);
	put_u8(w, id);
	put_u16(w, (uint16_t)(plain.len + EAP_HDR_LEN));
	put_bytes(w, plain.at, plain.len);
}

struct bytes peap_unwrap(struct bytes packet)
{
	if (packet.len <= EAP_HDR_LEN || packet.at[EAP_HDR_LEN] == PEAP_TLV_TYPE)
		return packet;
	return bytes_of(packet.at + EAP_HDR_LEN, packet.len - EAP_HDR_LEN);
}
