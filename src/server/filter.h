/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A packet filter of one session: which hosts, protocols and ports its client may reach. A rule is
 * about the other end of the client's traffic, in both directions: packets to that network and port,
 * and packets from there. The first rule that matches decides; what no rule matches is dropped.
 *
 * There is no state per connection. Towards the client, a rule that permits a TCP port does not
 * permit a segment that opens a connection. ICMP errors pass with the traffic that they are about,
 * since path MTU discovery needs them. A later fragment has no ports: a rule that permits ports
 * permits it, since without the first fragment, which has them, it is of no use.
 *
 * Pure functions, for the packet path. A packet that a TUN device gives as a batch of segments has
 * one header and is judged once.
 */
#ifndef SSTP_SERVER_FILTER_H
#define SSTP_SERVER_FILTER_H

#include "tun/headers.h"
#include "util/bytes.h"

struct filter_rule {
	bool permits;
	uint8_t proto; /* 0: any; IPPROTO_ICMP: that of either family */
	bool has_ports;
	uint16_t first_port, last_port;
	struct ip_prefix network; /* AF_UNSPEC: any */
};

struct filter {
	char *name;
	struct filter_rule *rules;
	size_t count;
};

/*
 * A rule without the name of its filter: permit|deny NETWORK|any [PROTOCOL [PORT[-PORT]]]. NULL, or
 * what is wrong with it, as the end of a sentence.
 */
const char *filter_rule_parse(struct bytes text, struct filter_rule *r);

/* Whether the packet of a session passes: from its client, or to it. */
bool filter_passes(const struct filter *f, const struct packet *p, bool is_from_client);

#endif
