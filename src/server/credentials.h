/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file, the certificates and the filters. SIGHUP reloads them while workers use them; each has
 * its own locking (auth/user_file.h, certs.h, filters.h).
 */
#ifndef SSTP_SERVER_CREDENTIALS_H
#define SSTP_SERVER_CREDENTIALS_H

#include "auth/user_file.h"
#include "server/certs.h"
#include "server/filters.h"
#include "tunnel/reason.h"

struct credentials {
	struct user_file *users; /* NULL: there is no user file */
	struct certs certs;
	struct filter_store filters;
};

/*
 * `threads`: how many slow password checks run at a time. Returns REASON_NONE, or REASON_SETTINGS
 * or REASON_SYSTEM after logging the error.
 */
enum tunnel_reason credentials_open(struct credentials *c, const struct server_cfg *cfg,
				    unsigned threads);
void credentials_close(struct credentials *c);

/*
 * What can't be read stays unchanged. The caller lets the workers change to the new filters, if there is a
 * file of them. `changed` is called after new users
 * have come into force and before the old ones are freed.
 */
void credentials_reload(struct credentials *c, const struct server_cfg *cfg,
			void (*changed)(void *arg, const struct users *before,
					const struct users *now),
			void *arg, struct reload_report *report);

/*
 * Reads the files of users and filters, without effect. A user's filter or pool that does not exist is
 * an error. 0, or -errno with err filled.
 */
int credentials_check_users(const struct server_cfg *cfg, struct error *err);

/*
 * Opens the contexts for logins by EAP-TLS and PEAP against the user file, with the first
 * certificate; NULL for what is not offered. 0, or -errno with err filled.
 */
int credentials_open_eap_tls(const struct server_cfg *cfg, struct tls_ctx **tls,
			     struct tls_ctx **peap_tls, struct error *err);

#endif
