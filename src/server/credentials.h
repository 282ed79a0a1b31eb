/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file and the certificates, as they are now. SIGHUP reads all again while workers use them; each
 * keeps its own order (auth/user_file.h, certs.h).
 */
#ifndef SSTP_SERVER_CREDENTIALS_H
#define SSTP_SERVER_CREDENTIALS_H

#include "auth/user_file.h"
#include "server/certs.h"
#include "tunnel/reason.h"

struct credentials {
	struct user_file *users;
	struct certs certs;
};

/*
 * `threads`: how many slow checks of passwords run at a time. REASON_NONE, REASON_SETTINGS or REASON_SYSTEM
 * (logged).
 */
enum tunnel_reason credentials_open(struct credentials *c, const struct server_cfg *cfg,
				    unsigned threads);
void credentials_close(struct credentials *c);

/*
 * What can't be read stays as it was; logged. `changed` is told of new users, when they are in force
 * already and the old ones are still there.
 */
void credentials_reload(struct credentials *c, const struct server_cfg *cfg,
			void (*changed)(void *arg, const struct users *before,
					const struct users *now),
			void *arg);

#endif
