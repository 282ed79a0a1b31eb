/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients will not like about the server's certificates. */
#ifndef SSTP_TLS_IDENTITY_WARN_H
#define SSTP_TLS_IDENTITY_WARN_H

#include "util/bytes.h"

/*
 * Logs a warning for each fault of the certificates in the PEM text of the file `path`: dates,
 * purpose, order. The server starts all the same, since some clients accept them.
 */
void identity_warn(const char *path, struct bytes text);

#endif
