/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The texts of MS-CHAPv2's Success and Failure (RFC 2759 sections 5 and 6), which EAP-MSCHAPv2 has
 * too, and the error numbers in them.
 */
#ifndef SSTP_PPP_MSCHAP_MESSAGE_H
#define SSTP_PPP_MSCHAP_MESSAGE_H

#include "ppp/mschap.h"

/* RFC 2759 section 6 */
enum mschap_error {
	MSCHAP_RESTRICTED_HOURS = 646,
	MSCHAP_ACCOUNT_DISABLED = 647,
	MSCHAP_PASSWORD_EXPIRED = 648,
	MSCHAP_NO_DIAL_IN = 649,
	MSCHAP_WRONG_PASSWORD = 691,
	MSCHAP_CHANGE_REFUSED = 709,
};

enum { MSCHAP_FAILURE_MAX = 256 };

struct mschap_failure {
	uint16_t error; /* E=; 0: none */
	bool may_retry; /* R=1 */
	bool has_challenge;
	uint8_t challenge[MSCHAP_CHALLENGE_LEN]; /* C=: for a retry or a new password */
	struct bytes text;                       /* M=; without E= the whole message */
};

/* Unknown and missing fields are ignored. */
void mschap_failure_get(struct bytes message, struct mschap_failure *f);
/* R=0. All fields are sent: some clients require them. `text` empty: "Access denied". */
void mschap_failure_put(char to[MSCHAP_FAILURE_MAX], unsigned error,
			const uint8_t challenge[MSCHAP_CHALLENGE_LEN], const char *text);

/*
 * Whether a Success has the authenticator that mschap_authenticator has computed: "S=" and 40 hex
 * digits, in either case; text may follow. In constant time.
 */
bool mschap_success_is(struct bytes message, const char expected[MSCHAP_S_LEN + 1]);

/* The error as a sentence for the user; NULL for other numbers. */
const char *mschap_error_text(unsigned error);

#endif
