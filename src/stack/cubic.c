/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A window that is not fully used does not grow: if the application, the peer's window or the
 * tunnel is the limit, acknowledgments say nothing about the network (RFC 7661 section 4).
 */
#include "stack/cubic.h"

enum {
	/* RFC 9438: C = 0.4 segments/s^3, beta = 0.7, alpha = 3 (1 - beta) / (1 + beta) = 0.53. */
	C_TENTHS = 4,
	BETA_TENTHS = 7,
	ALPHA_HUNDREDTHS = 53,
	K_MAX_MS = 1000 * 1000,
	/* RFC 9406 section 4.3 */
	MIN_RTT_THRESH_MS = 4,
	MAX_RTT_THRESH_MS = 16,
	MIN_RTT_DIVISOR = 8,
	N_RTT_SAMPLE = 8,
	CSS_GROWTH_DIVISOR = 4,
	CSS_ROUNDS = 5,
};

static const uint32_t unknown_ms = UINT32_MAX;

static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static uint32_t min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void congestion_open(struct congestion *c)
{
	*c = (struct congestion){
		.round_min_ms = unknown_ms,
		.last_min_ms = unknown_ms,
		.css_min_ms = unknown_ms,
	};
}

/* ---- the round trip */

/* Returns the sample of the latest acknowledged mark; 0: none. */
static uint32_t take_sample(struct congestion *c, const struct congestion_ack *a)
{
	uint32_t ms = 0;

	while (c->mark_count && is_before(c->marks[c->mark_first].seq, a->ackno)) {
		uint64_t passed = a->now_ms - c->marks[c->mark_first].ms;

		ms = passed > 60000 ? 60000 : passed ? (uint32_t)passed : 1;
		c->mark_first = (c->mark_first + 1) % CONGESTION_MARKS;
		c->mark_count--;
	}
	if (ms)
		c->rtt_ms = ms;
	return ms;
}

/* Marks snd_nxt, which is sent right after this call. */
static void put_mark(struct congestion *c, const struct congestion_ack *a)
{
	unsigned int last =
		(c->mark_first + c->mark_count + CONGESTION_MARKS - 1) % CONGESTION_MARKS;
	unsigned int at = (last + 1) % CONGESTION_MARKS;

	if (c->mark_count == CONGESTION_MARKS ||
	    (c->mark_count && !is_before(c->marks[last].seq, a->snd_nxt)))
		return;
	c->marks[at].seq = a->snd_nxt;
	c->marks[at].ms = a->now_ms;
	c->mark_count++;
}

/* ---- slow start, RFC 9406 section 4.2 */

/* Returns true at the start of a round, after saving the shortest round trip of the last one. */
static bool begin_round(struct congestion *c, const struct congestion_ack *a)
{
	if (c->has_round && is_before(a->ackno, c->round_end))
		return false;
	c->has_round = true;
	c->round_end = a->snd_nxt;
	c->last_min_ms = c->round_min_ms;
	c->round_min_ms = unknown_ms;
	c->samples = 0;
	return true;
}

static uint32_t threshold_ms(uint32_t rtt_ms)
{
	return min32(max32(rtt_ms / MIN_RTT_DIVISOR, MIN_RTT_THRESH_MS), MAX_RTT_THRESH_MS);
}

static void check_round_trip(struct congestion *c, const struct congestion_ack *a)
{
	uint32_t sample = take_sample(c, a);

	if (sample) {
		c->round_min_ms = min32(c->round_min_ms, sample);
		c->samples++;
	}
	if (c->samples < N_RTT_SAMPLE || c->last_min_ms == unknown_ms)
		return;
	if (c->css_rounds) {
		if (c->round_min_ms < c->css_min_ms)
			c->css_rounds = 0;
	} else if (c->round_min_ms >= c->last_min_ms + threshold_ms(c->last_min_ms)) {
		c->css_rounds = 1;
		c->css_min_ms = c->round_min_ms;
	}
}

static uint32_t slow_start(struct congestion *c, const struct congestion_ack *a, uint32_t *ssthresh)
{
	uint32_t more = a->acked;

	if (begin_round(c, a) && c->css_rounds && ++c->css_rounds > CSS_ROUNDS) {
		*ssthresh = a->cwnd;
		return a->cwnd;
	}
	check_round_trip(c, a);
	if (a->after_timeout) /* RFC 3465 section 2.3: L = 1 */
		more = min32(more, a->mss);
	if (c->css_rounds)
		more /= CSS_GROWTH_DIVISOR;
	return a->cwnd + more;
}

