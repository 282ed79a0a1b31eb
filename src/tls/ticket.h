/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One ticket of a client, with the certificates that the session goes back to. */
#ifndef SSTP_TLS_TICKET_H
#define SSTP_TLS_TICKET_H

#include "crypto/digest.h"
#include "tls/path.h"
#include "tls/wolf.h"

/* What a server showed in a full handshake, and who accepted it. */
struct proof {
	uint64_t at_s; /* of the store's clock */
	uint8_t trust[SHA256_LEN];
	size_t count;
	struct bytes certs[PATH_MAX_CERTS]; /* in `bytes` */
	uint8_t bytes[];
};

struct ticket {
	char *name, *sni; /* as in struct tls_session_cfg */
	struct proof *proof;
	WOLFSSL_SESSION *session; /* NULL: no ticket */
};

/* Frees what it has. */
void ticket_drop(struct ticket *k);

#endif
