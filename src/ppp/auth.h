/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication: the run of the method that LCP agreed on (method.h).
 *
 * Life: auth_start when LCP is open, auth_stop when it no longer is. In between a client ends in
 * auth_succeeded or ppp_end; a server hands what the peer sent to its owner (auth_check), who
 * answers with ppp_auth_result, which is auth_finish here.
 */
#ifndef SSTP_PPP_AUTH_H
#define SSTP_PPP_AUTH_H

#include "ppp/link.h"
#include "ppp/method.h"

enum {
	AUTH_MAX_CHALLENGES = 20,    /* before the result */
	AUTH_MAX_SENDS = 10,         /* after full periods of the Restart timer */
	AUTH_GIVE_UP_MS = 40 * 1000, /* with LCP before it, inside SSTP's 60 s */
	AUTH_PAUSE_MS = 1000,        /* between a refusal and our Terminate-Request */
};

void auth_init(struct ppp *p);
void auth_start(struct ppp *p);
void auth_stop(struct ppp *p);
void auth_input(struct ppp *p, uint16_t protocol, struct bytes info);
/* Client: a frame from a server whose LCP opened before ours did (SoftEther). */
void auth_hold(struct ppp *p, uint16_t protocol, struct bytes info);
void auth_tick(struct ppp *p);
uint64_t auth_deadline(const struct ppp *p);
void auth_fill_attempt(const struct ppp *p, struct ppp_attempt *attempt);

/* Server: the answer to auth_check. */
void auth_finish(struct ppp *p, const struct ppp_auth_result *result);

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
