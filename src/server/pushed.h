/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the server tells a client besides its address: IPv4 routes, name servers and a domain, in reply
 * to the DHCPINFORM that Windows' client, and ours, sends through a new tunnel. Where there are neither
 * routes nor a domain the packet goes on to the device, where a DHCP server may listen. IPv6 routes are
 * part of Router Advertisements.
 */
#ifndef SSTP_SERVER_PUSHED_H
#define SSTP_SERVER_PUSHED_H

#include "auth/result.h"
#include "dhcp/message.h"
#include "ip6/advertiser.h"
#include "server/server_cfg.h"
#include "tun/headers.h"

/* For the packet path: whether this may be a packet for pushed_reply. */
static inline bool pushed_is_dhcp(const struct packet *p)
{
	return p->h.proto == IPPROTO_UDP && !p->h.is_v6 && !p->h.is_fragment &&
	       p->h.total >= p->h.ip_len + UDP_HDR_LEN &&
	       load_u16(p->at + p->h.ip_len + 2) == DHCP_SERVER_PORT;
}

/*
 * A packet of the client with the address `client`; `own`: the server's in the tunnel; `grant`: NULL
 * if it has none. Returns the length of the reply; 0: there is none, and the packet goes on.
 */
size_t pushed_reply(const struct server_cfg *cfg, const struct auth_grant *grant,
		    const struct ip_addr *client, const struct ip_addr *own, const struct packet *p,
		    uint8_t reply[DHCP_PACKET_MAX]);

/* The IPv6 networks for this user's client: its own, then those of all. Returns how many. */
size_t pushed_routes6(const struct server_cfg *cfg, const struct auth_grant *grant,
		      struct ip_prefix to[ADVERT_ROUTES_MAX]);

/*
 * Whether the user's own routes of each family fit beside those of all; else those that come first are
 * sent. `grant`: NULL: those of all alone.
 */
bool pushed_fits(const struct server_cfg *cfg, const struct auth_grant *grant);

/*
 * IPv6 networks that are pushed no more. A client that has no advertisement of that yet uses them
 * until their lifetime is over.
 */
struct pushed_former {
	struct ip_prefix at[ADVERT_ROUTES_MAX];
	size_t count;
	uint64_t until_ms;
};

/* The settings `was` are replaced by `is`. False: they push the same IPv6 networks. */
bool pushed_change(struct pushed_former *f, const struct server_cfg *was,
		   const struct server_cfg *is, uint64_t now_ms);

#endif
