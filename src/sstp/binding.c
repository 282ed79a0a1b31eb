/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Builds and checks the crypto binding. A SHA-1 digest is shorter than its field: twelve zero bytes
 * follow the hash and the MAC, and both are part of the message.
 */
#include "sstp/binding.h"

#include <assert.h>

#include "util/secret.h"

/* Offsets in Call-Connected, [MS-SSTP] 2.2.7 and 2.2.12 */
enum {
	AT_HASH = 15,
	AT_NONCE = 16,
	AT_CERT_HASH = 48,
	AT_MAC = 80,
	MAC_SIZE = 32,
};

static size_t hash_len(uint8_t hash)
{
	return hash == SSTP_HASH_SHA256 ? SHA256_LEN : SHA1_LEN;
}

static void hmac(uint8_t hash, struct bytes key, struct bytes input, uint8_t *out)
{
	if (hash == SSTP_HASH_SHA256)
		hmac_sha256(key, &input, 1, out);
	else
		hmac_sha1(key, &input, 1, out);
}

/*
 * [MS-SSTP] 3.2.5.2.3: PRF+; only the first block is needed, since the key is as long as the
 * digest. The length after the seed is the only little-endian number in SSTP.
 */
void sstp_cmk(uint8_t hash, const uint8_t hlak[SSTP_HLAK_LEN], uint8_t cmk[SHA256_LEN])
{
	uint8_t seed[] = "SSTP inner method derived CMK\0\0\1";

	static_assert(sizeof(seed) == 29 + 3 + 1, "the seed, its length, the block's number");
	seed[29] = (uint8_t)hash_len(hash);
	hmac(hash, bytes_of(hlak, SSTP_HLAK_LEN), bytes_of(seed, sizeof(seed) - 1), cmk);
}

/* [MS-SSTP] 3.2.5.2.3.3: over the whole message, with a zero MAC field. */
static void compound_mac(uint8_t hash, const uint8_t *hlak,
			 const uint8_t msg[SSTP_CALL_CONNECTED_LEN], uint8_t mac[SHA256_LEN])
{
	uint8_t cmk[SHA256_LEN], input[SSTP_CALL_CONNECTED_LEN];

	memcpy(input, msg, sizeof(input));
	memset(input + AT_MAC, 0, MAC_SIZE);
	sstp_cmk(hash, hlak, cmk);
	hmac(hash, bytes_of(cmk, hash_len(hash)), bytes_of(input, sizeof(input)), mac);
	secret_wipe(cmk, sizeof(cmk));
}

static const uint8_t *cert_hash_of(const struct sstp_binding *b, uint8_t hash)
{
	return hash == SSTP_HASH_SHA256 ? b->cert_sha256 : b->cert_sha1;
}

void sstp_put_binding(struct writer *w, const struct sstp_binding *b)
{
	uint8_t hash = b->hashes & SSTP_HASH_SHA256 ? SSTP_HASH_SHA256 : SSTP_HASH_SHA1;
	uint8_t mac[SHA256_LEN], *msg = w->at + w->len;

	sstp_put_connected(w, hash, b->nonce, cert_hash_of(b, hash), hash_len(hash));
	if (w->full)
		return;
	compound_mac(hash, b->hlak, msg, mac);
	memcpy(msg + AT_MAC, mac, hash_len(hash));
}

/* All are compared, so that the time does not tell which one it is. */
static bool is_cert_right(const struct sstp_binding *b, uint8_t hash, const uint8_t *received)
{
	bool is_right = ct_equal(received, cert_hash_of(b, hash), hash_len(hash));

	for (size_t i = 0; i < b->other_count; i++) {
		const struct cert_hashes *other = &b->others[i];
		const uint8_t *own = hash == SSTP_HASH_SHA256 ? other->sha256 : other->sha1;

		is_right |= ct_equal(received, own, hash_len(hash));
	}
	return is_right;
}

enum sstp_binding_fault sstp_check_binding(const struct sstp_binding *b,
					   const uint8_t msg[SSTP_CALL_CONNECTED_LEN])
{
	uint8_t hash = msg[AT_HASH], mac[SHA256_LEN];
	bool mac_is_right;

	if ((hash != SSTP_HASH_SHA1 && hash != SSTP_HASH_SHA256) || !(hash & b->hashes))
		return SSTP_BINDING_HASH;
	if (!ct_equal(msg + AT_NONCE, b->nonce, SSTP_NONCE_LEN))
		return SSTP_BINDING_NONCE;
	if (!is_cert_right(b, hash, msg + AT_CERT_HASH))
		return SSTP_BINDING_CERT;
	compound_mac(hash, b->hlak, msg, mac);
	mac_is_right = ct_equal(msg + AT_MAC, mac, hash_len(hash));
	secret_wipe(mac, sizeof(mac));
	return mac_is_right ? SSTP_BINDING_OK : SSTP_BINDING_MAC;
}
