/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client of an EAP conversation (RFC 3748), as far as all methods share it: the Identity,
 * Notifications, the choice of the method, and a Nak for methods that are not allowed. The lower
 * layer handles repeats, Success and Failure: see ppp.h.
 *
 * Life: fill in identity, choices and log; eap_peer_input for each Request.
 */
#ifndef SSTP_EAP_EAP_PEER_H
#define SSTP_EAP_EAP_PEER_H

#include "eap/method.h"
#include "util/log.h"

struct eap_peer {
	struct bytes identity;
	const struct eap_choice *choices;
	size_t choice_count;
	const struct log *log;
	uint8_t refused; /* type of the last proposal that was refused; 0: none */
	bool is_done;    /* the chosen method has succeeded, and got no Request since */
	const struct eap_choice *chosen; /* internal; the method that has responded to a Request */
};

/*
 * Writes the complete Response with EAP_STEP_SEND and EAP_STEP_DONE; after the latter `chosen`
 * has a key, and a Success may follow. EAP_STEP_FAIL: the server cannot be trusted, or the method
 * cannot continue.
 */
enum eap_step eap_peer_input(struct eap_peer *p, struct bytes request, struct writer *out);

#endif
