/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface that both protocol engines share, SOCKS5 (socks5.h) and HTTP (http_request.h). An engine
 * consumes whole messages from the start of the client's bytes, leaves the rest for the next call
 * or for the target, and writes the reply. The caller keeps what is left, appends what the client
 * sends next, and calls again.
 */
#ifndef SSTP_PROXY_REQUEST_H
#define SSTP_PROXY_REQUEST_H

enum {
	REQUEST_SIZE = 16384,      /* the most that an engine leaves; it refuses a longer message */
	REQUEST_REPLY_SIZE = 1024, /* the most that one call writes */
};

enum proxy_request {
	REQUEST_INCOMPLETE, /* more bytes are needed */
	REQUEST_CONNECT,    /* connect to the target, then write the reply with the result */
	REQUEST_ASSOCIATE,  /* SOCKS5 UDP ASSOCIATE; the reply is written in the same way */
	REQUEST_REFUSED,    /* refused; close after sending the reply */
};

#endif
