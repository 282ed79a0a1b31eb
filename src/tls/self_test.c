/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs both sides of a handshake in memory. */
#include "tls/self_test.h"

#include <stdlib.h>

#include "tls/tls.h"
#include "tls/tls_error.h"

enum { INBOX_LEN = 128 * 1024 };

struct end {
	struct tls *tls;
	struct writer inbox;
	uint8_t bytes[INBOX_LEN];
};

static void deliver(void *to, const uint8_t *at, size_t len)
{
	put_bytes(to, at, len);
}

static bool open_end(struct end *e, struct end *other, struct tls_ctx *ctx)
{
	struct tls_session_cfg cfg = { .name = "myself", .send = deliver, .arg = &other->inbox };

	e->inbox = writer_of(e->bytes, sizeof(e->bytes));
	return !tls_open(ctx, &cfg, &e->tls);
}

static int take_turn(struct end *e)
{
	tls_input(e->tls, e->inbox.at, e->inbox.len);
	e->inbox = writer_of(e->bytes, sizeof(e->bytes));
	return tls_handshake(e->tls);
}

/* TLS 1.2 needs one turn more than 1.3. */
static bool run_handshake(struct end *client, struct end *server, struct error *err)
{
	for (int turn = 0; turn < 3; turn++) {
		int result = take_turn(client);

		if (result == TLS_FAILED)
			*err = *tls_error_of(client->tls);
		if (result != TLS_WANT_INPUT)
			return result == 1;
		if (take_turn(server) == TLS_FAILED) {
			*err = *tls_error_of(server->tls);
			return false;
		}
	}
	tls_error_set(err, "the handshake did not finish");
	return false;
}

bool tls_self_test(struct tls_ctx *client, struct tls_ctx *server, struct error *err)
{
	struct end *ends = calloc(2, sizeof(*ends));
	bool ok = ends && open_end(&ends[0], &ends[1], client) &&
		  open_end(&ends[1], &ends[0], server);

	if (!ok)
		tls_error_set(err, "out of memory");
	ok = ok && run_handshake(&ends[0], &ends[1], err);
	if (ends) {
		tls_close(ends[0].tls);
		tls_close(ends[1].tls);
	}
	free(ends);
	return ok;
}
