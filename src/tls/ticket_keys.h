/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys that seal a server's session tickets (RFC 8446 section 4.6.1). They are in memory only. A
 * new key seals from TICKET_LIFE_S on; the one before it still opens for as long, which is how long a ticket
 * is good. Each is wiped then.
 */
#ifndef SSTP_TLS_TICKET_KEYS_H
#define SSTP_TLS_TICKET_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TICKET_LIFE_S = 12 * 60 * 60,
	TICKET_NAME_LEN = 16,
	TICKET_IV_LEN = 16,
	TICKET_MAC_LEN = 32,
	TICKET_SECRET_LEN = 32,
};

struct ticket_key {
	uint64_t made_ms;
	bool is_made;
	uint8_t name[TICKET_NAME_LEN];
	uint8_t secret[TICKET_SECRET_LEN];
};

/* All zeroes: no key was needed yet. */
struct ticket_keys {
	struct ticket_key now, before;
};

/* The parts of a ticket; `at` is encrypted in place. */
struct ticket_parts {
	uint8_t *name, *iv, *mac;
	uint8_t *at;
	size_t len;
};

/* Makes, moves and wipes keys as the time requires. */
void ticket_keys_turn(struct ticket_keys *k, uint64_t now_ms);
/* After ticket_keys_turn: the key that seals, and the one that a ticket names; NULL: none has that name. */
const struct ticket_key *ticket_keys_sealing(const struct ticket_keys *k);
const struct ticket_key *ticket_keys_opening(const struct ticket_keys *k,
					     const uint8_t name[TICKET_NAME_LEN]);
void ticket_keys_wipe(struct ticket_keys *k);

bool ticket_seal(const struct ticket_key *k, const struct ticket_parts *p);
/* False: it was not sealed with this key, or was changed since. */
bool ticket_open(const struct ticket_key *k, const struct ticket_parts *p);

#endif
