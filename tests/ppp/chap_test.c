/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CHAP, with MD5 and of Microsoft: what each end sends and takes, and what it does not. */
#include "ppp/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ppp/traces.h"

static void md5(struct ppp_cfg *cfg)
{
	cfg->auth[0] = PPP_AUTH_CHAP_MD5;
	cfg->auth_count = 1;
}

static void not_utf8(struct ppp_cfg *cfg)
{
	cfg->password = "pass\xe4wort";
}

static void long_password(struct ppp_cfg *cfg)
{
	static char password[258];

	memset(password, 'x', sizeof(password) - 1);
	cfg->password = password;
}

#define CLIENT_END "> lcp 05 02 00 04\n< lcp 06 02 00 04\n"

static const struct script md5_ends[] = {
	{ "MD5 client: identical challenges, identical responses", PPP_CLIENT, md5,
	  CLIENT_LCP(
		  OPT_CHAP_MD5) "< chap 01 16 -- 10 2aee86f08d0d55969ca5978e0d3367a2 \"nas\"\n"
				"> chap 02 16 -- 10 ???????????????????????????????? \"User\"\n"
				"< chap 01 17 -- 01 aa\n> chap 02 17 -- 10 ???????????????????????????????? \"User\"\n"
				"< chap 03 16 00 04\n" /* to the one before */
				"< chap 03 17 00 04\n! authenticated " NO_HLAK "\nskip\n" },
	{ "MD5 client: challenges that are none", PPP_CLIENT, md5,
	  CLIENT_LCP(
		  OPT_CHAP_MD5) "< chap 01 01 00 04\n< chap 01 01 -- 00\n< chap 01 01 -- 05 aabb\n"
				"< chap 03 01 00 04\n< chap 04 01 00 04\n" },
	{ "MD5 client: refused", PPP_CLIENT, md5,
	  CLIENT_LCP(OPT_CHAP_MD5) "< chap 01 01 -- 01 aa\nskip\n"
				   "< chap 04 01 -- \"E=691 go away\"\n" CLIENT_END
				   "! closed 3 0 E=691 go away\n" },
	{ "MD5 server: value of a wrong size", PPP_SERVER, md5,
	  "< lcp 01 01 00 04\nskip\n< lcp 02 01 -- 05 06 99999999 03 05 c22305\n! lcp-up\n"
	  "> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n"
	  "< chap 02 42 -- 0f 000102030405060708090a0b0c0d0e \"User\"\n"
	  "< chap 02 42 -- 11 000102030405060708090a0b0c0d0e0f10 \"User\"\n"
	  "< chap 02 42 -- 10 0001\n"
	  "< chap 02 42 -- 10 000102030405060708090a0b0c0d0e0f \"User\"\n! check chap User\n"
	  "> chap 04 42 00 04\n" },
};

#define CHALLENGE "< chap 01 07 -- 10 " AUTH_CHALLENGE "\n"
#define RESPONSE "> chap 02 07 -- 31 " VALUE49 " \"User\"\n"
#define DIGITS "407A5589115FD0D6209F510FE9C04566932CDA5"

