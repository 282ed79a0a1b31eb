/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server's side of a password change of MS-CHAPv2 (RFC 2759 section 7), for tests. */
#ifndef SSTP_TESTS_SUPPORT_NEW_PASSWORD_H
#define SSTP_TESTS_SUPPORT_NEW_PASSWORD_H

#include "ppp/mschap.h"

enum { NEW_PASSWORD_PACKET_LEN = 582 };

/*
 * Checks the body of a Change-Password packet: that it was made with the old password, changes it to
 * the new one, and proves the new one by that challenge. Fills the server's proof and the key.
 */
bool new_password_is(struct bytes body, const char *old_password, const char *new_password,
		     const char *user, const uint8_t challenge[MSCHAP_CHALLENGE_LEN],
		     char s[MSCHAP_S_LEN + 1], uint8_t hlak[MSCHAP_HLAK_LEN]);

#endif
