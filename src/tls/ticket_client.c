/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/ticket_client.h"

#include <stdlib.h>

#include "crypto/digest.h"
#include "tls/ctx.h"
#include "tls/ticket.h"
#include "tls/tls.h"
#include "tls/tls_session.h"
#include "tls/trust.h"
#include "util/log.h"
#include "util/secret.h"

#if TLS_HAS_TICKETS

enum {
	PROOF_LIFE_S = 24 * 60 * 60,    /* since the server showed its certificate */
	PROOF_MAX = MAX_CERTIFICATE_SZ, /* certificates of more bytes are not kept */
};

struct ticket_client {
	struct tls_tickets *store;
	char *sni;
	struct ticket offered; /* no session: none */
	struct proof *proof;   /* of this session */
	bool has_ticket;       /* the server has sent one */
};

void ticket_client_set_trust(struct tls_ctx *ctx)
{
	const struct authorities *a = &ctx->authorities;
	size_t count = a->count + 3;
	struct bytes *parts = calloc(count, sizeof(*parts));
	uint8_t flags[] = { ctx->allow_cn, ctx->pin_count != 0, ctx->is_only_tls13 };

	if (!parts) { /* like nobody else: its sessions are not resumed */
		secret_random(ctx->trust, sizeof(ctx->trust));
		return;
	}
	parts[0] = bytes_of(flags, sizeof(flags));
	parts[1] = bytes_of(ctx->pins, ctx->pin_count * sizeof(*ctx->pins));
	parts[2] = bytes_of(ctx->cert_sha256, sizeof(ctx->cert_sha256));
	for (size_t i = 0; i < a->count; i++)
		parts[3 + i] = a->list[i].whole;
	digest_sha256(parts, count, ctx->trust);
	free(parts);
}

/* NULL: too long, or no memory. */
static struct proof *prove(const struct tls *t, const struct bytes *certs, size_t count)
{
	struct proof *p;
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += certs[i].len;
	p = count <= PATH_MAX_CERTS && len <= PROOF_MAX ? calloc(1, sizeof(*p) + len) : NULL;
	if (!p)
		return NULL;
	p->at_s = tls_tickets_now_s(t->tickets->store);
	p->count = count;
	memcpy(p->trust, t->ctx->trust, sizeof(p->trust));
	len = 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(p->bytes + len, certs[i].at, certs[i].len);
		p->certs[i] = bytes_of(p->bytes + len, certs[i].len);
		len += certs[i].len;
	}
	return p;
}

/* An error here is none of the session: the full handshake will show what it needs. */
static bool is_good(struct tls *t, const struct proof *p)
{
	struct error why = { "" };

	if (memcmp(p->trust, t->ctx->trust, sizeof(p->trust)) ||
	    tls_tickets_now_s(t->tickets->store) - p->at_s >= PROOF_LIFE_S)
		return false;
	if (trust_again(t, p->certs, p->count, &why))
		return true;
	log_debug(NULL, "the session with %.64s is not resumed: %s", t->name, why.text);
	return false;
}

static int on_ticket(WOLFSSL *ssl, const unsigned char *at, int len, void *arg)
{
	struct tls *t = arg;

	(void)ssl;
	(void)at;
	t->tickets->has_ticket = len > 0;
	return 0;
}

/* The library refuses a ticket that has expired. */
static void offer(struct tls *t)
{
	struct ticket_client *c = t->tickets;
	struct ticket k;

	tls_tickets_take(c->store, t->name, c->sni, &k);
	if (k.session && is_good(t, k.proof) &&
	    wolfSSL_set_session(t->ssl, k.session) == WOLFSSL_SUCCESS)
		c->offered = k;
	else
		ticket_drop(&k);
	tls_tickets_try(c->store, c->offered.session);
}

bool ticket_client_open(struct tls *t, const char *sni)
{
	struct tls_tickets *store = t->ctx->store;
	struct ticket_client *c;

	if (!store)
		return true;
	c = t->tickets = calloc(1, sizeof(*c));
	if (c)
		*c = (struct ticket_client){ .store = store, .sni = strdup(sni) };
	if (!c || !c->sni)
		return false;
	wolfSSL_set_SessionTicket_cb(t->ssl, on_ticket, t);
	offer(t);
	return true;
}

bool ticket_client_offers(const struct tls *t)
{
	return t->tickets && t->tickets->offered.session;
}

void ticket_client_note(struct tls *t, const struct bytes *certs, size_t count)
{
	struct ticket_client *c = t->tickets;

	if (!c)
		return;
	free(c->proof);
	c->proof = prove(t, certs, count);
}

/* The server has shown that it has the secret of the former session, which only its server had. */
bool ticket_client_resumed(struct tls *t)
{
	struct ticket_client *c = t->tickets;
	bool is_resumed = c && c->offered.session && !t->leaf && tls_is_13(t) &&
			  wolfSSL_session_reused(t->ssl) &&
			  trust_keep_leaf(t, c->offered.proof->certs[0]);

	if (!c)
		return false;
	if (is_resumed) {
		c->proof = c->offered.proof;
		c->offered.proof = NULL;
	}
	ticket_drop(&c->offered);
	return is_resumed;
}

static void keep(struct tls *t)
{
	struct ticket_client *c = t->tickets;
	struct ticket k = {
		.name = t->name,
		.sni = c->sni,
		.proof = c->proof,
		.session = wolfSSL_get1_session(t->ssl),
	};

	if (!k.session)
		return;
	tls_tickets_put(c->store, &k);
	t->name = c->sni = NULL;
	c->proof = NULL;
}

void ticket_client_close(struct tls *t)
{
	struct ticket_client *c = t->tickets;

	if (!c)
		return;
	if (t->is_up && !t->is_over && c->has_ticket && c->proof)
		keep(t);
	ticket_drop(&c->offered);
	free(c->proof);
	free(c->sni);
	free(c);
}

#else

void ticket_client_set_trust(struct tls_ctx *ctx)
{
	(void)ctx;
}

bool ticket_client_open(struct tls *t, const char *sni)
{
	(void)t;
	(void)sni;
	return true;
}

bool ticket_client_offers(const struct tls *t)
{
	(void)t;
	return false;
}

void ticket_client_note(struct tls *t, const struct bytes *certs, size_t count)
{
	(void)t;
	(void)certs;
	(void)count;
}

bool ticket_client_resumed(struct tls *t)
{
	(void)t;
	return false;
}

void ticket_client_close(struct tls *t)
{
	(void)t;
}

#endif
