/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IPCP, and how ppp.c handles network protocols that are not in use. */
#include "ppp/script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "ppp/traces.h"

static void static_address(struct ppp_cfg *cfg)
{
	cfg->ipv4_wanted = 0x0a000063;
	cfg->want_dns = false;
	cfg->ipv6 = false;
}

static void all_servers(struct ppp_cfg *cfg)
{
	cfg->want_nbns = true;
	cfg->ipv6 = false;
}

static void only_ipv4(struct ppp_cfg *cfg)
{
	cfg->ipv6 = false;
}

static void nameless_server(struct ppp_cfg *cfg)
{
	cfg->ipv4_own = 0;
	cfg->dns[0] = cfg->dns[1] = 0;
}

static void wins(struct ppp_cfg *cfg)
{
	cfg->nbns[0] = 0x0a000035;
	cfg->nbns[1] = 0x0a000036;
}

static void far_away(struct ppp_cfg *cfg)
{
	cfg->ipv6 = false;
	cfg->want_dns = false;
	cfg->rtt_ms = 600;
}

static void very_far_away(struct ppp_cfg *cfg)
{
	far_away(cfg);
	cfg->rtt_ms = 2000;
}

static void near(struct ppp_cfg *cfg)
{
	far_away(cfg);
	cfg->rtt_ms = 0;
}

#define END "> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 11 0\n"

