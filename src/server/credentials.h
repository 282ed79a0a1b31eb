/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file and the certificate, as they are now. SIGHUP reads both again while workers use
 * them: the user file keeps its own order (auth/user_file.h), the certificate is under a lock,
 * which an accept holds for a moment. A session holds its TLS context by itself.
 */
#ifndef SSTP_SERVER_CREDENTIALS_H
#define SSTP_SERVER_CREDENTIALS_H

#include "auth/user_file.h"
#include "server/server_cfg.h"
#include "tls/tls.h"
#include "tunnel/reason.h"
#include "util/rwlock.h"

struct credentials {
	struct user_file *users;
	struct rwlock lock; /* of `tls` */
	struct tls_ctx *tls;
};

/*
 * `threads`: how many slow checks of passwords run at a time. REASON_NONE, REASON_SETTINGS or REASON_SYSTEM
 * (logged).
 */
enum tunnel_reason credentials_open(struct credentials *c, const struct server_cfg *cfg,
				    unsigned threads);
void credentials_close(struct credentials *c);

/* The certificate to show, which the caller releases. */
struct tls_ctx *credentials_tls(struct credentials *c);

/*
 * What can't be read stays as it was; logged. `changed` is told of new users, when they are in force
 * already and the old ones are still there.
 */
void credentials_reload(struct credentials *c, const struct server_cfg *cfg,
			void (*changed)(void *arg, const struct users *before,
					const struct users *now),
			void *arg);

#endif
