/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A listening TCP port on this host, for a forward (-L), SOCKS5 or HTTP. */
#ifndef SSTP_PROXY_LISTENER_H
#define SSTP_PROXY_LISTENER_H

#include "net/loop.h"
#include "util/ip.h"
#include "util/log.h"

/* "[ADDR:]PORT", an IPv6 address in brackets; "*" for all addresses of both families. */
struct listener_at {
	struct ip_addr addr; /* AF_UNSPEC: loopback, or all */
	unsigned scope;      /* interface index of a link-local address; 0: none */
	bool is_all;
	uint16_t port; /* 0: the kernel's choice */
};

/* NULL, or why it is refused, as util/endpoint.h says. */
const char *listener_at_parse(struct listener_at *at, const char *text);
/* Whether other hosts can connect. */
bool listener_is_public(const struct listener_at *at);

struct listener_cfg {
	struct loop *loop;
	const struct log *log;
	const char *option; /* for messages: "--socks5 1080" */
	struct listener_at at;
	/* A client's socket, non-blocking and close-on-exec; the callee owns it. */
	void (*accepted)(void *arg, int fd, const struct sockaddr_storage *peer);
	void *arg;
};

struct listener;

/* Loopback and "*" mean both families if the host has both. 0 or -errno, logged with the option. */
int listener_open(const struct listener_cfg *cfg, struct listener **out);
void listener_close(struct listener *l); /* NULL is fine */
uint16_t listener_port(const struct listener *l);

#endif
