/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bbr.h"

#include <string.h>

enum {
	ACK_PACKET = 52,
	INITIAL = 10, /* segments, and BBR_ROUNDS is the filter's length */
	MIN_CWND = 4,
	MIN_RTT_LASTS_US = 10 * 1000 * 1000,
	PROBE_RTT_US = 200 * 1000,
	EXTRA_MAX_US = 100 * 1000,
	EXTRA_ROUNDS = 5,
	BURST_US = 1000,
	FULL_ROUNDS = 3,
	RTO_MIN_US = 200 * 1000,
	WAKE_US =
		2000, /* from the socket's event until it is filled, on a machine with other work */
};

static const double startup_gain = 2.885, drain_gain = 1 / 2.885, cwnd_gain = 2,
		    pacing_margin = 0.99;
static const double phases[] = { 1.25, 0.75, 1, 1, 1, 1, 1, 1 };

static double max(double a, double b)
{
	return a > b ? a : b;
}

void bbr_init(struct bbr *b, struct way *data, struct way *acks, uint8_t kind)
{
	memset(b, 0, sizeof(*b));
	b->data = data;
	b->acks = acks;
	b->kind = kind;
	b->next = b->acked = b->seen = 1;
	b->cwnd = INITIAL;
	b->rate = INITIAL / 1000.0 / 1000.0 *
		  10; /* 1 ms to 100 ms: corrected by the first round trip */
}

static uint32_t in_flight(const struct bbr *b)
{
	return (uint32_t)(b->next - b->acked);
}

/* ---- sending */

static double pacing_gain(const struct bbr *b)
{
	switch (b->mode) {
	case BBR_STARTUP:
		return startup_gain;
	case BBR_DRAIN:
		return drain_gain;
	case BBR_PROBE_BW:
		return phases[b->phase];
	default:
		return 1;
	}
}

static double pacing(const struct bbr *b)
{
	double rate = b->rate * pacing_gain(b) * pacing_margin,
	       cap = (double)b->cap / 1e6 / BBR_MSS;

	return b->cap && rate > cap ? cap : rate;
}

static void send_one(struct bbr *b, uint64_t now_us)
{
	uint8_t packet[BBR_PACKET] = { b->kind };
	struct bbr_sent *s = &b->sent[b->next % BBR_WINDOW];

	if (!in_flight(b))
		b->first_us = b->delivered_us = now_us;
	*s = (struct bbr_sent){ now_us, b->first_us, b->delivered_us, b->delivered,
				b->app_limited };
	memcpy(packet + 8, &b->next, sizeof(b->next));
	way_put(b->data, packet, sizeof(packet), now_us * 1000);
	b->next++;
	b->waiting--;
}

static void fill(struct bbr *b, uint64_t now_us)
{
	uint32_t used = in_flight(b) + b->waiting, more = b->room - b->waiting;

	if (b->window && more > b->window - used)
		more = used < b->window ? b->window - used : 0;
	if (b->waiting > b->room / 2 || !more)
		return;
	if (!b->fill_us)
		b->fill_us = now_us + WAKE_US;
	if (now_us < b->fill_us)
		return;
	b->waiting += more;
	b->fill_us = 0;
}

static bool may_send(const struct bbr *b)
{
	return b->waiting && in_flight(b) < b->cwnd && in_flight(b) < BBR_WINDOW / 2;
}

static void lose_all(struct bbr *b, uint64_t now_us)
{
	b->lost += in_flight(b);
	b->acked = b->next;
	b->last_ack_us = now_us;
	b->prior_cwnd = b->cwnd;
	b->cwnd = 1;
	b->full_rate = 0;
}

void bbr_send(struct bbr *b, uint64_t now_us)
{
	double rate = pacing(b);
	uint32_t burst = (uint32_t)(rate * BURST_US);

	if (in_flight(b) && b->last_ack_us && now_us > b->last_ack_us + RTO_MIN_US + 2 * b->srtt_us)
		lose_all(b, now_us);
	if (burst < 2)
		burst = 2;
	fill(b, now_us);
	while (may_send(b) && now_us >= b->next_send_us) {
		uint32_t n = 0;

		for (; n < burst && may_send(b); n++)
			send_one(b, now_us);
		if (b->next_send_us + BURST_US < now_us)
			b->next_send_us = now_us;
		b->next_send_us += (uint64_t)(n / rate);
	}
}

/* ---- what BBR makes of an acknowledgment */

struct sample {
	uint64_t acked, lost; /* packets */
	uint64_t prior;       /* delivered when the newest of them was sent */
	double rate;          /* 0: not valid */
	uint32_t rtt_us;
	bool is_app_limited;
};

static double bdp(const struct bbr *b)
{
	return b->rate * b->bbr_min_us;
}

