/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The basis of the PPP tests: two matching configurations, random numbers that are the same each
 * time, and the password check of a server's owner.
 *
 * The user is that of RFC 2759, "User" with "clientPass", and so are the challenges that "random"
 * returns, so the packets of a whole MS-CHAPv2 run are those of the RFC.
 */
#ifndef SSTP_TESTS_PPP_ENDS_H
#define SSTP_TESTS_PPP_ENDS_H

#include "ppp/link.h"
#include "ppp/ppp.h"

enum {
	ENDS_CLIENT_IPV4 = 0x0a010002, /* what the server assigns */
	ENDS_SERVER_IPV4 = 0x0a010001,
	ENDS_DNS_1 = 0x08080808,
	ENDS_DNS_2 = 0x08080404,
};

/*
 * Where random numbers come from. By length: 1 byte, a CHAP identifier, 0x42; 4, a magic number,
 * 11111111, 22222222 and so on, with the digit of `base` added; 8, an interface identifier,
 * 10..01, 10..02; 16, RFC 2759's challenge of that end.
 */
struct ends_random {
	enum ppp_role role;
	uint8_t base;
	uint8_t magics, iids;
};
void ends_random(void *arg, void *to, size_t len);

/* Both network protocols, all methods, MS-CHAPv2 first. `r` must outlive the engine. */
struct ppp_cfg ends_client(struct ends_random *r);
struct ppp_cfg ends_server(struct ends_random *r);

/* Checks for "User" with `password`; returns the result, with the address above on success. */
struct ppp_auth_result ends_check(const struct ppp_attempt *a, const char *password);

#endif