/* ---- congestion avoidance, RFC 9438 */

static uint32_t cube_root(uint64_t n)
{
	uint64_t root = 0;

	for (uint64_t bit = 1 << 20; bit; bit >>= 1) {
		uint64_t with = root | bit;

		if (with * with * with <= n)
			root = with;
	}
	return (uint32_t)root;
}

static void begin_epoch(struct congestion *c, const struct congestion_ack *a)
{
	uint64_t missing = 0;

	c->epoch_ms = a->now_ms;
	c->w_est = a->cwnd;
	if (c->w_max > a->cwnd) /* segments, times 10^9 ms^3/s^3, over C */
		missing = (uint64_t)(c->w_max - a->cwnd) * 1000 / a->mss;
	else
		c->w_max = a->cwnd;
	c->k_ms = min32(cube_root(missing * 1000 * 1000 * 10 / C_TENTHS), K_MAX_MS);
}

/* W_cubic at that time of the epoch. */
static uint32_t cubic(const struct congestion *c, uint64_t t_ms, uint32_t mss)
{
	bool is_after = t_ms > c->k_ms;
	uint64_t d = is_after ? t_ms - c->k_ms : c->k_ms - t_ms, off;

	if (d > K_MAX_MS)
		d = K_MAX_MS;
	off = d * d / 1000 * d / 1000 * C_TENTHS / 10 * mss / 1000; /* bytes */
	if (is_after)
		return off > UINT32_MAX / 2 - c->w_max % (UINT32_MAX / 2)
			       ? UINT32_MAX / 2
			       : c->w_max + (uint32_t)off;
	return off < c->w_max ? c->w_max - (uint32_t)off : 0;
}

static uint32_t avoid(struct congestion *c, const struct congestion_ack *a)
{
	uint32_t target, cwnd = a->cwnd;

	take_sample(c, a);
	if (!c->epoch_ms)
		begin_epoch(c, a);
	target = cubic(c, a->now_ms - c->epoch_ms + c->rtt_ms, a->mss);
	target = min32(target, cwnd + cwnd / 2);
	if (target > cwnd)
		cwnd += (uint32_t)((uint64_t)(target - cwnd) * a->acked / cwnd);
	c->w_est += (uint32_t)((uint64_t)a->acked * a->mss * ALPHA_HUNDREDTHS / 100 / a->cwnd);
	return max32(cwnd, c->w_est);
}

/*
 * RFC 9438 section 4.2: while the window is not used, the epoch's time does not advance. Marks are
 * dropped, since they would measure how long the application is idle.
 */
static void pass_idle(struct congestion *c, uint64_t ms)
{
	c->mark_count = 0;
	if (c->epoch_ms)
		c->epoch_ms += ms;
}

/* ---- both */

uint32_t congestion_acked(struct congestion *c, const struct congestion_ack *a, uint32_t *ssthresh)
{
	bool is_slow_start = a->cwnd < a->ssthresh;
	uint32_t flight = a->snd_nxt - a->ackno + a->acked, cwnd;
	uint32_t used = is_slow_start ? a->cwnd / 2 : a->cwnd - min32(a->cwnd / 8, 64 * 1024);
	uint64_t passed_ms = a->now_ms - c->last_ms;

	if (!a->cwnd || !a->mss)
		return a->mss;
	c->last_ms = a->now_ms;
	if (flight < used) {
		pass_idle(c, passed_ms);
		return a->cwnd;
	}
	cwnd = is_slow_start ? slow_start(c, a, ssthresh) : avoid(c, a);
	put_mark(c, a);
	return cwnd;
}

uint32_t congestion_lost(struct congestion *c, uint32_t flight, uint32_t mss, bool is_timeout)
{
	uint32_t minimum = 2 * mss;

	/*
	 * Fast convergence, RFC 9438 section 4.7: lost at a smaller window than the last time, so
	 * release bandwidth.
	 */
	c->w_max =
		flight < c->w_max ? (uint32_t)((uint64_t)flight * (10 + BETA_TENTHS) / 20) : flight;
	c->epoch_ms = 0;
	c->mark_count = 0; /* RFC 6298 section 3: retransmitted segments are not measured */
	c->css_rounds = 0;
	c->has_round = false;
	c->round_min_ms = c->last_min_ms = unknown_ms;
	if (is_timeout && !c->w_max)
		c->w_max = minimum;
	return max32((uint32_t)((uint64_t)flight * BETA_TENTHS / 10), minimum);
}
