/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of DHCPv6. One byte chooses whether a prefix is wanted; then messages without their
 * headers, each after two bytes of length and two with the seconds that pass before it. The transaction
 * and the client's identifier are made right, because a fuzzer would not find them.
 */
#include <stdlib.h>

#include "ip6/dhcp6_client.h"
#include "ip6/dhcp6_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const domains[] = { "corp.example", "lab.example" };

static const struct dhcp6_client_cfg cfg = { .wants_prefix = true,
					     .uuid = "a client's uuid",
					     .seed = 1 };
static const struct dhcp6_offer offer = {
	.uuid = "a server's uuid",
	.servers = { { AF_INET6, { 0x20, 1 } } },
	.domains = domains,
	.domain_count = 2,
	.delegated = { { AF_INET6, { 0x20, 1, 0x0d, 0xb8 } }, 56 },
};

static void check(struct dhcp6_client *e, uint64_t now_ms)
{
	struct dhcp6_config c;
	struct dhcp6_out out;
	unsigned n = 0;

	while (dhcp6_client_next(e, &out))
		if (++n > 2 || (out.type == DHCP6_OUT_PACKET && !out.packet.len))
			abort();
	if (dhcp6_client_deadline(e) <= now_ms)
		abort();
	dhcp6_client_config(e, now_ms, &c);
	if (c.prefix.addr.family && (c.prefix.len < 16 || c.prefix.len > 64))
		abort();
	for (size_t i = 0; i < c.domain_count; i++)
		if (!*c.domains[i] || strpbrk(c.domains[i], " \n\t;#"))
			abort();
}

/* The message in a packet of its own size, to the client or to the server. */
static void feed(struct dhcp6_client *e, struct reader body, bool to_client, uint64_t now_ms)
{
	static uint8_t room[4096];
	struct writer w = writer_of(room, sizeof(room));
	struct dhcp6_message m = {
		.from = { AF_INET6, { 0xfe, 0x80, [15] = 1 } },
		.to = { AF_INET6, { 0xff, 2, [13] = 1, [15] = 2 } },
		.type = get_u8(&body),
		.transaction = e->transaction,
	};
	uint8_t reply[DHCP6_PACKET_MAX], *packet;
	size_t len;

	dhcp6_begin(&w, &m, to_client ? DHCP6_CLIENT_PORT : DHCP6_SERVER_PORT);
	dhcp6_put_duid(&w, DHCP6_OPT_CLIENT_ID, cfg.uuid);
	put_bytes(&w, body.at, body.left);
	len = dhcp6_end(&w);
	packet = malloc(len + 1);
	if (!packet)
		abort();
	memcpy(packet, room, len);
	if (to_client)
		dhcp6_client_input(e, packet, len, now_ms);
	else if (dhcp6_serve(packet, len, &offer, reply) > sizeof(reply))
		abort();
	dhcp6_wants_prefix(packet, len);
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dhcp6_client_cfg own = cfg;
	struct reader r = reader_of(data, len);
	struct dhcp6_client client;
	uint64_t now_ms = 1000;

	own.wants_prefix = get_u8(&r) & 1;
	dhcp6_client_init(&client, &own);
	dhcp6_client_start(&client, (const uint8_t *)"\2\0\0\0\0\0\0\1", now_ms);
	check(&client, now_ms);
	while (r.left) {
		uint16_t size = get_u16(&r);
		struct reader body;

		now_ms += (uint64_t)get_u16(&r) * 1000;
		dhcp6_client_tick(&client, now_ms);
		check(&client, now_ms);
		size %= 2048;
		body = get_reader(&r, size < r.left ? size : r.left);
		feed(&client, body, size & 1, now_ms);
		check(&client, now_ms);
	}
	return 0;
}
