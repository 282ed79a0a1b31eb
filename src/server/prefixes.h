/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IPv6 prefixes for clients, all of the same length: each session gets a /64 of one network to itself
 * (RFC 8273), and of another network a shorter one that is delegated to it. The first prefix is never
 * given out: of the /64s it is the server's own. Which worker has a prefix is read on the packet path, without a lock; all
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
	PREFIXES_LEN = 64,         /* of a session's own prefix, and the most that there can be */
	PREFIXES_NETWORK_MIN = 16, /* the length of the network */
	PREFIXES_NETWORK_MAX = 63, /* at least one prefix besides the first */
};

/*
 * Prefixes of `len` bits in the network, of which at most `wanted` are used, the first ones. 0,
 * -EINVAL (the network has a wrong length or family, or is not larger than a prefix), -ENOMEM.
 */
int prefixes_open(const struct ip_prefix *network, unsigned len, size_t wanted,
		  struct prefixes **out);
void prefixes_close(struct prefixes *p); /* NULL is fine */

size_t prefixes_count(const struct prefixes *p); /* of those in use, with the server's */
/* The server's own address: ::1 in the first prefix. */
struct ip_addr prefixes_server(const struct prefixes *p);

/* The number of a prefix that is now taken; 0: all are. */
size_t prefixes_take(struct prefixes *p, size_t preferred, unsigned worker);
void prefixes_give_back(struct prefixes *p, size_t number); /* 0 has no effect */
struct ip_prefix prefixes_at(const struct prefixes *p, size_t number);
/* The number of the prefix that the address is in; 0: none that is given out. */
size_t prefixes_number(const struct prefixes *p, const struct ip_addr *a);

/* For the packet path: the worker that has the prefix of this address; -1: none. */
int prefixes_worker_of(const struct prefixes *p, const struct ip_addr *a);

/* The prefix of an address: its lower 64 bits are cleared. */
struct ip_addr prefixes_key(const struct ip_addr *a);

#endif
