/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS 1.2 and 1.3 over wolfSSL, without descriptors: ciphertext and plaintext in and out of memory,
 * so that one large receive buffer serves a whole worker and many records leave in one send. All
 * sessions (and threads) of a kind share a context; a session is used by one thread.
 *
 * A server is never accepted without a check: either of its chain and its name, or of a pin. The
 * check is finished before the handshake is reported as done.
 */
#ifndef SSTP_TLS_TLS_H
#define SSTP_TLS_TLS_H

#include <sys/types.h>

#include "crypto/digest.h"
#include "util/bytes.h"
#include "util/error.h"

enum { TLS_RECORD_MAX = 16384 }; /* plaintext of one record */

struct tls_ctx; /* tls/open.h makes it */
struct tls;

struct tls_session_cfg {
	/*
	 * client: the name or address that the certificate must be for; in EAP also a domain that
	 * the name is in
	 */
	const char *name;
	/* client: the name sent; NULL: `name`, unless it is an address; "": none is sent */
	const char *sni;
	/* Takes the session's ciphertext at once and in order; cannot refuse. */
	void (*send)(void *arg, const uint8_t *at, size_t len);
	void *arg;
};

int tls_open(struct tls_ctx *ctx, const struct tls_session_cfg *cfg, struct tls **out);
void tls_send_to(struct tls *t, void *arg); /* from now on: cfg.arg */
void tls_close(struct tls *t);              /* frees; sends nothing; NULL is fine */

/*
 * Gives the session the next ciphertext received. The caller keeps the buffer unchanged until all
 * of it is used: until a call below returned TLS_WANT_INPUT (after the handshake, tls_read) or the
 * session is over. A call with unused input left ends reading (TLS_CLOSED); writing still works.
 */
void tls_input(struct tls *t, const uint8_t *at, size_t len);

/* The results of the calls below that are not a count. */
enum {
	TLS_WANT_INPUT = 0, /* all input is used: call again with more */
	TLS_FAILED = -1,    /* see tls_error_of; the session is over */
	TLS_CLOSED = -2,    /* the peer sent close_notify */
};

int tls_handshake(struct tls *t); /* 1 done, TLS_WANT_INPUT, TLS_FAILED */
ssize_t tls_read(struct tls *t, uint8_t *to, size_t room);
/* Seals all of it, in records of at most TLS_RECORD_MAX; 0 or TLS_FAILED. */
int tls_write(struct tls *t, const uint8_t *from, size_t len);
void tls_notify_close(struct tls *t); /* sends close_notify, once; no call follows but tls_close */

const struct error *tls_error_of(const struct tls *t);
/* The peer's first bytes, at most 16: whether it speaks TLS, or HTTP without it. */
struct bytes tls_first_input(const struct tls *t);
/* Of an untrusted certificate: no trusted authority signed it, or else it is for other names, or ... */
bool tls_is_issuer_unknown(const struct tls *t);
bool tls_is_for_other_names(const struct tls *t);
/* ... it, an issuer or a revocation list is not valid yet by this machine's clock, which may be behind. */
bool tls_is_not_valid_yet(const struct tls *t);
/* Whether the failure was the peer's certificate: issuer, name, date, purpose or pin. */
bool tls_is_untrusted(const struct tls *t);

/* After the handshake. */
const char *tls_version(const struct tls *t); /* "TLSv1.3" */
const char *tls_cipher(const struct tls *t);  /* "TLS_AES_128_GCM_SHA256" */
const char *tls_group(const struct tls *t);   /* "X25519MLKEM768"; "" when the library gives none */
bool tls_is_resumed(const struct tls *t);     /* by a session ticket (tls/tickets.h) */
/* Hashes of the server's leaf certificate, on both sides, for SSTP's crypto binding. */
void tls_binding_hashes(const struct tls *t, uint8_t sha1[SHA1_LEN], uint8_t sha256[SHA256_LEN]);
/* Of the other certificates that the client of a TLS terminator may have received; see tls_ctx_plain. */
const struct cert_hashes *tls_other_hashes(const struct tls *t, size_t *count);
/*
 * Key material for EAP (RFC 5216 section 2.3, RFC 9190 section 2.3; `type` is that of the EAP
 * method). Only in a context for EAP, once, after the handshake. False: it cannot be computed.
 */
enum { TLS_EAP_KEY_LEN = 128 };
bool tls_eap_key(struct tls *t, uint8_t type, uint8_t out[TLS_EAP_KEY_LEN]);
bool tls_is_13(const struct tls *t);
/* The peer's leaf certificate as DER; empty on a server that asked for none. */
struct bytes tls_peer_leaf(const struct tls *t);

#endif
