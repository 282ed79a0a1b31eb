/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client and a server in one process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pair.h"
#include "tls/open.h"
#include "tls/tls.h"

#include <stdlib.h>

static void deliver(void *arg, const uint8_t *at, size_t len)
{
	struct pair_end *to = ((struct pair_end *)arg)->other;

	assert_true(to->inbox_len + len <= sizeof(to->inbox));
	memcpy(to->inbox + to->inbox_len, at, len);
	to->inbox_len += len;
	to->other->sends++;
}

struct pki pair_pki;
struct pki_files pair_files;

int pair_make_files(void **state)
{
	(void)state;
	pki_init(&pair_pki, "Test Authority");
	pki_issue(&pair_pki, &(struct pki_leaf){ 0 }, &pair_files);
	return 0;
}

int pair_drop_files(void **state)
{
	(void)state;
	pki_free(&pair_pki);
	return 0;
}

struct tls_client_cfg pair_client_cfg(const struct pki *pki)
{
	return (struct tls_client_cfg){ .ca_file = pki->ca_file };
}

struct tls_server_cfg pair_server_cfg(const struct pki_files *f)
{
	return (struct tls_server_cfg){ .cert_file = f->cert, .key_file = f->key };
}

static void open_end(struct pair_end *e, struct tls_ctx *ctx, struct pair_end *other,
		     const char *name)
{
	struct tls_session_cfg cfg = { .name = name, .send = deliver, .arg = e };

	e->ctx = ctx;
	e->other = other;
	assert_int_equal(tls_open(ctx, &cfg, &e->tls), 0);
}

struct pair *pair_new(struct tls_ctx *client, struct tls_ctx *server, const char *name)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	open_end(&p->client, client, &p->server, name);
	open_end(&p->server, server, &p->client, NULL);
	return p;
}

struct pair *pair_of(const struct tls_client_cfg *client, const struct tls_server_cfg *server,
		     const char *name)
{
	struct tls_ctx *c = NULL, *s = NULL;
	struct error err;

	if (tls_ctx_client(client, &c, &err) || tls_ctx_server(server, &s, &err))
		fail_msg("%s", err.text);
	return pair_new(c, s, name);
}

void pair_free(struct pair *p)
{
	tls_close(p->client.tls);
	tls_close(p->server.tls);
	tls_ctx_release(p->client.ctx);
	tls_ctx_release(p->server.ctx);
	free(p);
}

/* Uses all of the input, since the buffer must not change before that. */
static void shake_some(struct pair_end *e, size_t len)
{
	if (e->result > 0)
		return;
	tls_input(e->tls, e->inbox, len);
	e->result = tls_handshake(e->tls);
	if (e->result < 0)
		len = e->inbox_len;
	else
		len -= e->tls->input.len;
	e->tls->input = bytes_of(NULL, 0);
	e->inbox_len -= len;
	memmove(e->inbox, e->inbox + len, e->inbox_len);
}

bool pair_shake(struct pair *p)
{
	for (unsigned turn = 0; turn < 12; turn++) {
		shake_some(&p->client, p->client.inbox_len);
		shake_some(&p->server, p->server.inbox_len);
	}
	return p->client.result == 1 && p->server.result == 1;
}

void pair_feed_some(struct pair_end *e, size_t len)
{
	static uint8_t window[PAIR_INBOX];

	assert_true(len <= e->inbox_len);
	memcpy(window, e->inbox, len);
	e->inbox_len -= len;
	memmove(e->inbox, e->inbox + len, e->inbox_len);
	tls_input(e->tls, window, len);
}

void pair_feed(struct pair_end *e)
{
	pair_feed_some(e, e->inbox_len);
}

size_t pair_read(struct pair_end *e, uint8_t *to, size_t room, int *result)
{
	size_t len = 0;
	ssize_t n;

	pair_feed(e);
	while (len < room && (n = tls_read(e->tls, to + len, room - len)) > 0)
		len += (size_t)n;
	*result = len < room ? (int)n : TLS_WANT_INPUT;
	return len;
}
