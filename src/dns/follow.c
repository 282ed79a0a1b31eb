/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Follows the addresses of names. */
#include "dns/follow.h"

static const enum dns_type types[2] = { DNS_A, DNS_AAAA };

void follow_open(struct follow *f, uint16_t (*random)(void *arg), void *arg)
{
	memset(f, 0, sizeof(*f));
	f->random = random;
	f->arg = arg;
}

bool follow_add(struct follow *f, const char *name)
{
	struct follow_name *n = &f->names[f->name_count];

	if (f->name_count == FOLLOW_NAMES_MAX || strlen(name) > DNS_NAME_MAX)
		return false;
	memcpy(n->name, name, strlen(name) + 1);
	n->query[0].at_ms = n->query[1].at_ms = UINT64_MAX;
	f->name_count++;
	return true;
}

/* ---- queries */

/* The n-th query of all. */
static struct follow_query *query_at(struct follow *f, size_t i)
{
	return &f->names[i / 2].query[i % 2];
}

static size_t query_count(const struct follow *f)
{
	return 2 * f->name_count;
}

static const char *name_of(const struct follow *f, size_t i)
{
	const struct follow_query *q = &f->names[i / 2].query[i % 2];

	return *q->alias ? q->alias : f->names[i / 2].name;
}

static void begin(struct follow_query *q, uint64_t now_ms)
{
	q->is_asked = q->to_send = true;
	q->at_ms = now_ms + FOLLOW_TIMEOUT_MS;
}

static void begin_first(struct follow_query *q, uint64_t now_ms)
{
	q->tries = q->aliases = 0;
	*q->alias = '\0';
	begin(q, now_ms);
}

static void rest(struct follow_query *q, uint64_t at_ms)
{
	q->is_asked = q->to_send = false;
	q->at_ms = at_ms;
}

/* The next server, or a pause when all were asked. */
static void try_again(struct follow *f, struct follow_query *q, uint64_t now_ms)
{
	q->tries++;
	q->server = (q->server + 1) % (unsigned int)f->server_count;
	if (q->tries < FOLLOW_TRIES)
		begin(q, now_ms);
	else
		rest(q, now_ms + FOLLOW_PAUSE_MS);
}

void follow_start(struct follow *f, const struct ip_addr *servers, size_t count, uint64_t now_ms)
{
	f->server_count = count < FOLLOW_SERVERS_MAX ? count : FOLLOW_SERVERS_MAX;
	if (f->server_count)
		memcpy(f->servers, servers, f->server_count * sizeof(*servers));
	for (size_t i = 0; i < query_count(f); i++) {
		struct follow_query *q = query_at(f, i);

		q->server = 0;
		if (f->server_count)
			begin_first(q, now_ms);
		else
			rest(q, UINT64_MAX);
	}
}

void follow_stop(struct follow *f)
{
	follow_start(f, NULL, 0, 0);
}

/* ---- addresses */

static struct follow_addr *find(struct follow_query *q, const struct ip_addr *a)
{
	for (size_t i = 0; i < q->addr_count; i++)
		if (ip_equal(&q->addrs[i].addr, a))
			return &q->addrs[i];
	return NULL;
}

static void forget(struct follow *f, struct follow_query *q, size_t i)
{
	q->addrs[i] = q->addrs[--q->addr_count];
	f->has_change = true;
}

/* If there is no room, the one that goes first makes it. */
static void add(struct follow *f, struct follow_query *q, const struct ip_addr *a)
{
	size_t first = 0;

	if (q->addr_count == FOLLOW_ADDRS_MAX) {
		for (size_t i = 1; i < q->addr_count; i++)
			if (q->addrs[i].gone_ms < q->addrs[first].gone_ms)
				first = i;
		forget(f, q, first);
	}
	q->addrs[q->addr_count++] = (struct follow_addr){ *a, UINT64_MAX };
	f->has_change = true;
}

static void take_addresses(struct follow *f, struct follow_query *q, const struct dns_response *r,
			   uint64_t now_ms)
{
	for (size_t i = 0; i < q->addr_count; i++)
		if (q->addrs[i].gone_ms == UINT64_MAX)
			q->addrs[i].gone_ms = now_ms + FOLLOW_GRACE_MS;
	for (size_t i = 0; i < r->count; i++) {
		struct follow_addr *is = find(q, &r->addresses[i]);

		if (is)
			is->gone_ms = UINT64_MAX;
		else
			add(f, q, &r->addresses[i]);
	}
}