static const struct script client_ipv4[] = {
	{ "own: Acked as 0.0.0.0", PPP_CLIENT, only_ipv4,
	  CLIENT_AUTH "skip\n< ipcp 02 01 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"
		      "> ipcp 05 02 00 04\n< ipcp 06 02 00 04\n! ipv4-down\n" END },
	{ "own: Rejected", PPP_CLIENT, only_ipv4,
	  CLIENT_AUTH "skip\n< ipcp 04 01 -- 03 06 00000000\n"
		      "> ipcp 05 02 00 04\n+ 1000\n> ipcp 05 03 00 04\n+ 1000\n! ipv4-down\n" END },
	{ "own: Rejected, but static", PPP_CLIENT, static_address,
	  CLIENT_AUTH
	  "> ipcp 01 01 -- 03 06 0a000063\n< ipcp 04 01 -- 03 06 0a000063\n"
	  "> ipcp 01 02 00 04\n< ipcp 02 02 00 04\n< ipcp 01 01 00 04\n> ipcp 02 01 00 04\n"
	  "! ipv4 10.0.0.99 0.0.0.0\n" },
	{ "own: addresses that are not host addresses, then Naks without end", PPP_CLIENT,
	  only_ipv4,
	  CLIENT_AUTH "skip\n< ipcp 03 01 -- 03 06 00000000\n"
		      "> ipcp 01 02 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"
		      "< ipcp 03 02 -- 03 06 7f000001\nskip\n< ipcp 03 03 -- 03 06 e0000001\nskip\n"
		      "< ipcp 03 04 -- 03 06 ffffffff\nskip\n"
		      "< ipcp 03 05 -- 03 05 000000\n"
		      "> ipcp 01 06 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"
		      "< ipcp 03 06 -- 03 06 00000000\n> ipcp 05 07 00 04\nskip\n" },
	{ "name servers: only usable ones are taken", PPP_CLIENT, all_servers,
	  CLIENT_AUTH
	  "> ipcp 01 01 -- 03 06 00000000 81 06 00000000 82 06 00000000 83 06 00000000 "
	  "84 06 00000000\n"
	  "< ipcp 03 01 -- 03 06 0a000002 81 06 00000000 82 06 7f000001 83 06 e0000001 "
	  "84 06 0a000003\n"
	  "> ipcp 01 02 -- 03 06 0a000002 84 06 0a000003\n"
	  "< ipcp 02 02 -- 03 06 0a000002 84 06 0a000003\n< ipcp 01 01 -- 03 06 0a000001\n"
	  "> ipcp 02 01 -- 03 06 0a000001\n! ipv4 10.0.0.2 10.0.0.1 nbns 10.0.0.3\n" },
	{ "name servers: Rejected ones are left out", PPP_CLIENT, all_servers,
	  CLIENT_AUTH
	  "skip\n< ipcp 04 01 -- 82 06 00000000 84 06 00000000\n"
	  "> ipcp 01 02 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"
	  "< ipcp 03 02 -- 03 06 0a000002 81 06 08080808\n"
	  "> ipcp 01 03 -- 03 06 0a000002 81 06 08080808 83 06 00000000\n"
	  "< ipcp 02 03 -- 03 06 0a000002 81 06 08080808 83 06 00000000\n"
	  "< ipcp 01 01 00 04\n> ipcp 02 01 00 04\n! ipv4 10.0.0.2 0.0.0.0 dns 8.8.8.8\n"
	  "< ipcp 01 01 00 04\n> ipcp 02 01 00 04\nopen 0021\n" },
	{ "peer: wants what we do not give", PPP_CLIENT, only_ipv4,
	  CLIENT_AUTH
	  "skip\n"
	  "< ipcp 01 01 -- 01 0a 0000000000000000 02 06 002d0f01 03 06 0a000001 04 06 00000000 "
	  "81 06 00000000 82 06 00000000 83 06 00000000 84 06 00000000 90 02\n"
	  "> ipcp 04 01 -- 01 0a 0000000000000000 02 06 002d0f01 04 06 00000000 "
	  "81 06 00000000 82 06 00000000 83 06 00000000 84 06 00000000 90 02\n" },
	{ "peer: address of a wrong length", PPP_CLIENT, only_ipv4,
	  CLIENT_AUTH "skip\n< ipcp 01 01 -- 03 05 0a0000\n> ipcp 04 01 -- 03 05 0a0000\n"
		      "< ipcp 01 02 -- 03 00\n< ipcp 01 02 -- 03 07 0a000001\n" },
	{ "peer: negotiates again: down, and up again", PPP_CLIENT, static_address,
	  CLIENT_AUTH
	  "skip\n< ipcp 02 01 -- 03 06 0a000063\n< ipcp 01 01 -- 03 06 0a000001\n"
	  "> ipcp 02 01 -- 03 06 0a000001\n! ipv4 10.0.0.99 10.0.0.1\nopen 0021\n"
	  "< ipcp 01 02 -- 03 06 0a000005\n! ipv4-down\n> ipcp 01 02 -- 03 06 0a000063\n"
	  "> ipcp 02 02 -- 03 06 0a000005\nshut 0021\n"
	  "< ipcp 02 02 -- 03 06 0a000063\n! ipv4 10.0.0.99 10.0.0.5\n" },
	{ "peer: repeats the request that opened it: the Ack again, and it stays open", PPP_CLIENT,
	  static_address,
	  CLIENT_AUTH
	  "skip\n< ipcp 02 01 -- 03 06 0a000063\n< ipcp 01 01 -- 03 06 0a000001\n"
	  "> ipcp 02 01 -- 03 06 0a000001\n! ipv4 10.0.0.99 10.0.0.1\n"
	  "< ipcp 01 01 -- 03 06 0a000001\n> ipcp 02 01 -- 03 06 0a000001\nopen 0021\n" },
	{ "peer: negotiates again with the same options: a repeat at first, later on a new negotiation",
	  PPP_CLIENT, static_address,
	  CLIENT_AUTH
	  "skip\n< ipcp 02 01 -- 03 06 0a000063\n< ipcp 01 01 -- 03 06 0a000001\n"
	  "> ipcp 02 01 -- 03 06 0a000001\n! ipv4 10.0.0.99 10.0.0.1\n"
	  "+ 10000\n< ipcp 01 02 -- 03 06 0a000001\n> ipcp 02 02 -- 03 06 0a000001\nopen 0021\n"
	  "+ 1\n< ipcp 01 03 -- 03 06 0a000001\n! ipv4-down\n> ipcp 01 02 -- 03 06 0a000063\n"
	  "> ipcp 02 03 -- 03 06 0a000001\nshut 0021\n" },
	{ "peer: ends IPCP alone, and with it all", PPP_CLIENT, static_address,
	  CLIENT_AUTH "skip\n< ipcp 02 01 -- 03 06 0a000063\n< ipcp 01 01 00 04\n"
		      "> ipcp 02 01 00 04\n! ipv4 10.0.0.99 0.0.0.0\n"
		      "< ipcp 05 09 00 04\n! ipv4-down\n> ipcp 06 09 00 04\n+ 1000\n" END },
	{ "peer: ends IPCP alone, IPv6 is there", PPP_CLIENT, NULL,
	  CLIENT_AUTH
	  "skip\n< ipcp 05 09 00 04\n> ipcp 06 09 00 04\n"
	  "< lcp 08 01 -- 8021 01010004\n! ipv4-down\n"
	  "< ipv6cp 02 01 -- 01 0a 1000000000000001\n< ipv6cp 01 01 -- 01 0a 1111111111111111\n"
	  "> ipv6cp 02 01 -- 01 0a 1111111111111111\n"
	  "! ipv6 1000000000000001 1111111111111111\n+ 60000\nopen 0057\nshut 0021\n" },
	{ "peer: Rejects the data protocol under an open IPCP", PPP_CLIENT, static_address,
	  CLIENT_AUTH "skip\n< ipcp 02 01 -- 03 06 0a000063\n< ipcp 01 01 00 04\nskip\n"
		      "< lcp 08 01 -- 0021 45\n! ipv4-down\n> ipcp 05 02 00 04\n"
		      "< lcp 08 02 -- 8021 0502\n" END },
	{ "peer: Rejects both", PPP_CLIENT, NULL,
	  CLIENT_AUTH "skip\n< lcp 08 01 -- 8057 01010004\n! ipv6-down\n"
		      "< lcp 08 02 -- 8021 01010004\n! ipv4-down\n" END },
	{ "silence: both fail after ten full periods", PPP_CLIENT, NULL,
	  CLIENT_AUTH "skip\n+ 34499\nskip\n+ 1\n! ipv6-down\n! ipv4-down\n" END },
	{ "unknown codes: IPCP has no echo", PPP_CLIENT, only_ipv4,
	  CLIENT_AUTH "skip\n< ipcp 09 01 -- 00000000\n> ipcp 07 02 -- 0901000800000000\n"
		      "< ipcp 08 02 -- 8021\n> ipcp 07 03 -- 080200068021\n" },
};

