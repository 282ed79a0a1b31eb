/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TLS session inside EAP packets, as EAP-TLS (RFC 5216 section 2.1.5) and PEAP carry it: both
 * ends cut what they have to say, a handshake's flight or a record, into fragments, and the receiver
 * confirms each but the last by an empty packet.
 *
 * Life: tls_pipe_open; for each packet tls_pipe_take, then tls_pipe_put for what it asks to send;
 * tls_pipe_close. What has arrived inside the session is in `plain` until the next message begins.
 */
#ifndef SSTP_EAP_TLS_PIPE_H
#define SSTP_EAP_TLS_PIPE_H

#include "eap/packet.h"
#include "tls/tls.h"

enum {
	TLS_PIPE_START = 0x20,    /* the server's first packet */
	TLS_PIPE_FRAGMENT = 1000, /* bytes of TLS in a packet that we send */
	TLS_PIPE_MESSAGE_MAX = 64 * 1024,
};

struct tls_pipe {
	struct tls *tls;
	bool is_up;     /* the handshake is done */
	bool is_broken; /* the session has failed, or was closed by the peer */
	/* what we have to say */
	uint8_t *out;
	size_t out_len, out_size, out_sent;
	/* what the peer says */
	size_t in_total, in_len; /* of the message under way; 0: not known */
	size_t plain_len;
	uint8_t plain[EAP_PACKET_MAX];
};

enum tls_pipe_step {
	TLS_PIPE_DROP,      /* malformed, or not expected */
	TLS_PIPE_CONTINUE,  /* call tls_pipe_put: the next fragment, or a confirmation */
	TLS_PIPE_CONFIRMED, /* an empty packet, while we had nothing left to send */
	TLS_PIPE_MESSAGE,   /* a whole message was processed: see is_up, is_broken and plain */
};

/* A context for EAP; `name` as in tls_session_cfg. False: no memory. Closes a former session. */
bool tls_pipe_open(struct tls_pipe *p, struct tls_ctx *ctx, const char *name);
void tls_pipe_close(struct tls_pipe *p);
/* Client: begins the handshake. */
void tls_pipe_start(struct tls_pipe *p);
/* `data` begins with the flags. A start is the method's to handle. */
enum tls_pipe_step tls_pipe_take(struct tls_pipe *p, struct bytes data);
bool tls_pipe_has_output(const struct tls_pipe *p);
/* Writes the flags and the next fragment; flags alone if there is nothing to send. */
void tls_pipe_put(struct tls_pipe *p, struct writer *w);
/* Sends data in the session. */
void tls_pipe_write(struct tls_pipe *p, struct bytes data);

#endif
