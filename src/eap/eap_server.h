/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server of an EAP conversation (RFC 3748) with local methods: it receives the Identity,
 * proposes its methods in order until the peer accepts one, and runs that. The lower layer handles
 * the Request for the Identity, repeats, Success and Failure: see ppp.h.
 *
 * Life: fill in choices and log; eap_server_input for each Response.
 */
#ifndef SSTP_EAP_EAP_SERVER_H
#define SSTP_EAP_EAP_SERVER_H

#include "eap/method.h"
#include "util/log.h"

enum { EAP_IDENTITY_MAX = 256 };

struct eap_server {
	const struct eap_choice *choices;
	size_t choice_count;
	const struct log *log;
	/* internal */
	bool has_identity;
	uint8_t identity[EAP_IDENTITY_MAX]; /* as the peer sent it */
	size_t identity_len;
	const struct eap_choice *chosen; /* the method that was proposed last or runs */
	bool is_taken;                   /* the peer has accepted it */
	uint32_t refused;                /* bit n: choice n was refused */
};

/*
 * Writes the complete next Request with EAP_STEP_SEND. EAP_STEP_DONE: a Success has to follow,
 * and `chosen` has a key. EAP_STEP_FAIL: a Failure has to follow; if a Request is written, it has to
 * be sent first, and the Failure follows the Response to it.
 */
enum eap_step eap_server_input(struct eap_server *s, struct bytes response, struct writer *out);

#endif
