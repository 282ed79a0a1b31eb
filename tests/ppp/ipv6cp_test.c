/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IPV6CP. */
#include "ppp/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ppp/traces.h"

static void only_ipv6(struct ppp_cfg *cfg)
{
	cfg->ipv4 = false;
}

static void own_iid(struct ppp_cfg *cfg)
{
	cfg->ipv4 = false;
	memcpy(cfg->own_iid, "\0\0\0\0\0\0\0\1", PPP_IID_LEN);
}

/* Other sessions have those that begin with 20 or end with 0a. */
static bool is_free(void *arg, const uint8_t iid[PPP_IID_LEN])
{
	(void)arg;
	return iid[0] != 0x20 && iid[7] != 0x0a;
}

static void shared_iids(struct ppp_cfg *cfg)
{
	own_iid(cfg);
	cfg->take_iid = is_free;
}

static bool is_never_free(void *arg, const uint8_t iid[PPP_IID_LEN])
{
	(void)arg;
	(void)iid;
	return false;
}

static void no_free_iid(struct ppp_cfg *cfg)
{
	own_iid(cfg);
	cfg->take_iid = is_never_free;
}

#define END "> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 11 0\n"

#define SERVER_IPV6 SERVER_AUTH
#define ASKS_IID "> ipv6cp 01 01 -- 01 0a 1000000000000009\n"

/* Repeats with other Identifiers */
#define TAKEN(id) "< ipv6cp 01 " id " -- 01 0a 2000000000000001\nskip\n"
#define ZERO(id) "< ipv6cp 01 " id " -- 01 0a 0000000000000000\nskip\n"

