/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A target's response to a request that we forwarded, on its way to the client. Hop-by-hop fields
 * are removed from its head, and from interim responses before it (RFC 9110 section 15.2). The body
 * passes unchanged, to its end (RFC 9112 section 6.3): after that the client's connection can carry
 * another request, or is closed, whatever the target does with its own. If only the end of the
 * target's connection ends the body, or if it is not clear where the body ends, the head has
 * `Connection: close`.
 */
#ifndef SSTP_PROXY_HTTP_RESPONSE_H
#define SSTP_PROXY_HTTP_RESPONSE_H

#include "http/body.h"
#include "proxy/request.h"
#include "util/bytes.h"

enum { HTTP_RESPONSE_MADE_SIZE = REQUEST_SIZE + 1024 };

enum http_response_state {
	HTTP_RESPONSE_HEAD = 1,
	HTTP_RESPONSE_COUNTED, /* `body` finds the end */
	HTTP_RESPONSE_CHUNKED,
	HTTP_RESPONSE_TO_END, /* of the connection */
	HTTP_RESPONSE_OVER,
	HTTP_RESPONSE_BAD, /* replaced by our own error response */
};

struct http_response {
	enum http_response_state state;
	bool is_to_head; /* the request was HEAD */
	bool may_keep;   /* the client's connection can carry another request */
	struct http_body body;
	size_t head_len, made_len, made_at;
	uint8_t head[REQUEST_SIZE];            /* as received */
	uint8_t made[HTTP_RESPONSE_MADE_SIZE]; /* as sent */
};

/* `may_keep`: as the client wants. */
void http_response_open(struct http_response *r, bool is_to_head, bool may_keep);

/* Moves what it can from `in` to `out`. `at_end`: nothing will follow `in`. */
void http_response_pass(struct http_response *r, struct reader *in, struct writer *out,
			bool at_end);
/* All of it has been written; may_keep says whether the connection stays open. */
bool http_response_is_over(const struct http_response *r);

#endif
