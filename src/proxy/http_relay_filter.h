/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The relay filter of an HTTP request that is not CONNECT: the rest of its body goes through
 * http/body.h, the response through http_response.h. After that the client's socket is returned to the
 * owner, with the bytes that the client has sent since: its next request.
 */
#ifndef SSTP_PROXY_HTTP_RELAY_FILTER_H
#define SSTP_PROXY_HTTP_RELAY_FILTER_H

#include "http/body.h"
#include "stack/relay.h"

struct http_relay_filter_cfg {
	struct http_body body; /* in its current state */
	bool is_head;          /* the request was HEAD */
	bool may_keep;         /* the client may send another request on this connection */
	struct bytes next;     /* read already, after the body; copied, at most REQUEST_SIZE */
	/* `is_good`: it can carry another request; `next` was read of it. Else: shut it down. */
	void (*done)(void *arg, int fd, bool is_good, struct bytes next);
	void *arg;
};

/* NULL: no memory. The relay that gets it frees it. */
struct relay_filter *http_relay_filter_new(const struct http_relay_filter_cfg *cfg);

#endif
