/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's end of an EAP conversation (RFC 3748) as far as it is the same for all methods: the
 * Identity, Notifications, which method is taken, and a Nak for one that is not. Repeats, Success
 * and Failure are the lower layer's: see ppp.h.
 *
 * Life: fill in identity, choices and log; eap_peer_input for each Request.
 */
#ifndef SSTP_EAP_PEER_H
#define SSTP_EAP_PEER_H

#include "eap/method.h"
#include "util/log.h"

struct eap_peer {
	struct bytes identity;
	const struct eap_choice *choices;
	size_t choice_count;
	const struct log *log;
	const struct eap_choice *chosen; /* its own; the method that has answered a Request */
};

/*
 * Writes the Response, whole, with EAP_STEP_ANSWER and EAP_STEP_DONE: after the latter `chosen` has
 * a key, and a Success may follow. EAP_STEP_FAIL: the server has shown that it is not to be
 * trusted, or the method cannot go on.
 */
enum eap_step eap_peer_input(struct eap_peer *p, struct bytes request, struct writer *out);

#endif
