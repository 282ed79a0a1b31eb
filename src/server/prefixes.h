/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPv6 prefixes for clients: each session gets a /64 of one network to itself (RFC 8273). The first
 * /64 is the server's own. Which worker has a prefix is read on the packet path, without a lock; all
 * else is called under the registry's lock.
 *
 * A prefix has a number: its position in the network. Callers name a preferred number, from which
 * the same client gets the same prefix again; when that is taken, the next free one is used.
 */
#ifndef SSTP_SERVER_PREFIXES_H
#define SSTP_SERVER_PREFIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ip.h"

struct prefixes;

enum {
	PREFIXES_LEN = 64,
	PREFIXES_NETWORK_MIN = 16, /* the length of the network */
	PREFIXES_NETWORK_MAX = 63, /* at least one prefix besides the server's */
};

/*
 * Of the network's prefixes at most `wanted` are used, the first ones. 0, -EINVAL (the network has a
 * wrong length or family), -ENOMEM.
 */
int prefixes_open(const struct ip_prefix *network, size_t wanted, struct prefixes **out);
void prefixes_close(struct prefixes *p); /* NULL is fine */

size_t prefixes_count(const struct prefixes *p); /* of those in use, with the server's */
/* The server's own address: ::1 in the first prefix. */
struct ip_addr prefixes_server(const struct prefixes *p);

/* Stores in *prefix the address with the lower 64 bits zero. False: all are taken. */
bool prefixes_take(struct prefixes *p, size_t preferred, unsigned worker, struct ip_addr *prefix);
void prefixes_give_back(struct prefixes *p, const struct ip_addr *prefix);

/* For the packet path: the worker that has the prefix of this address; -1: none. */
int prefixes_worker_of(const struct prefixes *p, const struct ip_addr *a);

/* The prefix of an address: its lower 64 bits are cleared. */
struct ip_addr prefixes_key(const struct ip_addr *a);

#endif
