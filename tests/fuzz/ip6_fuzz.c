/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host between advertisements, and a router between solicitations: two bytes of length, two with the seconds that pass before, then
 * the packet; repeated. The checksums of the packets are corrected, because a fuzzer would not find
 * them.
 */
#include <stdlib.h>

#include "ip6/message.h"
#include "ip6/advert.h"
#include "ip6/advertiser.h"
#include "ip6/nd_proxy.h"
#include "util/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { HDR_LEN = 44 };

static void mend(uint8_t *packet, size_t len)
{
	if (len < HDR_LEN)
		return;
	packet[0] = 0x60;
	store_u16(packet + 4, (uint16_t)(len - 40));
	store_u16(packet + 42, 0);
	store_u16(packet + 42,
		  (uint16_t)~checksum_fold(checksum_pseudo(packet + 8, 32, 58, len - 40) +
					   checksum_sum(packet + 40, len - 40)));
}

static void check(struct slaac *host, uint64_t now_ms)
{
	struct slaac_config c;
	struct slaac_out out;
	unsigned n = 0;

	while (slaac_next(host, &out))
		if (++n > 2 || (out.type == SLAAC_OUT_PACKET && out.packet.len != 48))
			abort();
	slaac_config(host, now_ms, &c);
	if (c.mtu && c.mtu < IP6_MIN_MTU)
		abort();
	for (size_t i = 0; i < c.addr_count; i++)
		if (!c.addrs[i].valid_s || c.addrs[i].preferred_s > c.addrs[i].valid_s)
			abort();
	for (size_t i = 0; i < c.route_count; i++)
		if (!advert_is_route(&c.routes[i]))
			abort();
	for (size_t i = 0; i < c.domain_count; i++)
		if (!*c.domains[i] || strlen(c.domains[i]) >= IP6_DOMAIN_SIZE ||
		    strpbrk(c.domains[i], " \n\t;#"))
			abort();
}

/* Whatever it gets, it advertises at most once per second, and nothing that does not fit. */
static void feed_router(struct advertiser *router, const uint8_t *packet, size_t len,
			uint64_t now_ms)
{
	static const struct ip_prefix routes[] = { { { AF_INET6, { 0x20, 1 } }, 16 },
						   { { AF_INET6, { 0xfd } }, 128 } };
	static const struct advertised what = {
		.prefix = { AF_INET6, { 0xfd } },
		.mtu = 1400,
		.routes = routes,
		.route_count = 2,
		.withdrawn = routes,
		.withdrawn_count = 1,
	};
	uint8_t to[ADVERT_SIZE_MAX];

	advertiser_input(router, packet, len, now_ms);
	advertiser_tick(router, &what, now_ms, to);
	if (advertiser_deadline(router) <= now_ms || advertiser_tick(router, &what, now_ms, to))
		abort();
}

/* What it answers is a valid message to a host or to all nodes. */
static void feed_nd_proxy(const uint8_t *packet, size_t len)
{
	static const uint8_t link[ND_LINK_ADDR_LEN] = { 2, 0, 0, 0, 0, 1 };
	uint8_t reply[ND_PROXY_PACKET_MAX];
	struct nd_proxy_packet p, back;

	nd_proxy_get(packet, len, &p);
	if (p.type != ND_PROXY_SOLICITS && p.type != ND_PROXY_DETECTS)
		return;
	nd_proxy_get(reply, nd_proxy_reply(&p, link, reply), &back);
	if (back.type != ND_PROXY_HAS || !ip_equal(&back.target, &p.target))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slaac_cfg cfg = { .own_iid = { 1, 2, 3, 4, 5, 6, 7, 8 } };
	struct reader r = reader_of(data, len);
	uint8_t reply[IP6_PACKET_MAX];
	uint64_t now_ms = 1000;
	struct advertiser router;
	struct slaac host;

	advertiser_start(&router, now_ms);
	slaac_init(&host, &cfg);
	slaac_start(&host, now_ms);
	check(&host, now_ms);
	while (r.left) {
		size_t size = get_u16(&r) % 2048;
		uint64_t wait_ms = (uint64_t)get_u16(&r) * 1000;
		struct reader body = get_reader(&r, size < r.left ? size : r.left);
		uint8_t *packet = malloc(body.left + 1); /* of its own size */

		now_ms += wait_ms;
		if (slaac_deadline(&host) <= now_ms)
			slaac_tick(&host, now_ms);
		check(&host, now_ms);
		if (!packet)
			abort();
		size = body.left;
		get_copy(&body, packet, size);
		mend(packet, size);
		slaac_input(&host, packet, size, now_ms);
		check(&host, now_ms);
		feed_nd_proxy(packet, size);
		feed_router(&router, packet, size, now_ms);
		ip6_neighbor_reply(reply, packet, size, cfg.own_iid, true);
		free(packet);
	}
	return 0;
}
