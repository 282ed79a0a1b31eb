/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses for clients: those of one IPv4 network except the first (the network), the server's own
 * and the last (broadcast). They are given out in rotation, so that an address that was just freed
 * is not reused soon.
 *
 * A part of the network may be for some users alone (RADIUS' Framed-Pool); part 0 is what is in no
 * such part.
 */
#ifndef SSTP_SERVER_POOL_H
#define SSTP_SERVER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ip.h"

struct pool;

enum { POOL_PARTS_MAX = 32 };

/* `network` is a /8 to /30; its first host address is the server's own. 0, -EINVAL, -ENOMEM. */
int pool_open(const struct ip_prefix *network, struct pool **out);
void pool_close(struct pool *p);

uint32_t pool_server(const struct pool *p);         /* the server's own address */
size_t pool_size(const struct pool *p);             /* number of addresses for clients */
bool pool_has(const struct pool *p, uint32_t addr); /* whether it is in the network */

/* Before the first address is taken: the next part, from 1 on. False: it is not in the network, overlaps
 * another part, has no address for clients, or there are too many. */
bool pool_add_part(struct pool *p, const struct ip_prefix *part);
unsigned pool_part_of(const struct pool *p, uint32_t addr); /* of the network */

/*
 * Of this part. Prefers an address without a lease. 0: all addresses are taken or kept for their users.
 */
uint32_t pool_take(struct pool *p, unsigned part);
bool pool_is_for_clients(const struct pool *p, uint32_t addr);
bool pool_is_free(const struct pool *p, uint32_t addr); /* neither taken nor kept */
bool pool_is_kept(const struct pool *p, uint32_t addr);
bool pool_has_free(const struct pool *p, unsigned part);        /* pool_take would succeed */
void pool_lease(struct pool *p, uint32_t addr, bool has_lease); /* server/leases.h */
/* Takes this address. False when it is taken; true without effect for one outside the network. */
bool pool_take_this(struct pool *p, uint32_t addr);
void pool_give_back(struct pool *p, uint32_t addr);

/* Keeps this address: pool_take never gives it out. One outside the network is ignored. */
void pool_keep(struct pool *p, uint32_t addr);
void pool_keep_none(struct pool *p);

#endif
