/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plain HTTP request's relay: the rest of its body goes through http/body.h, its answer through
 * http_answer.h. After that the client's socket is given back, with what the client has sent since: its
 * next request.
 */
#ifndef SSTP_PROXY_EXCHANGE_H
#define SSTP_PROXY_EXCHANGE_H

#include "http/body.h"
#include "stack/relay.h"

struct exchange_cfg {
	struct http_body body; /* where it is */
	bool is_head;          /* the request was HEAD */
	bool may_keep;         /* the client wants to ask again on this connection */
	struct bytes next;     /* read already, after the body; copied, at most REQUEST_ROOM */
	/* `is_good`: for another request, of which `next` was read. Else it is to be closed in order. */
	void (*done)(void *arg, int fd, bool is_good, struct bytes next);
	void *arg;
};

/* NULL: no memory. The relay that it is given to frees it. */
struct relay_filter *exchange_new(const struct exchange_cfg *cfg);

#endif
