/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of the user in a client's certificate. */
#ifndef SSTP_TLS_CERT_USER_H
#define SSTP_TLS_CERT_USER_H

#include "util/bytes.h"

enum { CERT_USERS_MAX = 8 };

/*
 * Microsoft's user principal names, then e-mail addresses (both of the subjectAltName), then the
 * common name: UTF-8 without control characters; others are left out. They point into `der`.
 * Returns their number.
 */
size_t cert_user_names(struct bytes der, struct bytes names[CERT_USERS_MAX]);

#endif
