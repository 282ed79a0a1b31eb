/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths on which large packets vanish: one with a smaller MTU than the hosts', whose ICMP messages do not
 * arrive. TCP connects, and the first full segment of the TLS handshake is lost, however often it is
 * repeated, in one direction or in both. Then the next connection announces a smaller maximum segment
 * size (TCP_MAXSEG), which both ends keep to.
 */
#ifndef SSTP_CLIENT_PATH_H
#define SSTP_CLIENT_PATH_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PATH_LOOK_MS = 500,
	PATH_SILENT_MS = 1000, /* without progress, before it is said to be the path */
	PATH_STEPS = 2,
};

/* Embedded in its owner's; path_begin makes it. */
struct path {
	uint64_t since_ms; /* no progress since then */
	uint64_t received, acked;
};

/* The MTU to assume at a step; 0 at step 0: the system's own. */
uint16_t path_mtu(unsigned step);

/* A TLS handshake begins. */
void path_begin(struct path *p, uint64_t now_ms);
/*
 * While it lasts, every PATH_LOOK_MS: do large packets vanish? A server that is only slow has acknowledged
 * what we sent, and has sent nothing.
 */
bool path_swallows(struct path *p, int fd, uint64_t now_ms);

/* What the kernel tells of the connection. */
struct path_facts {
	uint64_t received, acked; /* bytes, in order */
	uint32_t repeated;        /* segments of ours that are on their way again */
	uint32_t out_of_order;    /* segments that came after one that did not */
};
bool path_judge(struct path *p, const struct path_facts *f, uint64_t now_ms);

#endif
