/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue of events. It is small, because the caller drains it after each call on the engine and
 * no call emits more than a few events; a full queue is a bug of ours, so it is asserted.
 */
#include "sstp/out.h"

#include <assert.h>

void sstp_emit(struct sstp *s, struct sstp_out out)
{
	assert(s->out_count < SSTP_OUT_MAX);
	s->out[(s->out_first + s->out_count) % SSTP_OUT_MAX] = out;
	s->out_count++;
}

struct writer sstp_tx(struct sstp *s)
{
	if (!s->out_count) /* everything written before has been taken */
		s->tx_len = 0;
	return writer_of(s->tx + s->tx_len, sizeof(s->tx) - s->tx_len);
}

void sstp_send(struct sstp *s, const struct writer *w)
{
	assert(!w->full);
	s->tx_len += w->len;
	sstp_emit(s, (struct sstp_out){ .type = SSTP_OUT_SEND, .bytes = bytes_of(w->at, w->len) });
}
