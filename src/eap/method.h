/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface of an EAP method, for eap_peer.h and eap_server.h. A method is an engine: the data of a
 * packet in, the data of the next one out, and a key at the end. A struct eap_method is one method
 * in one role; its state is `self`.
 */
#ifndef SSTP_EAP_METHOD_H
#define SSTP_EAP_METHOD_H

#include "eap/packet.h"

enum eap_step {
	EAP_STEP_DROP, /* ignore the packet (RFC 3748 section 4.1) */
	EAP_STEP_SEND, /* send what was written */
	EAP_STEP_DONE, /* success; on a peer, send the last Response, which was written */
	/* Failure. What a server's method has written is a last Request, to be sent before it. */
	EAP_STEP_FAIL,
};

struct eap_method {
	const char *name;
	uint8_t type;
	/* Server: writes the data of the first Request, whose Identifier is `id`. */
	enum eap_step (*begin)(void *self, uint8_t id, struct writer *out);
	/*
	 * Processes a Request (on a peer) or a Response (on a server); writes the data of the next
	 * packet.
	 */
	enum eap_step (*input)(void *self, const struct eap_packet *in, struct writer *out);
	/* After EAP_STEP_DONE. */
	void (*key)(const void *self, uint8_t msk[EAP_MSK_LEN]);
};

/* One entry of a list of allowed methods, preferred first. */
struct eap_choice {
	const struct eap_method *method;
	void *self;
};

#endif
