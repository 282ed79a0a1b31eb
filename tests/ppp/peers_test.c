/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known peers, by name: what each is known to send, and that our engine handles it. A case is one
 * habit, or a whole call.
 */
#include "ppp/script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "ppp/traces.h"

static void ipv4_only(struct ppp_cfg *cfg)
{
	cfg->ipv6 = false;
}

static void far_away(struct ppp_cfg *cfg)
{
	cfg->rtt_ms = 600;
}

static void pap_first(struct ppp_cfg *cfg)
{
	cfg->auth[0] = PPP_AUTH_PAP;
	cfg->auth[1] = PPP_AUTH_MSCHAPV2;
	cfg->auth_count = 2;
}

static void pap_only(struct ppp_cfg *cfg)
{
	cfg->auth[0] = PPP_AUTH_PAP;
	cfg->auth_count = 1;
	cfg->ipv6 = false;
}

static void no_dns(struct ppp_cfg *cfg)
{
	cfg->dns[0] = cfg->dns[1] = 0;
}

static void one_dns(struct ppp_cfg *cfg)
{
	cfg->dns[1] = 0;
}

static void with_domain(struct ppp_cfg *cfg)
{
	cfg->user = "DOM\\User";
}

#define WINDOWS_LCP                                                              \
	"< lcp 01 00 00 15 01 04 0f fb 05 06 34 5f 64 ca 07 02 08 02 0d 03 06\n" \
	"> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n"                          \
	"> lcp 04 00 00 0b 07 02 08 02 0d 03 06\n"                               \
	"< lcp 02 01 -- 05 06 99999999 03 05 c223 81\n"                          \
	"< lcp 01 01 00 0e 01 04 0f fb 05 06 34 5f 64 ca\n"                      \
	"> lcp 02 01 00 0e 01 04 0f fb 05 06 34 5f 64 ca\n"                      \
	"! lcp-up\n"                                                             \
	"> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n"

#define WINDOWS_AUTH                                \
	WINDOWS_LCP                                 \
	"< chap 02 42 -- 31 " VALUE49 " \"User\"\n" \
	"! check mschapv2 User\n"                   \
	"> chap 03 42 -- \"" S_TEXT "\"\n"          \
	"! authenticated " HLAK "\n"

static const struct script windows_client[] = {
	{ "Windows client: a whole call", PPP_SERVER, NULL,
	  WINDOWS_LCP "mru 4087\n"
		      "# Identification, one of them binary\n"
		      "< lcp 0c 02 -- 345f64ca \"MSRASV5.20\"\n"
		      "< lcp 0c 03 -- 345f64ca \"MSRAS-0-HOST\"\n"
		      "< lcp 0c 04 -- 345f64ca 00ff80017f0a0d\n"
		      "< chap 02 42 -- 31 " VALUE49 " \"User\"\n"
		      "! check mschapv2 User\n"
		      "> chap 03 42 -- \"" S_TEXT "\"\n"
		      "! authenticated " HLAK "\n"
		      "# IPv6 first; one counter of identifiers for both\n"
		      "< ipv6cp 01 05 -- 01 0a 0123456789abcdef\n"
		      "> ipv6cp 01 01 -- 01 0a 1000000000000009\n"
		      "> ipv6cp 02 05 -- 01 0a 0123456789abcdef\n"
		      "< ipcp 01 06 -- 03 06 00000000 81 06 00000000 82 06 00000000 83 06 00000000 "
		      "84 06 00000000\n"
		      "> ipcp 01 01 -- 03 06 0a010001\n"
		      "> ipcp 04 06 -- 82 06 00000000 84 06 00000000\n"
		      "< ipv6cp 02 01 -- 01 0a 1000000000000009\n"
		      "! ipv6 1000000000000009 0123456789abcdef\n"
		      "< ipcp 02 01 -- 03 06 0a010001\n"
		      "< ipcp 01 07 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"
		      "> ipcp 03 07 -- 03 06 0a010002 81 06 08080808 83 06 08080404\n"
		      "shut 0021\n"
		      "< ipcp 01 08 -- 03 06 0a010002 81 06 08080808 83 06 08080404\n"
		      "> ipcp 02 08 -- 03 06 0a010002 81 06 08080808 83 06 08080404\n"
		      "! ipv4 10.1.0.1 10.1.0.2\n"
		      "open 0021\nopen 0057\n"
		      "# the user hangs up\n"
		      "< lcp 05 09 -- 345f64ca 003ccd74 00000000\n"
		      "! ipv4-down\n! ipv6-down\n"
		      "> lcp 06 09 00 04\n"
		      "! closed 2 0\n"
		      "shut 0021\n" },
	{ "Windows client: waits a little before its first request", PPP_SERVER, NULL,
	  "+ 900\n" WINDOWS_LCP },
	{ "Windows client: has dropped our early request", PPP_SERVER, NULL,
	  "+ 1000\n"
	  "> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n"
	  "+ 200\n"
	  "< lcp 01 00 00 15 01 04 0f fb 05 06 34 5f 64 ca 07 02 08 02 0d 03 06\n"
	  "# the same once more, ahead of the answer\n"
	  "> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n"
	  "> lcp 04 00 00 0b 07 02 08 02 0d 03 06\n"
	  "< lcp 01 01 00 0e 01 04 0f fb 05 06 34 5f 64 ca\n"
	  "> lcp 02 01 00 0e 01 04 0f fb 05 06 34 5f 64 ca\n"
	  "< lcp 02 01 -- 05 06 99999999 03 05 c223 81\n"
	  "! lcp-up\n"
	  "skip\n" },
	{ "Windows client: Naks PAP with MS-CHAPv2", PPP_SERVER, pap_first,
	  "< lcp 01 00 -- 05 06 345f64ca\n"
	  "> lcp 01 01 -- 05 06 99999999 03 04 c023\n"
	  "> lcp 02 00 -- 05 06 345f64ca\n"
	  "< lcp 03 01 -- 03 05 c2 23 81\n"
	  "> lcp 01 02 -- 05 06 99999999 03 05 c223 81\n"
	  "< lcp 02 02 -- 05 06 99999999 03 05 c223 81\n"
	  "! lcp-up\n"
	  "skip\n" },
	{ "Windows client: CCP and nothing but Protocol-Reject", PPP_SERVER, NULL,
	  WINDOWS_AUTH "< ccp 01 05 -- 12 06 01000001\n"
		       "> lcp 08 02 -- 80fd 0105000a 120601000001\n" },
	{ "Windows client: IPv6 off at the server", PPP_SERVER, ipv4_only,
	  WINDOWS_AUTH "< ipv6cp 01 05 -- 01 0a 0123456789abcdef\n"
		       "> lcp 08 02 -- 8057 0105000e 010a0123456789abcdef\n" },
	{ "Windows client: says why it gives up", PPP_SERVER, NULL,
	  WINDOWS_LCP "< lcp 05 06 -- 345f64ca 003ccd74 00000397\n"
		      "> lcp 06 06 00 04\n"
		      "! closed 2 919\n" },
	{ "Windows client: old versions Nak our MRU", PPP_SERVER, NULL,
	  "< lcp 01 00 -- 05 06 345f64ca\n"
	  "> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n"
	  "> lcp 02 00 -- 05 06 345f64ca\n"
	  "< lcp 03 01 -- 01 04 05dc\n"
	  "> lcp 01 02 -- 01 04 05dc 05 06 99999999 03 05 c223 81\n" },
};