#define SERVER_ASKS "> ipcp 01 01 -- 03 06 0a010001\n"

#define ANOTHER(id) "< ipcp 01 " id " -- 03 06 01020304\nskip\n"
#define OTHER_DNS(id) "< ipcp 01 " id " -- 03 06 0a010002 81 06 01010101\nskip\n"
#define SAME "< ipcp 01 01 -- 03 06 00000000\n> ipcp 03 01 -- 03 06 0a010002\n"

static const struct script server_ipv4[] = {
	{ "given: asked as 0.0.0.0, as another, as it is", PPP_SERVER, NULL,
	  SERVER_AUTH "< ipcp 01 01 -- 03 06 00000000\n" SERVER_ASKS
		      "> ipcp 03 01 -- 03 06 0a010002\n< ipcp 01 02 -- 03 06 0a010003\n"
		      "> ipcp 03 02 -- 03 06 0a010002\n< ipcp 01 03 -- 03 06 0a010002\n"
		      "> ipcp 02 03 -- 03 06 0a010002\n" },
	{ "given: not asked for: three hints, then no IPCP", PPP_SERVER, NULL,
	  SERVER_AUTH "< ipcp 01 01 00 04\n" SERVER_ASKS "> ipcp 03 01 -- 03 06 0a010002\n"
		      "< ipcp 01 02 00 04\n> ipcp 03 02 -- 03 06 0a010002\n"
		      "< ipcp 01 03 00 04\n> ipcp 03 03 -- 03 06 0a010002\n"
		      "< ipcp 01 04 00 04\n> ipcp 05 02 00 04\n< ipcp 06 02 00 04\n! ipv4-down\n" },
	{ "given: insists on another: five hints and those for repeats, then no IPCP", PPP_SERVER,
	  NULL,
	  SERVER_AUTH ANOTHER("f1") ANOTHER("f2") ANOTHER("f3") ANOTHER("f4") ANOTHER("f5") ANOTHER("f6") ANOTHER(
		  "f7") "< ipcp 01 01 -- 03 06 01020304\nskip\n< ipcp 01 02 -- 03 06 01020304\nskip\n"
			"< ipcp 01 03 -- 03 06 01020304\nskip\n< ipcp 01 04 -- 03 06 01020304\nskip\n"
			"< ipcp 01 05 -- 03 06 01020304\n> ipcp 03 05 -- 03 06 0a010002\n"
			"< ipcp 01 06 -- 03 06 01020304\n> ipcp 05 02 00 04\n< ipcp 06 02 00 04\n! ipv4-down\n" },
	{ "given: copies of a request do not count, a line that paused brings many at once",
	  PPP_SERVER, NULL,
	  SERVER_AUTH "< ipcp 01 01 -- 03 06 00000000\n" SERVER_ASKS
		      "> ipcp 03 01 -- 03 06 0a010002\n" SAME SAME SAME SAME SAME SAME
		      "< ipcp 01 02 -- 03 06 0a010002\n> ipcp 02 02 -- 03 06 0a010002\n" },
	{ "given: but not without end", PPP_SERVER, NULL,
	  SERVER_AUTH "< ipcp 01 01 -- 03 06 00000000\n" SERVER_ASKS
		      "> ipcp 03 01 -- 03 06 0a010002\n" SAME SAME SAME SAME SAME SAME SAME SAME
			      SAME SAME SAME SAME SAME SAME SAME SAME SAME SAME SAME SAME SAME SAME
				      SAME SAME SAME SAME SAME SAME SAME SAME SAME
		      "< ipcp 01 01 -- 03 06 00000000\n> ipcp 05 02 00 04\n"
		      "< ipcp 06 02 00 04\n! ipv4-down\n" },
	{ "given: wrong length", PPP_SERVER, NULL,
	  SERVER_AUTH "< ipcp 01 01 -- 03 02\n" SERVER_ASKS "> ipcp 03 01 -- 03 06 0a010002\n"
		      "< ipcp 01 02 -- 03 07 0a01000200\n> ipcp 03 02 -- 03 06 0a010002\n" },
	{ "name servers: a Nak for others, an Ack for ours, a Reject without any", PPP_SERVER, wins,
	  SERVER_AUTH
	  "< ipcp 01 01 -- 03 06 0a010002 81 06 01010101 82 06 0a000035 83 06 08080404\n" SERVER_ASKS
	  "> ipcp 03 01 -- 81 06 08080808\n"
	  "< ipcp 01 02 -- 03 06 0a010002 84 06 0a000036\n"
	  "> ipcp 02 02 -- 03 06 0a010002 84 06 0a000036\n" },
	{ "name servers: none configured", PPP_SERVER, nameless_server,
	  SERVER_AUTH
	  "< ipcp 01 01 -- 03 06 0a010002 81 06 00000000 82 06 00000000 83 06 00000000 "
	  "84 06 00000000\n> ipcp 01 01 00 04\n"
	  "> ipcp 04 01 -- 81 06 00000000 82 06 00000000 83 06 00000000 84 06 00000000\n" },
	{ "name servers: Naks, then a Reject", PPP_SERVER, NULL,
	  SERVER_AUTH OTHER_DNS("f1") OTHER_DNS("f2") OTHER_DNS("f3") OTHER_DNS("f4")
		  OTHER_DNS("f5") OTHER_DNS("f6") OTHER_DNS(
			  "f7") "< ipcp 01 01 -- 03 06 0a010002 81 06 01010101\nskip\n"
				"< ipcp 01 02 -- 03 06 0a010002 81 06 01010101\nskip\n"
				"< ipcp 01 03 -- 03 06 0a010002 81 06 01010101\nskip\n"
				"< ipcp 01 04 -- 03 06 0a010002 81 06 01010101\nskip\n"
				"< ipcp 01 05 -- 03 06 0a010002 81 06 01010101\n> ipcp 03 05 -- 81 06 08080808\n"
				"< ipcp 01 06 -- 03 06 0a010002 81 06 01010101\n> ipcp 04 06 -- 81 06 01010101\n" },
	{ "own: kept after five Naks, then left out", PPP_SERVER, NULL,
	  SERVER_AUTH
	  "< ipcp 01 01 -- 03 06 0a010002\nskip\n"
	  "< ipcp 03 01 -- 03 06 01020304\n> ipcp 01 02 -- 03 06 0a010001\n"
	  "< ipcp 03 02 -- 03 06 01020304\nskip\n< ipcp 03 03 -- 03 06 01020304\nskip\n"
	  "< ipcp 03 04 -- 03 06 01020304\nskip\n< ipcp 03 05 -- 03 06 01020304\n"
	  "> ipcp 01 06 -- 03 06 0a010001\n< ipcp 03 06 -- 03 06 01020304\n> ipcp 01 07 00 04\n"
	  "< ipcp 02 07 00 04\n! ipv4 10.1.0.1 10.1.0.2\n" },
	{ "own: Rejected: without", PPP_SERVER, NULL,
	  SERVER_AUTH "< ipcp 01 01 -- 03 06 0a010002\nskip\n"
		      "< ipcp 04 01 -- 03 06 0a010001\n> ipcp 01 02 00 04\n" },
	{ "start: the client is late: asked soon, then each 3 s", PPP_SERVER, only_ipv4,
	  SERVER_AUTH "+ 999\n+ 1\n" SERVER_ASKS "+ 300\n" SERVER_ASKS "+ 34199\nskip\n"
		      "+ 1\n! ipv4-down\n" END },
	{ "unknown: VJ, multilink, MPPE and IPX are Rejected, ten a second", PPP_SERVER, NULL,
	  SERVER_AUTH
	  "< ff03 002d 45\n> lcp 08 02 -- 002d 45\n< ff03 003d 00\n> lcp 08 03 -- 003d 00\n"
	  "< ff03 00fd 90\n> lcp 08 04 -- 00fd 90\n< ff03 802b 01\n> lcp 08 05 -- 802b 01\n"
	  "< ecp 01 01 00 04\n> lcp 08 06 -- 8053 01010004\n< ff03 c025 01\n> lcp 08 07 -- c025 01\n"
	  "< ff03 4021\n> lcp 08 08 -- 4021\nskip\n< 2d 45\n> lcp 08 09 -- 002d 45\n"
	  "< ff03 c02b\nskip\n< ff03 c02d\nskip\n< ff03 c025 01\n+ 1000\nskip\n"
	  "< ff03 c025 01\n> lcp 08 ?? -- c025 01\n" },
	{ "frames that are none", PPP_SERVER, NULL,
	  "< \n< ff\n< ff03\n< ff03 c0\n< ff03 c020 01010004\n< 00\n< ff03 00 20\n" },
	{ "IP packets before their time are dropped", PPP_SERVER, NULL,
	  SERVER_AUTH "< ff03 0021 45\n< 21 45\n< ff03 0057 60\n" },
};

