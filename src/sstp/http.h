/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP exchange in front of SSTP, [MS-SSTP] 3.2.4.1 and 4.1: one request, one answer, and the
 * connection is a raw stream of SSTP packets from then on. Pure functions over a header block.
 */
#ifndef SSTP_SSTP_HTTP_H
#define SSTP_SSTP_HTTP_H

#include "util/bytes.h"

enum {
	SSTP_GUID_LEN = 16,
	SSTP_GUID_TEXT_LEN = 38,   /* in braces */
	SSTP_CORRELATION_MAX = 64, /* as much of a peer's as is worth a log line */
};

/*
 * Server: is this the correlation id of sstp-client (1.0.18)? It is no GUID: four groups of hex digits
 * without leading zeroes, in braces.
 */
bool sstp_http_is_sstp_client(struct bytes correlation_id);

/* Server: what to answer to this request when there is room for a call; HTTP_OK: it is SSTP's. */
int sstp_http_check(struct bytes block);

/* A GUID in text from random bytes, as Windows writes it: upper case, in braces. */
void sstp_http_guid(const uint8_t random[SSTP_GUID_LEN], char text[SSTP_GUID_TEXT_LEN + 1]);

/*
 * The same for a client that keeps its GUID for all its calls, so that our server knows it when it comes
 * back: version 8 of RFC 9562 and a mark, since there are clients whose GUID is a constant of the program,
 * the same for everybody who runs it.
 */
void sstp_http_persistent_guid(const uint8_t random[SSTP_GUID_LEN],
			       char text[SSTP_GUID_TEXT_LEN + 1]);
bool sstp_http_is_persistent(struct bytes correlation_id);

void sstp_http_put_request(struct writer *w, const char *host, const char *correlation_id);
void sstp_http_put_response(struct writer *w, int status);

#endif
