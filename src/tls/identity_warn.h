/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Warnings about the server's certificates. */
#ifndef SSTP_TLS_IDENTITY_WARN_H
#define SSTP_TLS_IDENTITY_WARN_H

#include "util/bytes.h"

/*
 * Logs a warning for each fault of the certificates in the PEM text of the file `path`: dates,
 * purpose, order. They are used all the same, since some peers accept such certificates.
 */
void identity_warn(const char *path, struct bytes text, bool is_of_client);

#endif
