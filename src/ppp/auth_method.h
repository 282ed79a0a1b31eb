/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The authentication methods and their names in LCP and in options. A method is a struct
 * auth_method; it has its own file (pap.c, chap.c, eap.c) and a line in the table of auth_method.c.
 */
#ifndef SSTP_PPP_AUTH_METHOD_H
#define SSTP_PPP_AUTH_METHOD_H

#include "ppp/types.h"

struct ppp;
struct cp_packet;

/* "pap", "chap", "mschapv2", "eap", "mschap", "spap": the names in options and logs. */
const char *ppp_auth_name(enum ppp_auth method);
/*
 * True if the method works without further settings; others in ppp_cfg.auth are ignored, except for
 * EAP with ppp_cfg.eap.
 */
bool ppp_auth_is_supported(enum ppp_auth method);

/* RFC 1994 section 3; those of MS-CHAP are from Microsoft */
enum {
	CHAP_ALGORITHM_MD5 = 5,
	CHAP_ALGORITHM_MSCHAPV1 = 0x80,
	CHAP_ALGORITHM_MSCHAPV2 = 0x81,
};

struct auth_method {
	const char *name;
	uint16_t protocol;
	uint8_t algorithm; /* for CHAP; 0: the option has no algorithm */
	/* All NULL in a method that is recognized only. */
	void (*start)(struct ppp *p);
	void (*input)(struct ppp *p, const struct cp_packet *in);
	void (*resend)(struct ppp *p);
	/* server: sends the result; again for a repeated response */
	void (*send_result)(struct ppp *p);
	bool is_conversation; /* supported only if the owner sets cfg.eap */
};

extern const struct auth_method pap_method, chap_md5_method, mschapv2_method, eap_method;

const struct auth_method *auth_method_of(enum ppp_auth method); /* NULL: unknown */

/* The value of LCP's option 3, RFC 1661 section 6.2. */
enum ppp_auth auth_from_option(struct bytes value);
void auth_put_option(struct writer *w, enum ppp_auth method);

#endif