static const struct script ipv6[] = {
	{ "peer's: another", PPP_SERVER, only_ipv6,
	  SERVER_IPV6 "< ipv6cp 01 01 -- 01 0a 0102030405060708\n" ASKS_IID
		      "> ipv6cp 02 01 -- 01 0a 0102030405060708\n"
		      "< ipv6cp 02 01 -- 01 0a 1000000000000009\n"
		      "! ipv6 1000000000000009 0102030405060708\n" },
	{ "peer's: ours or zero: a Nak with the same suggestion each time", PPP_SERVER, only_ipv6,
	  SERVER_IPV6
	  "< ipv6cp 01 01 -- 01 0a 1000000000000009\n" ASKS_IID
	  "> ipv6cp 03 01 -- 01 0a 100000000000000a\n"
	  "< ipv6cp 01 02 -- 01 0a 0000000000000000\n> ipv6cp 03 02 -- 01 0a 100000000000000a\n"
	  "< ipv6cp 01 03 -- 01 0a 100000000000000a\n> ipv6cp 02 03 -- 01 0a 100000000000000a\n" },
	{ "peer's: zero to the end: no IPv6", PPP_SERVER, only_ipv6,
	  SERVER_IPV6 ZERO("f1") ZERO("f2") ZERO("f3") ZERO("f4") ZERO("f5") ZERO("f6")
		  ZERO("f7") "< ipv6cp 01 01 -- 01 0a 0000000000000000\nskip\n"
			     "< ipv6cp 01 02 -- 01 0a 0000000000000000\nskip\n"
			     "< ipv6cp 01 03 -- 01 0a 0000000000000000\nskip\n"
			     "< ipv6cp 01 04 -- 01 0a 0000000000000000\nskip\n"
			     "< ipv6cp 01 05 -- 01 0a 0000000000000000\nskip\n"
			     "< ipv6cp 01 06 -- 01 0a 0000000000000000\n> ipv6cp 05 02 00 04\n"
			     "< ipv6cp 06 02 00 04\n! ipv6-down\n" END },
	{ "peer's: that of another session: a Nak with a free one", PPP_SERVER, shared_iids,
	  SERVER_IPV6
	  "< ipv6cp 01 01 -- 01 0a 2000000000000001\n> ipv6cp 01 01 -- 01 0a 0000000000000001\n"
	  "> ipv6cp 03 01 -- 01 0a 1000000000000009\n"
	  "< ipv6cp 01 02 -- 01 0a 2000000000000002\n> ipv6cp 03 02 -- 01 0a 1000000000000009\n"
	  "< ipv6cp 01 03 -- 01 0a 1000000000000009\n> ipv6cp 02 03 -- 01 0a 1000000000000009\n"
	  "< ipv6cp 02 01 -- 01 0a 0000000000000001\n"
	  "! ipv6 0000000000000001 1000000000000009\n"
	  "# again, with another session's and with the server's own\n"
	  "< ipv6cp 01 04 -- 01 0a 200000000000000a\n! ipv6-down\n"
	  "> ipv6cp 01 02 -- 01 0a 0000000000000001\n> ipv6cp 03 04 -- 01 0a 1000000000000009\n"
	  "< ipv6cp 01 05 -- 01 0a 0000000000000001\n> ipv6cp 03 05 -- 01 0a 1000000000000009\n"
	  "< ipv6cp 02 02 -- 01 0a 0000000000000001\n"
	  "< ipv6cp 01 06 -- 01 0a 1000000000000009\n> ipv6cp 02 06 -- 01 0a 1000000000000009\n"
	  "! ipv6 0000000000000001 1000000000000009\n" },
	{ "peer's: none is free: no IPv6", PPP_SERVER, no_free_iid,
	  SERVER_IPV6 TAKEN("f1") TAKEN("f2") TAKEN("f3") TAKEN("f4") TAKEN("f5") TAKEN("f6")
		  TAKEN("f7") "< ipv6cp 01 01 -- 01 0a 2000000000000001\nskip\n"
			      "< ipv6cp 01 02 -- 01 0a 2000000000000001\nskip\n"
			      "< ipv6cp 01 03 -- 01 0a 2000000000000001\nskip\n"
			      "< ipv6cp 01 04 -- 01 0a 2000000000000001\nskip\n"
			      "< ipv6cp 01 05 -- 01 0a 2000000000000001\nskip\n"
			      "< ipv6cp 01 06 -- 01 0a 2000000000000001\n> ipv6cp 05 02 00 04\n"
			      "< ipv6cp 06 02 00 04\n! ipv6-down\n" END },
	{ "ours: a server's, which it keeps whatever is suggested", PPP_SERVER, shared_iids,
	  SERVER_IPV6
	  "< ipv6cp 01 01 -- 01 0a 0102030405060708\n"
	  "> ipv6cp 01 01 -- 01 0a 0000000000000001\n> ipv6cp 02 01 -- 01 0a 0102030405060708\n"
	  "< ipv6cp 03 01 -- 01 0a 0807060504030201\n"
	  "> ipv6cp 01 02 -- 01 0a 0000000000000001\n" },
	{ "peer's: left out: three hints", PPP_SERVER, NULL,
	  SERVER_IPV6
	  "< ipv6cp 01 01 00 04\n" ASKS_IID "> ipv6cp 03 01 -- 01 0a 100000000000000a\n"
	  "< ipv6cp 01 02 00 04\nskip\n< ipv6cp 01 03 00 04\nskip\n"
	  "< ipv6cp 01 04 00 04\n> ipv6cp 05 02 00 04\n< ipv6cp 06 02 00 04\n! ipv6-down\n"
	  "# IPv4 is none the worse\n< ipcp 01 05 -- 03 06 0a010002\nskip\n"
	  "< ipcp 02 01 -- 03 06 0a010001\n! ipv4 10.1.0.1 10.1.0.2\n" },
	{ "peer's: wrong length, compression, twice", PPP_SERVER, only_ipv6,
	  SERVER_IPV6
	  "< ipv6cp 01 01 -- 01 09 01020304050607\n" ASKS_IID
	  "> ipv6cp 03 01 -- 01 0a 100000000000000a\n"
	  "< ipv6cp 01 02 -- 01 0a 0102030405060708 02 04 004f\n> ipv6cp 04 02 -- 02 04 004f\n"
	  "< ipv6cp 01 03 -- 01 0a 0102030405060708 01 0a 0102030405060709\n"
	  "> ipv6cp 04 03 -- 01 0a 0102030405060709\n" },
	{ "ours: as configured", PPP_CLIENT, own_iid,
	  CLIENT_AUTH "> ipv6cp 01 01 -- 01 0a 0000000000000001\n" },
	{ "ours: after a Nak the suggested one, unless it is the peer's or zero", PPP_CLIENT,
	  only_ipv6,
	  CLIENT_AUTH
	  "skip\n< ipv6cp 03 01 -- 01 0a 0102030405060708\n"
	  "> ipv6cp 01 02 -- 01 0a 0102030405060708\n"
	  "< ipv6cp 01 01 -- 01 0a 1111111111111111\nskip\n"
	  "< ipv6cp 03 02 -- 01 0a 1111111111111111\n> ipv6cp 01 03 -- 01 0a 1000000000000002\n"
	  "< ipv6cp 03 03 -- 01 0a 0000000000000000\n> ipv6cp 01 04 -- 01 0a 1000000000000003\n"
	  "< ipv6cp 03 04 -- 01 04 0000\n> ipv6cp 01 05 -- 01 0a 1000000000000003\n" },
	{ "ours: Rejected: no IPv6", PPP_CLIENT, only_ipv6,
	  CLIENT_AUTH "skip\n< ipv6cp 04 01 -- 01 0a 1000000000000001\n"
		      "> ipv6cp 05 02 00 04\n< ipv6cp 06 02 00 04\n! ipv6-down\n" END },
	{ "IPv4 off: its frames are Rejected", PPP_CLIENT, only_ipv6,
	  CLIENT_AUTH "skip\n< ipcp 01 01 -- 03 06 0a000001\n"
		      "> lcp 08 02 -- 8021 0101000a 03060a000001\n" },
};

SCRIPT_TEST(ipv6)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
