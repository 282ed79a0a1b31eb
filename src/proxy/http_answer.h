/*
 * What a target answers to a request that we forwarded, on its way to the client. Its head, and
 * those of interim answers before it (RFC 9110 section 15.2), lose what concerned our hop alone
 * and say `Connection: close`; what follows passes as it is, to the end of the connection.
 */
#ifndef SSTP_PROXY_HTTP_ANSWER_H
#define SSTP_PROXY_HTTP_ANSWER_H

#include "proxy/asked.h"
#include "util/bytes.h"

enum { HTTP_ANSWER_MADE_ROOM = ASKED_ROOM + 1024 };

enum http_answer_state {
	HTTP_ANSWER_HEAD = 1,
	HTTP_ANSWER_BODY,
	HTTP_ANSWER_BAD, /* a refusal of ours stands in its place */
};

struct http_answer {
	enum http_answer_state state;
	bool is_to_head; /* the request was HEAD */
	size_t head_len, made_len, made_at;
	uint8_t head[ASKED_ROOM];            /* as it comes */
	uint8_t made[HTTP_ANSWER_MADE_ROOM]; /* as it goes */
};

void http_answer_open(struct http_answer *a, bool is_to_head);

/* Moves what it can from `in` to `out`. `at_end`: behind `in` nothing will come. */
void http_answer_pass(struct http_answer *a, struct reader *in, struct writer *out, bool at_end);

#endif
