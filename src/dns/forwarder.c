/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passes queries on to the servers that their names belong to, and the responses back. */
#include "dns/forwarder.h"

enum {
	HEADER_LEN = 12,
	FLAGS_AT = 2,
	QUESTIONS_AT = 4,
	FLAG_RESPONSE = 0x8000,
	OPCODE_MASK = 0x7800,
	FLAG_RECURSE = 0x0100,
	FLAG_RECURSES = 0x0080,
	RCODE_MASK = 0x000f,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
};

void forwarder_open(struct forwarder *f, uint16_t (*random)(void *arg), void *arg)
{
	f->random = random;
	f->arg = arg;
}

/* ---- servers */

static bool is_dead(const struct forwarder_server *s)
{
	return s->silences >= FORWARDER_DEAD_AFTER;
}

static struct forwarder_servers *servers_of(struct forwarder *f, const struct forwarder_query *q)
{
	return &f->groups[q->group];
}

static struct forwarder_server *server_of(struct forwarder *f, const struct forwarder_query *q)
{
	return &servers_of(f, q)->at[q->server];
}

/* First those that are not dead, then the dead ones. -1: all were tried. */
static int pick_server(const struct forwarder_servers *s, unsigned int tried, uint64_t now_ms)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->count; i++)
			if (!(tried & 1u << i) &&
			    (pass || !is_dead(&s->at[i]) || now_ms >= s->at[i].revive_ms))
				return (int)i;
	return -1;
}

static void note_silence(struct forwarder_server *s, uint64_t now_ms)
{
	s->silences++;
	s->revive_ms = now_ms + FORWARDER_REVIVE_MS;
}

/* ---- replies */

static void reply(struct forwarder_query *q, uint8_t *message, size_t len)
{
	q->to_send = false;
	q->to_reply = true;
	q->leader = -1;
	q->reply = message;
	q->reply_len = len;
	q->deadline_ms = UINT64_MAX;
}

/* A reply of our own, made of the query: its header and question. */
static void reply_error(struct forwarder_query *q, enum dns_rcode rcode)
{
	uint16_t flags = load_u16(q->message + FLAGS_AT);

	store_u16(q->message + FLAGS_AT,
		  (uint16_t)(FLAG_RESPONSE | (flags & (OPCODE_MASK | FLAG_RECURSE)) |
			     FLAG_RECURSES | (unsigned int)rcode));
	memset(q->message + QUESTIONS_AT, 0, HEADER_LEN - QUESTIONS_AT);
	store_u16(q->message + QUESTIONS_AT, q->question_end > HEADER_LEN);
	reply(q, q->message, q->question_end);
}

/* ---- queries to servers */

static uint64_t timeout(const struct forwarder *f, const struct forwarder_query *q)
{
	bool is_first = q->sent <= f->groups[q->group].count;

	if (q->is_stream)
		return FORWARDER_STREAM_MS;
	return (uint64_t)FORWARDER_TIMEOUT_MS << !is_first;
}

static bool follows(const struct forwarder *f, const struct forwarder_query *q,
		    const struct forwarder_query *leader)
{
	return q->is_used && !q->to_reply && q->leader == (int)(leader - f->queries);
}

/* Those that wait for it fail too. */
static void fail(struct forwarder *f, struct forwarder_query *q)
{
	reply_error(q, DNS_SERVFAIL);
	for (size_t i = 0; i < f->query_count; i++)
		if (follows(f, &f->queries[i], q))
			reply_error(&f->queries[i], DNS_SERVFAIL);
}

static void send_query(struct forwarder *f, struct forwarder_query *q, uint64_t now_ms)
{
	const struct forwarder_servers *s = servers_of(f, q);
	size_t rounds = q->is_stream ? 1 : FORWARDER_ROUNDS;
	int server = pick_server(s, q->tried, now_ms);

	if (server < 0) { /* another round, of the servers that were silent */
		q->tried = q->failed;
		server = pick_server(s, q->tried, now_ms);
	}
	if (server < 0 || q->sent >= rounds * s->count) {
		fail(f, q);
		return;
	}
	q->server = (unsigned int)server;
	if (is_dead(server_of(f, q))) /* only this query tests it again */
		server_of(f, q)->revive_ms = now_ms + FORWARDER_REVIVE_MS;
	q->tried |= 1u << server;
	q->sent++;
	q->id = f->random(f->arg);
	store_u16(q->message, q->id);
	q->to_send = true;
	q->deadline_ms = now_ms + timeout(f, q);
}

static void start(struct forwarder *f, struct forwarder_query *q, uint64_t now_ms)
{
	q->leader = -1;
	q->sent = q->tried = q->failed = 0;
	send_query(f, q, now_ms);
}

