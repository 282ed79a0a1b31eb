/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file as a backend of the authentication service. A check that takes long (SHA-crypt)
 * runs in a thread. The number of checks that wait for a thread is bounded, and at most half of
 * them may be from one source address (an IPv6 /64).
 *
 * The table in force may be replaced at any time. A check that is under way finishes with the old
 * table and is then repeated with the new one: no login is accepted or refused by a table that is
 * no longer in force.
 */
#ifndef SSTP_AUTH_USER_FILE_H
#define SSTP_AUTH_USER_FILE_H

#include "auth/auth_backend.h"
#include "auth/eap_login.h"
#include "auth/users.h"

enum {
	USER_FILE_QUEUE_MAX = 2000, /* slow checks that wait */
	USER_FILE_SOURCE_MAX = USER_FILE_QUEUE_MAX / 2,
};

struct user_file;

extern const struct auth_backend user_file_backend; /* its `self` is a struct user_file */

/*
 * Takes over `users`. `server_name` is matched against the server column and stays the caller's;
 * `threads` is how many slow checks run at a time. 0 or -errno.
 */
int user_file_open(struct users *users, const char *server_name, unsigned threads,
		   struct user_file **out);
/* Call before the first question: the EAP methods that are offered; cfg->server_name is not used. */
void user_file_use_eap(struct user_file *f, const struct eap_login_cfg *cfg);
/*
 * From now on logins by EAP use these contexts, whose references are taken over: for EAP-TLS, which
 * asks for a certificate of the client, and for PEAP. NULL: the method is not offered.
 */
void user_file_use_tls(struct user_file *f, struct tls_ctx *tls, struct tls_ctx *peap_tls);
void user_file_close(struct user_file *f); /* no question is open; NULL is fine */

/* The table in force; valid until the next user_file_replace. */
const struct users *user_file_users(const struct user_file *f);
/*
 * Takes over `users` and puts it in force. All logins that were accepted by the old table are
 * registered by then: see auth_ask. `changed` is called with both tables; after that the old one
 * may be freed.
 */
void user_file_replace(struct user_file *f, struct users *users,
		       void (*changed)(void *arg, const struct users *before,
				       const struct users *now),
		       void *arg);

#endif
