/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PEAP version 0 (type 25, [MS-PEAP]), both roles: a TLS session, in which only the server needs a
 * certificate, and inside it another EAP method. TLS 1.2: with 1.3 implementations differ in the
 * keys of the crypto binding.
 *
 * Life: fill in the first fields, the rest zero; then the struct is `self` of the method. The
 * close function frees what the session needed.
 */
#ifndef SSTP_EAP_PEAP_H
#define SSTP_EAP_PEAP_H

#include "eap/eap_peer.h"
#include "eap/eap_server.h"
#include "eap/peap_crypto.h"
#include "eap/tls_end.h"

/* The client. */
struct peap_peer {
	struct tls_end end;    /* TLS 1.2 alone; without an error see the inner method */
	bool requires_binding; /* refuse a server that sends no crypto binding */
	struct eap_peer inner; /* identity, choices, log */
};

extern const struct eap_method peap_peer;
void peap_peer_close(struct peap_peer *p);

/* The server. */
struct peap_server {
	struct tls_end end; /* TLS 1.2 alone; without an error see the inner method */
	bool requires_binding;
	struct eap_server inner; /* choices, log */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	/* internal */
	bool is_inner_done;
	uint8_t nonce[PEAP_NONCE_LEN];
	struct peap_keys keys;
};

extern const struct eap_method peap_server;
void peap_server_close(struct peap_server *s);

#endif
