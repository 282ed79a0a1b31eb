/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS messages over a TCP connection, each after its 16-bit length (RFC 7766 section 8). The same
 * for both ends: a client of ours sends queries one after the other, a server sends one response.
 * After a message nothing more is read until dns_stream_send has sent the reply to it.
 */
#ifndef SSTP_NAMESERVER_DNS_STREAM_H
#define SSTP_NAMESERVER_DNS_STREAM_H

#include "net/loop.h"
#include "util/bytes.h"

enum { DNS_STREAM_HEADER_LEN = 2 };

struct dns_stream {
	struct loop *loop;
	size_t message_max; /* a longer one ends the stream */
	/* Called as the last step of a turn; both may close the stream. */
	void (*received)(struct dns_stream *s, uint8_t *message, size_t len);
	void (*ended)(struct dns_stream *s); /* also when it could not be connected */
	/* private */
	struct loop_watch watch;
	bool is_open, is_waiting; /* is_waiting: for the reply to the message in `in` */
	uint8_t *in, *out;
	size_t in_len, out_len, out_at;
};

/* Takes the non-blocking socket, which may still be connecting. False: no memory; it is closed. */
bool dns_stream_open(struct dns_stream *s, int fd);
/* The message is copied. False: no memory. */
bool dns_stream_send(struct dns_stream *s, struct bytes message);
void dns_stream_close(struct dns_stream *s); /* also if it is not open */

#endif
