/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions wait for channels; a channel is one query with all its tries. */
#include "dns/resolver.h"

static const enum dns_type types[2] = { DNS_A, DNS_AAAA };

void resolver_open(struct resolver *r, uint16_t (*random)(void *arg), void *arg)
{
	r->random = random;
	r->arg = arg;
}

/* ---- servers */

static bool is_due(const struct resolver_server *s, uint64_t now_ms)
{
	return !s->is_dead || now_ms >= s->revive_ms;
}

/* The next server of this round: first those that are not dead, then the dead ones. */
static int pick_server(const struct resolver *r, unsigned int tried, uint64_t now_ms)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < r->server_count; i++)
			if (!(tried & 1u << i) && (pass || is_due(&r->servers[i], now_ms)))
				return (int)i;
	return -1;
}

static bool are_all_dead(const struct resolver *r)
{
	for (size_t i = 0; i < r->server_count; i++)
		if (!r->servers[i].is_dead)
			return false;
	return true;
}

static void note_silence(struct resolver_server *s, uint64_t now_ms)
{
	if (++s->silences < RESOLVER_DEAD_AFTER)
		return;
	s->is_dead = true;
	s->revive_ms = now_ms + RESOLVER_REVIVE_MS;
}

static void note_life(struct resolver_server *s)
{
	s->silences = 0;
	s->is_dead = false;
}

/* ---- channels */

static unsigned int bit_of(const struct resolver_channel *c)
{
	return 1u << c->server;
}

static struct resolver_question *question_of(struct resolver *r, const struct resolver_channel *c)
{
	return c->question < 0 ? NULL : &r->questions[c->question];
}

static void end_channel(struct resolver_channel *c)
{
	c->is_used = false;
	c->to_send = false;
	c->to_close = true;
}

static void settle(struct resolver *r, struct resolver_channel *c, const struct dns_answer *answer,
		   uint32_t ttl_s, uint64_t now_ms)
{
	struct resolver_question *q = question_of(r, c);

	dns_cache_put(&r->cache, c->first, c->type, answer, ttl_s, now_ms);
	if (q)
		q->answers[c->type == DNS_AAAA] = *answer;
	if (q && answer->result == DNS_FOUND)
		q->deadline_ms = now_ms + RESOLVER_OTHER_MS;
	end_channel(c);
}

static void fail_query(struct resolver *r, struct resolver_channel *c, uint64_t now_ms)
{
	struct dns_answer none = { .result = DNS_NO_SERVER };

	settle(r, c, c->failure.result ? &c->failure : &none, DNS_CACHE_FAILURE_S, now_ms);
}

/* RESOLVER_TIMEOUT_MS in the first round, twice that later or if all servers are dead. */
static uint64_t timeout(const struct resolver *r, const struct resolver_channel *c)
{
	unsigned int round = (c->tries - 1) / (unsigned int)r->server_count;

	return (uint64_t)RESOLVER_TIMEOUT_MS << (round || are_all_dead(r));
}

static unsigned int tries_of(const struct resolver *r)
{
	unsigned int count = (unsigned int)r->server_count;

	if (are_all_dead(r))
		return count;
	return count == 1 ? 3 : 2 * count < RESOLVER_TRIES ? 2 * count : RESOLVER_TRIES;
}

static void send_query(struct resolver *r, struct resolver_channel *c, uint64_t now_ms)
{
	int server;

	if (!c->tries)
		c->tries_max = tries_of(r);
	if (c->tries >= c->tries_max) {
		fail_query(r, c, now_ms);
		return;
	}
	server = pick_server(r, c->tried, now_ms);
	if (server < 0) { /* another round, of the servers that did not respond */
		c->tried = c->ruled_out;
		server = pick_server(r, c->tried, now_ms);
	}
	if (server < 0) {
		fail_query(r, c, now_ms);
		return;
	}
	c->server = (unsigned int)server;
	if (r->servers[server].is_dead) /* only this query tests it again */
		r->servers[server].revive_ms = now_ms + RESOLVER_REVIVE_MS;
	c->tried |= bit_of(c);
	c->queried |= bit_of(c);
	c->tries++;
	c->is_stream = false;
	c->to_send = true;
	c->deadline_ms = now_ms + timeout(r, c);
}

