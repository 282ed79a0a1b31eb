/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identifiers that are the same each time on this host: made of /etc/machine-id, which they do not
 * reveal.
 */
#ifndef SSTP_CLIENT_MACHINE_ID_H
#define SSTP_CLIENT_MACHINE_ID_H

#include "crypto/digest.h"

/*
 * A digest of the purpose, the host's identifier and the two texts. False: this host has no machine-id.
 */
bool machine_id_digest(const char *purpose, const char *text, const char *other,
		       uint8_t to[SHA256_LEN]);

#endif
