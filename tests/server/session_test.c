/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a session does with a packet of its client, without a tunnel. */
#include "server/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* From the client's link-local address to all DHCPv6 servers, with nothing after the IPv6 header. */
static void a_datagram_without_its_header(void **state)
{
	static const uint8_t header[IPV6_HDR_LEN] = {
		0x60, [6] = IPPROTO_UDP, 255, 0xfe, 0x80, [23] = 1, 0xff, 2, [37] = 1, 0, 2,
	};
	static const uint8_t iid[PPP_IID_LEN] = { 1 };
	struct session_host host = { .own_iid = iid };
	struct session s = { .host = &host };
	uint8_t *packet = malloc(sizeof(header)); /* exactly as long, so that ASan sees more */
	struct packet p;

	(void)state;
	assert_non_null(packet);
	memcpy(packet, header, sizeof(header));
	assert_true(packet_parse(&p, packet, sizeof(header)));
	s.ipv6 = s.prefix = packet_src(&p);
	assert_false(session_takes(&s.tunnel, &p));
	free(packet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_without_its_header),
	};

	return cmocka_run_group_tests_name("server/session", tests, NULL, NULL);
}