static size_t count_streams(const struct resolver *r)
{
	size_t n = 0;

	for (size_t i = 0; i < RESOLVER_CHANNELS; i++)
		n += r->channels[i].is_used && r->channels[i].is_stream;
	return n;
}

static void note_no_response(struct resolver *r, struct resolver_channel *c, uint64_t now_ms)
{
	if (!c->ruled_out)
		c->failure = (struct dns_answer){ .result = DNS_SILENT,
						  .server = r->servers[c->server].addr };
	send_query(r, c, now_ms);
}

/* For an explicit error: don't query this server again; go on with the next. */
static void rule_out_server(struct resolver *r, struct resolver_channel *c, enum dns_result result,
			    uint64_t now_ms)
{
	c->failure = (struct dns_answer){ .result = result, .server = r->servers[c->server].addr };
	c->ruled_out |= bit_of(c);
	send_query(r, c, now_ms);
}

static struct resolver_channel *new_channel(struct resolver *r)
{
	for (size_t i = 0; i < RESOLVER_CHANNELS; i++)
		if (!r->channels[i].is_used && !r->channels[i].to_close)
			return &r->channels[i];
	return NULL;
}

/* ---- questions */

static void ask_type(struct resolver *r, int question, int i, uint64_t now_ms)
{
	struct resolver_question *q = &r->questions[question];
	const struct dns_answer *known = dns_cache_get(&r->cache, q->name, types[i], now_ms);
	struct resolver_channel *c;

	if (known) {
		q->answers[i] = *known;
		if (known->result == DNS_FOUND)
			q->deadline_ms = now_ms + RESOLVER_OTHER_MS;
		return;
	}
	if (!r->server_count) {
		q->answers[i].result = DNS_NO_SERVER;
		return;
	}
	c = new_channel(r);
	*c = (struct resolver_channel){ .is_used = true, .question = question, .type = types[i] };
	c->id = r->random(r->arg);
	strcpy(c->first, q->name);
	strcpy(c->name, q->name);
	c->ttl_s = UINT32_MAX;
	send_query(r, c, now_ms);
}

static size_t free_channels(const struct resolver *r)
{
	size_t n = 0;

	for (size_t i = 0; i < RESOLVER_CHANNELS; i++)
		n += !r->channels[i].is_used && !r->channels[i].to_close;
	return n;
}

static int first_waiting(const struct resolver *r)
{
	int first = -1;

	for (size_t i = 0; i < r->question_count; i++)
		if (r->questions[i].state == RESOLVER_WAITING &&
		    (first < 0 || r->questions[i].number < r->questions[first].number))
			first = (int)i;
	return first;
}

static bool is_finished(const struct resolver_question *q, uint64_t now_ms)
{
	bool is_complete = true, has_one = false;

	for (int i = 0; i < 2; i++) {
		is_complete = is_complete && (!q->wants[i] || q->answers[i].result);
		has_one = has_one || q->answers[i].result == DNS_FOUND;
	}
	return is_complete || (has_one && now_ms >= q->deadline_ms);
}

/* Its channels go on without a question. */
static void finish(struct resolver *r, int question)
{
	r->questions[question].state = RESOLVER_ANSWERED;
	for (size_t i = 0; i < RESOLVER_CHANNELS; i++)
		if (r->channels[i].is_used && r->channels[i].question == question)
			r->channels[i].question = -1;
}

static void finish_all(struct resolver *r, uint64_t now_ms)
{
	for (size_t i = 0; i < r->question_count; i++)
		if (r->questions[i].state == RESOLVER_ASKING &&
		    is_finished(&r->questions[i], now_ms))
			finish(r, (int)i);
}

static void advance_questions(struct resolver *r, uint64_t now_ms)
{
	int question;

	while (free_channels(r) >= 2 && (question = first_waiting(r)) >= 0) {
		struct resolver_question *q = &r->questions[question];

		q->state = RESOLVER_ASKING;
		for (int i = 0; i < 2; i++)
			if (q->wants[i])
				ask_type(r, question, i, now_ms);
		if (is_finished(q, now_ms))
			finish(r, question);
	}
	finish_all(r, now_ms);
}

