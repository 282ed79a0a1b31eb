/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A query and the response to it, in one input: a byte with the query's length, a byte with the time that
 * passes, then both. What is kept comes back with only the ID and TTLs changed.
 */
#include <stdlib.h>

#include "dns/reply_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct reply_cache cache;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t got[DNS_UDP_MAX], again[DNS_UDP_MAX];
	struct bytes query, reply;
	uint64_t passed;
	size_t n;

	if (len < 2 || len - 2 < data[0])
		return 0;
	passed = data[1] * UINT64_C(100);
	query = bytes_of(data + 2, data[0]);
	reply = bytes_of(data + 2 + query.len, len - 2 - query.len);
	reply_cache_clear(&cache);
	reply_cache_put(&cache, query, false, reply, 1);
	n = reply_cache_get(&cache, query, false, 1, got);
	if (!n)
		return 0;
	if (n != reply.len || memcmp(got, query.at, 2) != 0 ||
	    memcmp(got + 2, reply.at + 2, n - 2) != 0)
		abort();
	n = reply_cache_get(&cache, query, false, 1 + passed, again);
	if (n && (n != reply.len || memcmp(got, again, 12) != 0))
		abort();
	return 0;
}
