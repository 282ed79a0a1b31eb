/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * src/ppp/lcp.c, and the parts of cp.c that are best tested with it: the checks of control packets,
 * every LCP option in our and in the peer's requests, the codes of an open link, loops.
 */
#include "ppp/script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "ppp/traces.h"

static void with_mru(struct ppp_cfg *cfg)
{
	cfg->mru = 1400;
}

static void far_away(struct ppp_cfg *cfg)
{
	cfg->rtt_ms = 2000;
}

static void very_far_away(struct ppp_cfg *cfg)
{
	cfg->rtt_ms = 3600 * 1000;
}

static void with_echo(struct ppp_cfg *cfg)
{
	cfg->echo_ms = 5000;
}

static void two_methods(struct ppp_cfg *cfg)
{
	cfg->auth_count = 2; /* MS-CHAPv2, CHAP-MD5 */
}

static void ready_peer(struct ppp_cfg *cfg)
{
	cfg->peer_is_ready = true;
}

static void no_method(struct ppp_cfg *cfg)
{
	cfg->auth[0] = PPP_AUTH_EAP; /* not supported here, so it is ignored */
	cfg->auth_count = 1;
}

static void probing(struct ppp_cfg *cfg)
{
	cfg->probe = true;
	cfg->auth_count = 0;
	cfg->user = cfg->password = NULL;
}

/* Our first request, so that a case can begin with the peer's. */
#define OURS "> lcp 01 01 -- 05 06 11111111\n"
/* Each request has the method; other cases test its absence. */
#define AUTH "03 05 c22381 "

