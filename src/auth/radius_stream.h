/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RADIUS over TLS (RadSec, RFC 6614): one connection to one server, made again whenever it breaks.
 * The server's certificate is checked as everywhere: its chain and its name.
 */
#ifndef SSTP_AUTH_RADIUS_STREAM_H
#define SSTP_AUTH_RADIUS_STREAM_H

#include "net/dial.h"
#include "net/loop.h"
#include "radius/radius_packet.h"
#include "tls/tls.h"

enum {
	RADIUS_STREAM_PAUSE_MS = 1000, /* before another attempt; then twice as long ... */
	RADIUS_STREAM_PAUSE_MAX_MS = 30 * 1000,
	RADIUS_STREAM_CONNECT_MS = 10 * 1000,
	RADIUS_STREAM_QUEUE_MAX = 1024 * 1024, /* what the server does not take: it is broken */
	RADIUS_STREAM_READ = 16 * 1024,
};

struct radius_stream {
	/* the owner's: */
	struct loop *loop;
	struct tls_ctx *tls_ctx;
	const char *host; /* also the name that its certificate must be for */
	uint16_t port;
	void (*changed)(void *arg, bool is_up);
	void (*packet)(void *arg, struct bytes packet); /* complete */
	void *arg;
	/* private */
	struct dial *dial;
	struct tls *tls;
	struct loop_watch watch; /* fd -1: not connected */
	struct loop_timer timer; /* the next attempt, or the end of a handshake */
	uint32_t pause_ms;
	bool is_up, is_reported;
	uint8_t *queue; /* ciphertext for the socket */
	size_t queue_len;
	size_t in_len; /* of the packet under way */
	uint8_t in[RADIUS_PACKET_MAX];
	uint8_t received[RADIUS_STREAM_READ];
};

void radius_stream_open(struct radius_stream *s); /* starts connecting */
void radius_stream_close(struct radius_stream *s);
/* While it is up. */
void radius_stream_send(struct radius_stream *s, struct bytes packet);
/* The server does not answer: the connection is made again. */
void radius_stream_restart(struct radius_stream *s);

#endif
