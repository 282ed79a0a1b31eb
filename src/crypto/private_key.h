/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recognizes files with a private key, in DER by their first bytes, in PEM by a word in them, without parsing the key. */
#ifndef SSTP_CRYPTO_PRIVATE_KEY_H
#define SSTP_CRYPTO_PRIVATE_KEY_H

#include "util/bytes.h"

/* Whether it is PKCS #12; another file is probably PEM. */
bool private_key_is_pkcs12(struct bytes file);
/* Whether it is PKCS #12, or a key in DER. `start`: at least the first 16 bytes, or the whole file if it is shorter. */
bool private_key_is_der(struct bytes start);
/* Whether the open file has a private key, in PEM or DER. Its name does not show that: the file may be new or renamed. */
bool private_key_is_in(int fd);

#endif
