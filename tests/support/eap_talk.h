/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An EAP method for tests, of the experimental type 255 (RFC 3748 section 5.8), in both roles, and
 * of another type that does the same: in each round the server sends a number, and the peer replies
 * with that number and a word, which must be right. The key is the word, repeated.
 */
#ifndef SSTP_TESTS_SUPPORT_EAP_TALK_H
#define SSTP_TESTS_SUPPORT_EAP_TALK_H

#include "eap/method.h"

enum { TALK_ROUNDS = 3 };

struct talk {
	uint8_t round;
	const char *word;
};

extern const struct eap_method talk_server, talk_peer;   /* type 255 */
extern const struct eap_method other_server, other_peer; /* type 200 */

#endif
