/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A packet for a host that waits for the reply to its DHCPINFORM, and for a server that replies to
 * one. The lengths and the ports are corrected, because a fuzzer would hardly find them.
 */
#include <stdlib.h>

#include "dhcp/inform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { HDR_LEN = 28, ID = 0x01020304 };

static void mend(uint8_t *packet, size_t len, bool is_reply)
{
	packet[0] = 0x45;
	store_u16(packet + 2, (uint16_t)len);
	store_u16(packet + 6, 0);
	packet[9] = IPPROTO_UDP;
	store_u16(packet + 20, is_reply ? DHCP_SERVER_PORT : DHCP_CLIENT_PORT);
	store_u16(packet + 22, is_reply ? DHCP_CLIENT_PORT : DHCP_SERVER_PORT);
	store_u16(packet + 24, (uint16_t)(len - 20));
}

static void check(const struct dhcp_info *info)
{
	if (info->route_count > DHCP_ROUTES_MAX || info->dns_count > DHCP_DNS_MAX ||
	    strlen(info->domain) >= DHCP_DOMAIN_SIZE || strpbrk(info->domain, " \n\t;#"))
		abort();
	for (size_t i = 0; i < info->route_count; i++) {
		const struct ip_prefix *p = &info->routes[i];
		struct ip_addr masked = ip_mask(&p->addr, p->len);

		if (!p->len || p->len > 32 || !ip_equal(&masked, &p->addr))
			abort();
	}
}

/* Up to its end, whether or not a reply has come; what it sends, a server can read. */
static void run_out(struct inform *host)
{
	struct bytes packet;
	struct dhcp_message m;
	enum inform_out out;
	bool is_over = false;

	for (unsigned i = 0; !is_over; i++) {
		if (i > 2 * INFORM_TRIES)
			abort();
		while ((out = inform_next(host, &packet)) != INFORM_NONE) {
			is_over |= out == INFORM_DONE;
			if (out == INFORM_PACKET &&
			    (!dhcp_get(packet.at, packet.len, &m) || m.type != DHCP_INFORM))
				abort();
		}
		if (inform_deadline(host) != UINT64_MAX)
			inform_tick(host, inform_deadline(host));
	}
}

/* What a server writes, a host can read. */
static void serve(const uint8_t *packet, size_t len)
{
	struct ip_addr server = ip_from_v4(0x0a090001);
	uint8_t reply[DHCP_PACKET_MAX];
	struct dhcp_message m, back;
	size_t n;

	if (!dhcp_get(packet, len, &m))
		return;
	check(&m.info);
	n = dhcp_put_ack(reply, &m, &server, &m.info);
	if (!n || !dhcp_get(reply, n, &back) || back.type != DHCP_ACK || back.id != m.id ||
	    strcmp(back.info.domain, m.info.domain) != 0 || back.info.dns_count != m.info.dns_count)
		abort();
	check(&back.info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ip_addr own = ip_from_v4(0x0a090002);
	uint8_t *packet;
	struct inform host;

	if (len < HDR_LEN || len > UINT16_MAX)
		return 0;
	packet = malloc(len);
	if (!packet)
		abort();
	memcpy(packet, data, len);
	inform_start(&host, &own, ID, 0);
	inform_input(&host, packet, len);
	mend(packet, len, true);
	if (inform_input(&host, packet, len))
		check(&host.info);
	run_out(&host);
	serve(packet, len);
	mend(packet, len, false);
	serve(packet, len);
	free(packet);
	return 0;
}
