/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Congestion control whose acknowledgments and losses come as the peer likes, at any time: the window stays at least
 * one segment, grows by no more than what was acknowledged, or by half of it, and never overflows.
 */

#include "fuzz/target.h"
#include "stack/cubic.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	MSS = 1360,
	WINDOW_MAX = 64 * 1024 * 1024,
	/* the kind of a step */
	LOSS = 0x40,
	TIMEOUT = 0x80,
	IN_SECONDS = 0x20,
	BULK = 0x10, /* acknowledges all that is in flight */
};

struct sender {
	struct congestion c;
	uint64_t now_ms;
	uint32_t cwnd, ssthresh, una, nxt;
	bool after_timeout;
};

static void lose(struct sender *s, bool is_timeout)
{
	uint32_t flight = s->nxt - s->una;

	s->ssthresh = congestion_lost(&s->c, flight < s->cwnd ? flight : s->cwnd, MSS, is_timeout);
	must(s->ssthresh >= 2 * MSS && s->ssthresh <= (s->cwnd > 2 * MSS ? s->cwnd : 2 * MSS));
	s->cwnd = is_timeout ? MSS : s->ssthresh;
	s->after_timeout = is_timeout;
}

static void acknowledge(struct sender *s, uint32_t acked)
{
	uint32_t flight = s->nxt - s->una, before = s->cwnd;
	struct congestion_ack a;

	if (acked > flight)
		acked = flight;
	if (!acked)
		return;
	s->una += acked;
	a = (struct congestion_ack){
		.now_ms = s->now_ms,
		.cwnd = s->cwnd,
		.ssthresh = s->ssthresh,
		.mss = MSS,
		.acked = acked,
		.ackno = s->una,
		.snd_nxt = s->nxt,
		.after_timeout = s->after_timeout,
	};
	s->cwnd = congestion_acked(&s->c, &a, &s->ssthresh);
	s->after_timeout = false;
	must(s->cwnd >= MSS && s->cwnd <= (uint64_t)before + before / 2 + acked + MSS);
	if (s->cwnd > WINDOW_MAX)
		s->cwnd = WINDOW_MAX;
}

/* As much as the window takes is under way, then comes what the input says. */
static void step(struct sender *s, struct reader *r)
{
	uint8_t what = get_u8(r), time = get_u8(r);
	uint16_t segments = get_u8(r);

	if (s->nxt - s->una < s->cwnd)
		s->nxt = s->una + s->cwnd;
	s->now_ms += time * (uint64_t)(what & IN_SECONDS ? 1000 : 1);
	if (what & (LOSS | TIMEOUT))
		lose(s, what & TIMEOUT);
	else
		acknowledge(s, what & BULK ? UINT32_MAX : (uint32_t)segments * MSS + (what & 0xf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sender s = { .now_ms = 1000, .cwnd = 10 * MSS, .ssthresh = WINDOW_MAX };
	struct reader r = reader_of(data, len);

	congestion_open(&s.c);
	s.una = s.nxt = get_u32(&r);
	while (r.left)
		step(&s, &r);
	return 0;
}