static int find_question(const struct resolver *r, const char *name, bool a, bool aaaa)
{
	for (size_t i = 0; i < r->question_count; i++) {
		const struct resolver_question *q = &r->questions[i];

		if ((q->state == RESOLVER_WAITING || q->state == RESOLVER_ASKING) &&
		    q->wants[0] == a && q->wants[1] == aaaa && !strcmp(q->name, name))
			return (int)i;
	}
	return -1;
}

static int new_question(struct resolver *r)
{
	for (size_t i = 0; i < RESOLVER_QUESTIONS; i++)
		if (i == r->question_count || r->questions[i].state == RESOLVER_FREE) {
			if (i == r->question_count)
				r->question_count++;
			return (int)i;
		}
	return -1;
}

int resolver_ask(struct resolver *r, const char *name, bool a, bool aaaa, uint64_t now_ms)
{
	int question = find_question(r, name, a, aaaa);

	if (question < 0) {
		struct resolver_question *q;

		question = new_question(r);
		if (question < 0)
			return -1;
		q = &r->questions[question];
		memset(q, 0, sizeof(*q));
		q->state = RESOLVER_WAITING;
		q->wants[0] = a;
		q->wants[1] = aaaa;
		q->number = r->numbers++;
		strcpy(q->name, name);
	}
	advance_questions(r, now_ms);
	return question;
}

void resolver_cancel(struct resolver *r, int question)
{
	finish(r, question);
	r->questions[question].state = RESOLVER_FREE;
}

static bool is_same_list(const struct resolver *r, const struct ip_addr *servers, size_t count)
{
	if (count != r->server_count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!ip_equal(&r->servers[i].addr, &servers[i]))
			return false;
	return true;
}

void resolver_set_servers(struct resolver *r, const struct ip_addr *servers, size_t count,
			  uint64_t now_ms)
{
	if (count > RESOLVER_SERVERS)
		count = RESOLVER_SERVERS;
	if (is_same_list(r, servers, count))
		return;
	memset(r->servers, 0, sizeof(r->servers));
	for (size_t i = 0; i < count; i++)
		r->servers[i].addr = servers[i];
	r->server_count = count;
	dns_cache_clear(&r->cache);
	for (size_t i = 0; i < RESOLVER_CHANNELS; i++)
		if (r->channels[i].is_used)
			end_channel(&r->channels[i]);
	for (size_t i = 0; i < r->question_count; i++) {
		struct resolver_question *q = &r->questions[i];

		if (q->state != RESOLVER_ASKING)
			continue;
		q->state = RESOLVER_WAITING;
		memset(q->answers, 0, sizeof(q->answers));
		q->deadline_ms = 0;
	}
	advance_questions(r, now_ms);
}

/* ---- input */

static struct resolver_channel *channel_of(struct resolver *r, int channel)
{
	if (channel < 0 || channel >= RESOLVER_CHANNELS || !r->channels[channel].is_used)
		return NULL;
	return &r->channels[channel];
}

/* A server that this channel has queried, perhaps in an earlier round. */
static int server_of(const struct resolver *r, const struct resolver_channel *c,
		     const struct ip_addr *from)
{
	for (size_t i = 0; i < r->server_count; i++)
		if (c->queried & 1u << i && ip_equal(&r->servers[i].addr, from))
			return (int)i;
	return -1;
}

static void ask_again(struct resolver_channel *c, uint64_t now_ms)
{
	c->to_send = true;
	c->deadline_ms = now_ms + (c->is_stream ? (uint64_t)RESOLVER_STREAM_MS
						: (uint64_t)RESOLVER_TIMEOUT_MS);
}

/* The name is an alias, and the response has no addresses of its target. */
static void follow(struct resolver *r, struct resolver_channel *c,
		   const struct dns_response *response, uint64_t now_ms)
{
	if (++c->aliases > RESOLVER_ALIASES) {
		rule_out_server(r, c, DNS_FAILED, now_ms);
		return;
	}
	strcpy(c->name, response->alias);
	c->id = r->random(r->arg);
	c->tries = 0;
	c->tried = c->queried = c->ruled_out = c->sent_edns = c->lost_edns = 0;
	send_query(r, c, now_ms);
}