static const struct script rras_server[] = {
	{ "RRAS: first request, EAP, then what we ask for", PPP_CLIENT, NULL,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "< lcp 01 00 -- 01 04 0ffb 03 04 c227 05 06 6a7b8c9d 07 02 08 02 0d 03 06 11 04 064e "
	  "13 17 01 00112233445566778899aabbccddeeff00112233 17 04 0001\n"
	  "! offer eap\n"
	  "> lcp 04 00 -- 07 02 08 02 0d 03 06 11 04 064e "
	  "13 17 01 00112233445566778899aabbccddeeff00112233 17 04 0001\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "< lcp 01 01 -- 01 04 0ffb 03 04 c227 05 06 6a7b8c9d\n"
	  "> lcp 03 01 00 09 03 05 c2 23 81\n"
	  "< lcp 01 02 -- 01 04 0ffb 03 05 c22381 05 06 6a7b8c9d\n"
	  "! offer mschapv2\n"
	  "> lcp 02 02 -- 01 04 0ffb 03 05 c22381 05 06 6a7b8c9d\n"
	  "! lcp-up\n" },
	{ "RRAS: several rounds of Naks", PPP_CLIENT, NULL,
	  "skip\n"
	  "< lcp 01 01 -- 03 04 c227\n"
	  "! offer eap\n"
	  "> lcp 03 01 00 09 03 05 c22381\n"
	  "< lcp 01 02 -- 03 04 c227\n"
	  "> lcp 03 02 00 09 03 05 c22381\n"
	  "< lcp 01 03 -- 03 05 c22380\n"
	  "! offer mschap\n"
	  "> lcp 03 03 00 09 03 05 c22381\n"
	  "< lcp 01 04 -- 03 04 c227\n"
	  "> lcp 03 04 00 09 03 05 c22381\n"
	  "< lcp 01 05 -- 03 05 c22381\n"
	  "! offer mschapv2\n"
	  "> lcp 02 05 -- 03 05 c22381\n" },
	{ "RRAS: EAP and nothing else", PPP_CLIENT, NULL,
	  "skip\n"
	  "< lcp 01 01 -- 03 04 c227\nskip\n"
	  "< lcp 01 02 -- 03 04 c227\nskip\n"
	  "< lcp 01 03 -- 03 04 c227\nskip\n"
	  "< lcp 01 04 -- 03 04 c227\nskip\n"
	  "< lcp 01 05 -- 03 04 c227\n"
	  "> lcp 03 05 00 09 03 05 c22381\n"
	  "< lcp 01 06 -- 03 04 c227\n"
	  "> lcp 05 02 00 04\n"
	  "< lcp 06 02 00 04\n"
	  "! closed 4 0\n" },
	{ "RRAS: ends without a method in common", PPP_CLIENT, NULL,
	  "skip\n"
	  "< lcp 01 01 -- 03 04 c227\n"
	  "skip\n"
	  "< lcp 05 02 -- 6a7b8c9d 003ccd74 000002dc\n"
	  "> lcp 06 02 00 04\n"
	  "! closed 4 732\n" },
	{ "one that ends while we Nak its method, and gives no reason", PPP_CLIENT, NULL,
	  "skip\n"
	  "< lcp 01 01 -- 03 04 c227\n"
	  "skip\n"
	  "< lcp 05 02 00 04\n"
	  "> lcp 06 02 00 04\n"
	  "! closed 15 0\n" },
	{ "RRAS: E=691 R=1 is final", PPP_CLIENT, NULL,
	  CLIENT_LCP(
		  OPT_MSCHAPV2) "< chap 01 00 -- 10 " AUTH_CHALLENGE " \"RRAS\"\n"
				"> chap 02 00 -- 31 " VALUE49 " \"User\"\n"
				"< chap 04 00 -- \"E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3\"\n"
				"> lcp 05 02 00 04\n"
				"+ 1000\n"
				"> lcp 05 03 00 04\n"
				"+ 1000\n"
				"! closed 3 691\n" },
	{ "RRAS: its RADIUS server does not answer", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< chap 01 00 -- 10 " AUTH_CHALLENGE " \"RRAS\"\n"
				   "> chap 02 00 -- 31 " VALUE49 " \"User\"\n"
				   "< lcp 05 02 -- 6a7b8c9d 003ccd74 000003a2\n"
				   "> lcp 06 02 00 04\n"
				   "! closed 16 930\n" },
	{ "RRAS: address and name servers by Nak, CCP with MPPE", PPP_CLIENT, NULL,
	  CLIENT_AUTH CLIENT_NCP_REQUESTS
	  "< ccp 01 04 -- 12 06 010000e1\n"
	  "> lcp 08 02 -- 80fd 0104000a 1206010000e1\n"
	  "< ipcp 01 05 -- 03 06 c0a80001\n"
	  "> ipcp 02 05 -- 03 06 c0a80001\n"
	  "< ipcp 03 01 -- 03 06 c0a80017 81 06 c0a80002 83 06 c0a80003\n"
	  "> ipcp 01 02 -- 03 06 c0a80017 81 06 c0a80002 83 06 c0a80003\n"
	  "< ipcp 02 02 -- 03 06 c0a80017 81 06 c0a80002 83 06 c0a80003\n"
	  "! ipv4 192.168.0.23 192.168.0.1 dns 192.168.0.2 192.168.0.3\n" },
	{ "RRAS: callback's own protocol", PPP_CLIENT, NULL,
	  CLIENT_AUTH "skip\n"
		      "< ff03 c029 01 01 00 06 01 02\n"
		      "> lcp 08 02 -- c029 010100060102\n" },
};

