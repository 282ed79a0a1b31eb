/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The crypto binding, [MS-SSTP] 3.2.5.2: Call-Connected proves that the TLS connection and the PPP
 * authentication have the same endpoint. It contains the nonce of the server, the hash of the
 * certificate that the client received, and a MAC under a key derived from that of PPP (HLAK).
 */
#ifndef SSTP_SSTP_BINDING_H
#define SSTP_SSTP_BINDING_H

#include "sstp/message.h"

struct sstp_binding {
	uint8_t hashes; /* building: the hashes to choose from; checking: those that were offered */
	const uint8_t *nonce;       /* SSTP_NONCE_LEN */
	const uint8_t *cert_sha1;   /* SHA1_LEN */
	const uint8_t *cert_sha256; /* SHA256_LEN */
	const uint8_t *hlak;        /* SSTP_HLAK_LEN */
	/* checking: other certificates that the client may have received */
	const struct cert_hashes *others;
	size_t other_count;
};

enum sstp_binding_fault {
	SSTP_BINDING_OK,
	SSTP_BINDING_HASH,  /* a hash protocol that was not offered, or more than one */
	SSTP_BINDING_NONCE, /* not the nonce of this call */
	SSTP_BINDING_CERT,  /* not the certificate of this connection */
	SSTP_BINDING_MAC,
};

/* The compound MAC key for SSTP_HASH_SHA1 (20 bytes) or SSTP_HASH_SHA256 (32). */
void sstp_cmk(uint8_t hash, const uint8_t hlak[SSTP_HLAK_LEN], uint8_t cmk[SHA256_LEN]);

/* Writes Call-Connected; uses SHA-256 if `hashes` has both. */
void sstp_put_binding(struct writer *w, const struct sstp_binding *b);

/*
 * Checks a Call-Connected of the right form, as it was received, in a time that does not depend on
 * its contents.
 */
enum sstp_binding_fault sstp_check_binding(const struct sstp_binding *b,
					   const uint8_t msg[SSTP_CALL_CONNECTED_LEN]);

#endif
