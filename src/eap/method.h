/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an EAP method is to peer.h and server.h. A method is an engine: the data of a packet in, the
 * data of the next one out, and at last a key. One such table is one method in one role; its state
 * is `self`.
 */
#ifndef SSTP_EAP_METHOD_H
#define SSTP_EAP_METHOD_H

#include "eap/packet.h"

enum eap_step {
	EAP_STEP_DROP,   /* as if the packet had not come (RFC 3748 section 4.1) */
	EAP_STEP_ANSWER, /* what was written is to be sent */
	EAP_STEP_DONE,   /* it ended well; a peer's method has written its last Response */
	EAP_STEP_FAIL,   /* it did not */
};

struct eap_method {
	const char *name;
	uint8_t type;
	/* Server: writes the data of the first Request, whose Identifier is `id`. */
	enum eap_step (*begin)(void *self, uint8_t id, struct writer *out);
	/* A peer's Request or a server's Response; writes the data of what follows. */
	enum eap_step (*input)(void *self, const struct eap_packet *in, struct writer *out);
	/* After EAP_STEP_DONE. */
	void (*key)(const void *self, uint8_t msk[EAP_MSK_LEN]);
};

/* A list of those that may be used, preferred first. */
struct eap_choice {
	const struct eap_method *method;
	void *self;
};

#endif
