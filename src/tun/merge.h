/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Merging on the way to a TUN device: consecutive packets of one flow become one write with a
 * virtio header, by reference to the bytes where they were decrypted (no copy). Only what the
 * kernel's own GRO would merge is merged: same flow, next sequence number, same flags and options,
 * whole segments of one size except for the last, correct checksum. A packet with a wrong checksum is
 * written alone and unchanged. Order within a flow is kept.
 *
 * The packets must stay where they are until merge_flush, which is called at the end of each batch:
 * nothing ever waits for more packets. One struct per worker; it allocates nothing after merge_open.
 */
#ifndef SSTP_TUN_MERGE_H
#define SSTP_TUN_MERGE_H

#include <stddef.h>

#include "tun/headers.h"
#include "tun/tun.h"

struct merge;

struct merge_stats {
	uint64_t packets; /* passed to merge_add */
	uint64_t writes;  /* that resulted */
	uint64_t lost;    /* of the packets: the device refused them */
};

/* Where the packets go, if not to a device. */
struct merge_sink {
	/* As tun_write: 0 or -errno. `h`: of the packet that the pieces form; `count` is at least 1, the
	 * first piece has all headers. */
	int (*write)(void *arg, const struct headers *h, const struct iovec *pieces, int count,
		     const struct tun_offload *off);
	void *arg;
	bool takes_tcp, takes_udp; /* super-packets of these */
};

int merge_open(struct tun *tun, struct merge **out); /* 0 or -errno; tun is the caller's */
int merge_open_sink(const struct merge_sink *sink, struct merge **out);
void merge_close(struct merge *m);

/* One IP packet. May write to the device. */
void merge_add(struct merge *m, const struct packet *p);
/* Writes what is held back. */
void merge_flush(struct merge *m);
const struct merge_stats *merge_stats(const struct merge *m);

#endif
