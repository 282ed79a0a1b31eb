/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Selective acknowledgments, RFC 2018, of what lwIP has sent: which segments the peer has received.
 * lwIP negotiates SACK but does not read the option; deps/lwip/congestion.patch makes it retransmit
 * accordingly. The marks are flags of lwIP's segments.
 */
#ifndef SSTP_STACK_SACK_H
#define SSTP_STACK_SACK_H

#include "util/bytes.h"

struct tcp_pcb;

/* Before each segment. */
void sack_forget(void);
/* `options`: of a segment for that connection; each is whole. */
void sack_read(struct tcp_pcb *pcb, struct bytes options);
/*
 * Allows retransmitted segments to be retransmitted again; after a timeout clears what the peer had
 * acknowledged, too.
 */
void sack_begin_recovery(const struct tcp_pcb *pcb, bool is_timeout);

#endif
