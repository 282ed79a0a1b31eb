/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three bitmaps (taken, kept, leased) and a rotating cursor. */
#include "server/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pool {
	uint32_t first; /* of the network */
	size_t count;   /* addresses of the network, all of them */
	size_t cursor;  /* the offset after the last address given out */
	size_t taken;
	size_t map_len;
	uint8_t *kept, *leased; /* bitmaps after `bits` */
	uint8_t bits[];
};

enum { SERVER_OFFSET = 1 };

int pool_open(const struct ip_prefix *network, struct pool **out)
{
	struct ip_addr first = ip_mask(&network->addr, network->len);
	struct pool *p;
	size_t count, map_len;

	if (first.family != AF_INET || network->len < 8 || network->len > 30)
		return -EINVAL;
	count = (size_t)1 << (32 - network->len);
	map_len = (count + 7) / 8;
	p = calloc(1, sizeof(*p) + 3 * map_len);
	if (!p)
		return -ENOMEM;
	p->map_len = map_len;
	p->kept = p->bits + map_len;
	p->leased = p->kept + map_len;
	p->first = ip_v4(&first);
	p->count = count;
	p->cursor = SERVER_OFFSET + 1;
	*out = p;
	return 0;
}

void pool_close(struct pool *p)
{
	free(p);
}

uint32_t pool_server(const struct pool *p)
{
	return p->first + SERVER_OFFSET;
}

size_t pool_size(const struct pool *p)
{
	return p->count - 3;
}

bool pool_has(const struct pool *p, uint32_t addr)
{
	return addr - p->first < p->count;
}

static bool is_for_clients(const struct pool *p, size_t offset)
{
	return offset > SERVER_OFFSET && offset < p->count - 1;
}

static bool take(struct pool *p, size_t offset)
{
	uint8_t bit = (uint8_t)(1u << offset % 8);

	if (p->bits[offset / 8] & bit)
		return false;
	p->bits[offset / 8] |= bit;
	p->taken++;
	return true;
}

static bool is_kept(const struct pool *p, size_t offset)
{
	return p->kept[offset / 8] & 1u << offset % 8;
}

static bool is_leased(const struct pool *p, size_t offset)
{
	return p->leased[offset / 8] & 1u << offset % 8;
}

static uint32_t take_next(struct pool *p, bool may_be_leased)
{
	for (size_t i = 0; i < pool_size(p); i++) {
		size_t offset = p->cursor;

		p->cursor = offset + 1 < p->count - 1 ? offset + 1 : SERVER_OFFSET + 1;
		if (!is_kept(p, offset) && (may_be_leased || !is_leased(p, offset)) &&
		    take(p, offset))
			return p->first + (uint32_t)offset;
	}
	return 0;
}

uint32_t pool_take(struct pool *p)
{
	uint32_t addr;

	if (p->taken >= pool_size(p))
		return 0;
	addr = take_next(p, false);
	return addr ? addr : take_next(p, true);
}

bool pool_is_for_clients(const struct pool *p, uint32_t addr)
{
	return pool_has(p, addr) && is_for_clients(p, addr - p->first);
}

bool pool_is_free(const struct pool *p, uint32_t addr)
{
	size_t offset = addr - p->first;

	return pool_has(p, addr) && is_for_clients(p, offset) && !is_kept(p, offset) &&
	       !(p->bits[offset / 8] & 1u << offset % 8);
}

bool pool_is_kept(const struct pool *p, uint32_t addr)
{
	return pool_has(p, addr) && is_kept(p, addr - p->first);
}

bool pool_has_free(const struct pool *p)
{
	for (size_t i = SERVER_OFFSET + 1; i < p->count - 1; i++)
		if (pool_is_free(p, p->first + (uint32_t)i))
			return true;
	return false;
}

void pool_lease(struct pool *p, uint32_t addr, bool has_lease)
{
	size_t offset = addr - p->first;
	uint8_t bit = (uint8_t)(1u << offset % 8);

	if (!pool_has(p, addr))
		return;
	p->leased[offset / 8] &= (uint8_t)~bit;
	if (has_lease)
		p->leased[offset / 8] |= bit;
}

bool pool_take_this(struct pool *p, uint32_t addr)
{
	if (!pool_has(p, addr))
		return true;
	return is_for_clients(p, addr - p->first) && take(p, addr - p->first);
}

void pool_give_back(struct pool *p, uint32_t addr)
{
	size_t offset = addr - p->first;
	uint8_t bit = (uint8_t)(1u << offset % 8);

	if (!pool_has(p, addr) || !(p->bits[offset / 8] & bit))
		return;
	p->bits[offset / 8] &= (uint8_t)~bit;
	p->taken--;
}

void pool_keep(struct pool *p, uint32_t addr)
{
	size_t offset = addr - p->first;

	if (pool_has(p, addr))
		p->kept[offset / 8] |= (uint8_t)(1u << offset % 8);
}

void pool_keep_none(struct pool *p)
{
	memset(p->kept, 0, p->map_len);
}
