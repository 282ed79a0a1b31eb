/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One login by EAP against the user file: the server's end of the conversation, with the methods
 * that are offered. The table must stay the same from the first packet to the last.
 */
#ifndef SSTP_AUTH_EAP_LOGIN_H
#define SSTP_AUTH_EAP_LOGIN_H

#include "auth/result.h"
#include "auth/users.h"
#include "eap/eap_names.h"

struct eap_login_cfg {
	const char *server_name;          /* in Challenges, and the user file's server column */
	uint8_t methods[EAP_METHODS_MAX]; /* EAP types, in the order in which they are proposed */
	size_t method_count;
	/* for EAP-TLS, alone or in PEAP; for PEAP's own session; NULL: not offered. The login holds them. */
	struct tls_ctx *tls, *peap_tls;
	bool requires_peap_binding;
};

struct eap_login;

/* NULL: no memory. The strings of cfg stay the caller's. */
struct eap_login *eap_login_open(const struct eap_login_cfg *cfg);
void eap_login_close(struct eap_login *l); /* NULL is fine */

/* Whether the next Response may cost a signature: TLS is under way. */
bool eap_login_is_slow(const struct eap_login *l);
/*
 * Processes the client's next Response, in any thread. The result is AUTH_RESULT_CONTINUE until the login is
 * decided; its `eap` is valid until the next call.
 */
void eap_login_input(struct eap_login *l, const struct users *users, struct bytes response,
		     struct auth_result *result);

#endif
