/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plain HTTP request's relay: the rest of its body goes through http/body.h, its answer through
 * http_response.h. After that the client's socket is given back, with what the client has sent since: its
 * next request.
 */
#ifndef SSTP_PROXY_HTTP_RELAY_FILTER_H
#define SSTP_PROXY_HTTP_RELAY_FILTER_H

#include "http/body.h"
#include "stack/relay.h"

struct http_relay_filter_cfg {
	struct http_body body; /* where it is */
	bool is_head;          /* the request was HEAD */
	bool may_keep;         /* the client wants to ask again on this connection */
	struct bytes next;     /* read already, after the body; copied, at most REQUEST_ROOM */
	/* `is_good`: for another request, of which `next` was read. Else it is to be closed in order. */
	void (*done)(void *arg, int fd, bool is_good, struct bytes next);
	void *arg;
};

/* NULL: no memory. The relay that it is given to frees it. */
struct relay_filter *http_relay_filter_new(const struct http_relay_filter_cfg *cfg);

#endif
