/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file as a backend of the authentication service. A check that takes long (SHA-crypt)
 * runs in a thread. A bounded number of checks waits for one, and of these half may be of one source
 * address (an IPv6 /64).
 *
 * The table in force may be replaced at any time. A check that is under way goes on with the old
 * one, and is repeated with the new one: nobody is let in, or refused, by a table that is not in
 * force any more.
 */
#ifndef SSTP_AUTH_USER_FILE_H
#define SSTP_AUTH_USER_FILE_H

#include "auth/backend.h"
#include "auth/users.h"

enum {
	USER_FILE_QUEUE_MAX = 2000, /* slow checks that wait */
	USER_FILE_SOURCE_MAX = USER_FILE_QUEUE_MAX / 2,
};

struct user_file;

extern const struct auth_backend user_file_backend; /* its `self` is a struct user_file */

/*
 * `users` is the file's from now on. `server_name` is matched against the server column and stays
 * the caller's; `threads` is how many slow checks run at a time. 0 or -errno.
 */
int user_file_open(struct users *users, const char *server_name, unsigned threads,
		   struct user_file **out);
void user_file_close(struct user_file *f); /* no question is open; NULL is fine */

/* The table in force; good until the next user_file_replace. */
const struct users *user_file_users(const struct user_file *f);
/*
 * `users` is in force, and the file's, from now on. Who was let in before is registered by then:
 * see auth_ask. `changed` is called with both tables; afterwards the old one may be gone.
 */
void user_file_replace(struct user_file *f, struct users *users,
		       void (*changed)(void *arg, const struct users *before,
				       const struct users *now),
		       void *arg);

#endif