static const struct script packets[] = {
	{ "packet: Length under four", PPP_CLIENT, NULL,
	  OURS "< lcp 09 01 00 03\n< lcp 05 01 00 00\n" },
	{ "packet: Length past the end", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 00 0a 03 05 c22381\n< lcp 05 01 ff ff\n" },
	{ "packet: no header", PPP_CLIENT, NULL, OURS "< lcp \n< lcp 01\n< lcp 01 01 00\n" },
	{ "packet: padding is no part of it", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 00 09 03 05 c22381 00 00 07 02\n"
	       "! offer mschapv2\n> lcp 02 01 00 09 03 05 c22381\n" },
	{ "packet: an empty request is acceptable in itself, but proves nothing", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 00 04\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 5 0\n" },
	{ "packet: an empty request to a server", PPP_SERVER, NULL,
	  "< lcp 01 01 00 04\n"
	  "> lcp 01 01 -- 05 06 99999999 " AUTH "\n> lcp 02 01 00 04\n" },
	{ "option: Length zero, one, past the end: the packet is dropped", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 -- " AUTH "01 00\n< lcp 01 01 -- " AUTH "01 01\n"
	       "< lcp 01 01 -- " AUTH "01 05 05dc\n< lcp 01 01 -- " AUTH "01\n"
	       "< lcp 03 01 -- 05 00\n< lcp 04 01 -- 05 07 11111111\n" },
	{ "option: unknown ones are Rejected unchanged and in order, and nothing else", PPP_CLIENT,
	  NULL,
	  OURS "< lcp 01 09 -- ee 05 010203 01 04 0100 " AUTH "ff 02 00 02 05 06 00000000\n"
	       "! offer mschapv2\n"
	       "> lcp 04 09 -- ee 05 010203 ff 02 00 02\n" },
	{ "option: given twice: the second is Rejected", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 -- 01 04 05dc " AUTH "01 04 05dd\n"
	       "! offer mschapv2\n> lcp 04 01 -- 01 04 05dd\n" },
	{ "option: all values that get a Nak, in order", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 -- 05 06 00000000 01 04 0100 03 04 c227\n"
	       "! offer eap\n"
	       "> lcp 03 01 -- 05 06 22222222 01 04 05dc 03 05 c22381\n" },
	{ "Ack: wrong Identifier, other options, too few, too many", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 -- " AUTH "\n! offer mschapv2\n> lcp 02 01 -- " AUTH "\n"
	       "< lcp 02 02 -- 05 06 11111111\n< lcp 02 00 -- 05 06 11111111\n"
	       "< lcp 02 01 -- 05 06 11111112\n< lcp 02 01 00 04\n"
	       "< lcp 02 01 -- 05 06 11111111 07 02\n"
	       "< lcp 02 01 -- 05 06 11111111\n! lcp-up\n" },
	{ "Ack: a second one does no harm to an open link", PPP_CLIENT, NULL,
	  CLIENT_LCP(AUTH) "< lcp 02 01 -- 05 06 11111111\n< lcp 02 01 -- 05 06 11111111\n"
			   "< lcp 03 01 -- 05 06 33333333\n< lcp 04 01 -- 05 06 11111111\n" },
	{ "Reject: of what we did not ask for", PPP_CLIENT, NULL,
	  OURS "< lcp 04 01 -- 05 06 11111112\n< lcp 04 01 -- 01 04 05dc\n"
	       "< lcp 04 01 -- 05 06 11111111\n> lcp 01 02 00 04\n" },
	{ "Nak: unknown and unfit options in it are passed over", PPP_CLIENT, NULL,
	  OURS "< lcp 03 01 -- ee 04 0000 05 04 0000 03 05 c22381\n"
	       "> lcp 01 02 -- 05 06 11111111\n" },
	{ "Nak: an empty one", PPP_CLIENT, NULL,
	  OURS "< lcp 03 01 00 04\n> lcp 01 02 -- 05 06 11111111\n" },
	{ "identifier: kept when repeated, new with new options", PPP_CLIENT, NULL,
	  OURS "+ 300\n" OURS "+ 600\n" OURS
	       "< lcp 04 01 -- 05 06 11111111\n> lcp 01 02 00 04\n+ 300\n> lcp 01 02 00 04\n" },
};

static const struct script peers_options[] = {
	{ "MRU: any from 576", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "01 04 0240\n! offer mschapv2\n"
	  "> lcp 02 01 -- " AUTH "01 04 0240\nmru 576\n"
	  "< lcp 01 02 -- " AUTH "01 04 ffff\n> lcp 02 02 -- " AUTH "01 04 ffff\nmru 4087\n"
	  "< lcp 01 03 -- " AUTH "\n> lcp 02 03 -- " AUTH "\nmru 1500\n" },
	{ "MRU: under 576", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "01 04 023f\n! offer mschapv2\n"
	  "> lcp 03 01 -- 01 04 05dc\nmru 1500\n" },
	{ "MRU: five Naks, then it is Rejected", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "01 04 0001\nskip\n< lcp 01 02 -- " AUTH "01 04 0001\nskip\n"
	  "< lcp 01 03 -- " AUTH "01 04 0001\nskip\n< lcp 01 04 -- " AUTH "01 04 0001\nskip\n"
	  "< lcp 01 05 -- " AUTH "01 04 0001\n> lcp 03 05 -- 01 04 05dc\n"
	  "< lcp 01 06 -- " AUTH "01 04 0001\n> lcp 04 06 -- 01 04 0001\n" },
	{ "MRU: wrong lengths", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "01 02\n! offer mschapv2\n> lcp 03 01 -- 01 04 05dc\n"
	  "< lcp 01 02 -- " AUTH "01 05 05dc00\n> lcp 03 02 -- 01 04 05dc\n" },
	{ "ACCM: any, without effect", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "02 06 ffffffff\n! offer mschapv2\n"
	  "> lcp 02 01 -- " AUTH "02 06 ffffffff\n"
	  "< lcp 01 02 -- " AUTH "02 03 ff\n> lcp 03 02 -- 02 06 00000000\n" },
	{ "magic: another than ours", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "05 06 00000001\n! offer mschapv2\n"
	  "> lcp 02 01 -- " AUTH "05 06 00000001\n" },
	{ "magic: zero", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "05 06 00000000\n! offer mschapv2\n"
	  "> lcp 03 01 -- 05 06 22222222\n" },
	{ "magic: ours: a Nak, and no request of ours with it", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "05 06 11111111\n! offer mschapv2\n"
	  "> lcp 03 01 -- 05 06 22222222\n" },
	{ "magic: wrong lengths", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "05 02\n! offer mschapv2\n> lcp 03 01 -- 05 06 22222222\n"
	  "< lcp 01 02 -- " AUTH "05 08 010203040506\n> lcp 03 02 -- 05 06 33333333\n" },
	{ "refused: quality, PFC, ACFC, FCS, SDP, numbered, callback, compound, MRRU, SSNHF, ED, LD",
	  PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH
	  "04 08 c02500000000 07 02 08 02 09 03 01 0a 03 00 0b 04 0000 "
	  "0d 03 06 0f 02 11 04 05dc 12 02 13 03 00 17 04 0001\n! offer mschapv2\n"
	  "> lcp 04 01 -- 04 08 c02500000000 07 02 08 02 09 03 01 0a 03 00 0b 04 0000 "
	  "0d 03 06 0f 02 11 04 05dc 12 02 13 03 00 17 04 0001\n" },
	{ "PFC and ACFC alone are acknowledged", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "07 02 08 02\n! offer mschapv2\n"
	  "> lcp 02 01 -- " AUTH "07 02 08 02\n" },
	{ "PFC after a Nak for another option", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- 07 02 " AUTH "05 06 00000000\n! offer mschapv2\n"
	  "> lcp 03 01 -- 05 06 22222222\n"
	  "< lcp 01 02 -- 07 02 " AUTH "05 06 22222222\n"
	  "> lcp 02 02 -- 07 02 " AUTH "05 06 22222222\n" },
	{ "refused: PFC before another option, in the order of the request", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- 07 02 " AUTH "0d 03 06 08 02\n! offer mschapv2\n"
	  "> lcp 04 01 -- 07 02 0d 03 06 08 02\n" },
	{ "refused: PFC twice", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "07 02 07 02\n! offer mschapv2\n"
	  "> lcp 04 01 -- 07 02 07 02\n" },
	{ "PFC and ACFC alone are acknowledged by a server", PPP_SERVER, NULL,
	  "< lcp 01 01 -- 07 02 08 02\nskip\n< lcp 01 02 -- 07 02 08 02\n"
	  "> lcp 02 02 -- 07 02 08 02\n" },
	{ "refused: PFC and ACFC of a wrong length get a Reject too, no Nak", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "07 03 00 08 04 0000\n! offer mschapv2\n"
	  "> lcp 04 01 -- 07 03 00 08 04 0000\n" },
	{ "authentication: malformed ones get a Nak with ours", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- 03 02\n! offer unknown\n> lcp 03 01 -- " AUTH "\n"
	  "< lcp 01 02 -- 03 03 c2\n> lcp 03 02 -- " AUTH "\n"
	  "< lcp 01 03 -- 03 04 c223\n> lcp 03 03 -- " AUTH "\n"
	  "< lcp 01 04 -- 03 06 c223 81 00\n> lcp 03 04 -- " AUTH "\n"
	  "< lcp 01 05 -- 03 04 c027\n! offer spap\n> lcp 03 05 -- " AUTH "\n" },
	{ "authentication: the server never gives its own proof", PPP_SERVER, NULL,
	  "< lcp 01 01 -- " AUTH "\n> lcp 01 01 -- 05 06 99999999 " AUTH "\n"
	  "> lcp 04 01 -- " AUTH "\n"
	  "< lcp 01 02 -- 03 04 c023\n> lcp 04 02 -- 03 04 c023\n" },
	{ "authentication: none at all is refused", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- 05 06 12121212\n"
	  "> lcp 05 02 00 04\n+ 999\n+ 1\n> lcp 05 03 00 04\n+ 1000\n! closed 5 0\n" },
	{ "authentication: a server that has dropped it after our Nak", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- 03 04 c227\nskip\n< lcp 01 02 00 04\n"
	  "> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 4 0\n" },
	{ "authentication: none, after a Nak of something else", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- " AUTH "01 04 0001\nskip\n< lcp 01 02 00 04\n"
	  "> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 5 0\n" },
	{ "authentication: a dispute that was settled is no reason later on", PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- 03 04 c227\nskip\n< lcp 01 02 -- " AUTH "\nskip\n"
	  "< lcp 02 01 -- 05 06 11111111\n! lcp-up\n< chap 01 01 -- 10 " AUTH_CHALLENGE "\nskip\n"
	  "< lcp 05 03 00 04\n> lcp 06 03 00 04\n! closed 14 0\n" },
	{ "authentication: a server that ends the link for a Nak, when we have agreed since",
	  PPP_CLIENT, NULL,
	  "skip\n< lcp 01 01 -- 03 04 c227\nskip\n< lcp 01 02 -- " AUTH "\nskip\n"
	  "< lcp 02 01 -- 05 06 11111111\n! lcp-up\n"
	  "< lcp 05 03 00 04\n> lcp 06 03 00 04\n! closed 15 0\n" },
	{ "authentication: nothing configured", PPP_CLIENT, no_method, "! closed 4 0\n" },
	{ "authentication: nothing configured at the server", PPP_SERVER, no_method,
	  "! closed 4 0\n" },
};

#define SERVERS "> lcp 01 01 -- 05 06 99999999 " AUTH "\n"

static const struct script our_options[] = {
	{ "MRU: as configured", PPP_CLIENT, with_mru,
	  "> lcp 01 01 -- 01 04 0578 05 06 11111111\n" },
	{ "MRU: a Nak with a usable value", PPP_CLIENT, with_mru,
	  "skip\n< lcp 03 01 -- 01 04 05dc\n> lcp 01 02 -- 01 04 05dc 05 06 11111111\n"
	  "< lcp 03 02 -- 01 04 0240\n> lcp 01 03 -- 01 04 0240 05 06 11111111\n"
	  "< lcp 03 03 -- 01 04 0ffb\n> lcp 01 04 -- 01 04 0ffb 05 06 11111111\n" },
	{ "MRU: Naks with too small, too large, a wrong length", PPP_CLIENT, with_mru,
	  "skip\n< lcp 03 01 -- 01 04 023f\n> lcp 01 02 -- 01 04 0578 05 06 11111111\n"
	  "< lcp 03 02 -- 01 04 0ffc\n> lcp 01 03 -- 01 04 0578 05 06 11111111\n"
	  "< lcp 03 03 -- 01 03 05\n> lcp 01 04 -- 01 04 0578 05 06 11111111\n" },
	{ "MRU: left out after many Naks", PPP_CLIENT, with_mru,
	  "skip\n< lcp 03 01 -- 01 04 0001\nskip\n< lcp 03 02 -- 01 04 0001\nskip\n"
	  "< lcp 03 03 -- 01 04 0001\nskip\n< lcp 03 04 -- 01 04 0001\nskip\n"
	  "< lcp 03 05 -- 01 04 0001\n> lcp 01 06 -- 01 04 0578 05 06 11111111\n"
	  "< lcp 03 06 -- 01 04 0001\n> lcp 01 07 -- 05 06 11111111\n" },
	{ "MRU: stays left out after a Reject and a later Nak", PPP_CLIENT, with_mru,
	  "skip\n< lcp 04 01 -- 01 04 0578\n> lcp 01 02 -- 05 06 11111111\n"
	  "< lcp 03 02 -- 01 04 05dc\n> lcp 01 03 -- 05 06 11111111\n" },
	{ "magic: after a Nak another one, not the one suggested", PPP_CLIENT, NULL,
	  "skip\n< lcp 03 01 -- 05 06 77777777\n> lcp 01 02 -- 05 06 22222222\n" },
	{ "magic: Rejected: none, and zero in echoes", PPP_SERVER, NULL,
	  "< lcp 01 01 00 04\n" SERVERS "> lcp 02 01 00 04\n"
	  "< lcp 04 01 -- 05 06 99999999\n> lcp 01 02 -- " AUTH "\n"
	  "< lcp 02 02 -- " AUTH "\nskip\n"
	  "< lcp 09 05 -- 12345678\n> lcp 0a 05 -- 00000000\n" },
	{ "authentication: the peer's wish, if it is ours too", PPP_SERVER, NULL,
	  "< lcp 01 01 00 04\nskip\n< lcp 03 01 -- 03 04 c023\n"
	  "> lcp 01 02 -- 05 06 99999999 03 04 c023\n" },
	{ "authentication: the peer's wish, if not, brings our next", PPP_SERVER, two_methods,
	  "< lcp 01 01 00 04\nskip\n< lcp 03 01 -- 03 04 c023\n"
	  "> lcp 01 02 -- 05 06 99999999 03 05 c22305\n"
	  "< lcp 03 02 -- 03 05 c22381\n" /* which it did not want before */
	  "> lcp 05 03 00 04\n< lcp 06 03 00 04\n! closed 4 0\n" },
	{ "authentication: Rejected", PPP_SERVER, NULL,
	  "< lcp 01 01 00 04\nskip\n< lcp 04 01 -- " AUTH "\n"
	  "> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 4 0\n" },
};

static const struct script codes[] = {
	{ "Echo: answered with our magic and the same data, only when open", PPP_SERVER, NULL,
	  "< lcp 09 01 -- 12345678\n" SERVER_LCP
	  "< lcp 09 07 -- 12345678 0001020304\n> lcp 0a 07 -- 99999999 0001020304\n"
	  "< lcp 09 08 00 04\n< lcp 09 08 -- 123456\n" },
	{ "Echo: our own magic three times running is a loop", PPP_SERVER, NULL,
	  SERVER_LCP "< lcp 09 01 -- 99999999\n> lcp 0a 01 -- 99999999\n"
		     "< lcp 09 02 -- 99999999\n> lcp 0a 02 -- 99999999\n"
		     "< lcp 09 03 -- 12345678\n> lcp 0a 03 -- 99999999\n"
		     "< lcp 09 04 -- 99999999\nskip\n< lcp 09 05 -- 99999999\nskip\n"
		     "< lcp 09 06 -- 99999999\n> lcp 0a 06 -- 99999999\n> lcp 05 02 00 04\n"
		     "< lcp 06 02 00 04\n! closed 10 0\n" },
	{ "Echo: ours when idle; anything that comes counts as an answer", PPP_CLIENT, with_echo,
	  CLIENT_LCP(AUTH) "+ 4999\n+ 1\n> lcp 09 02 -- 11111111\n+ 5000\n> lcp 09 03 -- 11111111\n"
			   "+ 5000\n> lcp 09 04 -- 11111111\n< lcp 0b 01 -- 00000000\n"
			   "+ 5000\n> lcp 09 05 -- 11111111\n+ 5000\n> lcp 09 06 -- 11111111\n"
			   "+ 5000\n> lcp 09 07 -- 11111111\n+ 5000\n> lcp 05 08 00 04\n"
			   "+ 2000\n> lcp 05 09 00 04\n! closed 13 0\n" },
	{ "Discard, Identification, Time-Remaining: nothing, in any state", PPP_SERVER, NULL,
	  "< lcp 0b 01 -- 12345678 00\n< lcp 0c 02 -- 12345678 \"x\"\n< lcp 0c 02 00 04\n"
	  "< lcp 0d 03 -- 12345678 00000010\n+ 1000\nskip\n"
	  "< lcp 0b 01 -- 12345678 00\n< lcp 0c 02 -- 12345678 \"x\"\n< lcp 0d 03 00 04\n" },
	{ "Code-Reject: sent for unknown codes, ten a second", PPP_CLIENT, NULL,
	  "skip\n< lcp 0e 07 -- aabb ff\n> lcp 07 02 -- 0e07 0007 aabbff\n"
	  "< lcp 00 08 00 04\n> lcp 07 03 -- 00080004\n"
	  "< lcp ff 09 00 04\nskip\n< lcp ff 09 00 04\nskip\n< lcp ff 09 00 04\nskip\n"
	  "< lcp ff 09 00 04\nskip\n< lcp ff 09 00 04\nskip\n< lcp ff 09 00 04\nskip\n"
	  "< lcp ff 09 00 04\nskip\n< lcp ff 09 00 04\n> lcp 07 0b -- ff090004\n"
	  "< lcp ff 0a 00 04\n< lcp ff 0b 00 04\n+ 1000\nskip\n"
	  "< lcp ff 0c 00 04\n> lcp 07 0c -- ff0c0004\n" },
	{ "Code-Reject: of an echo is borne, of Configure-Request not", PPP_CLIENT, NULL,
	  CLIENT_LCP(
		  AUTH) "< lcp 07 01 -- 09 01 0004\n< lcp 07 02 00 04\n< lcp 07 02 -- 01 01 0004\n"
			"> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 9 0\n" },
	{ "Protocol-Reject: dropped before LCP is open, and when too short", PPP_CLIENT, NULL,
	  "skip\n< lcp 08 01 -- c021 0101\n< lcp 02 01 -- 05 06 11111111\n"
	  "< lcp 01 01 -- " AUTH "\nskip\n< lcp 08 01 -- 80\n" },
	{ "Protocol-Reject: of LCP itself", PPP_CLIENT, NULL,
	  CLIENT_LCP(AUTH) "< lcp 08 01 -- c021 0101\n> lcp 05 02 00 04\n+ 2000\nskip\n" },
	{ "Protocol-Reject: of authentication", PPP_CLIENT, NULL,
	  CLIENT_LCP(
		  AUTH) "< lcp 08 01 -- c023\n" /* not our method: ignored */
			"< lcp 08 02 -- c223\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 4 0\n" },
	{ "Terminate-Request: answered, and that is the end, open or not", PPP_CLIENT, NULL,
	  OURS "< lcp 05 44 -- \"bye\"\n> lcp 06 44 00 04\n! closed 2 0 bye\n"
	       "< lcp 05 45 00 04\n+ 99999\n" },
	{ "Terminate-Request: to a server that still listens", PPP_SERVER, NULL,
	  "< lcp 05 44 00 04\n> lcp 06 44 00 04\n! closed 2 0\n" },
	{ "a client that is known to be ready is asked at once", PPP_SERVER, ready_peer,
	  "> lcp 01 01 -- 05 06 99999999 " AUTH " 00 06 5a5353 01\n"
	  "< lcp 01 01 -- 05 06 12345678\n> lcp 02 01 -- 05 06 12345678\n"
	  "< lcp 02 01 -- 05 06 99999999 " AUTH " 00 06 5a5353 01\n! lcp-up\n"
	  "> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n" },
	{ "Terminate-Ack: out of the blue makes an open link begin again", PPP_SERVER, NULL,
	  SERVER_LCP "< lcp 06 01 00 04\n> lcp 01 02 -- 05 06 99999999 " AUTH "\n" },
	{ "close: a Terminate-Request twice, two seconds in all", PPP_CLIENT, NULL,
	  OURS "close\n> lcp 05 02 00 04\n+ 1000\n> lcp 05 03 00 04\n+ 999\n+ 1\n! closed 1 0\n"
	       "close\n" },
	{ "close: before the first packet", PPP_SERVER, NULL, "close\n! closed 1 0\n" },
	{ "close: both at once", PPP_CLIENT, NULL,
	  CLIENT_LCP(AUTH) "close\n> lcp 05 02 00 04\n< lcp 05 02 00 04\n> lcp 06 02 00 04\n"
			   "! closed 1 0\n" },
	{ "close: requests meanwhile are not answered", PPP_CLIENT, NULL,
	  CLIENT_LCP(AUTH) "close\n> lcp 05 02 00 04\n< lcp 01 02 -- " AUTH "\n"
			   "< lcp 03 01 -- 05 06 22222222\n< lcp 09 01 -- 00000000\n"
			   "< lcp 06 02 00 04\n! closed 1 0\n" },
	{ "silence: four early requests, ten each 3 s, then the end", PPP_CLIENT, NULL,
	  OURS "+ 299\n+ 1\n" OURS "+ 600\n" OURS "+ 1200\n" OURS "+ 2399\n+ 1\n" OURS
	       "+ 26999\n" OURS OURS OURS OURS OURS OURS OURS OURS "+ 1\n" OURS
	       "+ 2999\n+ 1\n! closed 8 0\n" },
	{ "silence: no repeat while the answer may be on its way", PPP_CLIENT, far_away,
	  OURS "+ 4099\n< lcp 02 01 -- 05 06 11111111\n" },
	{ "silence: a round trip that cannot be true, server", PPP_SERVER, very_far_away,
	  "+ 5999\n+ 1\n> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n"
	  "+ 10099\n+ 1\n> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n" },
	{ "no agreement: the peer asks and never answers", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 -- " AUTH "\n! offer mschapv2\n> lcp 02 01 -- " AUTH "\n"
	       "+ 35599\n" OURS OURS OURS OURS OURS OURS OURS OURS OURS OURS OURS OURS OURS
	       "+ 1\n! closed 9 0\n" },
};

static const struct script loops[] = {
	{ "loop: everything of ours comes back to us", PPP_CLIENT, NULL,
	  OURS "< lcp 01 01 -- 05 06 11111111\n> lcp 03 01 -- 05 06 22222222\n"
	       "< lcp 03 01 -- 05 06 22222222\n> lcp 01 02 -- 05 06 33333333\n"
	       "< lcp 01 02 -- 05 06 33333333\n> lcp 03 02 -- 05 06 44444444\n"
	       "< lcp 03 02 -- 05 06 44444444\n> lcp 01 03 -- 05 06 55555555\n"
	       "< lcp 01 03 -- 05 06 55555555\n> lcp 03 03 -- 05 06 66666666\n"
	       "< lcp 03 03 -- 05 06 66666666\n> lcp 01 04 -- 05 06 77777777\n"
	       "< lcp 01 04 -- 05 06 77777777\n> lcp 03 04 -- 05 06 88888888\n"
	       "< lcp 03 04 -- 05 06 88888888\n> lcp 01 05 -- 05 06 99999999\n"
	       "< lcp 01 05 -- 05 06 99999999\n> lcp 03 05 -- 05 06 aaaaaaaa\n"
	       "< lcp 03 05 -- 05 06 aaaaaaaa\n> lcp 05 06 00 04\n"
	       "< lcp 05 06 00 04\n> lcp 06 06 00 04\n! closed 10 0\n" },
};

static const struct script probes[] = {
	{ "probe: asks on, method by method, while the server repeats itself", PPP_CLIENT, probing,
	  OURS "< lcp 01 01 -- 03 04 c227\n! offer eap\n> lcp 03 01 -- 03 05 c22381\n"
	       "< lcp 01 02 -- 03 04 c227\n> lcp 03 02 -- 03 05 c22305\n"
	       "< lcp 01 03 -- 03 04 c227\n> lcp 03 03 -- 03 04 c023\n"
	       "< lcp 01 04 -- 03 04 c023\n! offer pap\n> lcp 03 04 -- 03 05 c22380\n"
	       "< lcp 01 05 -- 03 04 c227\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n"
	       "! closed 4 0\n" },
	{ "probe: copies of a request have the same Nak, and a peer that never changes its Identifier moves on",
	  PPP_CLIENT, probing,
	  OURS "< lcp 01 01 -- 03 04 c227\n! offer eap\n> lcp 03 01 -- 03 05 c22381\n"
	       "< lcp 01 01 -- 03 04 c227\n> lcp 03 01 -- 03 05 c22381\n"
	       "< lcp 01 01 -- 03 04 c227\n> lcp 03 01 -- 03 05 c22381\n"
	       "< lcp 01 01 -- 03 04 c023\n! offer pap\n> lcp 03 01 -- 03 05 c22305\n"
	       "< lcp 01 01 -- 03 04 c023\n> lcp 03 01 -- 03 05 c22305\n" },
	{ "probe: other options are dealt with first", PPP_CLIENT, probing,
	  OURS "< lcp 01 01 -- 03 05 c22381 0d 03 06\n! offer mschapv2\n"
	       "> lcp 04 01 -- 0d 03 06\n"
	       "< lcp 01 02 -- 03 05 c22381\n> lcp 03 02 -- 03 04 c227\n"
	       "< lcp 05 03 00 04\n> lcp 06 03 00 04\n! closed 15 0\n" },
	{ "probe: a challenge that comes early is not answered", PPP_CLIENT, probing,
	  OURS "< lcp 02 01 -- 05 06 11111111\n< chap 01 01 -- 10 " AUTH_CHALLENGE "\n"
	       "< lcp 01 01 -- 03 05 c22381\n! offer mschapv2\n> lcp 03 01 -- 03 04 c227\n" },
	{ "probe: a server without authentication", PPP_CLIENT, probing,
	  OURS "< lcp 01 01 00 04\n> lcp 05 02 00 04\n< lcp 06 02 00 04\n! closed 5 0\n" },
};

SCRIPT_TEST(packets)
SCRIPT_TEST(peers_options)
SCRIPT_TEST(our_options)
SCRIPT_TEST(codes)
SCRIPT_TEST(loops)
SCRIPT_TEST(probes)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_packets),     cmocka_unit_test(run_peers_options),
		cmocka_unit_test(run_our_options), cmocka_unit_test(run_codes),
		cmocka_unit_test(run_loops),       cmocka_unit_test(run_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
