/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of --route-host with arbitrary responses: a list of messages, each after a byte of flags and two
 * bytes of length. Half of them get the ID and the question of the last query.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "dns/follow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { FITTING = 0x80, TICK = 0x40, OTHER_SERVER = 0x20, RESTART = 0x10, MESSAGE_MAX = 1024 };

static struct follow f;
static uint8_t query[DNS_QUERY_MAX];
static size_t query_len;
static uint64_t now_ms;

static uint16_t counting(void *arg)
{
	static uint16_t last;

	(void)arg;
	return ++last;
}

static void check(void)
{
	struct ip_addr all[FOLLOW_NAMES_MAX * FOLLOW_ADDRS_MAX * 2];
	size_t n = follow_addresses(&f, all, sizeof(all) / sizeof(*all));

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert(!ip_equal(&all[i], &all[j]));
}

static void drain(void)
{
	struct follow_out out;

	for (unsigned n = 0; follow_next(&f, &out); n++) {
		assert(n < 1000);
		if (out.type != FOLLOW_QUERY)
			continue;
		assert(out.message.len <= sizeof(query));
		memcpy(query, out.message.at, out.message.len);
		query_len = out.message.len;
	}
	check();
}

/* As if the query were echoed, up to its question. */
static void mend(uint8_t *message, size_t len)
{
	enum { QUESTION_AT = 12 };

	if (len < query_len || query_len < QUESTION_AT)
		return;
	memcpy(message, query, 2);
	message[2] = (message[2] & 2) | 0x80;
	memcpy(message + 4, query + 4, 2);
	memcpy(message + QUESTION_AT, query + QUESTION_AT, query_len - QUESTION_AT);
}

static void take(uint8_t what, struct bytes in, const struct ip_addr servers[2])
{
	uint8_t *copy = malloc(in.len + 1);

	if (!copy)
		return;
	if (in.len)
		memcpy(copy, in.at, in.len);
	if (what & FITTING)
		mend(copy, in.len);
	follow_message(&f, &servers[what & OTHER_SERVER ? 1 : 0], bytes_of(copy, in.len), now_ms);
	free(copy);
	drain();
	if (what & TICK && follow_deadline(&f) != UINT64_MAX) {
		now_ms = follow_deadline(&f);
		follow_tick(&f, now_ms);
		drain();
	}
	if (what & RESTART) {
		follow_stop(&f);
		drain();
		follow_start(&f, servers, 2, now_ms);
		drain();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct ip_addr servers[2] = { ip_from_v4(0x0a000001), ip_from_v4(0x0a000002) };
	struct reader in = reader_of(data, len);

	now_ms = 1;
	query_len = 0;
	follow_open(&f, counting, NULL);
	follow_add(&f, "a.example");
	follow_add(&f, "b.example");
	follow_start(&f, servers, 2, now_ms);
	drain();
	while (in.left) {
		uint8_t what = get_u8(&in);
		size_t n = get_u16(&in) % MESSAGE_MAX;

		if (n > in.left)
			n = in.left;
		take(what, bytes_of(get_bytes(&in, n), n), servers);
	}
	return 0;
}
