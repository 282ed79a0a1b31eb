/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authentication: runs the method that LCP agreed on (auth_method.h).
 *
 * Life: auth_start when LCP opens, auth_stop when LCP closes. In between, a client ends in
 * auth_succeeded or ppp_end. A server passes what the peer sent to its owner (auth_check); the
 * owner calls ppp_auth_result, which calls auth_finish.
 */
#ifndef SSTP_PPP_AUTH_H
#define SSTP_PPP_AUTH_H

#include "ppp/link.h"
#include "ppp/auth_method.h"

enum {
	AUTH_MAX_CHALLENGES = 20,    /* challenges before the result */
	AUTH_MAX_SENDS = 10,         /* full periods of the Restart timer */
	AUTH_GIVE_UP_MS = 40 * 1000, /* together with LCP it stays below SSTP's limit of 60 s */
	AUTH_LEAD_MS = 2000,  /* a server gives up earlier, so that the client gets its reason */
	AUTH_PAUSE_MS = 1000, /* between a refusal and our Terminate-Request */
};

void auth_init(struct ppp *p);
void auth_start(struct ppp *p);
void auth_stop(struct ppp *p);
void auth_input(struct ppp *p, uint16_t protocol, struct bytes info);
/* Client: keeps a frame from a server whose LCP opened before ours did (SoftEther). */
void auth_hold(struct ppp *p, uint16_t protocol, struct bytes info);
/*
 * Client: the server has begun with a network protocol. RFC 3748 section 4.2: that is as good as an
 * EAP-Success, which may have been lost, if the method itself has succeeded.
 */
void auth_take_alternate_success(struct ppp *p);
void auth_tick(struct ppp *p);
uint64_t auth_deadline(const struct ppp *p);
void auth_fill_attempt(const struct ppp *p, struct ppp_attempt *attempt);

/* Server: the result of auth_check. */
void auth_finish(struct ppp *p, const struct ppp_auth_result *result);

/* True once authentication has progressed so far that renegotiating LCP would invalidate it. */
bool auth_is_under_way(const struct ppp *p);
/* Server: the client awaits a result that is not known yet; with EAP from the first Response to the Identity on. */
bool auth_is_checking(const struct ppp *p);
/* The link is about to end; if the login is being checked, and the end has no text, the text says so. */
void auth_note_unchecked(struct ppp *p);

/* ---- for the methods */

void auth_send(struct ppp *p, uint8_t code, uint8_t id, struct bytes body);
/* Sends the packet, and repeats it until the peer responds. */
void auth_send_until_answered(struct ppp *p, uint8_t code, uint8_t id, struct bytes body);
/* Client: the authentication succeeded; auth.hlak is filled in. */
void auth_succeeded(struct ppp *p);
/* Client: the server refused, or the configured name or password does not fit the method. */
void auth_refused(struct ppp *p, uint16_t error, struct bytes text);
/* Server: auth.user and the proof are filled in; asks the owner to check them. */
void auth_check(struct ppp *p);

#endif
