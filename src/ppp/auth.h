/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication: the methods, how LCP names them, and the run of the one that was agreed on. A
 * method is a struct auth_method; it has a file of its own (pap.c, chap.c, eap.c) and its line in
 * auth.c's table.
 *
 * Life: auth_start when LCP is open, auth_stop when it no longer is. In between a client ends in
 * auth_succeeded or ppp_end; a server hands what the peer sent to its owner (auth_check), who
 * answers with ppp_verdict.
 */
#ifndef SSTP_PPP_AUTH_H
#define SSTP_PPP_AUTH_H

#include "ppp/link.h"

enum {
	AUTH_MAX_CHALLENGES = 20,    /* before the result */
	AUTH_MAX_SENDS = 10,         /* after full periods of the Restart timer */
	AUTH_GIVE_UP_MS = 40 * 1000, /* with LCP before it, inside SSTP's 60 s */
	AUTH_PAUSE_MS = 1000,        /* between a refusal and our Terminate-Request */
};

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
	void (*tell)(struct ppp *p); /* server: sends the verdict, as often as the peer asks */
	bool is_conversation;        /* spoken only where the owner can: with cfg.eap */
};

extern const struct auth_method pap_method, chap_md5_method, mschapv2_method, eap_method;

/* The value of LCP's option 3, RFC 1661 section 6.2. */
enum ppp_auth auth_from_option(struct bytes value);
void auth_put_option(struct writer *w, enum ppp_auth method);

void auth_init(struct ppp *p);
void auth_start(struct ppp *p);
void auth_stop(struct ppp *p);
void auth_input(struct ppp *p, uint16_t protocol, struct bytes info);
/* Client: a frame from a server whose LCP opened before ours did (SoftEther). */
void auth_hold(struct ppp *p, uint16_t protocol, struct bytes info);
void auth_tick(struct ppp *p);
uint64_t auth_deadline(const struct ppp *p);
void auth_fill_attempt(const struct ppp *p, struct ppp_attempt *attempt);

/* Is there a proof that a new LCP would put in doubt? */
bool auth_is_under_way(const struct ppp *p);

/* ---- for the methods */

void auth_send(struct ppp *p, uint8_t code, uint8_t id, struct bytes body);
/* The same, and again after a while, unless the peer answers. */
void auth_send_until_answered(struct ppp *p, uint8_t code, uint8_t id, struct bytes body);
/* Client: done, with auth.hlak filled in. */
void auth_succeeded(struct ppp *p);
/* Client: the server says no; or the configured name or password does not fit the method. */
void auth_refused(struct ppp *p, uint16_t error, struct bytes text);
/* Server: auth.user and so on are filled in: is that so? */
void auth_check(struct ppp *p);

#endif
