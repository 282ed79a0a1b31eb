/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers Neighbor Solicitations on an interface of this host for clients' addresses, which are out of
 * the network on that interface (--ndp-proxy). A packet socket of its own does it: that needs neither a
 * writable /proc/sys nor entries in the kernel's tables, so nothing is left after a crash.
 *
 * The socket is read on the loop that opened it. ndp_proxy_probe may be called by any thread.
 */
#ifndef SSTP_SERVER_NDP_PROXY_H
#define SSTP_SERVER_NDP_PROXY_H

#include "net/loop.h"
#include "tunnel/reason.h"
#include "util/ip.h"

struct ndp_proxy;

struct ndp_proxy_cfg {
	struct loop *loop;
	const char *interface; /* "auto": the one that has an address in the network */
	struct ip_prefix network;
	bool (*is_client)(void *arg, const struct ip_addr *a);
	/* A host on the interface has this address, or is about to use it. */
	void (*other_has)(void *arg, const struct ip_addr *a);
	void *arg;
};

/* REASON_NONE, or why not, logged. */
enum tunnel_reason ndp_proxy_open(const struct ndp_proxy_cfg *cfg, struct ndp_proxy **out);
void ndp_proxy_close(struct ndp_proxy *n); /* NULL is fine */
const char *ndp_proxy_interface(const struct ndp_proxy *n);

/*
 * Looks for other hosts with the address; `other_has` is called if there is one. Returns a descriptor,
 * which makes that solicitations for the address arrive, until it is closed; -EADDRINUSE: it is an
 * address of this host; or another -errno.
 */
int ndp_proxy_probe(const struct ndp_proxy *n, const struct ip_addr *a);

#endif