static const struct script softether_server[] = {
	{ "SoftEther: knows no magic number, starts authentication early", PPP_CLIENT, NULL,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "< lcp 04 01 -- 05 06 11111111\n"
	  "> lcp 01 02 00 04\n"
	  "< lcp 01 00 -- 03 04 c227\n"
	  "! offer eap\n"
	  "> lcp 03 00 00 09 03 05 c22381\n"
	  "< lcp 01 01 -- 03 05 c22381\n"
	  "! offer mschapv2\n"
	  "> lcp 02 01 -- 03 05 c22381\n"
	  "# before our request is answered\n"
	  "< chap 01 02 -- 10 " AUTH_CHALLENGE " \"SE\"\n"
	  "< lcp 02 02 00 04\n"
	  "! lcp-up\n"
	  "> chap 02 02 -- 31 " VALUE49 " \"User\"\n"
	  "# and again after 3 s: the same response\n"
	  "< chap 01 02 -- 10 " AUTH_CHALLENGE " \"SE\"\n"
	  "> chap 02 02 -- 31 " VALUE49 " \"User\"\n"
	  "# S= alone\n"
	  "< chap 03 02 -- \"" S_TEXT "\"\n"
	  "! authenticated " HLAK "\n" CLIENT_NCP_REQUESTS
	  "# its own request comes only after ours\n"
	  "< ipcp 03 01 -- 03 06 0a010002 81 06 0a010001\n"
	  "> ipcp 01 02 -- 03 06 0a010002 81 06 0a010001 83 06 00000000\n"
	  "< ipcp 04 02 -- 83 06 00000000\n"
	  "> ipcp 01 03 -- 03 06 0a010002 81 06 0a010001\n"
	  "< ipcp 02 03 -- 03 06 0a010002 81 06 0a010001\n"
	  "< ipcp 01 03 -- 03 06 c0000008\n"
	  "> ipcp 02 03 -- 03 06 c0000008\n"
	  "! ipv4 10.1.0.2 192.0.0.8 dns 10.1.0.1\n" },
	{ "SoftEther: echoes before LCP is open, and with our magic", PPP_CLIENT, NULL,
	  "skip\n"
	  "< lcp 09 05 -- 00000000 \"text\"\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "< lcp 01 01 -- 03 05 c22381\n"
	  "skip\n"
	  "< lcp 09 06 -- 00000000 \"text\"\n"
	  "> lcp 0a 06 -- 11111111 \"text\"\n"
	  "# replies carry the requester's magic: no loop\n"
	  "< lcp 0a 07 -- 11111111\n"
	  "< lcp 0a 08 -- 11111111\n"
	  "< lcp 0a 09 -- 11111111\n" },
	{ "SoftEther: refuses PAP by a Terminate-Request", PPP_CLIENT, pap_only,
	  CLIENT_LCP(OPT_PAP) "< lcp 05 02 00 04\n"
			      "> lcp 06 02 00 04\n"
			      "! closed 14 0\n" },
	{ "SoftEther: one with words of its own is no more of a refusal", PPP_CLIENT, pap_only,
	  CLIENT_LCP(OPT_PAP) "< lcp 05 02 -- \"restart\"\n"
			      "> lcp 06 02 00 04\n"
			      "! closed 14 0 restart\n" },
	{ "Windows: nor is one with an error that is not about the login", PPP_CLIENT, pap_only,
	  CLIENT_LCP(OPT_PAP) "< lcp 05 02 -- 00000000 003ccd74 000002ce\n"
			      "> lcp 06 02 00 04\n"
			      "! closed 14 718\n" },
	{ "a Nak and a Terminate-Request after it: refused", PPP_CLIENT, pap_only,
	  CLIENT_LCP(OPT_PAP) "< pap 03 01 00 04\n> lcp 05 02 00 04\n"
			      "< lcp 05 02 00 04\n> lcp 06 02 00 04\n"
			      "! closed 3 0\n" },
	{ "SoftEther: and so another might refuse a response", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< chap 01 00 -- 10 " AUTH_CHALLENGE "\nskip\n"
				   "< lcp 05 02 -- 00000000 003ccd74 000002b3\n"
				   "> lcp 06 02 00 04\n"
				   "! closed 3 691\n" },
	{ "SoftEther: an end before name and password are sent is no refusal", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< lcp 05 02 00 04\n"
				   "> lcp 06 02 00 04\n"
				   "! closed 2 0\n" },
	{ "SoftEther: nor is one after they were accepted", PPP_CLIENT, pap_only,
	  CLIENT_LCP(OPT_PAP) "< pap 02 01 00 04\nskip\n"
			      "< lcp 05 02 00 04\n"
			      "> lcp 06 02 00 04\n"
			      "! closed 2 0\n" },
	{ "Windows: nor is one in a session that began with a Nak for a method", PPP_CLIENT,
	  pap_only,
	  "skip\n< lcp 01 01 -- " OPT_MSCHAPV2 "\n! offer mschapv2\n> lcp 03 01 -- " OPT_PAP "\n"
	  "< lcp 01 02 -- " OPT_PAP "\n! offer pap\n> lcp 02 02 -- " OPT_PAP "\n"
	  "< lcp 02 01 -- 05 06 11111111\n! lcp-up\nskip\n< pap 02 01 00 04\nskip\n"
	  "< lcp 05 03 -- 00000000 003ccd74 000002dc\n> lcp 06 03 00 04\n! closed 2 732\n" },
	{ "SoftEther: a second challenge after EAP with RADIUS", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< chap 01 00 -- 10 00000000000000000000000000000000\n"
				   "> chap 02 00 ???? 31 " PEER_CHALLENGE "...\n"
				   "< chap 01 01 -- 10 " AUTH_CHALLENGE "\n"
				   "> chap 02 01 -- 31 " VALUE49 " \"User\"\n"
				   "< chap 03 01 -- \"" S_TEXT "\"\n"
				   "! authenticated " HLAK "\n"
				   "skip\n" },
	{ "SoftEther: a Nak for an MRU over its own", PPP_CLIENT, NULL,
	  "skip\n"
	  "< lcp 03 01 -- 01 04 05dc\n"
	  "> lcp 01 02 -- 01 04 05dc 05 06 11111111\n" },
	{ "SoftEther: no code of LCP gets a Code-Reject", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< lcp 09 01 -- 00000000\n> lcp 0a 01 -- 11111111\n"
				   "< lcp 0a 02 -- 00000000\n"
				   "< lcp 0b 03 -- 00000000\n"
				   "< lcp 0c 04 -- 00000000 \"x\"\n"
				   "< lcp 0d 05 -- 00000000 00000010\n" },
};

