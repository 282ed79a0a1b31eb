/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the server tells a client besides its address: routes, name servers and a domain, in reply to
 * the DHCPINFORM that Windows' client, and ours, sends through a new tunnel. Where there are neither
 * routes nor a domain the packet goes on to the device, where a DHCP server may listen.
 */
#ifndef SSTP_SERVER_PUSHED_H
#define SSTP_SERVER_PUSHED_H

#include "auth/result.h"
#include "dhcp/message.h"
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

/* Whether the user's own routes fit beside those of all; else those that come first are sent. */
bool pushed_fits(const struct server_cfg *cfg, const struct auth_grant *grant);

#endif
