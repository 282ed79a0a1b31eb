/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP-TLS (type 13; RFC 5216, for TLS 1.3 RFC 9190), both roles: each end proves itself by a
 * certificate. The key comes from the TLS session.
 *
 * Life: fill in the first fields, the rest zero; then the struct is `self` of the method. The
 * close function frees what the session needed.
 */
#ifndef SSTP_EAP_EAP_TLS_H
#define SSTP_EAP_EAP_TLS_H

#include "eap/tls_end.h"

/* The client. Its context has our certificate and the authorities of the server. */
struct eap_tls_peer {
	struct tls_end end;
};

extern const struct eap_method eap_tls_peer;
void eap_tls_peer_close(struct eap_tls_peer *p);

/* The server. */
struct eap_tls_server {
	struct tls_end end; /* the context must ask for a certificate of the client */
	/* Whether the owner of this certificate (DER), which is valid, may log in. */
	bool (*check)(void *arg, struct bytes leaf);
	void *check_arg;
};

extern const struct eap_method eap_tls_server;
void eap_tls_server_close(struct eap_tls_server *s);

#endif
