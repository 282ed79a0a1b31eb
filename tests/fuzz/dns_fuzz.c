/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The resolver with arbitrary responses: a list of messages, each after a byte that selects the
 * channel and two bytes of length. Half of them get the right ID and question.
 */
#include <stdint.h>
#include <stdlib.h>

#include "dns/resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { QUESTION_AT = 12, FITTING = 0x80, TICK = 0x40, MESSAGE_MAX = 2048, OUTS_MAX = 100000 };

static struct resolver r;
static uint64_t now;

static uint16_t id(void *arg)
{
	(void)arg;
	return 0x1234;
}

static void drain(void)
{
	struct resolver_out out;

	for (int i = 0; resolver_next(&r, &out, now); i++)
		if (i == OUTS_MAX)
			abort();
}

/* As if the channel's query were echoed: its ID, a response's flags, its question. */
static void mend(uint8_t *message, size_t len, int channel)
{
	uint8_t query[DNS_QUERY_MAX];
	struct writer w = writer_of(query, sizeof(query));
	const struct resolver_channel *c = &r.channels[channel];

	if (!c->is_used)
		return;
	dns_put_query(&w, c->id, c->name, c->type, false);
	if (len < w.len)
		return;
	memcpy(message, query, 2);
	message[2] = (message[2] & 2) | 0x80;
	memcpy(message + 4, query + 4, 2);
	memcpy(message + QUESTION_AT, query + QUESTION_AT, w.len - QUESTION_AT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader in = reader_of(data, len);
	struct ip_addr servers[2] = { ip_from_v4(0x0a000001), ip_from_v4(0x0a000002) };

	memset(&r, 0, sizeof(r));
	now = 1;
	resolver_open(&r, id, NULL);
	resolver_set_servers(&r, servers, 2, now);
	resolver_ask(&r, "a.example", true, true, now);
	resolver_ask(&r, "b.example", true, false, now);
	drain();
	while (in.left) {
		uint8_t what = get_u8(&in);
		size_t size = get_u16(&in) % MESSAGE_MAX;
		const uint8_t *at = get_bytes(&in, size);
		uint8_t *copy = at ? malloc(size + 1) : NULL;

		if (!copy)
			break;
		memcpy(copy, at, size);
		if (what & FITTING)
			mend(copy, size, what & 7);
		resolver_message(&r, what & 7, &servers[what >> 3 & 1], bytes_of(copy, size), now);
		free(copy);
		drain();
		if (what & TICK && resolver_deadline(&r) != UINT64_MAX) {
			now = resolver_deadline(&r);
			resolver_tick(&r, now);
			drain();
		}
	}
	return 0;
}