static void take_answer(struct resolver *r, struct resolver_channel *c,
			const struct dns_response *response, uint64_t now_ms)
{
	struct dns_answer answer = { .count = response->count };
	uint32_t ttl = response->has_ttl ? response->ttl : 0;

	if (response->alias[0] && c->ttl_s > ttl)
		c->ttl_s = ttl;
	if (response->alias[0]) {
		follow(r, c, response, now_ms);
		return;
	}
	memcpy(answer.addresses, response->addresses, sizeof(answer.addresses));
	answer.result = response->count                   ? DNS_FOUND
			: response->rcode == DNS_NXDOMAIN ? DNS_NO_NAME
							  : DNS_NO_ADDRESS;
	settle(r, c, &answer, ttl < c->ttl_s ? ttl : c->ttl_s, now_ms);
}

static bool is_format_error(const struct dns_response *response)
{
	return response->rcode == DNS_FORMERR || response->rcode == DNS_NOTIMP;
}

static bool wants_edns(const struct resolver *r, const struct resolver_channel *c)
{
	return !r->servers[c->server].has_no_edns && !(c->lost_edns & bit_of(c));
}

/*
 * A server that responds only without EDNS is queried without it from then on, unless it has
 * already responded with EDNS.
 */
static void learn_edns(struct resolver *r, const struct resolver_channel *c,
		       const struct dns_response *response)
{
	struct resolver_server *s = &r->servers[c->server];
	bool had_edns = c->sent_edns & bit_of(c);

	if (had_edns ? is_format_error(response) : c->lost_edns & bit_of(c) && !s->has_edns)
		s->has_no_edns = true;
	else if (had_edns)
		s->has_edns = true;
}

static void take_response(struct resolver *r, struct resolver_channel *c,
			  const struct dns_response *response, uint64_t now_ms)
{
	bool had_edns = c->sent_edns & bit_of(c);

	learn_edns(r, c, response);
	if (response->is_truncated && c->is_stream) {
		rule_out_server(r, c, DNS_FAILED, now_ms);
	} else if (response->is_truncated) {
		if (count_streams(r) < RESOLVER_STREAMS) {
			c->is_stream = true;
			ask_again(c, now_ms);
		} /* else the query times out and the next try follows */
	} else if (response->rcode == DNS_NOERROR || response->rcode == DNS_NXDOMAIN) {
		take_answer(r, c, response, now_ms);
	} else if (is_format_error(response) && had_edns) {
		c->sent_edns &= ~bit_of(c);
		ask_again(c, now_ms);
	} else {
		rule_out_server(r, c,
				response->rcode == DNS_REFUSED ? DNS_SERVER_REFUSED : DNS_FAILED,
				now_ms);
	}
}

void resolver_message(struct resolver *r, int channel, const struct ip_addr *from,
		      struct bytes message, uint64_t now_ms)
{
	struct resolver_channel *c = channel_of(r, channel);
	struct dns_response response;
	int server = c ? server_of(r, c, from) : -1;

	if (server < 0 || !dns_parse_response(message, c->id, c->name, c->type, &response))
		return;
	note_life(&r->servers[server]);
	if (c->is_stream && (unsigned int)server != c->server)
		return;
	c->server = (unsigned int)server;
	take_response(r, c, &response, now_ms);
	advance_questions(r, now_ms);
}

void resolver_lost(struct resolver *r, int channel, bool is_refusal, uint64_t now_ms)
{
	struct resolver_channel *c = channel_of(r, channel);

	if (!c)
		return;
	if (is_refusal)
		rule_out_server(r, c, DNS_SERVER_REFUSED, now_ms);
	else
		note_no_response(r, c, now_ms);
	advance_questions(r, now_ms);
}

/* ---- time */