#define IPCP_ASKS "> ipcp 01 01 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"

static const struct script accel_server[] = {
	{ "accel-ppp: whole call with nameless challenge and no IPv6", PPP_CLIENT, NULL,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "< lcp 01 01 -- 03 05 c22381 01 04 05ac 05 06 7e7e7e7e\n"
	  "! offer mschapv2\n"
	  "> lcp 02 01 -- 03 05 c22381 01 04 05ac 05 06 7e7e7e7e\n"
	  "mru 1452\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "! lcp-up\n"
	  "< chap 01 01 -- 10 " AUTH_CHALLENGE "\n"
	  "> chap 02 01 -- 31 " VALUE49 " \"User\"\n"
	  "< chap 03 01 -- \"" S_TEXT " M=Authentication succeeded\"\n"
	  "! authenticated " HLAK "\n" CLIENT_NCP_REQUESTS
	  "< lcp 08 02 -- 8057 0101000e 010a1000000000000001\n"
	  "! ipv6-down\n"
	  "# no name servers configured\n"
	  "< ipcp 04 01 -- 81 06 00000000 83 06 00000000\n"
	  "> ipcp 01 02 -- 03 06 00000000\n"
	  "< ipcp 01 01 -- 03 06 0a000001\n"
	  "> ipcp 02 01 -- 03 06 0a000001\n"
	  "< ipcp 03 02 -- 03 06 0a000002\n"
	  "> ipcp 01 03 -- 03 06 0a000002\n"
	  "< ipcp 02 03 -- 03 06 0a000002\n"
	  "! ipv4 10.0.0.2 10.0.0.1\n"
	  "# its echo is answered with our magic\n"
	  "< lcp 09 07 -- 7e7e7e7e\n"
	  "> lcp 0a 07 -- 11111111\n" },
	{ "accel-ppp: its IPCP has dropped what came within 2 ms after Success", PPP_CLIENT,
	  ipv4_only,
	  CLIENT_AUTH IPCP_ASKS
	  "+ 2\n"
	  "< ipcp 01 01 -- 03 06 0a000001\n"
	  "# the same once more, ahead of the answer: it can not be open yet, wherever it is\n" IPCP_ASKS
	  "> ipcp 02 01 -- 03 06 0a000001\n"
	  "< ipcp 03 01 -- 03 06 0a000002 81 06 00000000 83 06 00000000\n"
	  "> ipcp 01 02 -- 03 06 0a000002\n"
	  "# and nothing more to make it negotiate again\n"
	  "+ 49\n"
	  "shut 0021\n"
	  "+ 1\n"
	  "! ipv4 10.0.0.2 10.0.0.1\n"
	  "open 0021\n"
	  "+ 949\n"
	  "< ipcp 02 02 -- 03 06 0a000002\n"
	  "+ 30000\n" },
	{ "accel-ppp: has dropped our request unnoticed", PPP_CLIENT, ipv4_only,
	  CLIENT_AUTH IPCP_ASKS "< ipcp 01 01 -- 03 06 0a000001\n"
				"> ipcp 02 01 -- 03 06 0a000001\n"
				"# it may be open by now and slow to say so\n"
				"+ 999\n+ 1\n" IPCP_ASKS },
	{ "accel-ppp: is slow to read; it acknowledges both and opens once", PPP_CLIENT, ipv4_only,
	  CLIENT_AUTH IPCP_ASKS "+ 290\n"
				"< ipcp 01 01 -- 03 06 0a000001\n" IPCP_ASKS
				"> ipcp 02 01 -- 03 06 0a000001\n"
				"< ipcp 04 01 -- 81 06 00000000 83 06 00000000\n"
				"> ipcp 01 02 -- 03 06 00000000\n"
				"# the answer to the repeat: it is not asked a third time\n"
				"< ipcp 04 01 -- 81 06 00000000 83 06 00000000\n"
				"< ipcp 03 02 -- 03 06 0a000002\n"
				"> ipcp 01 03 -- 03 06 0a000002\n"
				"< ipcp 02 03 -- 03 06 0a000002\n"
				"! ipv4 10.0.0.2 10.0.0.1\n"
				"+ 30000\n" },
	{ "accel-ppp: Failure without C=", PPP_CLIENT, NULL,
	  CLIENT_LCP(OPT_MSCHAPV2) "< chap 01 01 -- 10 " AUTH_CHALLENGE "\nskip\n"
				   "< chap 04 01 -- \"E=691 R=0 V=3 M=Authentication failed\"\n"
				   "> lcp 05 02 00 04\n"
				   "# it ends at the same time\n"
				   "< lcp 05 02 00 04\n"
				   "> lcp 06 02 00 04\n"
				   "! closed 3 691 Authentication failed\n" },
	{ "accel-ppp: a Nak for an MRU over 1500", PPP_CLIENT, NULL,
	  "skip\n"
	  "< lcp 03 01 -- 01 04 05ac\n"
	  "> lcp 01 02 -- 01 04 05ac 05 06 11111111\n" },
};

