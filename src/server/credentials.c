/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, and reading anew. */
#include "server/credentials.h"

#include "util/log.h"

enum exit_code credentials_open(struct credentials *c, const struct server_cfg *cfg)
{
	struct users_error users_err;
	struct tls_error tls_err;

	*c = (struct credentials){ .users = NULL };
	pthread_mutex_init(&c->gate, NULL);
	pthread_rwlock_init(&c->lock, NULL);
	if (users_load(cfg->users_file, &c->users, &users_err)) {
		log_error(NULL, "%s", users_err.text);
		return EXIT_USAGE;
	}
	if (tls_ctx_server(&cfg->tls, &c->tls, &tls_err)) {
		log_error(NULL, "%s", tls_err.text);
		return EXIT_USAGE;
	}
	if (!users_count(c->users))
		log_warn(NULL, "%s: no users yet: add one with: sstp passwd %s NAME",
			 cfg->users_file, cfg->users_file);
	return EXIT_OK;
}

void credentials_close(struct credentials *c)
{
	users_free(c->users);
	tls_ctx_release(c->tls);
	pthread_rwlock_destroy(&c->lock);
	pthread_mutex_destroy(&c->gate);
}

/* Readers go first with either C library, so without the gate logins without end would keep a reload out. */
void credentials_hold(struct credentials *c)
{
	pthread_mutex_lock(&c->gate);
	pthread_mutex_unlock(&c->gate);
	pthread_rwlock_rdlock(&c->lock);
}

void credentials_let_go(struct credentials *c)
{
	pthread_rwlock_unlock(&c->lock);
}

static void lock_alone(struct credentials *c)
{
	pthread_mutex_lock(&c->gate);
	pthread_rwlock_wrlock(&c->lock);
}

static void unlock_alone(struct credentials *c)
{
	pthread_rwlock_unlock(&c->lock);
	pthread_mutex_unlock(&c->gate);
}

/* Gives the old ones. */
static struct users *swap_users(struct credentials *c, struct users *users)
{
	struct users *old = c->users;

	lock_alone(c);
	c->users = users;
	unlock_alone(c);
	return old;
}

static void swap_tls(struct credentials *c, struct tls_ctx *tls)
{
	struct tls_ctx *old = c->tls;

	lock_alone(c);
	c->tls = tls;
	unlock_alone(c);
	tls_ctx_release(old);
}

void credentials_reload(struct credentials *c, const struct server_cfg *cfg,
			void (*changed)(void *arg, const struct users *before,
					const struct users *now),
			void *arg)
{
	struct users *old;
	struct users_error users_err;
	struct tls_error tls_err;
	struct users *users;
	struct tls_ctx *tls;

	if (users_load(cfg->users_file, &users, &users_err)) {
		log_error(NULL, "%s; the users stay as they were", users_err.text);
	} else {
		old = swap_users(c, users);
		log_info(NULL, "reloaded %s: %zu user%s", cfg->users_file, users_count(users),
			 users_count(users) == 1 ? "" : "s");
		changed(arg, old, users);
		users_free(old);
	}
	if (tls_ctx_server(&cfg->tls, &tls, &tls_err)) {
		log_error(NULL, "%s; the certificate stays as it was", tls_err.text);
	} else {
		swap_tls(c, tls);
		log_info(NULL, "reloaded %s", cfg->tls.cert_file);
	}
}
