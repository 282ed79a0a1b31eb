/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the two ends of EAP-TLS and of PEAP share: a TLS session in a pipe, its key, and why it has
 * failed. It is the first member of the struct of a method, whose `self` is therefore a tls_end too.
 */
#ifndef SSTP_EAP_TLS_END_H
#define SSTP_EAP_TLS_END_H

#include "eap/method.h"
#include "eap/tls_pipe.h"

struct tls_end {
	/* to be filled in, the rest zero */
	struct tls_ctx *ctx; /* for EAP */
	const char *name; /* client: that the server's certificate must have, or a domain of it */
	/* why the method has failed */
	bool is_untrusted;  /* client: the server's certificate was refused */
	struct error error; /* empty: no reason of the session */
	/* internal */
	bool has_key, is_done;
	struct tls_pipe pipe;
	uint8_t key[TLS_EAP_KEY_LEN];
	uint8_t msk[EAP_MSK_LEN]; /* the method's */
};

/* The server's first packet has come, and begins a session. */
bool tls_end_is_start(const struct tls_end *e, const struct eap_packet *in);
/* Client: begins the session. */
enum eap_step tls_end_start(struct tls_end *e, struct writer *out);
/* Server: begins the session, and writes the first packet. */
enum eap_step tls_end_begin(struct tls_end *e, struct writer *out);
/* The answer of the transport, when tls_pipe_take has given no whole message. */
enum eap_step tls_end_carry(struct tls_end *e, enum tls_pipe_step step, struct writer *out);
/* Sends the next fragment, or a confirmation. */
enum eap_step tls_end_send(struct tls_end *e, struct writer *out);
/* Once the handshake is done: fills in `key`, if it is not. False: `error` says why. */
bool tls_end_has_key(struct tls_end *e, uint8_t method);

/* Ends the method; the first reason is kept. */
enum eap_step tls_end_fail(struct tls_end *e, const char *why);
/* The session has failed. Client: our alert is sent, and the server's Failure follows. */
enum eap_step tls_end_client_breaks(struct tls_end *e, struct writer *out);
/* The session has failed. Server: our alert is the last Request. */
enum eap_step tls_end_server_breaks(struct tls_end *e, struct writer *out);

/* method.key of all of them: the MSK. */
void tls_end_msk(const void *self, uint8_t msk[EAP_MSK_LEN]);
void tls_end_close(struct tls_end *e);

#endif