static const struct script mschapv2_client[] = {
	{ "MS-CHAPv2: S= in lower case, with text after it", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE
	  "< chap 03 07 -- \"S=407a5589115fd0d6209f510fe9c04566932cda56 M=hi\"\n"
	  "! authenticated " HLAK "\nskip\n" },
	{ "MS-CHAPv2: S= of another password", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE "< chap 03 07 -- \"S=" DIGITS
						      "7\"\n" CLIENT_END "! closed 6 0\n" },
	{ "MS-CHAPv2: no S=", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE "< chap 03 07 -- \"M=welcome\"\n" CLIENT_END
						      "! closed 6 0\n" },
	{ "MS-CHAPv2: S= cut by one", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE "< chap 03 07 -- \"S=" DIGITS
						      "\"\n" CLIENT_END "! closed 6 0\n" },
	{ "MS-CHAPv2: empty Success", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE "< chap 03 07 00 04\n" CLIENT_END
						      "! closed 6 0\n" },
	{ "MS-CHAPv2: Success before any challenge", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< chap 03 00 -- \"" S_TEXT "\"\n< chap 03 07 00 04\n"
				   "< chap 04 00 -- \"E=691\"\n" },
	{ "MS-CHAPv2: challenges of a wrong size", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< chap 01 07 -- 08 0011223344556677\n< chap 01 07 -- 10 00\n" },
	{ "MS-CHAPv2: repeated challenge, the same response, one success", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE CHALLENGE RESPONSE
	  "< chap 03 07 -- \"" S_TEXT "\"\n! authenticated " HLAK "\nskip\n"
	  "< chap 03 07 -- \"" S_TEXT "\"\n" },
	{ "MS-CHAPv2: challenged again later on", PPP_CLIENT, NULL,
	  CLIENT_AUTH CLIENT_NCP_REQUESTS
	  "< chap 01 08 -- 10 " AUTH_CHALLENGE "\n> chap 02 08 -- 31 " VALUE49 " \"User\"\n"
	  "< chap 03 08 -- \"" S_TEXT "\"\n"
	  "< chap 01 09 -- 10 " AUTH_CHALLENGE "\n> chap 02 09 -- 31 " VALUE49 " \"User\"\n"
	  "< chap 03 09 -- \"S=" DIGITS "7\"\n> lcp 05 02 00 04\n"
	  "< lcp 06 02 00 04\n! closed 6 0\n" },
	{ "MS-CHAPv2: challenged again and refused", PPP_CLIENT, NULL,
	  CLIENT_AUTH "skip\n< chap 01 08 -- 10 " AUTH_CHALLENGE "\nskip\n"
		      "< chap 04 08 -- \"E=649 R=0\"\n" CLIENT_END "! closed 3 649\n" },
	{ "MS-CHAPv2: the fields of a Failure in any order", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE
	  "< chap 04 07 -- \"R=0 E=648 V=3 M=Password E=1 expired\"\n" CLIENT_END
	  "! closed 3 648 Password E=1 expired\n" },
	{ "MS-CHAPv2: a Failure that is all text", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE "< chap 04 07 -- \"not E=691 x\"\n" CLIENT_END
						      "! closed 3 691\n" },
	{ "MS-CHAPv2: a Failure without fields", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE "< chap 04 07 -- \"E=x\"\n" CLIENT_END
						      "! closed 3 0 E=x\n" },
	{ "MS-CHAPv2: a password that is no UTF-8", PPP_CLIENT, not_utf8,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE CLIENT_END
	  "! closed 3 0 the password is not valid UTF-8, or is too long for "
	  "MS-CHAPv2\n" },
	{ "MS-CHAPv2: a password that is too long", PPP_CLIENT, long_password,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE CLIENT_END
	  "! closed 3 0 the password is not valid UTF-8, or is too long for "
	  "MS-CHAPv2\n" },
	{ "MS-CHAPv2: two challenges before LCP is open: the later one", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " OPT_MSCHAPV2 "\nskip\n< chap 01 06 -- 10 " AUTH_CHALLENGE
	  "\n" CHALLENGE "< lcp 02 01 -- 05 06 11111111\n! lcp-up\n" RESPONSE },
	{ "MS-CHAPv2: no Challenge", PPP_CLIENT, NULL,
	  CLIENT_LCP(
		  OPT_MSCHAPV2) "+ 40000\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 7 0\n" },
	{ "MS-CHAPv2: network frames before success are dropped", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE
	  "< ipcp 01 01 -- 03 06 0a000001\n< ccp 01 01 00 04\n< ff03 0021 45\n< 21 45\n"
	  "< ff03 802b 01 01 00 04\n" },
	{ "MS-CHAPv2: an LCP negotiated again before success begins again", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) CHALLENGE RESPONSE
	  "< lcp 01 02 -- " OPT_CHAP_MD5 "\n! offer chap\n"
	  "> lcp 01 02 -- 05 06 11111111\n> lcp 02 02 -- " OPT_CHAP_MD5 "\n"
	  "< chap 03 07 -- \"" S_TEXT "\"\n" /* too late: that was another link */
	  "< lcp 02 02 -- 05 06 11111111\n! lcp-up\n" },
	{ "MS-CHAPv2: the request that opened LCP comes again after success", PPP_CLIENT, NULL,
	  CLIENT_AUTH "skip\n< lcp 01 01 -- " OPT_MSCHAPV2 "\n> lcp 02 01 -- " OPT_MSCHAPV2 "\n" },
	{ "MS-CHAPv2: an LCP negotiated again after success ends the link", PPP_CLIENT, NULL,
	  CLIENT_AUTH "skip\n< lcp 01 02 -- " OPT_MSCHAPV2 "\n" CLIENT_END "! closed 12 0\n" },
};

