/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks for a captive portal: one GET of http://HOST/ at the server's own addresses, port 80. A portal answers
 * for every host, by a redirection to its own page or with 511 (RFC 6585 section 6). Nobody else is asked, and
 * nothing else is sent.
 */
#ifndef SSTP_CLIENT_PORTAL_H
#define SSTP_CLIENT_PORTAL_H

#include "client/obstacle.h"
#include "net/reach.h"

enum {
	PORTAL_PORT = 80,
	PORTAL_LIMIT_MS = 4000, /* for all of it */
	PORTAL_HEAD_MAX = 8192,
	PORTAL_URL_SIZE = 256,
};

struct portal_result {
	bool is_portal;
	char url[PORTAL_URL_SIZE]; /* of its page, as it was sent; "": it gave none */
};

/* What the response of `host` shows; `head` may have no end. */
void portal_judge(struct bytes head, const char *host, struct portal_result *out);
/* As a hint. */
struct obstacle_text portal_hint(const struct portal_result *r, const char *host);

struct portal_cfg {
	const char *host; /* the caller's, as long as this lasts */
	const struct reach_addrs *addrs;
	uint32_t mark;
	int (*before_connect)(void *arg, const struct sockaddr_storage *to); /* NULL: none */
	void (*done)(void *arg, const struct portal_result *result); /* once, from the loop */
	void *arg;
};

struct portal;

int portal_start(struct loop *l, const struct portal_cfg *cfg,
		 struct portal **out); /* 0 or -errno */
void portal_cancel(struct portal *p);  /* before done was called; NULL is fine */

#endif
