/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Netlink messages, netlink(7): a header, a body of a fixed format, then attributes, each a length,
 * a type and a value, all in host byte order and padded to four bytes. They are written into a buffer of
 * their own and parsed with a reader.
 */
#ifndef SSTP_NET_NLMSG_H
#define SSTP_NET_NLMSG_H

#include <linux/netlink.h>

#include "util/bytes.h"

enum { NLMSG_SIZE = 1024 }; /* our requests have some dozens of attributes at most */

/* A request under construction; begun by nlmsg_begin. */
struct nlmsg {
	struct writer w;
	uint8_t room[NLMSG_SIZE];
};

void nlmsg_begin(struct nlmsg *m, uint16_t type, uint16_t flags, uint32_t seq);
void nlmsg_put_body(struct nlmsg *m, const void *body, size_t len);
void nlmsg_put(struct nlmsg *m, uint16_t type, const void *value, size_t len);
void nlmsg_put_u8(struct nlmsg *m, uint16_t type, uint8_t value);
void nlmsg_put_u32(struct nlmsg *m, uint16_t type, uint32_t value);
/* Attributes put between these two are the value of one. */
size_t nlmsg_nest(struct nlmsg *m, uint16_t type);
void nlmsg_nest_end(struct nlmsg *m, size_t nest);
/* The message with its length filled in. It always fits: the caller bounds what it puts. */
struct bytes nlmsg_end(struct nlmsg *m);

struct nlattr_in {
	uint16_t type;
	struct bytes value;
};

/* The next message of a batch; false at the end, and on a malformed one. */
bool nlmsg_next(struct reader *r, struct nlmsghdr *header, struct reader *body);
/* The next attribute; false at the end, and on a malformed one. */
bool nlattr_next(struct reader *r, struct nlattr_in *a);
uint32_t nlattr_u32(const struct nlattr_in *a); /* 0 when it is not four bytes long */

#endif