static void update_rate(struct bbr *b, const struct sample *s)
{
	double best = 0;

	b->is_round_start = s->prior >= b->round_end;
	if (b->is_round_start) {
		b->round_end = b->delivered;
		b->round++;
		b->conserves = false;
	}
	if (s->is_app_limited && s->rate < b->rate)
		return;
	if (b->best[b->round % BBR_ROUNDS].round != b->round ||
	    s->rate > b->best[b->round % BBR_ROUNDS].rate) {
		b->best[b->round % BBR_ROUNDS].rate = s->rate;
		b->best[b->round % BBR_ROUNDS].round = b->round;
	}
	for (int i = 0; i < BBR_ROUNDS; i++)
		if (b->best[i].round + BBR_ROUNDS > b->round)
			best = max(best, b->best[i].rate);
	if (best > 0)
		b->rate = best;
}

/* tcp_bbr.c: bbr_update_ack_aggregation */
static void update_extra(struct bbr *b, const struct sample *s, uint64_t now_us)
{
	double expected = b->rate * (double)(now_us - b->epoch_us), more;

	if (b->is_round_start && b->round - b->extra_round >= EXTRA_ROUNDS) {
		b->extra_round = b->round;
		b->extra[0] = b->extra[1];
		b->extra[1] = 0;
	}
	if ((double)b->epoch_acked <= expected || b->epoch_acked + s->acked > 0xfffff) {
		b->epoch_acked = 0;
		b->epoch_us = now_us;
		expected = 0;
	}
	b->epoch_acked += s->acked;
	more = (double)b->epoch_acked - expected;
	if (more > b->cwnd)
		more = b->cwnd;
	if (more > b->extra[1])
		b->extra[1] = (uint32_t)more;
}

static void check_full(struct bbr *b, const struct sample *s)
{
	if (b->is_full || !b->is_round_start || s->is_app_limited)
		return;
	if (b->rate >= b->full_rate * 1.25) {
		b->full_rate = b->rate;
		b->full_rounds = 0;
		return;
	}
	b->is_full = ++b->full_rounds >= FULL_ROUNDS;
}

static void begin_probe_bw(struct bbr *b, uint64_t now_us)
{
	b->mode = BBR_PROBE_BW;
	b->phase = (unsigned)(2 + b->next % 6);
	b->phase_us = now_us;
}

static void next_phase(struct bbr *b, uint64_t now_us)
{
	bool is_long = now_us - b->phase_us > b->bbr_min_us;
	double gain = phases[b->phase];
	bool is_over = gain > 1   ? is_long && (b->had_loss || in_flight(b) >= gain * bdp(b))
		       : gain < 1 ? is_long || in_flight(b) <= bdp(b)
				  : is_long;

	b->had_loss = false;
	if (!is_over)
		return;
	b->phase = (b->phase + 1) % (sizeof(phases) / sizeof(*phases));
	b->phase_us = now_us;
}

static void update_mode(struct bbr *b, const struct sample *s, uint64_t now_us)
{
	check_full(b, s);
	if (b->mode == BBR_STARTUP && b->is_full)
		b->mode = BBR_DRAIN;
	if (b->mode == BBR_DRAIN && in_flight(b) <= bdp(b))
		begin_probe_bw(b, now_us);
	if (b->mode == BBR_PROBE_BW)
		next_phase(b, now_us);
}

static void end_probe_rtt(struct bbr *b, uint64_t now_us)
{
	b->min_at_us = now_us;
	b->cwnd = b->cwnd > b->prior_cwnd ? b->cwnd : b->prior_cwnd;
	if (b->is_full)
		begin_probe_bw(b, now_us);
	else
		b->mode = BBR_STARTUP;
}

static void update_min_rtt(struct bbr *b, const struct sample *s, uint64_t now_us)
{
	bool is_old = now_us > b->min_at_us + MIN_RTT_LASTS_US;

	if (!b->bbr_min_us || s->rtt_us < b->bbr_min_us || is_old) {
		b->bbr_min_us = s->rtt_us;
		b->min_at_us = now_us;
	}
	if (is_old && b->mode != BBR_PROBE_RTT) {
		b->mode = BBR_PROBE_RTT;
		b->prior_cwnd = b->cwnd;
		b->probe_end_us = 0;
	}
	if (b->mode != BBR_PROBE_RTT)
		return;
	b->app_limited = b->delivered + in_flight(b) + 1; /* its low rates say nothing */
	if (!b->probe_end_us && in_flight(b) <= MIN_CWND) {
		b->probe_end_us = now_us + PROBE_RTT_US;
		b->probe_round = b->round + 1;
	} else if (b->probe_end_us && now_us > b->probe_end_us && b->round >= b->probe_round) {
		end_probe_rtt(b, now_us);
	}
}

static void recover(struct bbr *b, const struct sample *s)
{
	if (s->lost && !b->recovery_end) {
		b->recovery_end = b->next;
		b->prior_cwnd = b->cwnd;
		b->conserves = true;
		b->round_end = b->delivered;
		b->cwnd = in_flight(b) + (uint32_t)s->acked;
	} else if (b->recovery_end && b->acked >= b->recovery_end) {
		b->recovery_end = 0;
		b->conserves = false;
		b->cwnd = b->cwnd > b->prior_cwnd ? b->cwnd : b->prior_cwnd;
	}
}

