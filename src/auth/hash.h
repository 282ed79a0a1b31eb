/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets as they stand in the user file: which kind one is, and how the hashed kinds are made and
 * compared.
 */
#ifndef SSTP_AUTH_HASH_H
#define SSTP_AUTH_HASH_H

#include "auth/shacrypt.h"
#include "ppp/mschap.h"
#include "util/bytes.h"

enum secret_kind {
	SECRET_NOBODY, /* an empty secret: lets nobody in */
	SECRET_CLEAR,
	SECRET_NT,
	SECRET_CRYPT,
};

enum { HASH_TEXT_MAX = SHACRYPT_TEXT_MAX };

/* False when it begins as a hash does and is none that can be used; `why` ends "the secret ...". */
bool hash_kind_of(const char *secret, enum secret_kind *kind, const char **why);

/* The 16 bytes in a SECRET_NT; false when there is anything else. */
bool hash_nt_of(const char *secret, uint8_t hash[MSCHAP_HASH_LEN]);

bool hash_crypt_matches(const char *secret, struct bytes password);

/* "$nt$..." and "$6$..." with a new salt. False when the password can't be hashed so. */
bool hash_make_nt(const char *password, char to[HASH_TEXT_MAX]);
bool hash_make_crypt(const char *password, char to[HASH_TEXT_MAX]);

#endif
