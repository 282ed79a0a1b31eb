/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Session tickets that a client shows: the first byte says how many hours after the key was made; then come the
 * name of a key, IV, MAC and content. Only what this server has sealed opens. The input is also sealed as a
 * ticket's content, and opens then, unless one of its bytes is changed; of IV and MAC only a part is used.
 */
#include <assert.h>
#include <stdlib.h>

#include "tls/ticket_keys.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	HOUR_MS = 60 * 60 * 1000,
	START_MS = 1000,
	HDR_LEN = TICKET_NAME_LEN + TICKET_IV_LEN + TICKET_MAC_LEN,
	NONCE_LEN = 12,
	TAG_LEN = 16,
};

static struct ticket_parts parts_of(uint8_t *ticket, size_t len)
{
	return (struct ticket_parts){
		.name = ticket,
		.iv = ticket + TICKET_NAME_LEN,
		.mac = ticket + TICKET_NAME_LEN + TICKET_IV_LEN,
		.at = ticket + HDR_LEN,
		.len = len - HDR_LEN,
	};
}

static void forge(struct ticket_keys *keys, const uint8_t *data, size_t len)
{
	uint8_t *ticket = malloc(len);
	const struct ticket_key *key;
	struct ticket_parts p;

	assert(ticket);
	memcpy(ticket, data, len);
	p = parts_of(ticket, len);
	assert(!ticket_keys_opening(keys, p.name)); /* 128 random bits */
	key = ticket_keys_sealing(keys);
	assert(!ticket_open(key, &p));
	memcpy(p.name, key->name, TICKET_NAME_LEN);
	assert(!ticket_open(ticket_keys_opening(keys, p.name), &p));
	free(ticket);
}

/* In place of a byte that is not used: the first of its field. */
static size_t used_byte(size_t at)
{
	const size_t iv = TICKET_NAME_LEN, mac = iv + TICKET_IV_LEN;

	if (at >= iv + NONCE_LEN && at < mac)
		return iv;
	return at >= mac + TAG_LEN && at < HDR_LEN ? mac : at;
}

static void seal(struct ticket_keys *keys, const uint8_t *data, size_t len, uint64_t hours)
{
	size_t ticket_len = HDR_LEN + len, changed = used_byte(data[0] % ticket_len);
	uint8_t *ticket = malloc(ticket_len), *copy = malloc(ticket_len);
	struct ticket_parts p = parts_of(ticket, ticket_len), q = parts_of(copy, ticket_len);
	const struct ticket_key *key;

	assert(ticket && copy);
	memcpy(p.at, data, len);
	assert(ticket_seal(ticket_keys_sealing(keys), &p));
	memcpy(copy, ticket, ticket_len);
	copy[changed] ^= 1;
	key = ticket_keys_opening(keys, q.name);
	assert(!key == (changed < TICKET_NAME_LEN));
	assert(!key || !ticket_open(key, &q));
	ticket_keys_turn(keys, START_MS + hours * HOUR_MS);
	key = ticket_keys_opening(keys, p.name);
	assert(key || hours * HOUR_MS >= TICKET_LIFE_S * UINT64_C(1000));
	if (key)
		assert(ticket_open(key, &p) && !memcmp(p.at, data, len));
	free(ticket);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ticket_keys keys = { .now.is_made = false };
	uint8_t hours;

	if (len < 1 + HDR_LEN)
		return 0;
	hours = data[0];
	ticket_keys_turn(&keys, START_MS);
	forge(&keys, data + 1, len - 1);
	seal(&keys, data + 1, len - 1, hours);
	ticket_keys_wipe(&keys);
	return 0;
}
