/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole responses of name servers for a forwarder, until the first of their TTLs ends: what is the same
 * query, but for its ID, gets the same response with TTLs that are that much lower (RFC 2181 section 8).
 * Kept are positive responses, and negative ones with a SOA record (RFC 2308); none that is truncated
 * or larger than a UDP response should be, and no failure.
 *
 * A plain struct without allocation, large: one for a forwarder.
 */
#ifndef SSTP_DNS_REPLY_CACHE_H
#define SSTP_DNS_REPLY_CACHE_H

#include "dns/message.h"

enum {
	REPLY_CACHE_ENTRIES = 512,
	REPLY_CACHE_MAX_S = 3600,
};

struct reply_cache {
	struct reply_cache_entry {
		uint64_t stored_ms, until_ms; /* until_ms 0: free */
		bool is_stream;
		uint16_t query_len, reply_len;
		uint8_t query[DNS_QUERY_MAX], reply[DNS_UDP_MAX];
	} entries[REPLY_CACHE_ENTRIES];
};

void reply_cache_clear(struct reply_cache *c);
/* `is_stream`: over TCP; such responses are kept apart. Writes the response for `query`; returns its length, 0: none. */
size_t reply_cache_get(const struct reply_cache *c, struct bytes query, bool is_stream,
		       uint64_t now_ms, uint8_t to[DNS_UDP_MAX]);
/* Keeps the response if it may be kept. If all entries are used, the one that ends first goes. */
void reply_cache_put(struct reply_cache *c, struct bytes query, bool is_stream, struct bytes reply,
		     uint64_t now_ms);

#endif