/* The first of those that wait for it takes its place. */
static void promote(struct forwarder *f, const struct forwarder_query *leader, uint64_t now_ms)
{
	struct forwarder_query *first = NULL;

	for (size_t i = 0; i < f->query_count; i++) {
		struct forwarder_query *q = &f->queries[i];

		if (!follows(f, q, leader))
			continue;
		if (first)
			q->leader = (int)(first - f->queries);
		else
			first = q;
	}
	if (first)
		start(f, first, now_ms);
}

static bool is_equal(const struct forwarder_query *a, const struct forwarder_query *b)
{
	return a->is_stream == b->is_stream && a->len == b->len &&
	       !memcmp(a->message + FLAGS_AT, b->message + FLAGS_AT, a->len - FLAGS_AT);
}

static void reply_all(struct forwarder *f, struct forwarder_query *q, uint8_t *message, size_t len,
		      uint64_t now_ms)
{
	for (size_t i = 0; i < f->query_count; i++)
		if (follows(f, &f->queries[i], q) && is_equal(&f->queries[i], q))
			reply(&f->queries[i], message, len);
	reply(q, message, len);
	promote(f, q, now_ms);
}

static bool has_same_servers(const struct forwarder_servers *a, const struct forwarder_servers *b)
{
	bool is_same = a->count == b->count;

	for (size_t i = 0; i < a->count && is_same; i++)
		is_same = ip_equal(&a->at[i].addr, &b->at[i].addr) &&
			  a->at[i].scope == b->at[i].scope;
	return is_same;
}

void forwarder_set_servers(struct forwarder *f, enum forwarder_group group,
			   const struct forwarder_servers *servers, uint64_t now_ms)
{
	if (has_same_servers(&f->groups[group], servers))
		return;
	f->groups[group] = *servers;
	for (size_t i = 0; i < f->query_count; i++) {
		struct forwarder_query *q = &f->queries[i];

		if (q->is_used && !q->to_reply && q->leader < 0 && q->group == group)
			start(f, q, now_ms);
	}
}

/* ---- from clients */

static struct forwarder_query *new_query(struct forwarder *f)
{
	for (size_t i = 0; i < FORWARDER_QUERIES; i++)
		if (!f->queries[i].is_used) {
			if (i >= f->query_count)
				f->query_count = i + 1;
			return &f->queries[i];
		}
	return NULL;
}

