/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body of a client's request on its way to the target. The engine finds its end; what follows,
 * the client's next request, is left. Chunks are parsed and framed again, without extensions and
 * trailers (RFC 9112 section 7.1), so the target never parses the client's framing.
 */
#ifndef SSTP_HTTP_BODY_H
#define SSTP_HTTP_BODY_H

#include "util/bytes.h"

enum { HTTP_CHUNK_LINE_MAX = 4096 }; /* a chunk's size with its extension; all trailers together */

enum http_body_state {
	HTTP_BODY_OVER = 1,
	HTTP_BODY_DATA,      /* `left` bytes of Content-Length */
	HTTP_BODY_SIZE,      /* the digits of a chunk's size */
	HTTP_BODY_EXTENSION, /* a chunk extension */
	HTTP_BODY_SIZE_LF,
	HTTP_BODY_CHUNK, /* `left` bytes of a chunk */
	HTTP_BODY_CHUNK_CR,
	HTTP_BODY_CHUNK_LF,
	HTTP_BODY_TRAILER, /* the start of a line after the last chunk */
	HTTP_BODY_TRAILER_LINE,
	HTTP_BODY_TRAILER_LF,
	HTTP_BODY_END_LF,
};

struct http_body {
	enum http_body_state state;
	uint64_t left;
	unsigned int line_len; /* bytes of framing so far that are not passed on */
	bool has_digit;
};

void http_body_open(struct http_body *b, uint64_t len); /* 0: none */
void http_body_open_chunked(struct http_body *b);

/*
 * Moves what it can from `in` to `out`, up to the body's end; it stops when `out` has less than
 * twenty bytes of room. False: malformed; don't call it again.
 */
bool http_body_pass(struct http_body *b, struct reader *in, struct writer *out);
/* How many of the next bytes belong to the body, whatever they are. */
size_t http_body_certain(const struct http_body *b);

#endif
