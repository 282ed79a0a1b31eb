/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file and the certificate, as they are now. SIGHUP reads both anew while workers use them:
 * these take the lock for the length of one login or one accept, a reload for the swap alone. A
 * session holds its TLS context by itself.
 */
#ifndef SSTP_SERVER_CREDENTIALS_H
#define SSTP_SERVER_CREDENTIALS_H

#include <pthread.h>

#include "auth/users.h"
#include "server/server.h"
#include "tls/tls.h"

struct credentials {
	pthread_mutex_t gate; /* a reload closes it, so that it waits for the logins of now alone */
	pthread_rwlock_t lock;
	struct users *users;
	struct tls_ctx *tls;
};

/* EXIT_OK, or EXIT_USAGE (logged). */
enum exit_code credentials_open(struct credentials *c, const struct server_cfg *cfg);
void credentials_close(struct credentials *c);
/* For the length of one login or one accept: the users and the certificate stay what they are. */
void credentials_hold(struct credentials *c);
void credentials_let_go(struct credentials *c);

/*
 * What can't be read stays as it was; logged. `changed` is told of new users, when they are in force
 * already and the old ones are still there.
 */
void credentials_reload(struct credentials *c, const struct server_cfg *cfg,
			void (*changed)(void *arg, const struct users *before,
					const struct users *now),
			void *arg);

#endif
