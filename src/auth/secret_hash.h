/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets in the form that they have in the user file: finds the kind of one, makes and compares
 * the hashed kinds.
 */
#ifndef SSTP_AUTH_SECRET_HASH_H
#define SSTP_AUTH_SECRET_HASH_H

#include "auth/shacrypt.h"
#include "ppp/mschap.h"
#include "util/bytes.h"

enum secret_kind {
	SECRET_EMPTY, /* no password matches it */
	SECRET_CLEAR,
	SECRET_NT,
	SECRET_CRYPT,
	SECRET_CERT, /* no password: the client's certificate alone */
};

enum { HASH_TEXT_MAX = SHACRYPT_TEXT_MAX };

/*
 * False when the secret begins like a hash but cannot be used as one; `why` completes a sentence
 * that begins with "the secret ...".
 */
bool hash_kind_of(const char *secret, enum secret_kind *kind, const char **why);

/* Decodes the 16 bytes of a SECRET_NT; false when the text is malformed. */
bool hash_nt_of(const char *secret, uint8_t hash[MSCHAP_HASH_LEN]);

bool hash_crypt_matches(const char *secret, struct bytes password);

/* "$nt$..." and "$6$..." with a new salt. False when the password can't be hashed in that form. */
bool hash_make_nt(const char *password, char to[HASH_TEXT_MAX]);
bool hash_make_crypt(const char *password, char to[HASH_TEXT_MAX]);

#endif
