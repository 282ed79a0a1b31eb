/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of traces for scripts. The values are those of RFC 2759 and of ends_random. */
#ifndef SSTP_TESTS_PPP_TRACES_H
#define SSTP_TESTS_PPP_TRACES_H

#define AUTH_CHALLENGE "5b5d7c7d7b3f2f3e3c2c602132262628"
#define PEER_CHALLENGE "21402324255e262a28295f2b3a337c7e"
#define NT_RESPONSE "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
#define VALUE49 PEER_CHALLENGE " 0000000000000000 " NT_RESPONSE " 00"
#define S_TEXT "S=407A5589115FD0D6209F510FE9C04566932CDA56"
#define HLAK "d5f0e9521e3ea9589645e86051c822268b7cdc149b993a1ba118cb153f56dccb"
#define NO_HLAK "0000000000000000000000000000000000000000000000000000000000000000"

#define OPT_MSCHAPV2 "03 05 c223 81 "
#define OPT_CHAP_MD5 "03 05 c223 05 "
#define OPT_PAP "03 04 c023 "
#define OPT_EAP "03 04 c227 "
#define OPT_MAGIC(digits) "05 06 " digits " "

/* Our client's LCP and a plain server's, to Opened with the method in `opt`. */
#define CLIENT_LCP(opt)                   \
	"> lcp 01 01 -- 05 06 11111111\n" \
	"< lcp 02 01 -- 05 06 11111111\n" \
	"< lcp 01 01 -- " opt "\n"        \
	"skip\n"

/* The same with our server, whose peer wants the same method first. */
#define SERVER_LCP                                      \
	"< lcp 01 01 -- 05 06 12345678\n"               \
	"> lcp 01 01 -- 05 06 99999999 03 05 c223 81\n" \
	"> lcp 02 01 -- 05 06 12345678\n"               \
	"< lcp 02 01 -- 05 06 99999999 03 05 c223 81\n" \
	"! lcp-up\n"                                    \
	"> chap 01 42 -- 10 " AUTH_CHALLENGE " \"srv\"\n"

/* Up to the network phase. */
#define CLIENT_AUTH                                 \
	CLIENT_LCP(OPT_MSCHAPV2)                    \
	"< chap 01 07 -- 10 " AUTH_CHALLENGE "\n"   \
	"> chap 02 07 -- 31 " VALUE49 " \"User\"\n" \
	"< chap 03 07 -- \"" S_TEXT "\"\n"          \
	"! authenticated " HLAK "\n"

#define SERVER_AUTH                                 \
	SERVER_LCP                                  \
	"< chap 02 42 -- 31 " VALUE49 " \"User\"\n" \
	"! check mschapv2 User\n"                   \
	"> chap 03 42 -- \"" S_TEXT "\"\n"          \
	"! authenticated " HLAK "\n"

#define CLIENT_NCP_REQUESTS                          \
	"> ipv6cp 01 01 -- 01 0a 1000000000000001\n" \
	"> ipcp 01 01 -- 03 06 00000000 81 06 00000000 83 06 00000000\n"

#endif
