/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses for clients: those of one IPv4 network but for its first (the network), the server's own
 * and its last (broadcast). They are given out in turn, so that an address just freed rests a while.
 */
#ifndef SSTP_SERVER_POOL_H
#define SSTP_SERVER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ip.h"

struct pool;

/* `network` is of /8 to /30; its first host address is the server's own. 0, -EINVAL, -ENOMEM. */
int pool_open(const struct ip_prefix *network, struct pool **out);
void pool_close(struct pool *p);

uint32_t pool_server(const struct pool *p);         /* the server's own address */
size_t pool_size(const struct pool *p);             /* how many clients it has room for */
bool pool_has(const struct pool *p, uint32_t addr); /* is it one of the network's? */

/* One without a lease, if there is one. 0: none is free that is not kept for somebody. */
uint32_t pool_take(struct pool *p);
bool pool_is_for_clients(const struct pool *p, uint32_t addr);
bool pool_is_free(const struct pool *p, uint32_t addr); /* for anybody: not taken, not kept */
bool pool_is_kept(const struct pool *p, uint32_t addr);
bool pool_has_free(const struct pool *p);                       /* pool_take would give one */
void pool_lease(struct pool *p, uint32_t addr, bool has_lease); /* server/leases.h */
/* A certain address. False when it is taken; one outside the network is not the pool's business. */
bool pool_take_this(struct pool *p, uint32_t addr);
void pool_give_back(struct pool *p, uint32_t addr);

/* This address is for whoever asks for it, never for just anybody. One outside is ignored. */
void pool_keep(struct pool *p, uint32_t addr);
void pool_keep_none(struct pool *p);

#endif
