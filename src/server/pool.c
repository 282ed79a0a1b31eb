/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three bitmaps (taken, kept, leased) and a rotating cursor for each part. */
#include "server/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in the network. */
struct part {
	size_t first, end;
	size_t cursor; /* after the last address given out */
};

struct pool {
	uint32_t first;                        /* of the network */
	size_t count;                          /* addresses of the network, all of them */
	struct part parts[1 + POOL_PARTS_MAX]; /* the first one is the whole network */
	unsigned part_count;
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
	p->parts[0] = (struct part){ SERVER_OFFSET + 1, count - 1, SERVER_OFFSET + 1 };
	p->part_count = 1;
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

static unsigned part_of(const struct pool *p, size_t offset)
{
	for (unsigned i = 1; i < p->part_count; i++)
		if (offset >= p->parts[i].first && offset < p->parts[i].end)
			return i;
	return 0;
}

unsigned pool_part_of(const struct pool *p, uint32_t addr)
{
	return part_of(p, addr - p->first);
}

bool pool_add_part(struct pool *p, const struct ip_prefix *prefix)
{
	struct ip_addr first = ip_mask(&prefix->addr, prefix->len);
	size_t offset = ip_v4(&first) - p->first;
	struct part part = { offset, offset, 0 };

	if (first.family != AF_INET || prefix->len < 8 || offset >= p->count)
		return false;
	part.end += (size_t)1 << (32 - prefix->len);
	if (part.end > p->count || p->part_count > POOL_PARTS_MAX)
		return false;
	for (unsigned i = 1; i < p->part_count; i++)
		if (part.first < p->parts[i].end && p->parts[i].first < part.end)
			return false;
	if (part.first <= SERVER_OFFSET)
		part.first = SERVER_OFFSET + 1;
	if (part.end > p->count - 1)
		part.end = p->count - 1;
	if (part.first >= part.end)
		return false;
	part.cursor = part.first;
	p->parts[p->part_count++] = part;
	return true;
}

static uint32_t take_next(struct pool *p, unsigned number, bool may_be_leased)
{
	struct part *part = &p->parts[number];

	for (size_t i = part->first; i < part->end; i++) {
		size_t offset = part->cursor;

		part->cursor = offset + 1 < part->end ? offset + 1 : part->first;
		if (!is_kept(p, offset) && (may_be_leased || !is_leased(p, offset)) &&
		    part_of(p, offset) == number && take(p, offset))
			return p->first + (uint32_t)offset;
	}
	return 0;
}

uint32_t pool_take(struct pool *p, unsigned part)
{
	uint32_t addr;

	if (p->taken >= pool_size(p))
		return 0;
	addr = take_next(p, part, false);
	return addr ? addr : take_next(p, part, true);
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

bool pool_has_free(const struct pool *p, unsigned part)
{
	for (size_t i = p->parts[part].first; i < p->parts[part].end; i++)
		if (pool_is_free(p, p->first + (uint32_t)i) && part_of(p, i) == part)
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
