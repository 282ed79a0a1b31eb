/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who runs the forwarder of split DNS (nameserver/dns_forwarder.h), which reads from the network: this process,
 * or, if this is a helper, the one that reads from the network anyway.
 */
#ifndef SSTP_CLIENT_DNS_FORWARD_H
#define SSTP_CLIENT_DNS_FORWARD_H

#include "nameserver/dns_forwarder.h"

struct dns_forward {
	/*
	 * From now on names of the VPN's domains go to the servers `vpn`, all others to those of the resolv.conf
	 * `former`. *address is where the forwarder listens. 0 or -errno, logged.
	 */
	int (*use)(struct dns_forward *f, const char *former, const struct ip_addr *vpn,
		   size_t count, struct ip_addr *address);
	/* There is no server for the VPN's names: programs that still ask it get no address of them. */
	void (*unuse)(struct dns_forward *f);
	int netns_fd; /* its sockets are in this network namespace; -1: ours. Set by who calls them */
};

/* In this process. */
struct dns_own_forward {
	struct dns_forward base;
	struct dns_forwarder_cfg cfg;
	struct dns_forwarder *forwarder; /* NULL: not open yet */
};

void dns_own_forward_init(struct dns_own_forward *f, const struct dns_forwarder_cfg *cfg);
void dns_own_forward_close(struct dns_own_forward *f); /* also without a forwarder */

#endif
