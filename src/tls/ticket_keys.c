/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/ticket_keys.h"

#include <string.h>

#include "tls/wolf.h"
#include "util/secret.h"

#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

enum { LIFE_MS = TICKET_LIFE_S * 1000 };

static void make(struct ticket_key *k, uint64_t now_ms)
{
	k->made_ms = now_ms;
	k->is_made = true;
	secret_random(k->name, sizeof(k->name));
	secret_random(k->secret, sizeof(k->secret));
}

static bool is_older(const struct ticket_key *k, uint64_t now_ms, uint64_t ms)
{
	return k->is_made && now_ms - k->made_ms >= ms;
}

void ticket_keys_turn(struct ticket_keys *k, uint64_t now_ms)
{
	if (is_older(&k->now, now_ms, LIFE_MS)) {
		k->before = k->now;
		secret_wipe(&k->now, sizeof(k->now));
	}
	if (is_older(&k->before, now_ms, 2 * (uint64_t)LIFE_MS))
		secret_wipe(&k->before, sizeof(k->before));
	if (!k->now.is_made)
		make(&k->now, now_ms);
}

const struct ticket_key *ticket_keys_sealing(const struct ticket_keys *k)
{
	return &k->now;
}

static bool is_named(const struct ticket_key *k, const uint8_t name[TICKET_NAME_LEN])
{
	return k->is_made && !memcmp(k->name, name, TICKET_NAME_LEN);
}

const struct ticket_key *ticket_keys_opening(const struct ticket_keys *k,
					     const uint8_t name[TICKET_NAME_LEN])
{
	return is_named(&k->now, name) ? &k->now : is_named(&k->before, name) ? &k->before : NULL;
}

void ticket_keys_wipe(struct ticket_keys *k)
{
	secret_wipe(k, sizeof(*k));
}

/*
 * ChaCha20-Poly1305 (RFC 8439): its nonce is the first 12 bytes of the random iv, which is enough for 2^32
 * tickets of a key. It needs half of the room for the MAC.
 */
bool ticket_seal(const struct ticket_key *k, const struct ticket_parts *p)
{
	memcpy(p->name, k->name, TICKET_NAME_LEN);
	secret_random(p->iv, TICKET_IV_LEN);
	memset(p->mac, 0, TICKET_MAC_LEN);
	return !wc_ChaCha20Poly1305_Encrypt(k->secret, p->iv, p->name, TICKET_NAME_LEN, p->at,
					    (word32)p->len, p->at, p->mac);
}

bool ticket_open(const struct ticket_key *k, const struct ticket_parts *p)
{
	return !wc_ChaCha20Poly1305_Decrypt(k->secret, p->iv, p->name, TICKET_NAME_LEN, p->at,
					    (word32)p->len, p->mac, p->at);
}
