/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The internal interface of the engine, by the files that define it. ppp.c connects the parts: it sends frames, emits events in
 * order and ends the link. lcp.c, ipcp.c and ipv6cp.c are protocols over cp.c; auth.c runs the
 * method that LCP agreed on.
 */
#ifndef SSTP_PPP_ENGINE_H
#define SSTP_PPP_ENGINE_H

#include "ppp/frame.h"
#include "ppp/link.h"

/* ---- ppp.c */

/*
 * Sends a packet with the header that LCP, the NCPs and the authentication protocols share. The
 * packet is dropped when it is larger than the peer can receive or the outbox is full.
 */
void ppp_send(struct ppp *p, uint16_t protocol, uint8_t code, uint8_t id, struct bytes body);
/* The longest body that ppp_send accepts now. */
size_t ppp_body_max(const struct ppp *p);
void ppp_emit(struct ppp *p, enum ppp_out_type event);
void ppp_emit_offer(struct ppp *p, enum ppp_auth method);
void ppp_random(const struct ppp *p, void *to, size_t len);
/*
 * Returns whether one more Code-Reject, Protocol-Reject or Response to a late Challenge may be sent
 * in this second, and counts it.
 */
bool ppp_may_reject(struct ppp *p);

/* Records the peer's reason for the end: its text, and the error number of MS-CHAPv2 or Windows. */
void ppp_note_detail(struct ppp *p, uint16_t error, struct bytes text);
/*
 * Records why the link is ending. Only the first reason is kept, together with any detail recorded
 * before it.
 */
void ppp_note_reason(struct ppp *p, enum ppp_closed why);
/* Ends the link with a Terminate-Request. */
void ppp_end(struct ppp *p, enum ppp_closed why);
/* Ends the link at once: the peer knows, or will never respond. */
void ppp_finish(struct ppp *p, enum ppp_closed why);

/* Transitions between the phases of RFC 1661 section 3. */
void ppp_lcp_is_up(struct ppp *p);
void ppp_lcp_is_down(struct ppp *p);
void ppp_lcp_is_finished(struct ppp *p);
void ppp_authenticated(struct ppp *p);
void ppp_sent_credentials(struct ppp *p); /* client: name and password, maybe again */
void ppp_protocol_rejected(struct ppp *p, uint16_t protocol);

/* The same for a network protocol. A failure of one does not affect the other. */
void ppp_ncp_is_up(struct ppp *p, struct ncp *ncp, enum ppp_out_type event);
void ppp_ncp_is_down(struct ppp *p, struct ncp *ncp, enum ppp_out_type event);
void ppp_ncp_is_finished(struct ppp *p, struct ncp *ncp, enum ppp_out_type event);
void ppp_ncp_give_up(struct ppp *p, struct ncp *ncp);

/* ---- lcp.c */

void lcp_init(struct ppp *p);
void lcp_start(struct ppp *p);
void lcp_heard(struct ppp *p); /* call for any packet from the peer */
void lcp_tick(struct ppp *p);
uint64_t lcp_deadline(const struct ppp *p);
uint16_t lcp_peer_mru(const struct ppp *p);
/* Protocol-Reject, RFC 1661 section 5.7 */
void lcp_reject_protocol(struct ppp *p, uint16_t protocol, struct bytes info);
/* Client: we sent a Nak for the server's methods, and no login has begun since. */
bool lcp_is_method_disputed(const struct ppp *p);
/* The method that the client has to use; on both ends, once LCP is open. */
enum ppp_auth lcp_agreed_auth(const struct ppp *p);

/* ---- ipcp.c, ipv6cp.c */

void ipcp_init(struct ppp *p);
void ipcp_start(struct ppp *p);
void ipcp_update_early(struct ppp *p); /* call after anything that concerns IPCP */
uint64_t ipcp_deadline(const struct ppp *p);
void ipcp_fill(const struct ppp *p, struct ppp_ipv4 *out);

void ipv6cp_init(struct ppp *p);
void ipv6cp_start(struct ppp *p);
void ipv6cp_fill(const struct ppp *p, struct ppp_ipv6 *out);

#endif