static uint32_t target_cwnd(const struct bbr *b)
{
	double gain = b->mode == BBR_STARTUP || b->mode == BBR_DRAIN ? startup_gain : cwnd_gain;
	double extra = b->extra[0] > b->extra[1] ? b->extra[0] : b->extra[1];
	double most = b->rate * EXTRA_MAX_US, burst = max(2, b->rate * BURST_US);

	if (!b->is_full)
		extra = 0;
	else if (extra > most)
		extra = most;
	return (uint32_t)(bdp(b) * gain + 3 * burst + extra) + 2;
}

static void set_cwnd(struct bbr *b, const struct sample *s)
{
	uint32_t target = target_cwnd(b);

	if (s->lost && b->cwnd > s->lost + 1)
		b->cwnd -= (uint32_t)s->lost;
	recover(b, s);
	if (b->conserves) {
		uint32_t least = in_flight(b) + (uint32_t)s->acked;

		b->cwnd = b->cwnd > least ? b->cwnd : least;
	} else if (b->is_full) {
		b->cwnd += (uint32_t)s->acked;
		b->cwnd = b->cwnd < target ? b->cwnd : target;
	} else if (b->cwnd < target || b->delivered < INITIAL) {
		b->cwnd += (uint32_t)s->acked;
	}
	if (b->cwnd < MIN_CWND)
		b->cwnd = MIN_CWND;
	if (b->mode == BBR_PROBE_RTT && b->cwnd > MIN_CWND)
		b->cwnd = MIN_CWND;
}

/* ---- acknowledgments */

static void deliver(struct bbr *b, struct sample *s, uint64_t number, uint64_t now_us)
{
	const struct bbr_sent *sent = &b->sent[number % BBR_WINDOW];
	uint64_t send_us = sent->at_us - sent->first_us, ack_us = now_us - sent->delivered_us;
	uint64_t interval = send_us > ack_us ? send_us : ack_us;

	s->lost += number - b->acked;
	b->acked = number + 1;
	b->delivered++;
	s->acked++;
	s->prior = sent->delivered;
	s->is_app_limited = sent->is_app_limited;
	s->rtt_us = (uint32_t)(now_us - sent->at_us);
	s->rate = interval && interval >= b->min_us
			  ? (double)(b->delivered - sent->delivered) / (double)interval
			  : 0;
	b->first_us = sent->at_us;
}

static void take_ack(struct bbr *b, uint64_t arrived, uint64_t now_us)
{
	struct sample s = { 0 };

	if (!b->waiting && in_flight(b) < b->cwnd)
		b->app_limited = b->delivered + in_flight(b) + 1;
	for (; b->reported < arrived; b->reported++) {
		uint64_t number = b->acked & ~(uint64_t)UINT32_MAX;

		number |= b->log[b->reported % BBR_WINDOW];
		if (number >= b->acked)
			deliver(b, &s, number, now_us);
	}
	b->last_ack_us = now_us;
	if (!s.acked)
		return;
	b->delivered_us = now_us;
	if (b->app_limited && b->delivered > b->app_limited)
		b->app_limited = 0;
	if (s.rate > 0 && (!s.is_app_limited || s.rate >= b->sample_rate))
		b->sample_rate = s.rate;
	b->lost += s.lost;
	b->had_loss = b->had_loss || s.lost;
	if (!b->srtt_us)
		b->rate = max(b->rate, INITIAL / (double)s.rtt_us);
	b->srtt_us = b->srtt_us ? b->srtt_us - b->srtt_us / 8 + s.rtt_us / 8 : s.rtt_us;
	if (!b->min_us || s.rtt_us < b->min_us)
		b->min_us = s.rtt_us;
	update_rate(b, &s);
	update_extra(b, &s, now_us);
	if (!b->bbr_min_us)
		b->bbr_min_us = s.rtt_us;
	update_mode(b, &s, now_us);
	update_min_rtt(b, &s, now_us);
	set_cwnd(b, &s);
}

static void take_data(struct bbr *b, uint64_t number, uint64_t now_us)
{
	uint8_t ack[ACK_PACKET] = { b->kind + 1 };
	bool has_gap = number != b->seen;

	b->seen = number + 1;
	b->log[b->arrived++ % BBR_WINDOW] = (uint32_t)number;
	if (b->arrived % 2 && !has_gap)
		return;
	memcpy(ack + 8, &b->arrived, sizeof(b->arrived));
	way_put(b->acks, ack, sizeof(ack), now_us * 1000);
}

void bbr_take(struct bbr *b, const struct way_packet *p, uint64_t now_us)
{
	uint64_t number;

	memcpy(&number, p->at + 8, sizeof(number));
	if (p->at[0] == b->kind)
		take_data(b, number, now_us);
	else
		take_ack(b, number, now_us);
}
