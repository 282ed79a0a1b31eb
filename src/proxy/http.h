/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server's side of an HTTP/1 proxy, RFC 9110 and 9112: one client's request, and what we
 * answer ourselves. No socket and no clock; request.h says how it is used. CONNECT makes a tunnel; a
 * request for a http:// URL is passed on with what concerns us alone taken out.
 *
 * A client's connection carries one request after another; each has a connection of its own to its
 * target, to whom we say `Connection: close`. So no target's answer can be taken for another's, and
 * no request for a part of the one before it.
 *
 *	http_proxy_input -> REQUEST_CONNECT -> http_proxy_put_response -> [ http_proxy_forward ]
 */
#ifndef SSTP_PROXY_HTTP_H
#define SSTP_PROXY_HTTP_H

#include "http/body.h"
#include "proxy/request.h"
#include "proxy/login.h"
#include "stack/stack.h"
#include "stack/target.h"

enum { HTTP_FORWARD_ROOM = REQUEST_ROOM + 1024 }; /* what http_proxy_forward writes at most */

struct http_proxy {
	const struct proxy_login *login; /* NULL: anybody may */
	struct target target;            /* once a connection is asked for */
	bool is_tunnel;                  /* CONNECT; else the request is to be forwarded */
	bool is_head;                    /* HEAD: an answer to that has no body */
	bool may_keep;                   /* the client may send another request after this one */
	const char *why;                 /* in vain: what was wrong, for the log */
};

void http_proxy_open(struct http_proxy *h, const struct proxy_login *login);

/* A request that is to be forwarded is left in `in`; one for a tunnel is taken. */
enum proxy_request http_proxy_input(struct http_proxy *h, struct reader *in, struct writer *out);

/*
 * To the client: how the attempt to connect came out; `why`: in words, unless it is STACK_OK. Nothing
 * when a request is to be forwarded.
 */
void http_proxy_put_response(struct http_proxy *h, enum stack_result result, const char *why,
			     struct writer *out);

/*
 * To the target: the request that was left in `in`, and what there is of its body; `body` takes
 * the rest. What follows the body is left in `in`. False: the body is malformed.
 */
bool http_proxy_forward(struct http_proxy *h, struct reader *in, struct http_body *body,
			struct writer *out);

/* To the client: a refusal of our own, with `why` as text. An answer to HEAD has no body. */
void http_put_refusal(int status, const char *why, bool is_head, struct writer *out);

#endif
