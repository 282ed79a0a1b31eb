/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Selective acknowledgments, RFC 2018, of what lwIP has sent: which segments the far end has. lwIP asks
 * for them and does not read them; with deps/lwip/congestion.patch it retransmits by them. Marks stay
 * on the segments, which are lwIP's.
 */
#ifndef SSTP_STACK_SACK_H
#define SSTP_STACK_SACK_H

#include "util/bytes.h"

struct tcp_pcb;

/* Before each segment. */
void sack_forget(void);
/* `options`: of a segment for that connection; each is whole. */
void sack_read(struct tcp_pcb *pcb, struct bytes options);
/* What was retransmitted before may be again; after a timeout nothing is known of what the far end has. */
void sack_begin_recovery(const struct tcp_pcb *pcb, bool is_timeout);

#endif
