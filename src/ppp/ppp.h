/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of one PPP link (RFC 1661) as SSTP carries it: LCP, authentication, IPCP, IPV6CP. Frames
 * and time in, frames and events out. No descriptor, no clock, no allocation, no global.
 *
 * Life: fill a struct ppp_cfg; ppp_init; ppp_open when the lower layer is up; then ppp_input for
 * each frame and ppp_tick at each deadline. After each of these calls drain ppp_next until it
 * returns false. ppp_close ends the link with a Terminate-Request. PPP_OUT_CLOSED is the last
 * event; after it only ppp_wipe may be called.
 *
 * A link that is up and idle needs little memory, so two larger parts are the owner's: an outbox,
 * which holds something only from such a call until ppp_next returns false, and what a login needs.
 *
 * The order of events: PPP_OUT_CHECK_PASSWORD (server; the owner calls ppp_auth_result, at once or
 * later) or any number of PPP_OUT_EAP (both ends; the owner calls ppp_eap_send),
 * PPP_OUT_AUTHENTICATED, then PPP_OUT_IPV4_UP and PPP_OUT_IPV6_UP, in any order, each of them
 * possibly never. A peer may take either down and bring it up again with other values. On a client IPv4
 * is up when the peer can only acknowledge, before the Ack arrives. LCP may come up more than once, but
 * only before the authentication.
 *
 * IPv4 addresses are uint32_t in host byte order, 0 for none. IP packets do not pass through the
 * engine: see frame.h, the only part of PPP that the packet path needs.
 */
#ifndef SSTP_PPP_PPP_H
#define SSTP_PPP_PPP_H

#include "ppp/frame.h"
#include "ppp/auth_method.h"
#include "ppp/types.h"

/* A text for the log, such as "the user name or the password is not accepted". */
const char *ppp_closed_text(enum ppp_closed why);
/* Client: true if another try with the same settings would end in the same way. */
bool ppp_closed_is_refusal(enum ppp_closed why);

/* The definition of struct ppp is in ppp/link.h, for files that embed it. */
struct ppp;
struct ppp_login;
struct outbox;

/* `login` is the caller's memory, of any content, and must stay until the link ends or is forgotten. */
void ppp_init(struct ppp *p, const struct ppp_cfg *cfg, struct ppp_login *login);
/*
 * Lends an empty outbox; required before each call below that has `now_ms`, unless one is still lent.
 * NULL takes it back, which is allowed when ppp_next has returned false.
 */
void ppp_lend(struct ppp *p, struct outbox *out);
void ppp_open(struct ppp *p, uint64_t now_ms);
void ppp_input(struct ppp *p, const uint8_t *frame, size_t len, uint64_t now_ms);
void ppp_auth_result(struct ppp *p, const struct ppp_auth_result *result, uint64_t now_ms);
/* ---- eap.c */

/*
 * Sends the next packet of an EAP conversation, with its header: on a server a Request, with
 * another Identifier than the last one; on a client the Response to the Request in the last
 * PPP_OUT_EAP. At once or later. Returns false and sends nothing when the packet is not that, or is
 * longer than PPP_EAP_MAX or the MRU of the peer.
 */
bool ppp_eap_send(struct ppp *p, struct bytes packet, uint64_t now_ms);
/* Client: the EAP method has succeeded with this key, so a Success may now end the conversation. */
void ppp_eap_done(struct ppp *p, const uint8_t hlak[PPP_HLAK_LEN], uint64_t now_ms);
/* Client, after PPP_OUT_AUTHENTICATED: whether cfg.new_password is the user's password now. */
bool ppp_has_changed_password(const struct ppp *p);
/* Server: the client waits for the result of its login. */
bool ppp_checks_login(const struct ppp *p);
/*
 * `why` is the text of the Terminate-Request (RFC 1661 section 5.5); the caller keeps it valid;
 * NULL: none, or that the login could not be checked (PPP_UNCHECKED_TEXT) while ppp_checks_login.
 */
void ppp_close(struct ppp *p, const char *why, uint64_t now_ms);
/*
 * Server, once a network protocol is open, so that the peer has the result of its login: `login` is
 * the caller's again, to be wiped and freed.
 */
void ppp_forget_login(struct ppp *p);
void ppp_tick(struct ppp *p, uint64_t now_ms);
uint64_t ppp_deadline(const struct ppp *p); /* UINT64_MAX: waiting for nothing */
bool ppp_next(struct ppp *p, struct ppp_out *out);
void ppp_wipe(struct ppp *p); /* wipes the link; outbox and login are the caller's */

/*
 * Why the link is ending or has ended, as in PPP_OUT_CLOSED, but available before that event: a
 * connection may break after the Terminate-Request was sent, or without one while the method is
 * negotiated. False: it is not ending.
 */
bool ppp_noted_end(const struct ppp *p, struct ppp_out *out);

/* The MRU of the peer: the largest IP packet that may be sent to it. */
uint16_t ppp_peer_mru(const struct ppp *p);
/* Our interface identifier, PPP_IID_LEN bytes; final once IPV6CP is open. */
const uint8_t *ppp_own_iid(const struct ppp *p);
/* Server: the identifier that a peer gets which has none, or one that cfg.take_iid refuses. */
void ppp_suggest_iid(struct ppp *p, const uint8_t iid[PPP_IID_LEN]);
/* True if packets of this protocol (PPP_PROTO_IPV4, PPP_PROTO_IPV6) may pass now. */
bool ppp_data_is_open(const struct ppp *p, uint16_t protocol);
/* The peer is this program too, as quick start has shown (vendor.h); at a client from its Ack of the server's request on. */
bool ppp_peer_is_ours(const struct ppp *p);
/* Call when the packet path received traffic: the peer is alive (LCP echo). */
void ppp_note_traffic(struct ppp *p, uint64_t now_ms);

#endif