static enum forwarder_group group_of(const struct forwarder *f, const char *name)
{
	for (size_t i = 0; i < f->domain_count; i++)
		if (dns_is_in_domain(name, f->domains[i]))
			return FORWARDER_VPN;
	return FORWARDER_OTHERS;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Name, type and class, without regard to case. */
static bool is_same_question(const uint8_t *a, const uint8_t *b, size_t end)
{
	for (size_t i = HEADER_LEN; i < end; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

/* -1: no query with the same question is in progress. */
static int leader_of(const struct forwarder *f, const struct forwarder_query *of)
{
	for (size_t i = 0; i < f->query_count; i++) {
		const struct forwarder_query *q = &f->queries[i];

		if (q != of && q->is_used && !q->to_reply && q->leader < 0 &&
		    q->question_end == of->question_end &&
		    is_same_question(q->message, of->message, q->question_end))
			return (int)i;
	}
	return -1;
}

/* Keeps at most the header of a message that is not passed on. */
static void take_query(struct forwarder *f, struct forwarder_query *q, struct bytes message,
		       uint64_t now_ms)
{
	bool is_short = message.len <= sizeof(q->message);
	struct dns_question question;

	q->len = is_short ? message.len : HEADER_LEN;
	memcpy(q->message, message.at, q->len);
	q->client_id = load_u16(message.at);
	q->question_end = HEADER_LEN;
	if (load_u16(message.at + FLAGS_AT) & OPCODE_MASK) {
		reply_error(q, DNS_NOTIMP);
	} else if (!is_short || !dns_parse_question(message, &question)) {
		reply_error(q, DNS_FORMERR);
	} else if (question.type == TYPE_AXFR || question.type == TYPE_IXFR) {
		q->question_end = question.end;
		reply_error(q, DNS_REFUSED); /* such a response has several messages */
	} else {
		q->question_end = question.end;
		q->group = group_of(f, question.name);
		q->leader = leader_of(f, q);
		if (q->leader < 0)
			start(f, q, now_ms);
	}
}

int forwarder_query(struct forwarder *f, struct bytes message, bool is_stream, uint64_t now_ms)
{
	struct forwarder_query *q;

	if (message.len < HEADER_LEN || load_u16(message.at + FLAGS_AT) & FLAG_RESPONSE)
		return -1;
	q = new_query(f);
	if (!q)
		return -1;
	q->is_used = true;
	q->is_stream = is_stream;
	q->deadline_ms = UINT64_MAX;
	q->leader = -1;
	take_query(f, q, message, now_ms);
	return (int)(q - f->queries);
}

static void free_query(struct forwarder *f, struct forwarder_query *q)
{
	q->is_used = q->to_send = q->to_reply = false;
	while (f->query_count && !f->queries[f->query_count - 1].is_used)
		f->query_count--;
}

void forwarder_cancel(struct forwarder *f, int query, uint64_t now_ms)
{
	struct forwarder_query *q = &f->queries[query];

	if (q->is_used && !q->to_reply && q->leader < 0)
		promote(f, q, now_ms);
	free_query(f, q);
}

/* ---- from servers */

/* Some servers return no question with an error. */
static bool has_question(const struct forwarder_query *q, const uint8_t *message, size_t len,
			 unsigned int rcode)
{
	unsigned int questions = load_u16(message + QUESTIONS_AT);

	if (!questions)
		return rcode != DNS_NOERROR && rcode != DNS_NXDOMAIN;
	return questions == 1 && len >= q->question_end &&
	       is_same_question(message, q->message, q->question_end);
}

static bool is_waiting(const struct forwarder_query *q)
{
	return q->is_used && !q->to_send && !q->to_reply && q->leader < 0;
}

static bool is_response(const struct forwarder_query *q, const uint8_t *message, size_t len)
{
	unsigned int flags;

	if (!is_waiting(q) || len < HEADER_LEN || load_u16(message) != q->id)
		return false;
	flags = load_u16(message + FLAGS_AT);
	return flags & FLAG_RESPONSE && !(flags & OPCODE_MASK) &&
	       has_question(q, message, len, flags & RCODE_MASK);
}

/* Whether another server may have what this one has not. */
static bool is_failure(unsigned int rcode)
{
	return rcode == DNS_SERVFAIL || rcode == DNS_REFUSED || rcode == DNS_NOTIMP;
}

void forwarder_response(struct forwarder *f, int query, uint8_t *message, size_t len,
			uint64_t now_ms)
{
	struct forwarder_query *q = &f->queries[query];
	const struct forwarder_servers *s = servers_of(f, q);

	if (!is_response(q, message, len))
		return;
	server_of(f, q)->silences = 0;
	if (is_failure(load_u16(message + FLAGS_AT) & RCODE_MASK)) {
		q->failed |= 1u << q->server;
		if (pick_server(s, q->tried, now_ms) >= 0 && q->sent < s->count) {
			send_query(f, q, now_ms);
			return;
		}
	}
	reply_all(f, q, message, len, now_ms);
}

void forwarder_lost(struct forwarder *f, int query, uint64_t now_ms)
{
	struct forwarder_query *q = &f->queries[query];

	if (!is_waiting(q))
		return;
	q->failed |= 1u << q->server;
	send_query(f, q, now_ms);
}

/* ---- time and output */

void forwarder_tick(struct forwarder *f, uint64_t now_ms)
{
	for (size_t i = 0; i < f->query_count; i++) {
		struct forwarder_query *q = &f->queries[i];

		if (!q->is_used || now_ms < q->deadline_ms)
			continue;
		note_silence(server_of(f, q), now_ms);
		send_query(f, q, now_ms);
	}
}

uint64_t forwarder_deadline(const struct forwarder *f)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < f->query_count; i++)
		if (f->queries[i].is_used && f->queries[i].deadline_ms < first)
			first = f->queries[i].deadline_ms;
	return first;
}

static bool next_of_query(struct forwarder *f, int i, struct forwarder_out *out)
{
	struct forwarder_query *q = &f->queries[i];

	if (!q->is_used || !(q->to_send || q->to_reply))
		return false;
	*out = (struct forwarder_out){ .type = FORWARDER_REPLY, .query = i };
	if (q->to_reply) {
		store_u16(q->reply, q->client_id); /* several may share a response */
		out->message = bytes_of(q->reply, q->reply_len);
		free_query(f, q);
		return true;
	}
	q->to_send = false;
	out->type = q->is_stream ? FORWARDER_STREAM : FORWARDER_DATAGRAM;
	out->server = *server_of(f, q);
	out->message = bytes_of(q->message, q->len);
	return true;
}

static bool next_of_server(struct forwarder_server *s, struct forwarder_out *out)
{
	if (s->is_reported_dead == is_dead(s))
		return false;
	s->is_reported_dead = is_dead(s);
	*out = (struct forwarder_out){
		.type = is_dead(s) ? FORWARDER_SERVER_DEAD : FORWARDER_SERVER_ALIVE,
		.server = *s,
	};
	return true;
}

bool forwarder_next(struct forwarder *f, struct forwarder_out *out)
{
	for (size_t i = 0; i < f->query_count; i++)
		if (next_of_query(f, (int)i, out))
			return true;
	for (size_t g = 0; g < FORWARDER_GROUPS; g++)
		for (size_t i = 0; i < f->groups[g].count; i++)
			if (next_of_server(&f->groups[g].at[i], out))
				return true;
	return false;
}
