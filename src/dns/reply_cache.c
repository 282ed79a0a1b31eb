/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/reply_cache.h"

#include "util/hash.h"

enum {
	ID_LEN = 2,
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	RCODE_MASK = 0x000f,
	TYPE_SOA = 6,
	TYPE_OPT = 41,   /* RFC 6891: its TTL is no time */
	TYPE_TSIG = 250, /* RFC 8945: covers the ID */
	LABEL_POINTER = 0xc0,
	TTL_LEN = 4,
	WAYS = 8, /* entries in which a query may be */
};

/* ---- records */

struct record {
	uint16_t type;
	uint32_t ttl;
	size_t ttl_at; /* its offset in the message */
	struct bytes data;
};

/* Labels up to the root's, or to a pointer, which is not followed. */
static void skip_name(struct reader *r)
{
	uint8_t len;

	while ((len = get_u8(r)) && !r->bad) {
		if ((len & LABEL_POINTER) == LABEL_POINTER) {
			get_u8(r);
			return;
		}
		get_bytes(r, len);
	}
}

static bool get_record(struct bytes message, struct reader *r, struct record *rr)
{
	size_t len;

	skip_name(r);
	rr->type = get_u16(r);
	get_u16(r); /* class */
	rr->ttl_at = message.len - r->left;
	rr->ttl = get_u32(r);
	len = get_u16(r);
	rr->data = bytes_of(get_bytes(r, len), len);
	return !r->bad;
}

struct counts {
	unsigned answers, authority, all;
	uint16_t flags;
};

/* `r` is at the first record afterwards. False: not the response to one question. */
static bool get_header(struct reader *r, struct counts *c)
{
	unsigned questions;

	get_u16(r);
	c->flags = get_u16(r);
	questions = get_u16(r);
	c->answers = get_u16(r);
	c->authority = get_u16(r);
	c->all = c->answers + c->authority + get_u16(r);
	skip_name(r);
	get_u32(r); /* type and class */
	return !r->bad && questions == 1;
}

/* RFC 2308 section 5: the smaller one of the record's TTL and its last field. */
static uint32_t negative_ttl(const struct record *soa)
{
	uint32_t minimum =
		soa->data.len < TTL_LEN ? 0 : load_u32(soa->data.at + soa->data.len - TTL_LEN);

	return soa->ttl < minimum ? soa->ttl : minimum;
}

/* Seconds; 0: it may not be kept. */
static uint32_t ttl_of(struct bytes reply)
{
	struct reader r = reader_of(reply.at, reply.len);
	uint32_t ttl = REPLY_CACHE_MAX_S, one;
	bool has_soa = false;
	struct counts c;
	struct record rr;

	if (!get_header(&r, &c) || !(c.flags & FLAG_RESPONSE) || c.flags & FLAG_TRUNCATED ||
	    ((c.flags & RCODE_MASK) != DNS_NOERROR && (c.flags & RCODE_MASK) != DNS_NXDOMAIN))
		return 0;
	for (unsigned i = 0; i < c.all; i++) {
		if (!get_record(reply, &r, &rr) || rr.type == TYPE_TSIG)
			return 0;
		if (rr.type == TYPE_OPT)
			continue;
		one = rr.ttl;
		if (rr.type == TYPE_SOA && i >= c.answers && i < c.answers + c.authority) {
			has_soa = true;
			one = negative_ttl(&rr);
		}
		ttl = one < ttl ? one : ttl;
	}
	return (c.answers && (c.flags & RCODE_MASK) == DNS_NOERROR) || has_soa ? ttl : 0;
}

static void age(uint8_t *reply, size_t len, uint32_t by_s)
{
	struct bytes message = bytes_of(reply, len);
	struct reader r = reader_of(reply, len);
	struct counts c;
	struct record rr;

	if (!get_header(&r, &c))
		return;
	for (unsigned i = 0; i < c.all && get_record(message, &r, &rr); i++)
		if (rr.type != TYPE_OPT)
			store_u32(reply + rr.ttl_at, rr.ttl > by_s ? rr.ttl - by_s : 0);
}

/* ---- entries */

/* All of the query but its ID: flags, question and EDNS options as well. */
static bool is_for(const struct reply_cache_entry *e, struct bytes query, bool is_stream)
{
	return e->query_len == query.len && e->is_stream == is_stream &&
	       !memcmp(e->query + ID_LEN, query.at + ID_LEN, query.len - ID_LEN);
}

static size_t first_of(struct bytes query)
{
	return hash_bytes(0, query.at + ID_LEN, query.len - ID_LEN) % (REPLY_CACHE_ENTRIES / WAYS) *
	       WAYS;
}

static bool is_short(struct bytes query)
{
	return query.len > ID_LEN && query.len <= DNS_QUERY_MAX;
}

void reply_cache_clear(struct reply_cache *c)
{
	for (size_t i = 0; i < REPLY_CACHE_ENTRIES; i++)
		c->entries[i].until_ms = 0;
}

size_t reply_cache_get(const struct reply_cache *c, struct bytes query, bool is_stream,
		       uint64_t now_ms, uint8_t to[DNS_UDP_MAX])
{
	size_t first = is_short(query) ? first_of(query) : 0;

	for (size_t i = first; is_short(query) && i < first + WAYS; i++) {
		const struct reply_cache_entry *e = &c->entries[i];

		if (now_ms >= e->until_ms || !is_for(e, query, is_stream))
			continue;
		memcpy(to, e->reply, e->reply_len);
		memcpy(to, query.at, ID_LEN);
		age(to, e->reply_len, (uint32_t)((now_ms - e->stored_ms) / 1000));
		return e->reply_len;
	}
	return 0;
}

/* The entry of the same query, or else the one that ends first: a free one has ended. */
static struct reply_cache_entry *place_for(struct reply_cache *c, struct bytes query,
					   bool is_stream)
{
	struct reply_cache_entry *e = &c->entries[first_of(query)], *place = e;

	for (size_t i = 0; i < WAYS; i++) {
		if (e[i].until_ms && is_for(&e[i], query, is_stream))
			return &e[i];
		if (e[i].until_ms < place->until_ms)
			place = &e[i];
	}
	return place;
}

void reply_cache_put(struct reply_cache *c, struct bytes query, bool is_stream, struct bytes reply,
		     uint64_t now_ms)
{
	uint32_t ttl = is_short(query) && reply.len <= DNS_UDP_MAX ? ttl_of(reply) : 0;
	struct reply_cache_entry *e;

	if (!ttl)
		return;
	e = place_for(c, query, is_stream);
	e->stored_ms = now_ms;
	e->until_ms = now_ms + (uint64_t)ttl * 1000;
	e->is_stream = is_stream;
	e->query_len = (uint16_t)query.len;
	e->reply_len = (uint16_t)reply.len;
	memcpy(e->query, query.at, query.len);
	memcpy(e->reply, reply.at, reply.len);
}