static uint64_t ttl_ms(const struct dns_response *r)
{
	uint64_t ms = r->has_ttl ? (uint64_t)r->ttl * 1000 : FOLLOW_NO_TTL_MS;

	return ms < FOLLOW_MIN_MS ? FOLLOW_MIN_MS : ms > FOLLOW_MAX_MS ? FOLLOW_MAX_MS : ms;
}

static void take_response(struct follow *f, struct follow_query *q, const struct dns_response *r,
			  uint64_t now_ms)
{
	if (r->rcode != DNS_NOERROR && r->rcode != DNS_NXDOMAIN) {
		try_again(f, q, now_ms);
		return;
	}
	if (*r->alias && q->aliases < FOLLOW_ALIASES) {
		q->aliases++;
		memcpy(q->alias, r->alias, sizeof(q->alias));
		begin(q, now_ms);
		return;
	}
	q->has_failed = false;
	take_addresses(f, q, r, now_ms);
	rest(q, now_ms + ttl_ms(r));
}

static bool is_server(const struct follow *f, const struct ip_addr *a)
{
	for (size_t i = 0; i < f->server_count; i++)
		if (ip_equal(&f->servers[i], a))
			return true;
	return false;
}

bool follow_message(struct follow *f, const struct ip_addr *from, struct bytes message,
		    uint64_t now_ms)
{
	struct dns_response r;

	for (size_t i = 0; i < query_count(f) && is_server(f, from); i++) {
		struct follow_query *q = query_at(f, i);

		if (!q->is_asked || q->to_send || !ip_equal(&f->servers[q->server], from) ||
		    !dns_parse_response(message, q->id, name_of(f, i), types[i % 2], &r))
			continue;
		take_response(f, q, &r, now_ms);
		return true;
	}
	return false;
}

/* ---- time */

static void tick_addresses(struct follow *f, struct follow_query *q, uint64_t now_ms)
{
	for (size_t i = q->addr_count; i > 0; i--)
		if (q->addrs[i - 1].gone_ms <= now_ms)
			forget(f, q, i - 1);
}

void follow_tick(struct follow *f, uint64_t now_ms)
{
	for (size_t i = 0; f->server_count && i < query_count(f); i++) {
		struct follow_query *q = query_at(f, i);

		tick_addresses(f, q, now_ms);
		if (q->at_ms > now_ms)
			continue;
		if (q->is_asked)
			try_again(f, q, now_ms);
		else
			begin_first(q, now_ms);
	}
}

uint64_t follow_deadline(const struct follow *f)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; f->server_count && i < 2 * f->name_count; i++) {
		const struct follow_query *q = &f->names[i / 2].query[i % 2];

		at = q->at_ms < at ? q->at_ms : at;
		for (size_t k = 0; k < q->addr_count; k++)
			at = q->addrs[k].gone_ms < at ? q->addrs[k].gone_ms : at;
	}
	return at;
}

/* ---- out */

static void put_query(struct follow *f, size_t i, struct follow_out *out)
{
	struct follow_query *q = query_at(f, i);
	struct writer w = writer_of(f->message, sizeof(f->message));

	q->to_send = false;
	q->id = f->random(f->arg);
	dns_put_query(&w, q->id, name_of(f, i), types[i % 2], true);
	*out = (struct follow_out){ FOLLOW_QUERY, f->servers[q->server],
				    bytes_of(f->message, w.len), f->names[i / 2].name };
}

enum follow_out_type follow_next(struct follow *f, struct follow_out *out)
{
	for (size_t i = 0; i < query_count(f); i++) {
		struct follow_query *q = query_at(f, i);

		if (q->to_send) {
			put_query(f, i, out);
			return FOLLOW_QUERY;
		}
		if (!q->is_asked && q->tries == FOLLOW_TRIES && !q->has_failed) {
			q->has_failed = true;
			*out = (struct follow_out){ .type = FOLLOW_FAILED,
						    .name = f->names[i / 2].name };
			return FOLLOW_FAILED;
		}
	}
	out->type = f->has_change ? FOLLOW_CHANGE : FOLLOW_NONE;
	f->has_change = false;
	return out->type;
}

static bool is_in(const struct ip_addr *a, const struct ip_addr *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ip_equal(a, &list[i]))
			return true;
	return false;
}

size_t follow_addresses(const struct follow *f, struct ip_addr *to, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < 2 * f->name_count; i++) {
		const struct follow_query *q = &f->names[i / 2].query[i % 2];

		for (size_t k = 0; k < q->addr_count && n < max; k++)
			if (!is_in(&q->addrs[k].addr, to, n))
				to[n++] = q->addrs[k].addr;
	}
	return n;
}
