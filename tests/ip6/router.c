/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ip6/router.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "util/checksum.h"

struct ip_addr router_addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_parse(text, &a));
	return a;
}

static void put_addr(struct writer *w, const char *text)
{
	struct ip_addr a = router_addr(text);

	put_bytes(w, a.bytes, 16);
}

void router_begin(struct router *r, uint16_t lifetime_s, uint8_t flags)
{
	r->w = writer_of(r->packet, sizeof(r->packet));
	put_u32(&r->w, 6u << 28);
	put_u16(&r->w, 0);
	put_u8(&r->w, 58);
	put_u8(&r->w, 255);
	put_addr(&r->w, "fe80::1");
	put_addr(&r->w, "ff02::1");
	put_u8(&r->w, 134);
	put_u8(&r->w, 0);
	put_u16(&r->w, 0);
	put_u8(&r->w, 64);
	put_u8(&r->w, flags);
	put_u16(&r->w, lifetime_s);
	put_u32(&r->w, 0);
	put_u32(&r->w, 0);
}

void router_prefix(struct router *r, const char *prefix, uint8_t len, uint8_t flags,
		   uint32_t valid_s, uint32_t preferred_s)
{
	put_u8(&r->w, 3);
	put_u8(&r->w, 4);
	put_u8(&r->w, len);
	put_u8(&r->w, flags);
	put_u32(&r->w, valid_s);
	put_u32(&r->w, preferred_s);
	put_u32(&r->w, 0);
	put_addr(&r->w, prefix);
}

void router_mtu(struct router *r, uint32_t mtu)
{
	put_u32(&r->w, 0x05010000);
	put_u32(&r->w, mtu);
}

void router_server(struct router *r, const char *server, uint32_t lifetime_s)
{
	put_u32(&r->w, 0x19030000);
	put_u32(&r->w, lifetime_s);
	put_addr(&r->w, server);
}

void router_route(struct router *r, const char *prefix, uint8_t len, uint8_t flags,
		  uint32_t lifetime_s, uint8_t units)
{
	struct ip_addr a = router_addr(prefix);

	put_u8(&r->w, 24);
	put_u8(&r->w, units);
	put_u8(&r->w, len);
	put_u8(&r->w, flags);
	put_u32(&r->w, lifetime_s);
	for (uint8_t i = 1; i < units; i++)
		put_bytes(&r->w, a.bytes + (i == 2 ? 8 : 0), 8);
}

void router_domains(struct router *r, const void *names, size_t len, uint32_t lifetime_s)
{
	size_t padded = (len + 7) / 8 * 8;

	put_u8(&r->w, 31);
	put_u8(&r->w, (uint8_t)(1 + padded / 8));
	put_u16(&r->w, 0);
	put_u32(&r->w, lifetime_s);
	put_bytes(&r->w, names, len);
	for (size_t i = len; i < padded; i++)
		put_u8(&r->w, 0);
}

void router_checksum(uint8_t *packet, size_t len)
{
	store_u16(packet + 42, 0);
	store_u16(packet + 42,
		  (uint16_t)~checksum_fold(checksum_pseudo(packet + 8, 32, 58, len - 40) +
					   checksum_sum(packet + 40, len - 40)));
}

struct bytes router_end(struct router *r)
{
	assert_false(r->w.full);
	store_u16(r->packet + 4, (uint16_t)(r->w.len - 40));
	router_checksum(r->packet, r->w.len);
	return bytes_of(r->packet, r->w.len);
}
