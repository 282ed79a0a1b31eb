/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SHA-crypt, the "$5$" and "$6$" of crypt(5), after Ulrich Drepper's "Unix crypt using SHA-256 and
 * SHA-512" (version 0.6). Our own, because not every C library has crypt(3): Debian's musl, which
 * the static program is made with, leaves it out.
 */
#ifndef SSTP_AUTH_SHACRYPT_H
#define SSTP_AUTH_SHACRYPT_H

#include "util/bytes.h"

enum {
	SHACRYPT_TEXT_MAX = 128, /* "$6$rounds=...$" SALT "$" and 86 characters */
	SHACRYPT_SALT_MAX = 16,
	SHACRYPT_PASSWORD_MAX = 255,   /* the work grows with its square */
	SHACRYPT_ROUNDS_MAX = 1000000, /* seconds for each login: nobody means more */
};

/* Is this a whole hash, as shacrypt makes it? */
bool shacrypt_is_valid(const char *hash);

/*
 * The hash of a password by the kind, rounds and salt that `setting` begins with; a whole hash
 * serves as one. False on a malformed setting and on a password that is too long.
 */
bool shacrypt(const char *setting, struct bytes password, char to[SHACRYPT_TEXT_MAX]);

#endif
