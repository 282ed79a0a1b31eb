/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SHA-crypt, the "$5$" and "$6$" of crypt(5), as in Ulrich Drepper's "Unix crypt using SHA-256 and
 * SHA-512" (version 0.6). Our own, because not every C library has crypt(3): Debian's musl, which
 * the static program is made with, leaves it out.
 */
#ifndef SSTP_AUTH_SHACRYPT_H
#define SSTP_AUTH_SHACRYPT_H

#include "util/bytes.h"

enum {
	SHACRYPT_TEXT_MAX = 128, /* "$6$rounds=...$" SALT "$" and 86 characters */
	SHACRYPT_SALT_MAX = 16,
	SHACRYPT_PASSWORD_MAX = 255,   /* the work grows with the square of the length */
	SHACRYPT_ROUNDS_MAX = 1000000, /* already seconds for each login */
};

/* Whether this is a complete hash, as shacrypt makes it. */
bool shacrypt_is_valid(const char *hash);

/*
 * Hashes a password with the kind, rounds and salt that `setting` begins with; a complete hash can
 * be the setting. False on a malformed setting and on a password that is too long.
 */
bool shacrypt(const char *setting, struct bytes password, char to[SHACRYPT_TEXT_MAX]);

#endif
