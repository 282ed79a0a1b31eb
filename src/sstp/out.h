/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events for sstp_next, in order. Bytes to be sent are written directly into the buffer of the
 * engine:
 *
 *	struct writer w = sstp_tx(s);
 *	sstp_put_request(&w);
 *	sstp_send(s, &w);
 */
#ifndef SSTP_SSTP_OUT_H
#define SSTP_SSTP_OUT_H

#include "sstp/call.h"

void sstp_outbox_reset(struct sstp_outbox *b); /* to empty, from any content */
void sstp_emit(struct sstp *s, struct sstp_out out);
struct writer sstp_tx(struct sstp *s);
void sstp_send(struct sstp *s, const struct writer *w);

#endif
