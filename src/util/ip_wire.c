/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/ip_wire.h"

enum wire_family { WIRE_NONE = 0, WIRE_IPV4 = 4, WIRE_IPV6 = 6 };

void ip_wire_put(struct writer *w, const struct ip_addr *a)
{
	switch (a->family) {
	case AF_INET:
		put_u8(w, WIRE_IPV4);
		put_bytes(w, a->bytes, 4);
		break;
	case AF_INET6:
		put_u8(w, WIRE_IPV6);
		put_bytes(w, a->bytes, 16);
		break;
	default:
		put_u8(w, WIRE_NONE);
	}
}

struct ip_addr ip_wire_get(struct reader *r)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	switch (get_u8(r)) {
	case WIRE_NONE:
		break;
	case WIRE_IPV4:
		a.family = AF_INET;
		get_copy(r, a.bytes, 4);
		break;
	case WIRE_IPV6:
		a.family = AF_INET6;
		get_copy(r, a.bytes, 16);
		break;
	default:
		reader_require(r, false);
	}
	return a;
}

void ip_wire_put_prefix(struct writer *w, const struct ip_prefix *p)
{
	ip_wire_put(w, &p->addr);
	put_u8(w, (uint8_t)p->len);
}

struct ip_prefix ip_wire_get_prefix(struct reader *r)
{
	struct ip_prefix p = { .addr = ip_wire_get(r) };

	p.len = get_u8(r);
	reader_require(r, p.len <= (p.addr.family == AF_INET6  ? 128
				    : p.addr.family == AF_INET ? 32
							       : 0));
	return p;
}
