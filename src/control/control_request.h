/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A request to the control socket: its start line, its path compared with a route, the variables of
 * its path and of its query. Pure functions.
 */
#ifndef SSTP_CONTROL_CONTROL_REQUEST_H
#define SSTP_CONTROL_CONTROL_REQUEST_H

#include "http/head.h"

enum {
	CONTROL_WORD_SIZE = 128,      /* of the path's variable, with a zero byte */
	CONTROL_BODY_MAX = 64 * 1024, /* a body is allowed and ignored */
	CONTROL_DRAIN_MAX_S = 7 * 24 * 3600,
};

struct control_request {
	struct bytes method, path, query; /* in the block that was parsed */
	struct bytes host;                /* of the target, or the Host field; empty: none */
	char word[CONTROL_WORD_SIZE];     /* what stood for the asterisk of the route */
	uint64_t body_len;
	bool is_http10;
	bool is_last; /* the client wants the connection closed */
};

/* `block`: with the empty line at its end. 0, or the status code of the refusal. */
int control_request_parse(struct bytes block, struct control_request *rq);

/*
 * Whether the host is an IP address, localhost or a name under it, or not given. Else a web page of
 * another site may have sent the request, after its name was given this host's address (DNS rebinding).
 */
bool control_request_is_by_address(const struct control_request *rq);

/*
 * Whether the path is that of the route: "/v1/sessions/(asterisk)/kick". An asterisk is one word of
 * any characters, which is decoded into rq->word.
 */
bool control_request_matches(struct control_request *rq, const char *route);

/*
 * The decoded value of a variable of the query. False: there is none, or its value does not fit or
 * is malformed.
 */
bool control_request_query(const struct control_request *rq, const char *name, char *to,
			   size_t size);
/* Whether the query has this variable, with a good value or not. */
bool control_request_has(const struct control_request *rq, const char *name);

#endif
