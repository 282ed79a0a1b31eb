/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks the server's side for routes, name servers and a domain by DHCPINFORM, as Windows' client does:
 * runs the engine of dhcp/ on a client's loop, through its tunnel. While a reply may come, a packet
 * sink of ours takes it out, and passes all other packets to the backend's. Later packets go to the
 * backend's sink directly.
 */
#ifndef SSTP_CLIENT_SERVER_INFO_H
#define SSTP_CLIENT_SERVER_INFO_H

#include "dhcp/inform.h"
#include "ip6/link_addrs.h"
#include "net/loop.h"
#include "tunnel/tunnel.h"

struct server_info {
	struct loop *loop;
	struct tunnel *tunnel;
	struct packet_sink *backend; /* where packets go */
	const struct log *log;
	/* There is a reply, or there will be none: see server_info_get. */
	void (*changed)(struct server_info *s);
	/* private */
	struct inform engine;
	struct packet_sink sink;
	struct loop_timer timer;
	bool is_on;  /* a reply may come */
	bool was_on; /* for this tunnel */
};

/* Packets must be able to pass. Does nothing if it was started already since server_info_stop. */
void server_info_start(struct server_info *s, const struct ip_addr *own);
/* Before a new tunnel; may be called when it is not running. */
void server_info_stop(struct server_info *s);
/* NULL: there is no reply, or none yet. */
const struct dhcp_info *server_info_reply(const struct server_info *s);
/* Puts into the link what is known: routes and the domain, and whether that is all. */
void server_info_get(const struct server_info *s, struct link_addrs *link);

#endif
