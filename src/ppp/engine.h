/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the engine ask of each other. ppp.c is the frame around them: it sends, tells,
 * ends the link and keeps the order of events; lcp.c, ipcp.c and ipv6cp.c are protocols over cp.c;
 * auth.c runs the method that LCP agreed on.
 */
#ifndef SSTP_PPP_ENGINE_H
#define SSTP_PPP_ENGINE_H

#include "ppp/frame.h"
#include "ppp/link.h"

/* ---- ppp.c */

/* Sends a packet of the form that LCP, the NCPs and the authentication protocols share. One that
 * the peer could not take, or for which the outbox has no room, is lost. */
void ppp_send(struct ppp *p, uint16_t protocol, uint8_t code, uint8_t id, struct bytes body);
/* The longest body that such a packet may have now. */
size_t ppp_body_max(const struct ppp *p);
void ppp_emit(struct ppp *p, enum ppp_out_type event);
void ppp_emit_offer(struct ppp *p, enum ppp_auth method);
void ppp_random(const struct ppp *p, void *to, size_t len);
/* May one more Code- or Protocol-Reject, or Response to a late Challenge, be sent in this second?
 * Counts it. */
bool ppp_may_reject(struct ppp *p);

/* What the peer said at the end, and MS-CHAPv2's or Windows' number for it. */
void ppp_note_detail(struct ppp *p, uint16_t error, struct bytes text);
/* Why it will end, whoever does it. The first reason stays, and the detail before it. */
void ppp_note_reason(struct ppp *p, enum ppp_closed why);
/* Ends the link in order, with a Terminate-Request. */
void ppp_end(struct ppp *p, enum ppp_closed why);
/* Ends it at once: the peer knows, or will never answer. */
void ppp_finish(struct ppp *p, enum ppp_closed why);

/* How the layers move each other, RFC 1661 section 3. */
void ppp_lcp_is_up(struct ppp *p);
void ppp_lcp_is_down(struct ppp *p);
void ppp_lcp_is_finished(struct ppp *p);
void ppp_authenticated(struct ppp *p);
void ppp_protocol_rejected(struct ppp *p, uint16_t protocol);

/* The same for a network protocol; one that fails leaves the other alone. */
void ppp_ncp_is_up(struct ppp *p, struct ncp *ncp, enum ppp_out_type event);
void ppp_ncp_is_down(struct ppp *p, struct ncp *ncp, enum ppp_out_type event);
void ppp_ncp_is_finished(struct ppp *p, struct ncp *ncp, enum ppp_out_type event);
void ppp_ncp_give_up(struct ppp *p, struct ncp *ncp);

/* ---- lcp.c */

void lcp_init(struct ppp *p);
void lcp_start(struct ppp *p);
void lcp_heard(struct ppp *p); /* anything at all from the peer */
void lcp_tick(struct ppp *p);
uint64_t lcp_deadline(const struct ppp *p);
uint16_t lcp_peer_mru(const struct ppp *p);
/* Protocol-Reject, RFC 1661 section 5.7 */
void lcp_reject_protocol(struct ppp *p, uint16_t protocol, struct bytes info);
/* Client: have we Nak'd the server's methods, and not yet agreed on one? */
bool lcp_is_method_disputed(const struct ppp *p);
/* The method that the client is to use; both ends, once LCP is open. */
enum ppp_auth lcp_agreed_auth(const struct ppp *p);

/* ---- ipcp.c, ipv6cp.c */

void ipcp_init(struct ppp *p);
void ipcp_start(struct ppp *p);
void ipcp_fill(const struct ppp *p, struct ppp_ipv4 *out);

void ipv6cp_init(struct ppp *p);
void ipv6cp_start(struct ppp *p);
void ipv6cp_fill(const struct ppp *p, struct ppp_ipv6 *out);

#endif
