/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forwarder between arbitrary clients and servers: a list of messages, each after a byte that says
 * whose it is and two bytes of length. Half of the responses get the right ID, flags and question.
 */
#include <stdint.h>
#include <stdlib.h>

#include "dns/forwarder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	RESPONSE = 0x80,
	FITTING = 0x40,
	TICK = 0x20,
	LOST = 0x10,
	STREAM = 0x08,
	MESSAGE_MAX = 4096
};

static struct forwarder f;
static uint64_t now;

static uint16_t dice(void *arg)
{
	static uint16_t n;

	(void)arg;
	return n = (uint16_t)(n * 25173 + 13849);
}

static void drain(void)
{
	struct forwarder_out out;
	volatile uint8_t last;

	for (int i = 0; forwarder_next(&f, &out); i++) {
		if (i > 2 * FORWARDER_QUERIES)
			abort();
		if (out.type > FORWARDER_REPLY)
			continue;
		if (out.message.len < 12)
			abort();
		last = out.message.at[out.message.len - 1];
		(void)last;
	}
}

static void mend(uint8_t *message, size_t len, const struct forwarder_query *q)
{
	if (!q->is_used || len < q->question_end)
		return;
	memcpy(message, q->message, 2);
	message[2] = (message[2] & 2) | 0x80;
	memcpy(message + 4, q->message + 4, q->question_end - 4);
}

static void one(uint8_t what, uint8_t *message, size_t len)
{
	int n = what & 7;

	if (!(what & RESPONSE)) {
		forwarder_query(&f, bytes_of(message, len), what & STREAM, now);
	} else if (what & LOST) {
		forwarder_lost(&f, n, now);
		if (len)
			forwarder_cancel(&f, n, now);
	} else {
		if (what & FITTING)
			mend(message, len, &f.queries[n]);
		forwarder_response(&f, n, message, len, now);
	}
	drain();
	if (what & TICK && forwarder_deadline(&f) != UINT64_MAX) {
		now = forwarder_deadline(&f);
		forwarder_tick(&f, now);
		drain();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const domains[] = { "corp.test" };
	struct forwarder_servers vpn = { .at[0].addr = ip_from_v4(0x0a000001), .count = 1 };
	struct forwarder_servers others = {
		.at = { { .addr = ip_from_v4(0xc0a80001) }, { .addr = ip_from_v4(0xc0a80002) } },
		.count = 2,
	};
	struct reader in = reader_of(data, len);

	memset(&f, 0, sizeof(f));
	now = 1;
	forwarder_open(&f, dice, NULL);
	f.domains = domains;
	f.domain_count = 1;
	forwarder_set_servers(&f, FORWARDER_VPN, &vpn, now);
	forwarder_set_servers(&f, FORWARDER_OTHERS, &others, now);
	while (in.left) {
		uint8_t what = get_u8(&in);
		size_t size = get_u16(&in) % MESSAGE_MAX;
		const uint8_t *at = get_bytes(&in, size);
		uint8_t *copy = at ? malloc(size + 1) : NULL;

		if (!copy)
			break;
		memcpy(copy, at, size);
		one(what, copy, size);
		free(copy);
	}
	return 0;
}
