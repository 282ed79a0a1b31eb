/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks at the frames between pppd and a client for the end of the authentication: pppd knows
 * whether it succeeded, SSTP's crypto binding wants to, and the key that comes out of MS-CHAPv2
 * is made here again from the frames and the password.
 */
#ifndef SSTP_TESTS_E2E_PEERS_WATCH_H
#define SSTP_TESTS_E2E_PEERS_WATCH_H

#include "ppp/mschap.h"
#include "util/bytes.h"

struct watch {
	const char *password;
	uint8_t challenge[MSCHAP_CHALLENGE_LEN];
	char s[MSCHAP_S_LEN + 1]; /* pppd's expected response; empty: the method is not MS-CHAPv2 */
	uint8_t hlak[MSCHAP_HLAK_LEN];
	const char *method; /* set when the authentication succeeded */
};

/*
 * Returns true if this frame from pppd is the first that reports success: `method` and `hlak` are
 * set.
 */
bool watch_from_pppd(struct watch *w, struct bytes frame);
void watch_from_client(struct watch *w, struct bytes frame);

/* The frame's protocol, compressed or not, and what follows it in *info. */
uint16_t frame_protocol(struct bytes frame, struct bytes *info);

#endif
