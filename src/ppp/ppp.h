/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of one PPP link (RFC 1661) as SSTP carries it: LCP, authentication, IPCP, IPV6CP. Frames
 * and time in, frames and events out. No descriptor, no clock, no allocation, no global.
 *
 * Life: fill a struct ppp_cfg, ppp_init, ppp_open when the lower layer is up, then ppp_input for
 * each frame and ppp_tick at each deadline; after each of these calls drain ppp_next until it says
 * false. ppp_close ends the link in order (Terminate-Request); PPP_OUT_CLOSED is the last event,
 * after which the link is dead and only ppp_wipe is left to call.
 *
 * The order of events is that of a real call: PPP_OUT_CHECK_PASSWORD (server; answered by
 * ppp_auth_result, at once or later) or any number of PPP_OUT_EAP (both ends; answered by
 * ppp_eap_send), PPP_OUT_AUTHENTICATED, then PPP_OUT_IPV4_UP and PPP_OUT_IPV6_UP, each of them
 * alone and perhaps never; a peer may take one down, and bring it up again with other values. LCP
 * may come up more than once, but only before the authentication.
 *
 * IPv4 addresses are uint32_t in host byte order, 0 for none. IP packets never come here: see
 * frame.h, which is all that the packet path needs of PPP.
 */
#ifndef SSTP_PPP_PPP_H
#define SSTP_PPP_PPP_H

#include "ppp/frame.h"
#include "ppp/method.h"
#include "ppp/types.h"

/* "the server does not accept the user name or the password" and so on. */
const char *ppp_closed_text(enum ppp_closed why);
/* Client: has the server refused the login itself, so that it would refuse the same one again? */
bool ppp_closed_is_refusal(enum ppp_closed why);

/* struct ppp itself is in ppp/link.h, for those who embed it. */
struct ppp;

void ppp_init(struct ppp *p, const struct ppp_cfg *cfg);
void ppp_open(struct ppp *p, uint64_t now_ms);
void ppp_input(struct ppp *p, const uint8_t *frame, size_t len, uint64_t now_ms);
void ppp_auth_result(struct ppp *p, const struct ppp_auth_result *result, uint64_t now_ms);
/*
 * The next packet of an EAP conversation, whole: a server's Request, with another Identifier than
 * the last, a client's Response to the Request that it was told of. At once or later. False, and
 * nothing is sent, when it is not that or does not fit: no longer than PPP_EAP_MAX and the peer's
 * MRU.
 */
bool ppp_eap_send(struct ppp *p, struct bytes packet, uint64_t now_ms);
/*
 * Client: the EAP method itself has ended well, with this key, so a Success may end the
 * conversation.
 */
void ppp_eap_done(struct ppp *p, const uint8_t hlak[PPP_HLAK_LEN], uint64_t now_ms);
/* `why` goes into the Terminate-Request (RFC 1661 section 5.5); the caller's, kept; NULL: nothing. */
void ppp_close(struct ppp *p, const char *why, uint64_t now_ms);
void ppp_tick(struct ppp *p, uint64_t now_ms);
uint64_t ppp_deadline(const struct ppp *p); /* UINT64_MAX: waiting for nothing */
bool ppp_next(struct ppp *p, struct ppp_out *out);
void ppp_wipe(struct ppp *p); /* keys and challenges */

/* Why the link is ending or has ended, as in PPP_OUT_CLOSED, already before that is told: a connection
 * may break while the Terminate-Request is out, or in place of one while the method is negotiated.
 * False: it is not ending. */
bool ppp_noted_end(const struct ppp *p, struct ppp_out *out);

/* What the peer can receive: the largest IP packet that may be sent to it. */
uint16_t ppp_peer_mru(const struct ppp *p);
/* Our interface identifier, PPP_IID_LEN bytes; once IPV6CP is open, it is agreed on. */
const uint8_t *ppp_own_iid(const struct ppp *p);
/* May packets of this protocol (PPP_PROTO_IPV4, PPP_PROTO_IPV6) pass now? */
bool ppp_data_is_open(const struct ppp *p, uint16_t protocol);
/* The packet path saw traffic from the peer: it is alive (LCP echo). */
void ppp_note_traffic(struct ppp *p, uint64_t now_ms);

#endif
