/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body of a client's request on its way to the target. Its end is found here, so that nothing
 * after it is taken for more of it: that is the client's next request, and is left. Chunks are taken apart and framed anew, without extensions and
 * trailers (RFC 9112 section 7.1), so the target never reads a framing of the client's making.
 */
#ifndef SSTP_HTTP_BODY_H
#define SSTP_HTTP_BODY_H

#include "util/bytes.h"

enum { HTTP_CHUNK_LINE_MAX = 4096 }; /* a chunk's size with its extension; all the trailers */

enum http_body_state {
	HTTP_BODY_OVER = 1,
	HTTP_BODY_DATA,      /* `left` bytes of Content-Length */
	HTTP_BODY_SIZE,      /* the digits of a chunk's size */
	HTTP_BODY_EXTENSION, /* what may stand behind them */
	HTTP_BODY_SIZE_LF,
	HTTP_BODY_CHUNK, /* `left` bytes of a chunk */
	HTTP_BODY_CHUNK_CR,
	HTTP_BODY_CHUNK_LF,
	HTTP_BODY_TRAILER, /* the start of a line behind the last chunk */
	HTTP_BODY_TRAILER_LINE,
	HTTP_BODY_TRAILER_LF,
	HTTP_BODY_END_LF,
};

struct http_body {
	enum http_body_state state;
	uint64_t left;
	unsigned int line_len; /* of what is not passed on: so far */
	bool has_digit;
};

void http_body_open(struct http_body *b, uint64_t len); /* 0: none */
void http_body_open_chunked(struct http_body *b);

/*
 * Moves what it can from `in` to `out`, of which it needs twenty bytes of room to get on, up to the
 * body's end. False: malformed, and so is all that follows.
 */
bool http_body_pass(struct http_body *b, struct reader *in, struct writer *out);
/* So many bytes are certainly the body's, whatever they are. */
size_t http_body_certain(const struct http_body *b);

#endif