#define SERVER_CHALLENGE "> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n"

/* The client asks for nothing. */
#define SERVER_BARE_AUTH                                                           \
	"< lcp 01 01 00 04\n"                                                      \
	"> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n> lcp 02 01 00 04\n"         \
	"< lcp 02 01 -- 05 06 99999999 03 05 c223 81\n! lcp-up\n" SERVER_CHALLENGE \
	"< chap 02 42 -- 31 " VALUE49 " \"User\"\n! check mschapv2 User\n"         \
	"> chap 03 42 -- \"" S_TEXT "\"\n! authenticated " HLAK "\n"

static const struct script mschapv2_server[] = {
	{ "MS-CHAPv2: the challenge is repeated as it was, soon, then each 3 s", PPP_SERVER, NULL,
	  SERVER_LCP "+ 299\n+ 1\n" SERVER_CHALLENGE "+ 600\n" SERVER_CHALLENGE
		     "+ 1200\n" SERVER_CHALLENGE "+ 2400\n" SERVER_CHALLENGE
		     "+ 2999\n+ 1\n" SERVER_CHALLENGE "+ 24000\nskip\n"
		     "+ 2999\n+ 1\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 7 0\n" },
	{ "MS-CHAPv2: wrong response: Failure with every field, a second, the end", PPP_SERVER,
	  NULL,
	  SERVER_LCP
	  "< chap 02 42 -- 31 " PEER_CHALLENGE " 0000000000000000 00" NT_RESPONSE " \"U\"\n"
	  "! check mschapv2 U\n"
	  "> chap 04 42 -- \"E=691 R=0 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3 M=Access denied\"\n"
	  "< chap 02 42 -- 31 " VALUE49 " \"User\"\n" /* one attempt a connection */
	  "> chap 04 42 -- \"E=691 R=0 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3 M=Access denied\"\n"
	  "+ 999\n+ 1\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 3 0\n" },
	{ "MS-CHAPv2: a repeated response gets the same result, later too", PPP_SERVER, NULL,
	  SERVER_AUTH "< chap 02 42 -- 31 " VALUE49 " \"User\"\n> chap 03 42 -- \"" S_TEXT "\"\n"
		      "< ipcp 01 01 -- 03 06 0a010002\nskip\n"
		      "< chap 02 42 -- 31 " VALUE49 " \"User\"\n> chap 03 42 -- \"" S_TEXT "\"\n" },
	{ "MS-CHAPv2: the request that opened LCP comes again, and has no options", PPP_SERVER,
	  NULL,
	  SERVER_BARE_AUTH "< lcp 01 01 00 04\n> lcp 02 01 00 04\n"
			   "< lcp 01 01 00 04\n> lcp 02 01 00 04\n" },
	{ "MS-CHAPv2: one with options is another request", PPP_SERVER, NULL,
	  SERVER_BARE_AUTH "< lcp 01 01 -- 05 06 11111111\n> lcp 05 02 00 04\n"
			   "< lcp 06 02 00 04\n! closed 12 0\n" },
	{ "MS-CHAPv2: and so is one without any after it", PPP_SERVER, NULL,
	  SERVER_AUTH "< lcp 01 01 00 04\n> lcp 05 02 00 04\n"
		      "< lcp 06 02 00 04\n! closed 12 0\n" },
	{ "MS-CHAPv2: a domain in the name", PPP_SERVER, NULL,
	  SERVER_LCP "< chap 02 42 -- 31 " VALUE49 " \"DOM\\User\"\n! check mschapv2 DOM\\User\n"
		     "> chap 03 42 -- \"" S_TEXT "\"\n! authenticated " HLAK "\n" },
	{ "MS-CHAPv2: responses that are none", PPP_SERVER, NULL,
	  SERVER_LCP "< chap 02 41 -- 31 " VALUE49 " \"User\"\n< chap 02 42 00 04\n"
		     "< chap 02 42 -- 31 00\n< chap 02 42 -- 32 " VALUE49 "00 \"User\"\n"
		     "< chap 02 42 -- 10 " AUTH_CHALLENGE
		     " \"User\"\n< chap 05 42 00 04\n< chap 07 42 00 04\n" },
	{ "MS-CHAPv2: never answers a challenge, nor takes a Success", PPP_SERVER, NULL,
	  SERVER_LCP "< chap 01 01 -- 10 " AUTH_CHALLENGE "\n< chap 03 42 -- \"" S_TEXT "\"\n"
		     "< chap 04 42 00 04\n< eap 01 01 00 05 01\n" },
	{ "MS-CHAPv2: an LCP negotiated again before the response is a new link", PPP_SERVER, NULL,
	  SERVER_LCP "< lcp 01 02 00 04\n"
		     "> lcp 01 02 -- 05 06 99999999 03 05 c223 81\n> lcp 02 02 00 04\n"
		     "< chap 02 42 -- 31 " VALUE49 " \"User\"\n"
		     "< lcp 02 02 -- 05 06 99999999 03 05 c223 81\n! lcp-up\n"
		     "> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n" },
	{ "MS-CHAPv2: an LCP negotiated again after success ends the link", PPP_SERVER, NULL,
	  SERVER_AUTH "< lcp 01 02 00 04\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 12 0\n" },
	{ "MS-CHAPv2: a Terminate-Ack after success ends the link too", PPP_SERVER, NULL,
	  SERVER_AUTH "< lcp 06 02 00 04\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 12 0\n" },
	{ "MS-CHAPv2: network frames before success are dropped", PPP_SERVER, NULL,
	  SERVER_LCP "< ipcp 01 01 -- 03 06 00000000\n< ipv6cp 01 01 00 04\n< ccp 01 01 00 04\n"
		     "< ff03 0057 60\n" },
};

/* Names of maximum length: a server accepts 256 bytes in CHAP, and no more. */
static void names_are_bounded(void **state)
{
	static char lines[2048], name[PPP_NAME_MAX + 2];
	struct script s = { "names", PPP_SERVER, NULL, lines };

	(void)state;
	memset(name, 'n', PPP_NAME_MAX + 1);
	snprintf(lines, sizeof(lines), "< chap 02 42 -- 31 " VALUE49 " \"%s\"\n", name);
	script_run_after(SERVER_LCP, &s);
	snprintf(lines, sizeof(lines),
		 "< chap 02 42 -- 31 " VALUE49 " \"%s\"\n"
		 "! check mschapv2 %s\nskip\n",
		 name + 1, name + 1);
	script_run_after(SERVER_LCP, &s);
}

SCRIPT_TEST(md5_ends)
SCRIPT_TEST(mschapv2_client)
SCRIPT_TEST(mschapv2_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_md5_ends),
		cmocka_unit_test(run_mschapv2_client),
		cmocka_unit_test(run_mschapv2_server),
		cmocka_unit_test(names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
