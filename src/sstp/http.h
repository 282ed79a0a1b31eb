/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The HTTP exchange before SSTP, [MS-SSTP] 3.2.4.1 and 4.1: one request, one response; after that
 * the connection is a raw stream of SSTP packets. Pure functions over a header block.
 */
#ifndef SSTP_SSTP_HTTP_H
#define SSTP_SSTP_HTTP_H

#include "util/bytes.h"

enum {
	SSTP_GUID_LEN = 16,
	SSTP_GUID_TEXT_LEN = 38,   /* in braces */
	SSTP_CORRELATION_MAX = 64, /* longest id that is logged */
};

/*
 * Server: true for the correlation id of sstp-client (1.0.18). It is not a GUID: four groups of hex
 * digits without leading zeroes, in braces.
 */
bool sstp_http_is_sstp_client(struct bytes correlation_id);

/* Server: whether these bytes can be the start of SSTP's request. */
bool sstp_http_may_be_request(const uint8_t *at, size_t len);

/* Server: the status for this request if there is room for a call; HTTP_OK: it is SSTP's. */
int sstp_http_check(struct bytes block);

/* Formats random bytes as a GUID, as Windows does: upper case, in braces. */
void sstp_http_guid(const uint8_t random[SSTP_GUID_LEN], char text[SSTP_GUID_TEXT_LEN + 1]);

/*
 * The same for a client that uses one GUID for all its calls, so that our server recognizes it. It
 * has version 8 of RFC 9562 and a mark, because some clients use a constant GUID, the same for all
 * their users.
 */
void sstp_http_persistent_guid(const uint8_t random[SSTP_GUID_LEN],
			       char text[SSTP_GUID_TEXT_LEN + 1]);
bool sstp_http_is_persistent(struct bytes correlation_id);

void sstp_http_put_request(struct writer *w, const char *host, const char *correlation_id);
void sstp_http_put_response(struct writer *w, int status);

#endif
