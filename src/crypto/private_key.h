/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a file with a private key begins, or in PEM what is in it: enough to know that it has one, without parsing it. */
#ifndef SSTP_CRYPTO_PRIVATE_KEY_H
#define SSTP_CRYPTO_PRIVATE_KEY_H

#include "util/bytes.h"

/* PKCS #12. What is not is probably PEM. */
bool private_key_is_pkcs12(struct bytes file);
/* PKCS #12, or a key in DER. `start`: at least the first 16 bytes, if there are so many. */
bool private_key_is_der(struct bytes start);
/* Whether the open file has one, in PEM or DER. Its name does not show that, since the file may be new or renamed. */
bool private_key_is_in(int fd);

#endif
