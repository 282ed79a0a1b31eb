/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Detects paths on which large packets are lost: a link has a smaller MTU than the hosts, and the
 * ICMP messages about it do not arrive. TCP connects, but the first full segment of the TLS
 * handshake is lost, and so are its retransmissions, in one direction or in both. The next
 * connection then announces a smaller maximum segment size (TCP_MAXSEG), which both peers use.
 */
#ifndef SSTP_CLIENT_PATH_MTU_H
#define SSTP_CLIENT_PATH_MTU_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PATH_LOOK_MS = 500,
	PATH_SILENT_MS = 1000, /* without progress, before the path is blamed */
	PATH_STEPS = 2,
};

/* Embedded in its owner; path_begin initializes it. */
struct path {
	uint64_t since_ms; /* no progress since then */
	uint64_t received, acked;
};

/* The MTU to assume at a step; 0 at step 0: the system's default. */
uint16_t path_mtu(unsigned step);

/* Call it when a TLS handshake begins. */
void path_begin(struct path *p, uint64_t now_ms);
/*
 * Call it every PATH_LOOK_MS during the handshake. Returns whether large packets are lost. A server
 * that is only slow has acknowledged what we sent, and has sent nothing.
 */
bool path_drops_large(struct path *p, int fd, uint64_t now_ms);

/* The kernel's counters of the connection. */
struct path_facts {
	uint64_t received, acked; /* bytes, in order */
	uint32_t repeated;        /* our segments that are being retransmitted */
	uint32_t out_of_order;    /* segments that arrived after a lost one */
};
bool path_check(struct path *p, const struct path_facts *f, uint64_t now_ms);

#endif
