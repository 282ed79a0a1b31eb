/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP-MSCHAPv2 (type 26, draft-kamath-pppext-eap-mschapv2), both roles: the packets of MS-CHAPv2
 * (RFC 2759) in EAP. Its key is the one of MS-CHAPv2, followed by 32 zero bytes.
 *
 * Life: fill in the first fields, the rest zero; then the struct is `self` of the method.
 */
#ifndef SSTP_EAP_EAP_MSCHAPV2_H
#define SSTP_EAP_EAP_MSCHAPV2_H

#include "eap/method.h"
#include "ppp/mschap_message.h"
#include "ppp/types.h"

enum mschapv2_fault {
	MSCHAPV2_NO_FAULT,
	MSCHAPV2_FALSE_SERVER, /* its S= is wrong or missing: it does not know the password */
	MSCHAPV2_BAD_PASSWORD, /* not valid UTF-8, or too long; or the user name is too long */
	MSCHAPV2_REFUSED,      /* a Failure: `error` and `text` */
};

/* The client. */
struct eap_mschapv2_peer {
	const char *user; /* the caller keeps the strings valid */
	const char *password;
	const char *new_password; /* to be set when the server says that it has expired; NULL */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	/* why the method has failed */
	enum mschapv2_fault fault;
	uint16_t error;  /* enum mschap_error, or another number; 0: none was sent */
	bool may_retry;  /* the server takes another password in a new attempt */
	bool is_changed; /* new_password is the password now */
	uint8_t text_len;
	uint8_t text[128]; /* of the server, not escaped */
	/* internal */
	bool has_response, is_changing;
	uint8_t id; /* MS-CHAPv2-ID of the Challenge */
	uint8_t challenge[MSCHAP_CHALLENGE_LEN];
	char expected[MSCHAP_S_LEN + 1];
	uint8_t hlak[MSCHAP_HLAK_LEN];
};

extern const struct eap_method eap_mschapv2_peer;

/* The server. */
struct eap_mschapv2_server {
	const char *name; /* in the Challenge; the caller keeps it valid */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	/*
	 * Checks the attempt, at once: user, challenge and response are filled in, and the method is
	 * PPP_AUTH_MSCHAPV2. The result's `ipv4` is not used.
	 */
	void (*check)(void *arg, const struct ppp_attempt *attempt, struct ppp_auth_result *result);
	void *check_arg;
	/* internal */
	bool has_result, is_ok;
	uint8_t id;
	uint8_t challenge[MSCHAP_CHALLENGE_LEN];
	uint8_t hlak[MSCHAP_HLAK_LEN];
};

extern const struct eap_method eap_mschapv2_server;

#endif
