/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "upstream/socks5_wire.h"

void socks5_put_address(const struct ip_addr *a, uint16_t port, struct writer *out)
{
	bool is_v6 = a->family == AF_INET6;

	put_u8(out, is_v6 ? SOCKS5_ADDRESS_V6 : SOCKS5_ADDRESS_V4);
	put_bytes(out, a->bytes, is_v6 ? 16 : 4);
	put_u16(out, port);
}