/* Up to our second request, for the address that the Nak suggests. */
#define NAK                                \
	CLIENT_AUTH                        \
	"> ipcp 01 01 -- 03 06 00000000\n" \
	"< ipcp 03 01 -- 03 06 0a000002\n" \
	"> ipcp 01 02 -- 03 06 0a000002\n"
#define PEER_ASKS                          \
	"< ipcp 01 01 -- 03 06 0a000001\n" \
	"> ipcp 02 01 -- 03 06 0a000001\n"
#define EARLY NAK PEER_ASKS "+ 49\nshut 0021\n+ 1\n! ipv4 10.0.0.2 10.0.0.1\nopen 0021\n"

static const struct script before_the_ack[] = {
	{ "the Ack after it changes nothing", PPP_CLIENT, near,
	  EARLY "+ 200\n< ipcp 02 02 -- 03 06 0a000002\n"
		"open 0021\n< ipcp 05 09 00 04\n! ipv4-down\n> ipcp 06 09 00 04\nshut 0021\n" },
	{ "an Ack in time comes first", PPP_CLIENT, near,
	  NAK PEER_ASKS "+ 49\n< ipcp 02 02 -- 03 06 0a000002\n! ipv4 10.0.0.2 10.0.0.1\n"
			"+ 30000\n" },
	{ "far away: a quarter of the round trip", PPP_CLIENT, far_away,
	  NAK PEER_ASKS "+ 149\nshut 0021\n+ 1\n! ipv4 10.0.0.2 10.0.0.1\n+ 449\n"
			"< ipcp 02 02 -- 03 06 0a000002\nopen 0021\n" },
	{ "very far away: not longer than a server may need", PPP_CLIENT, very_far_away,
	  NAK PEER_ASKS "+ 199\nshut 0021\n+ 1\n! ipv4 10.0.0.2 10.0.0.1\n" },
	{ "not before the server's request is acknowledged", PPP_CLIENT, far_away,
	  NAK "+ 400\nshut 0021\n" PEER_ASKS "+ 149\nshut 0021\n+ 1\n"
	      "! ipv4 10.0.0.2 10.0.0.1\n" },
	{ "not while the server's request is Rejected", PPP_CLIENT, far_away,
	  NAK "< ipcp 01 01 -- 02 06 002d0f01 03 06 0a000001\n"
	      "> ipcp 04 01 -- 02 06 002d0f01\n+ 599\nshut 0021\n" PEER_ASKS
	      "< ipcp 02 02 -- 03 06 0a000002\n! ipv4 10.0.0.2 10.0.0.1\n" },
	{ "not for a former address, which no Nak has suggested", PPP_CLIENT, static_address,
	  CLIENT_AUTH "> ipcp 01 01 -- 03 06 0a000063\n" PEER_ASKS "+ 250\nshut 0021\n" },
	{ "another Nak: down, and up with the Ack alone", PPP_CLIENT, near,
	  EARLY "< ipcp 03 02 -- 03 06 0a000003\n> ipcp 01 03 -- 03 06 0a000003\n! ipv4-down\n"
		"shut 0021\n+ 200\nshut 0021\n< ipcp 02 03 -- 03 06 0a000003\n"
		"! ipv4 10.0.0.3 10.0.0.1\n" },
	{ "the server ends IPCP: down, once", PPP_CLIENT, near,
	  EARLY "< ipcp 05 02 00 04\n> ipcp 06 02 00 04\n! ipv4-down\nshut 0021\n" },
	{ "the server rejects IPCP: down, once, and the end", PPP_CLIENT, near,
	  EARLY "< lcp 08 02 -- 8021 01020004\n! ipv4-down\n" END },
	{ "the link ends: down, once", PPP_CLIENT, near,
	  EARLY "< lcp 05 02 00 04\n! ipv4-down\n> lcp 06 02 00 04\n! closed 2 0\n" },
};

SCRIPT_TEST(client_ipv4)
SCRIPT_TEST(before_the_ack)
SCRIPT_TEST(server_ipv4)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_client_ipv4),
		cmocka_unit_test(run_before_the_ack),
		cmocka_unit_test(run_server_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