void resolver_tick(struct resolver *r, uint64_t now_ms)
{
	for (size_t i = 0; i < RESOLVER_CHANNELS; i++) {
		struct resolver_channel *c = &r->channels[i];

		if (!c->is_used || now_ms < c->deadline_ms)
			continue;
		if (!c->is_stream)
			note_silence(&r->servers[c->server], now_ms);
		c->lost_edns |= c->sent_edns & bit_of(c);
		note_no_response(r, c, now_ms);
	}
	advance_questions(r, now_ms);
}

uint64_t resolver_deadline(const struct resolver *r)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < RESOLVER_CHANNELS; i++)
		if (r->channels[i].is_used && r->channels[i].deadline_ms < first)
			first = r->channels[i].deadline_ms;
	for (size_t i = 0; i < r->question_count; i++) {
		const struct resolver_question *q = &r->questions[i];

		if (q->state == RESOLVER_ASKING && q->deadline_ms && q->deadline_ms < first)
			first = q->deadline_ms;
	}
	return first;
}

/* ---- output */

static bool next_of_channel(struct resolver *r, int i, struct resolver_out *out)
{
	struct resolver_channel *c = &r->channels[i];
	struct writer w = writer_of(r->query, sizeof(r->query));
	bool has_edns;

	if (c->to_close) {
		c->to_close = false;
		*out = (struct resolver_out){ .type = RESOLVER_CLOSE, .channel = i };
		return true;
	}
	if (!c->to_send)
		return false;
	c->to_send = false;
	has_edns = wants_edns(r, c);
	c->sent_edns = has_edns ? c->sent_edns | bit_of(c) : c->sent_edns & ~bit_of(c);
	dns_put_query(&w, c->id, c->name, c->type, has_edns);
	*out = (struct resolver_out){
		.type = c->is_stream ? RESOLVER_STREAM : RESOLVER_DATAGRAM,
		.channel = i,
		.server = r->servers[c->server].addr,
		.message = bytes_of(r->query, w.len),
	};
	return true;
}

/* The result of both families together: the first in this order that either has. */
static enum dns_result result_of(const struct resolver_question *q, struct ip_addr *server)
{
	static const enum dns_result order[] = { DNS_FOUND,     DNS_NO_NAME, DNS_SERVER_REFUSED,
						 DNS_FAILED,    DNS_SILENT,  DNS_NO_SERVER,
						 DNS_NO_ADDRESS };

	for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++)
		for (int i = 0; i < 2; i++)
			if (q->answers[i].result == order[k]) {
				*server = q->answers[i].server;
				return order[k];
			}
	return DNS_NO_SERVER;
}

static bool next_of_question(struct resolver *r, int i, struct resolver_out *out)
{
	struct resolver_question *q = &r->questions[i];

	if (q->state != RESOLVER_ANSWERED)
		return false;
	*out = (struct resolver_out){ .type = RESOLVER_DONE, .question = i };
	memcpy(out->addresses, q->answers, sizeof(out->addresses));
	out->result = result_of(q, &out->server);
	q->state = RESOLVER_FREE;
	while (r->question_count && r->questions[r->question_count - 1].state == RESOLVER_FREE)
		r->question_count--;
	return true;
}

static bool next_of_server(struct resolver *r, size_t i, struct resolver_out *out)
{
	struct resolver_server *s = &r->servers[i];

	if (s->is_reported_dead == s->is_dead)
		return false;
	s->is_reported_dead = s->is_dead;
	*out = (struct resolver_out){
		.type = s->is_dead ? RESOLVER_SERVER_DEAD : RESOLVER_SERVER_ALIVE,
		.server = s->addr,
	};
	return true;
}

bool resolver_next(struct resolver *r, struct resolver_out *out, uint64_t now_ms)
{
	for (size_t i = 0; i < r->server_count; i++)
		if (next_of_server(r, i, out))
			return true;
	for (int i = 0; i < RESOLVER_CHANNELS; i++)
		if (next_of_channel(r, i, out))
			return true;
	advance_questions(r, now_ms); /* channels may have become free */
	for (int i = 0; i < RESOLVER_CHANNELS; i++)
		if (next_of_channel(r, i, out))
			return true;
	for (size_t i = 0; i < r->question_count; i++)
		if (next_of_question(r, (int)i, out))
			return true;
	return false;
}
