/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/prefixes.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HALF = 8 }; /* the first 64 bits of an address, in bytes */

struct prefixes {
	uint64_t base; /* the first 64 bits of the network */
	unsigned len;  /* of a prefix */
	size_t count, free;
	_Atomic(uint16_t) workers[]; /* by number: the worker's plus one; 0: free */
};

static uint64_t upper_half(const struct ip_addr *a)
{
	uint64_t v = 0;

	for (int i = 0; i < HALF; i++)
		v = v << 8 | a->bytes[i];
	return v;
}

static uint64_t unit(const struct prefixes *p)
{
	return (uint64_t)1 << (PREFIXES_LEN - p->len);
}

struct ip_prefix prefixes_at(const struct prefixes *p, size_t number)
{
	struct ip_prefix prefix = { { .family = AF_INET6 }, p->len };
	uint64_t v = p->base + number * unit(p);

	for (int i = HALF; i > 0; i--, v >>= 8)
		prefix.addr.bytes[i - 1] = (uint8_t)v;
	return prefix;
}

int prefixes_open(const struct ip_prefix *network, unsigned len, size_t wanted,
		  struct prefixes **out)
{
	struct ip_addr first = ip_mask(&network->addr, network->len);
	unsigned bits = len - network->len;
	struct prefixes *p;

	if (network->addr.family != AF_INET6 || network->len < PREFIXES_NETWORK_MIN ||
	    network->len >= len || len > PREFIXES_LEN)
		return -EINVAL;
	if (wanted < 2)
		wanted = 2;
	if (bits < 31 && wanted > (size_t)1 << bits)
		wanted = (size_t)1 << bits;
	p = calloc(1, sizeof(*p) + wanted * sizeof(p->workers[0]));
	if (!p)
		return -ENOMEM;
	p->base = upper_half(&first);
	p->len = len;
	p->count = wanted;
	p->free = wanted - 1;
	*out = p;
	return 0;
}

void prefixes_close(struct prefixes *p)
{
	free(p);
}

size_t prefixes_count(const struct prefixes *p)
{
	return p->count;
}

struct ip_addr prefixes_server(const struct prefixes *p)
{
	struct ip_addr a = prefixes_at(p, 0).addr;

	a.bytes[15] = 1;
	return a;
}

struct ip_addr prefixes_key(const struct ip_addr *a)
{
	struct ip_addr key = *a;

	memset(key.bytes + HALF, 0, sizeof(key.bytes) - HALF);
	return key;
}

size_t prefixes_number(const struct prefixes *p, const struct ip_addr *a)
{
	uint64_t number = (upper_half(a) - p->base) / unit(p); /* large below the network */

	return a->family == AF_INET6 && number < p->count ? (size_t)number : 0;
}

size_t prefixes_take(struct prefixes *p, size_t preferred, unsigned worker)
{
	for (size_t i = 0; p->free && i < p->count; i++) {
		size_t number = (preferred + i) % p->count;

		if (!number || atomic_load_explicit(&p->workers[number], memory_order_relaxed))
			continue;
		atomic_store_explicit(&p->workers[number], (uint16_t)(worker + 1),
				      memory_order_relaxed);
		p->free--;
		return number;
	}
	return 0;
}

void prefixes_give_back(struct prefixes *p, size_t number)
{
	if (number && atomic_exchange_explicit(&p->workers[number], 0, memory_order_relaxed))
		p->free++;
}

int prefixes_worker_of(const struct prefixes *p, const struct ip_addr *a)
{
	return (int)atomic_load_explicit(&p->workers[prefixes_number(p, a)], memory_order_relaxed) -
	       1;
}
