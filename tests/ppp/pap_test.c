/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PAP: what each end sends and takes, and what it does not. */
#include "ppp/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ppp/traces.h"

static char long_text[PPP_TEXT_MAX + 2];

static void pap(struct ppp_cfg *cfg)
{
	cfg->auth[0] = PPP_AUTH_PAP;
	cfg->auth_count = 1;
}

static void pap_long_name(struct ppp_cfg *cfg)
{
	pap(cfg);
	cfg->user = long_text;
}

static void pap_far_away(struct ppp_cfg *cfg)
{
	pap(cfg);
	cfg->rtt_ms = 4000;
}

#define PAP_REQUEST(id) "> pap 01 " id " -- 04 \"User\" 0a \"clientPass\"\n"
#define CLIENT_END "> lcp 05 02 00 04\n< lcp 06 02 00 04\n"

static const struct script pap_client[] = {
	{ "PAP: repeated after 5, 10 and 20 s, each with a new Identifier", PPP_CLIENT, pap,
	  "> lcp 01 01 -- 05 06 11111111\n< lcp 02 01 -- 05 06 11111111\n"
	  "< lcp 01 01 -- " OPT_PAP "\n! offer pap\n> lcp 02 01 -- " OPT_PAP
	  "\n! lcp-up\n" PAP_REQUEST("01") "+ 4999\n+ 1\n" PAP_REQUEST("02") "+ 9999\n+ 1\n" PAP_REQUEST(
		  "03") "+ 19999\n+ 1\n" PAP_REQUEST("04") "+ 4999\n+ 1\n> lcp 05 02 00 04\n"
							   "< lcp 06 02 00 04\n! closed 7 0\n" },
	{ "PAP: checked once by a slow server", PPP_CLIENT, pap,
	  CLIENT_LCP(OPT_PAP) "+ 4900\n< pap 02 01 00 05 00\n! authenticated " NO_HLAK "\nskip\n" },
	{ "PAP: no repeat while the answer may be on its way", PPP_CLIENT, pap_far_away,
	  CLIENT_LCP(OPT_PAP) "+ 8099\n< pap 02 01 00 05 00\n! authenticated " NO_HLAK "\nskip\n" },
	{ "PAP: a slow Ack to an earlier request", PPP_CLIENT, pap,
	  CLIENT_LCP(OPT_PAP) "+ 5000\n" PAP_REQUEST(
		  "02") "< pap 02 01 00 05 00\n! authenticated " NO_HLAK "\nskip\n"
			"< pap 02 02 00 05 00\n< pap 03 02 00 05 00\n" },
	{ "PAP: a slow Nak to the first of three requests", PPP_CLIENT, pap,
	  CLIENT_LCP(OPT_PAP) "+ 5000\n" PAP_REQUEST("02") "+ 10000\n" PAP_REQUEST(
		  "03") "< pap 03 01 00 05 00\n" CLIENT_END "! closed 3 0\n" },
	{ "PAP: replies to what was not asked", PPP_CLIENT, pap,
	  CLIENT_LCP(
		  OPT_PAP) "< pap 02 02 00 05 00\n< pap 03 00 00 05 00\n"
			   "< pap 01 01 -- 01 61 01 62\n< pap 04 01 00 04\n< pap 02 01 00 03\n" },
	{ "PAP: message longer than the packet", PPP_CLIENT, pap,
	  CLIENT_LCP(OPT_PAP) "< pap 03 01 -- ff \"no\"\n" CLIENT_END "! closed 3 0 no\n" },
	{ "PAP: bytes after the message", PPP_CLIENT, pap,
	  CLIENT_LCP(OPT_PAP) "< pap 03 01 -- 02 \"no\" 0102\n" CLIENT_END "! closed 3 0 no\n" },
	{ "PAP: another method's frames are not ours", PPP_CLIENT, pap,
	  CLIENT_LCP(OPT_PAP) "< chap 01 01 -- 10 " AUTH_CHALLENGE "\n< eap 01 01 00 05 01\n" },
	{ "PAP: a name that does not fit", PPP_CLIENT, pap_long_name,
	  "skip\n< lcp 02 01 -- 05 06 11111111\n< lcp 01 01 -- " OPT_PAP "\nskip\n"
	  "< lcp 06 02 00 04\n! closed 3 0 the user name or the password is too long for PAP\n" },
	{ "PAP: an answer that came before LCP was open is no answer", PPP_CLIENT, pap,
	  "skip\n< lcp 01 01 -- " OPT_PAP "\nskip\n< pap 02 00 00 05 00\n"
	  "< lcp 02 01 -- 05 06 11111111\n! lcp-up\n" PAP_REQUEST("01") },
};

#define SERVER_PAP_LCP                                                                     \
	"< lcp 01 01 00 04\n> lcp 01 01 -- 05 06 99999999 03 04 c023\n> lcp 02 01 00 04\n" \
	"< lcp 02 01 -- 05 06 99999999 03 04 c023\n! lcp-up\n"

static const struct script pap_server[] = {
	{ "PAP: wrong password: Nak, a second, the end; repeats answered alike", PPP_SERVER, pap,
	  SERVER_PAP_LCP
	  "< pap 01 07 -- 04 \"User\" 05 \"wrong\"\n! check pap User\n"
	  "> pap 03 07 00 05 00\n"
	  "+ 500\n< pap 01 08 -- 04 \"User\" 0a \"clientPass\"\n> pap 03 08 00 05 00\n"
	  "+ 500\n> lcp 05 02 00 04\n+ 1000\n> lcp 05 03 00 04\n+ 1000\n! closed 3 0\n" },
	{ "PAP: lengths that do not fit", PPP_SERVER, pap,
	  SERVER_PAP_LCP
	  "< pap 01 01 00 04\n< pap 01 01 -- 05 \"User\"\n< pap 01 01 -- 04 \"User\"\n"
	  "< pap 01 01 -- 04 \"User\" 02 \"x\"\n< pap 01 01 -- ff \"User\" 00\n" },
	{ "PAP: empty name and password, then other bytes", PPP_SERVER, pap,
	  SERVER_PAP_LCP "< pap 01 01 -- 00 00 aabbcc\n! check pap \n> pap 03 01 00 05 00\n" },
	{ "PAP: before LCP is open, answers, and CHAP", PPP_SERVER, pap,
	  "< pap 01 01 -- 04 \"User\" 0a \"clientPass\"\n" SERVER_PAP_LCP
	  "< pap 02 01 00 05 00\n< chap 02 42 -- 31 " VALUE49 " \"User\"\n" },
	{ "PAP: no packet from the peer", PPP_SERVER, pap,
	  SERVER_PAP_LCP "+ 37999\n+ 1\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 7 0\n" },
};

SCRIPT_TEST(pap_client)
SCRIPT_TEST(pap_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_pap_client),
		cmocka_unit_test(run_pap_server),
	};

	memset(long_text, 'u', sizeof(long_text) - 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
