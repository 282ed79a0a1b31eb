/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DHCPv6 at the client: runs the engine of ip6/dhcp6_client.h on a client's loop, through its tunnel:
 * for a delegated prefix if one is wanted, and for name servers and domains where a router advertises
 * that DHCPv6 has them. While it runs, a packet sink of ours takes the replies out and passes all other
 * packets on.
 */
#ifndef SSTP_CLIENT_DHCP6_SETUP_H
#define SSTP_CLIENT_DHCP6_SETUP_H

#include "ip6/dhcp6_client.h"
#include "net/loop.h"
#include "tunnel/tunnel.h"

struct dhcp6_setup {
	struct loop *loop;
	struct tunnel *tunnel;
	struct packet_sink *backend; /* where packets go */
	const struct log *log;
	bool wants_prefix;
	uint8_t prefix_len; /* the length that is asked for; 0: any */
	/* The configuration has changed: call dhcp6_setup_get. */
	void (*changed)(struct dhcp6_setup *d);
	/* private */
	struct packet_sink sink;
	struct dhcp6_client engine;
	struct loop_timer timer;
	bool is_on, has_engine;
};

/*
 * Packets must be able to pass, through `sink` from now on: the caller makes it the tunnel's. Does
 * nothing while it runs already.
 */
void dhcp6_setup_start(struct dhcp6_setup *d, const uint8_t iid[IP6_IID_LEN]);
/* The link is down. What is still valid stays. May be called when it is not running. */
void dhcp6_setup_stop(struct dhcp6_setup *d);
/* Sends a Release for the prefix, before the tunnel is shut down. */
void dhcp6_setup_release(struct dhcp6_setup *d);
void dhcp6_setup_get(const struct dhcp6_setup *d, struct dhcp6_config *out);

#endif
