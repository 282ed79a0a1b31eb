/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server side of an HTTP/1 proxy, RFC 9110 and 9112: one client's request, and our own
 * responses. No socket and no clock; request.h says how it is used. CONNECT makes a tunnel; a
 * request for an http:// URL is forwarded without the fields that are meant for the proxy alone.
 *
 * A client's connection carries one request after another; each has its own connection to its
 * target, and tells the target `Connection: close`. So the response of one target can't be taken
 * for that of another, and no request for a part of the one before it.
 *
 *	http_proxy_input -> REQUEST_CONNECT -> http_proxy_put_response -> [ http_proxy_forward ]
 */
#ifndef SSTP_PROXY_HTTP_REQUEST_H
#define SSTP_PROXY_HTTP_REQUEST_H

#include "http/body.h"
#include "proxy/proxy_login.h"
#include "proxy/request.h"
#include "stack/stack.h"
#include "stack/target.h"

enum { HTTP_FORWARD_SIZE = REQUEST_SIZE + 1024 }; /* what http_proxy_forward writes at most */

struct http_proxy {
	const struct proxy_login *login; /* NULL: no login is required */
	struct target target;            /* valid after REQUEST_CONNECT */
	bool is_tunnel;                  /* CONNECT; else the request is to be forwarded */
	bool is_head;                    /* HEAD: the response has no body */
	bool may_keep;                   /* the client may send another request after this one */
	const char *why;                 /* after REQUEST_REFUSED: the reason, for the log */
};

void http_proxy_open(struct http_proxy *h, const struct proxy_login *login);

/* A request that is to be forwarded stays in `in`; CONNECT is consumed. */
enum proxy_request http_proxy_input(struct http_proxy *h, struct reader *in, struct writer *out);

/*
 * To the client: the result of connecting; `why`: as text, unless it is STACK_OK. Writes nothing
 * after a success if the request is to be forwarded.
 */
void http_proxy_put_response(struct http_proxy *h, enum stack_result result, const char *why,
			     struct writer *out);

/*
 * To the target: the request that stayed in `in`, and the part of its body that follows; the rest
 * goes through `body`. What follows the body stays in `in`. False: the body is malformed.
 */
bool http_proxy_forward(struct http_proxy *h, struct reader *in, struct http_body *body,
			struct writer *out);

/* To the client: our own error response, with `why` as its text. A response to HEAD has no body. */
void http_put_refusal(int status, const char *why, bool is_head, struct writer *out);

#endif
