/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What lwIP needs of its host. The functions are src/stack/stack.c's: random numbers of the kernel,
 * the fast checksum, and an end with a word in the log where lwIP finds itself in a state that
 * cannot be.
 */
#ifndef SSTP_LWIP_CC_H
#define SSTP_LWIP_CC_H

#include <endian.h>
#include <stdint.h>

uint32_t lwip_random(void);
uint16_t lwip_checksum(const void *at, int len); /* in the byte order of memory */
uint16_t lwip_checksum_copy(void *to, const void *from, uint16_t len);
_Noreturn void lwip_assert_failed(const char *what);

/* 0: lwIP may look at this segment. The options are `len` bytes after the header, if not cut in two. */
int8_t lwip_judge_segment(void *pcb, const void *header, uint16_t len, const void *rest);

/* The congestion window (congestion.patch); pcb is a struct tcp_pcb. May a segment with data leave now? */
uint32_t lwip_grow_window(const void *pcb, uint32_t acked);
uint32_t lwip_shrink_window(const void *pcb, int is_timeout);
int lwip_may_send(void);
/* The segment that is looked at has acknowledged more by SACK. */
int lwip_has_sacked(void);

/* Flags of segments that are not acknowledged yet, beside lwIP's own (TF_SEG_...). */
#define TF_SEG_SACKED 0x40
#define TF_SEG_REXMITTED 0x80 /* in this recovery */
struct tcp_pcb;
int tcp_rexmit_hole(struct tcp_pcb *pcb);

#define LWIP_RAND() lwip_random()
#define LWIP_CHKSUM lwip_checksum
#define LWIP_CHKSUM_COPY(to, from, len) lwip_checksum_copy(to, from, len)
#define LWIP_PLATFORM_ASSERT(what) lwip_assert_failed(what)
#define LWIP_PLATFORM_DIAG(text) do { } while (0)
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) lwip_random()
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, all, len, rest, p) lwip_judge_segment(pcb, header, len, rest)

#endif
