/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/ticket_server.h"

#include "tls/trim.h"

#if TLS_HAS_TICKETS

#include <pthread.h>
#include <stdlib.h>

#include "tls/ticket_keys.h"
#include "util/clock.h"
#include "util/secret.h"

struct ticket_server {
	pthread_mutex_t lock; /* of the keys: the workers share them */
	struct ticket_keys keys;
	WOLFSSL_SESSION *nobody; /* of all sessions whose handshake is done */
};

static struct ticket_key take_key(struct ticket_server *s, const uint8_t *name, bool is_sealing)
{
	struct ticket_key key = { .is_made = false };
	const struct ticket_key *found;

	pthread_mutex_lock(&s->lock);
	ticket_keys_turn(&s->keys, clock_now_ms());
	found = is_sealing ? ticket_keys_sealing(&s->keys) : ticket_keys_opening(&s->keys, name);
	if (found)
		key = *found;
	pthread_mutex_unlock(&s->lock);
	return key;
}

/* The library rejects a ticket that is older than the context's timeout. */
static int seal_or_open(WOLFSSL *ssl, unsigned char *name, unsigned char *iv, unsigned char *mac,
			int is_sealing, unsigned char *at, int len, int *out_len, void *arg)
{
	const struct ticket_parts p = { name, iv, mac, at, (size_t)len };
	struct ticket_key key = take_key(arg, name, is_sealing);
	bool ok = key.is_made && (is_sealing ? ticket_seal(&key, &p) : ticket_open(&key, &p));

	(void)ssl;
	secret_wipe(&key, sizeof(key));
	*out_len = len;
	return ok ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_REJECT;
}

static bool configure(WOLFSSL_CTX *wolf, struct ticket_server *s)
{
	return wolfSSL_CTX_set_TicketEncCb(wolf, seal_or_open) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_set_TicketEncCtx(wolf, s) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_set_TicketHint(wolf, TICKET_LIFE_S) == WOLFSSL_SUCCESS &&
	       wolfSSL_CTX_set_timeout(wolf, TICKET_LIFE_S) == WOLFSSL_SUCCESS;
}

struct ticket_server *ticket_server_new(WOLFSSL_CTX *wolf)
{
	struct ticket_server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->nobody = trim_nobody();
	if (s->nobody && configure(wolf, s))
		return s;
	ticket_server_free(s);
	return NULL;
}

void ticket_server_free(struct ticket_server *s)
{
	if (!s)
		return;
	ticket_keys_wipe(&s->keys);
	wolfSSL_SESSION_free(s->nobody);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void ticket_server_prepare(const struct ticket_server *s, WOLFSSL *ssl)
{
	if (s)
		trim_nonce(ssl);
}

void ticket_server_forget(const struct ticket_server *s, WOLFSSL *ssl)
{
	if (s)
		trim_session(ssl, s->nobody);
}

#else

struct ticket_server *ticket_server_new(WOLFSSL_CTX *wolf)
{
	(void)wolf;
	return NULL;
}

void ticket_server_free(struct ticket_server *s)
{
	(void)s;
}

void ticket_server_prepare(const struct ticket_server *s, WOLFSSL *ssl)
{
	(void)s;
	(void)ssl;
}

void ticket_server_forget(const struct ticket_server *s, WOLFSSL *ssl)
{
	(void)s;
	(void)ssl;
}

#endif
