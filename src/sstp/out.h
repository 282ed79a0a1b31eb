/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What waits for sstp_next: events in order. Bytes to be sent are written straight into the
 * engine's own room:
 *
 *	struct writer w = sstp_tx(s);
 *	sstp_put_request(&w);
 *	sstp_send(s, &w);
 */
#ifndef SSTP_SSTP_OUT_H
#define SSTP_SSTP_OUT_H

#include "sstp/call.h"

void sstp_emit(struct sstp *s, struct sstp_out out);
struct writer sstp_tx(struct sstp *s);
void sstp_send(struct sstp *s, const struct writer *w);

#endif
