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

enum { /* what a server answers, RFC 9110 section 15 */
       HTTP_OK = 200,
       HTTP_BAD_REQUEST = 400,
       HTTP_NOT_FOUND = 404,
       HTTP_NOT_IMPLEMENTED = 501,
       HTTP_UNAVAILABLE = 503,
       HTTP_NETWORK_LOGIN = 511, /* RFC 6585 section 6: sent by what stands in between */
};

/*
 * Length of the header block at the start of `at`, with the empty line that ends it; 0: it is not
 * all there. Lines end in CRLF or in LF alone (RFC 9112 section 2.2).
 */
size_t sstp_http_block_len(const uint8_t *at, size_t len);

/* The block's first line, without its end. */
struct bytes sstp_http_first_line(struct bytes block);

/* The value of a header, its name in any case; empty when there is none. */
struct bytes sstp_http_header(struct bytes block, const char *name);

/*
 * Server: is this the correlation id of sstp-client (1.0.18)? It is no GUID: four groups of hex digits
 * without leading zeroes, in braces.
 */
bool sstp_http_is_sstp_client(struct bytes correlation_id);

/* Server: what to answer to this request when there is room for a call; HTTP_OK: it is SSTP's. */
int sstp_http_judge(struct bytes block);

/*
 * Client: the status code of an HTTP/1 answer, 0 when it is none. SSTP stands on HTTP/1.1:
 * `is_1_1` says whether the answer is of that version.
 */
int sstp_http_status(struct bytes block, bool *is_1_1);

/* Client: may these bytes be the start of an HTTP answer? */
bool sstp_http_may_answer(const uint8_t *at, size_t len);

/* A GUID in text from random bytes, as Windows writes it: upper case, in braces. */
void sstp_http_guid(const uint8_t random[SSTP_GUID_LEN], char text[SSTP_GUID_TEXT_LEN + 1]);

void sstp_http_put_request(struct writer *w, const char *host, const char *correlation_id);
void sstp_http_put_answer(struct writer *w, int status);

#endif
