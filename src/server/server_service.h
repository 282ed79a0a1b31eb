/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server's helper does besides files (proc/helper_files.h) and the command of logins: routes to the device,
 * and removing at the end what would outlive the server.
 *
 * A route leads to the device that was given before the seal, whatever is asked, and only to a network that was
 * permitted then, or that the user file gives to a user now. Where RADIUS or a command may give any network
 * (Framed-Route), any is permitted that is not so large that it would take all the host's traffic.
 */
#ifndef SSTP_SERVER_SERVER_SERVICE_H
#define SSTP_SERVER_SERVER_SERVICE_H

#include "control/place.h"
#include "net/netlink.h"
#include "proc/helper_files.h"

enum {
	SERVER_OP_DEVICE = HELPER_OP(HELPER_SERVER, 1), /* its index (u32); with a netlink socket */
	SERVER_OP_NETWORK = HELPER_OP(HELPER_SERVER, 2), /* a prefix, to which routes may be set */
	SERVER_OP_ANY_NETWORK = HELPER_OP(HELPER_SERVER, 3),
	SERVER_OP_CONTROL = HELPER_OP(HELPER_SERVER, 4), /* control_place_put: removed at the end */
	SERVER_OP_TABLE =
		HELPER_OP(HELPER_SERVER, 5), /* nf_tables, removed at the end; with a socket */
	SERVER_OP_ROUTE = HELPER_OP(HELPER_SERVER, 6), /* whether it is added (u8), and a prefix */
	SERVER_PREFIX_LEN = 18, /* family 4 or 6 (u8), length (u8), address in 16 bytes */
	SERVER_NETWORKS_MAX = 8,
	SERVER_ROUTES_MAX = 1 << 18, /* at a time; memory of the kernel */
	SERVER_TABLE_SIZE = 64,
};

struct nft;

struct server_service {
	struct helper_files *files;
	/* private */
	struct netlink *netlink;
	unsigned ifindex;
	struct ip_prefix networks[SERVER_NETWORKS_MAX];
	size_t network_count;
	bool permits_any;
	size_t route_count; /* that were added, at most SERVER_ROUTES_MAX */
	struct control_place control;
	struct nft *nft;
	char table[SERVER_TABLE_SIZE];
};

/* s->files is set, the rest is zero; `s` is the service's state. */
struct helper_service server_service(struct server_service *s);

void server_put_prefix(struct writer *w, const struct ip_prefix *p);
/* False: it is none, or has bits after its length. */
bool server_get_prefix(struct reader *r, struct ip_prefix *p);
/* Whether a route to it may be set. */
bool server_service_permits(struct server_service *s, const struct ip_prefix *p);

#endif
