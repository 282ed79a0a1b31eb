/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TUN device: made by us, layer 3, with the kernel's offloads where it has them. With offloads a
 * read may return a super-packet (up to 64 KiB of one TCP or UDP flow, one header, its checksum still
 * to be completed) and a write may pass one; struct tun_offload is its metadata from or for the kernel.
 * Without offloads (an old kernel, an adopted descriptor) each read and write is one plain packet and
 * the struct is all zero.
 *
 * A device that is not persistent lives as long as a queue of it is open; its addresses and routes
 * go with it.
 */
#ifndef SSTP_TUN_TUN_H
#define SSTP_TUN_TUN_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

enum {
	TUN_PACKET_MAX = 65536, /* largest read: a super-packet */
	/*
	 * Packets that a device queues until they are read (netlink_link_queue_len). The kernel's default
	 * is 500, and it drops what exceeds that: one sender fills it in a few milliseconds, during which
	 * another program may well have our CPU.
	 */
	TUN_QUEUE_LEN = 2000,
	TUN_TURN_PACKETS = 512, /* to be taken in one turn of a loop */
};

/* The fields of a virtio_net_hdr (linux/virtio_net.h) that we use. */
struct tun_offload {
	enum {
		TUN_GSO_NONE,
		TUN_GSO_TCP4,
		TUN_GSO_TCP6,
		TUN_GSO_UDP, /* USO: UDP segmentation, either family */
	} gso;
	uint16_t gso_size;   /* payload bytes of each packet to be cut; 0: TUN_GSO_NONE */
	uint16_t hdr_len;    /* only a hint of the kernel; we parse the headers */
	bool has_ecn;        /* the CWR flag rule of ECN applies (GSO_ECN) */
	bool needs_csum;     /* the checksum at csum_start + csum_offset is partial */
	bool csum_is_good;   /* writing: the inner checksum was verified (DATA_VALID) */
	uint16_t csum_start; /* from the start of the IP header */
	uint16_t csum_offset;
};

struct tun_cfg {
	const char *name; /* "sstp0", or with a %d: "sstp%d"; a name in use fails with -EBUSY */
	bool multi_queue; /* more queues will be opened with tun_open_queue */
	bool offload;     /* try; tun_has_offload returns whether it succeeded */
};

struct tun;
struct packet;

int tun_open(const struct tun_cfg *cfg, struct tun **out); /* the first queue; 0 or -errno */
int tun_open_queue(const struct tun *first, struct tun **out);
/* Takes ownership of a descriptor from outside (--tun-fd, a socket pair of packets), unless it fails.
 * -EINVAL: it has no packet boundaries (a stream), or is a TAP device. A TUN device must have been made
 * with IFF_NO_PI. */
int tun_adopt(int fd, struct tun **out);
void tun_close(struct tun *t); /* NULL is fine */
/* The same, but the descriptor stays open and is returned. */
int tun_give(struct tun *t);

int tun_fd(const struct tun *t);
const char *tun_name(const struct tun *t); /* "" for an adopted descriptor of no device */
unsigned tun_ifindex(const struct tun *t);
bool tun_has_offload(const struct tun *t);
bool tun_has_uso(const struct tun *t); /* UDP super-packets too */

/* One read. Returns the packet's length; -EAGAIN when there is none; -EPIPE when the other end of an
 * adopted socket is closed; -EPROTO: skip this one, it is empty or malformed; -errno. `room`:
 * TUN_PACKET_MAX. */
ssize_t tun_read(struct tun *t, uint8_t *to, size_t room, struct tun_offload *off);
/*
 * Parses the headers of the `len` bytes that were read to p->at. False: not a complete IP packet, or a
 * super-packet with more bytes than its headers say. Bytes after an ordinary packet are ignored.
 */
bool tun_parse(struct packet *p, size_t len, const struct tun_offload *off);
/*
 * Reads packets to p->at (TUN_PACKET_MAX bytes), up to a turn's share. `each` gets every complete IP
 * packet, and may put another block in p->at. Returns 0, or a permanent error of the device as from
 * tun_read.
 */
int tun_read_turn(struct tun *t, struct packet *p,
		  void (*each)(void *arg, struct packet *p, const struct tun_offload *off),
		  void *arg);
/* What a permanent error means. */
const char *tun_strerror(int error);
/* One write of a packet in pieces (at most 64). 0 or -errno; -EAGAIN, -ENOBUFS: the packet is lost. */
int tun_write(struct tun *t, const struct iovec *pieces, int count, const struct tun_offload *off);

#endif
