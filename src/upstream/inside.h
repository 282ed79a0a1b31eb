/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to src/upstream: what its files share. */
#ifndef SSTP_UPSTREAM_INSIDE_H
#define SSTP_UPSTREAM_INSIDE_H

#include "upstream/upstream.h"

/* ---- upstream.c */

/* Ends the conversation; `text` goes on after "the proxy NAME ". */
void upstream_fail(struct upstream *u, enum upstream_failure failure, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* The room for the next message to the proxy; upstream_put ends it. */
struct writer upstream_writer(struct upstream *u);
void upstream_put(struct upstream *u, const struct writer *w);

/* ---- http_connect.c */

void http_connect_open(struct upstream *u);
size_t http_connect_input(struct upstream *u, struct bytes in);
void http_connect_closed(struct upstream *u);
void http_connect_reconnected(struct upstream *u);

/* ---- socks5_client.c */

void socks5_client_open(struct upstream *u);
size_t socks5_client_input(struct upstream *u, struct bytes in);
void socks5_client_closed(struct upstream *u);

#endif
