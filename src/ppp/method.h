/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The authentication methods, and how LCP and options name them. A method is a struct auth_method; it
 * has a file of its own (pap.c, chap.c, eap.c) and its line in method.c's table.
 */
#ifndef SSTP_PPP_METHOD_H
#define SSTP_PPP_METHOD_H

#include "ppp/types.h"

struct ppp;
struct cp_packet;

/* "pap", "chap", "mschapv2", "eap", "mschap", "spap": the words of options and logs. */
const char *ppp_auth_name(enum ppp_auth method);
/* A method that is spoken, for lists of them in options; PPP_AUTH_NONE for any other word. */
enum ppp_auth ppp_auth_by_name(const char *name);
/* May it stand in ppp_cfg.auth, whatever else is there? What may not is passed over. */
bool ppp_auth_is_supported(enum ppp_auth method);

/* RFC 1994 section 3; those of MS-CHAP are Microsoft's */
enum {
	CHAP_ALGORITHM_MD5 = 5,
	CHAP_ALGORITHM_MSCHAPV1 = 0x80,
	CHAP_ALGORITHM_MSCHAPV2 = 0x81,
};

struct auth_method {
	const char *name;
	uint16_t protocol;
	uint8_t algorithm; /* CHAP's; 0: the option has none */
	/* All NULL in a method that is only recognised. */
	void (*start)(struct ppp *p);
	void (*input)(struct ppp *p, const struct cp_packet *in);
	void (*resend)(struct ppp *p);
	void (*send_result)(
		struct ppp *p); /* server: sends the verdict, as often as the peer asks */
	bool is_conversation;   /* spoken only where the owner can: with cfg.eap */
};

extern const struct auth_method pap_method, chap_md5_method, mschapv2_method, eap_method;

const struct auth_method *auth_method_of(enum ppp_auth method); /* NULL: it is unknown */

/* The value of LCP's option 3, RFC 1661 section 6.2. */
enum ppp_auth auth_from_option(struct bytes value);
void auth_put_option(struct writer *w, enum ppp_auth method);

#endif
