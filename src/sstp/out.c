/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue of events. It is small, because the caller drains it after each call on the engine and
 * no call emits more than a few events; a full queue is a bug of ours, so it is asserted.
 */
#include "sstp/out.h"

#include <assert.h>

void sstp_outbox_reset(struct sstp_outbox *b)
{
	b->first = b->count = 0;
	b->tx_len = 0;
}

void sstp_emit(struct sstp *s, struct sstp_out out)
{
	struct sstp_outbox *b = s->out;

	assert(b->count < SSTP_OUT_MAX);
	b->out[(b->first + b->count) % SSTP_OUT_MAX] = out;
	b->count++;
}

struct writer sstp_tx(struct sstp *s)
{
	struct sstp_outbox *b = s->out;

	if (!b->count) /* everything written before has been taken */
		b->tx_len = 0;
	return writer_of(b->tx + b->tx_len, sizeof(b->tx) - b->tx_len);
}

void sstp_send(struct sstp *s, const struct writer *w)
{
	assert(!w->full);
	s->out->tx_len += w->len;
	sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_SEND, .bytes = bytes_of(w->at, w->len) });
}