static const struct script pppd_server[] = {
	{ "sorz with pppd: its options accepted, compressed frames from it", PPP_CLIENT, NULL,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "< lcp 01 01 -- 02 06 00000000 03 05 c22381 05 06 aabbccdd 07 02 08 02\n"
	  "! offer mschapv2\n"
	  "> lcp 02 01 -- 02 06 00000000 03 05 c22381 05 06 aabbccdd 07 02 08 02\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "! lcp-up\n"
	  "# no address and control\n"
	  "< c223 01 5e -- 10 " AUTH_CHALLENGE " \"host\"\n"
	  "> chap 02 5e -- 31 " VALUE49 " \"User\"\n"
	  "< c223 03 5e -- \"" S_TEXT " M=Access granted\"\n"
	  "! authenticated " HLAK "\n" CLIENT_NCP_REQUESTS
	  "< 80fd 01 01 -- 15 03 2f 1a 04 7800 18 04 7800\n"
	  "> lcp 08 02 -- 80fd 0101000f 15032f1a04780018047800\n"
	  "< 8021 01 01 -- 02 06 002d 0f 01 03 06 0a000001\n"
	  "> ipcp 04 01 -- 02 06 002d 0f 01\n"
	  "< 8021 01 02 -- 03 06 0a000001\n"
	  "> ipcp 02 02 -- 03 06 0a000001\n"
	  "< 8021 03 01 -- 03 06 0a000002 81 06 09090909 83 06 09090909\n"
	  "> ipcp 01 02 -- 03 06 0a000002 81 06 09090909 83 06 09090909\n"
	  "< 8021 02 02 -- 03 06 0a000002 81 06 09090909 83 06 09090909\n"
	  "! ipv4 10.0.0.2 10.0.0.1 dns 9.9.9.9 9.9.9.9\n"
	  "< 8057 01 01 -- 01 0a 00000000000000ff\n"
	  "> ipv6cp 02 01 -- 01 0a 00000000000000ff\n"
	  "< 8057 02 01 -- 01 0a 1000000000000001\n"
	  "! ipv6 1000000000000001 00000000000000ff\n" },
	{ "sorz: pppd starts late, and our first request is lost", PPP_CLIENT, ipv4_only,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "+ 120\n"
	  "< lcp 01 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "! offer mschapv2\n"
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "> lcp 02 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "! lcp-up\n" },
	{ "sorz: pppd starts later than our repeat", PPP_CLIENT, ipv4_only,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "+ 500\n"
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "< lcp 01 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "! offer mschapv2\n"
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "> lcp 02 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "! lcp-up\n"
	  "+ 39999\n" },
	{ "a far server whose first request crosses ours: nothing is repeated", PPP_CLIENT,
	  far_away,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "+ 300\n"
	  "< lcp 01 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "! offer mschapv2\n"
	  "> lcp 02 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "+ 400\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "! lcp-up\n" },
	{ "a far server that speaks after us: nothing is repeated", PPP_CLIENT, far_away,
	  "> lcp 01 01 -- 05 06 11111111\n"
	  "+ 700\n"
	  "< lcp 01 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "! offer mschapv2\n"
	  "> lcp 02 01 -- 03 05 c22381 05 06 aabbccdd\n"
	  "< lcp 02 01 -- 05 06 11111111\n"
	  "! lcp-up\n" },
	{ "ogital: echo replies with magic 0, CCP rejected by it", PPP_CLIENT, NULL,
	  CLIENT_AUTH "skip\n"
		      "< lcp 0a 01 -- 00000000\n"
		      "< lcp 08 01 -- 80fd 01010004\n" },
};

#define PPPD_LCP                                                     \
	"< lcp 01 01 -- 02 06 00000000 05 06 6dc39b1f 07 02 08 02\n" \
	"> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n"              \
	"> lcp 02 01 -- 02 06 00000000 05 06 6dc39b1f 07 02 08 02\n" \
	"< lcp 02 01 -- 05 06 99999999 03 05 c223 81\n"              \
	"! lcp-up\n"                                                 \
	"> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n"

static const struct script sstpc_client[] = {
	{ "sstp-client with pppd: drops the first challenge, wants VJ and name servers", PPP_SERVER,
	  no_dns,
	  PPPD_LCP "# an echo before authentication ended\n"
		   "< lcp 09 00 -- 6dc39b1f\n"
		   "> lcp 0a 00 -- 99999999\n"
		   "+ 300\n"
		   "> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n"
		   "< c223 02 42 -- 31 " VALUE49 " \"User\"\n"
		   "! check mschapv2 User\n"
		   "> chap 03 42 -- \"" S_TEXT "\"\n"
		   "! authenticated " HLAK "\n"
		   "< ipcp 01 01 -- 02 06 002d 0f 01 03 06 00000000 81 06 00000000 83 06 00000000\n"
		   "> ipcp 01 01 -- 03 06 0a010001\n"
		   "> ipcp 04 01 -- 02 06 002d 0f 01 81 06 00000000 83 06 00000000\n"
		   "< ipcp 02 01 -- 03 06 0a010001\n"
		   "< ipcp 01 02 -- 03 06 00000000\n"
		   "> ipcp 03 02 -- 03 06 0a010002\n"
		   "< ipcp 01 03 -- 03 06 0a010002\n"
		   "> ipcp 02 03 -- 03 06 0a010002\n"
		   "! ipv4 10.1.0.1 10.1.0.2\n" },
	{ "sstp-client with pppd: require-mppe", PPP_SERVER, NULL,
	  PPPD_LCP "< chap 02 42 -- 31 " VALUE49 " \"User\"\nskip\n"
		   "< ccp 01 01 -- 12 06 01000040\n"
		   "> lcp 08 02 -- 80fd 0101000a 120601000040\n"
		   "< lcp 05 03 -- \"MPPE required but peer negotiation failed\"\n"
		   "> lcp 06 03 00 04\n"
		   "! closed 2 0 MPPE required but peer negotiation failed\n" },
	{ "sstp-client with pppd: PAP", PPP_SERVER, pap_only,
	  "< lcp 01 01 -- 02 06 00000000 05 06 6dc39b1f 07 02 08 02\n"
	  "> lcp 01 01 -- 05 06 99999999 03 04 c023\n"
	  "> lcp 02 01 -- 02 06 00000000 05 06 6dc39b1f 07 02 08 02\n"
	  "< lcp 02 01 -- 05 06 99999999 03 04 c023\n"
	  "! lcp-up\n"
	  "< pap 01 01 -- 04 \"User\" 0a \"clientPass\"\n"
	  "! check pap User\n"
	  "> pap 02 01 00 05 00\n"
	  "! authenticated " NO_HLAK "\n"
	  "# a repeat that crossed our answer\n"
	  "< pap 01 02 -- 04 \"User\" 0a \"clientPass\"\n"
	  "> pap 02 02 00 05 00\n" },
};

static const struct script kittoku_client[] = {
	{ "kittoku: a whole call", PPP_SERVER, one_dns,
	  "< lcp 01 00 -- 01 04 05dc\n"
	  "> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n"
	  "> lcp 02 00 -- 01 04 05dc\n"
	  "< lcp 04 01 -- 05 06 99999999\n"
	  "> lcp 01 02 -- 03 05 c223 81\n"
	  "< lcp 02 02 -- 03 05 c223 81\n"
	  "! lcp-up\n"
	  "> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n"
	  "< chap 02 42 -- 31 " VALUE49 " \"User\"\n"
	  "! check mschapv2 User\n"
	  "> chap 03 42 -- \"" S_TEXT "\"\n"
	  "! authenticated " HLAK "\n"
	  "# both ends hold their tongue until it has begun itself\n"
	  "+ 500\n"
	  "< ipcp 01 00 -- 03 06 00000000 81 06 00000000\n"
	  "> ipcp 01 01 -- 03 06 0a010001\n"
	  "> ipcp 03 00 -- 03 06 0a010002 81 06 08080808\n"
	  "< ipcp 01 01 -- 03 06 0a010002 81 06 08080808\n"
	  "> ipcp 02 01 -- 03 06 0a010002 81 06 08080808\n"
	  "< ipcp 02 01 -- 03 06 0a010001\n"
	  "! ipv4 10.1.0.1 10.1.0.2\n"
	  "+ 500\n"
	  "> ipv6cp 01 01 -- 01 0a 1000000000000009\n"
	  "# that was lost: the peer repeats its request, then responds\n"
	  "< ipv6cp 01 00 -- 01 0a 0000000000000000\n"
	  "> ipv6cp 01 01 -- 01 0a 1000000000000009\n"
	  "> ipv6cp 03 00 -- 01 0a 100000000000000a\n"
	  "< ipv6cp 01 01 -- 01 0a 100000000000000a\n"
	  "> ipv6cp 02 01 -- 01 0a 100000000000000a\n"
	  "< ipv6cp 02 01 -- 01 0a 1000000000000009\n"
	  "! ipv6 1000000000000009 100000000000000a\n"
	  "# its echo: magic 0 and a fixed text; we have no magic left\n"
	  "< lcp 09 01 -- 00000000 \"Abura Mashimashi\"\n"
	  "> lcp 0a 01 -- 00000000 \"Abura Mashimashi\"\n" },
	{ "kittoku: holds to its own MRU", PPP_SERVER, NULL,
	  "< lcp 01 00 -- 01 04 05dc\nskip\n"
	  "< lcp 03 01 -- 01 04 0578\n"
	  "> lcp 01 02 -- 01 04 0578 05 06 99999999 03 05 c223 81\n" },
	{ "kittoku: knows no IPv6", PPP_SERVER, NULL,
	  SERVER_AUTH "+ 1000\n"
		      "> ipv6cp 01 01 -- 01 0a 1000000000000009\n"
		      "> ipcp 01 01 -- 03 06 0a010001\n"
		      "< lcp 08 02 -- 8057 0101000e 010a1000000000000009\n"
		      "! ipv6-down\n"
		      "# IPv4 goes on as if nothing had happened\n"
		      "< ipcp 02 01 -- 03 06 0a010001\n"
		      "< ipcp 01 00 -- 03 06 0a010002\n"
		      "> ipcp 02 00 -- 03 06 0a010002\n"
		      "! ipv4 10.1.0.1 10.1.0.2\n" },
};

static const struct script mikrotik[] = {
	{ "MikroTik server: PAP Ack of Length 4, followed by more bytes", PPP_CLIENT, pap_only,
	  CLIENT_LCP(OPT_PAP) "< pap 02 01 00 04 08 \"Login ok\"\n"
			      "! authenticated " NO_HLAK "\n"
			      "> ipcp 01 01 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"
			      "< ipcp 01 01 -- 02 06 002d 0f 01 03 06 0a700000\n"
			      "> ipcp 04 01 -- 02 06 002d 0f 01\n"
			      "< ipcp 01 02 -- 03 06 0a700000\n"
			      "> ipcp 02 02 -- 03 06 0a700000\n"
			      "< ipcp 03 01 -- 03 06 0a700005 81 06 08080808 83 06 08080404\n"
			      "> ipcp 01 02 -- 03 06 0a700005 81 06 08080808 83 06 08080404\n"
			      "< ipcp 02 02 -- 03 06 0a700005 81 06 08080808 83 06 08080404\n"
			      "! ipv4 10.112.0.5 10.112.0.0 dns 8.8.8.8 8.8.4.4\n" },
	{ "MikroTik server: PAP Nak of Length 4", PPP_CLIENT, pap_only,
	  CLIENT_LCP(OPT_PAP) "< pap 03 01 00 04\n"
			      "> lcp 05 02 00 04\n"
			      "< lcp 06 02 00 04\n"
			      "! closed 3 0\n" },
	{ "MikroTik client: Rejects VJ, has no far address", PPP_SERVER, NULL,
	  SERVER_AUTH "< ipcp 01 01 -- 03 06 00000000\n"
		      "> ipcp 01 01 -- 03 06 0a010001\n"
		      "> ipcp 03 01 -- 03 06 0a010002\n"
		      "< ipcp 02 01 -- 03 06 0a010001\n"
		      "< ipcp 01 02 -- 03 06 0a010002\n"
		      "> ipcp 02 02 -- 03 06 0a010002\n"
		      "! ipv4 10.1.0.1 10.1.0.2\n" },
};

/* Unusual addresses: none from the server, 0.0.0.0, a private one. */
static const struct script far_ends[] = {
	{ "server without an address", PPP_CLIENT, ipv4_only,
	  CLIENT_AUTH "skip\n"
		      "< ipcp 01 01 00 04\n"
		      "> ipcp 02 01 00 04\n"
		      "< ipcp 03 01 -- 03 06 0a000002\nskip\n"
		      "< ipcp 02 02 -- 03 06 0a000002 81 06 00000000 83 06 00000000\n"
		      "! ipv4 10.0.0.2 0.0.0.0\n" },
	{ "server of address 0.0.0.0", PPP_CLIENT, ipv4_only,
	  CLIENT_AUTH "skip\n"
		      "< ipcp 01 01 -- 03 06 00000000\n"
		      "> ipcp 04 01 -- 03 06 00000000\n"
		      "< ipcp 01 02 00 04\n"
		      "> ipcp 02 02 00 04\n" },
	{ "user with a domain: the bare name is hashed", PPP_CLIENT, with_domain,
	  CLIENT_LCP(OPT_MSCHAPV2) "< chap 01 07 -- 10 " AUTH_CHALLENGE "\n"
				   "> chap 02 07 -- 31 " VALUE49 " \"DOM\\User\"\n" },
};

SCRIPT_TEST(windows_client)
SCRIPT_TEST(rras_server)
SCRIPT_TEST(softether_server)
SCRIPT_TEST(accel_server)
SCRIPT_TEST(pppd_server)
SCRIPT_TEST(sstpc_client)
SCRIPT_TEST(kittoku_client)
SCRIPT_TEST(mikrotik)
SCRIPT_TEST(far_ends)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_windows_client),   cmocka_unit_test(run_rras_server),
		cmocka_unit_test(run_softether_server), cmocka_unit_test(run_accel_server),
		cmocka_unit_test(run_pppd_server),      cmocka_unit_test(run_sstpc_client),
		cmocka_unit_test(run_kittoku_client),   cmocka_unit_test(run_mikrotik),
		cmocka_unit_test(run_far_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
