/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses the congestion control by the loss and the delay of the line. */
#include "tunnel/choice.h"

enum { NEAR_MS = 5 };

/* Half the minimum round trip more is not yet a queue that overflows. */
static bool is_near_min(const struct choice_facts *f)
{
	return f->rtt_ms <= f->min_rtt_ms + f->min_rtt_ms / 2 + NEAR_MS;
}

/* All losses in one round trip count as one. */
static bool counts(const struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	return f->repeated != c->segments && is_near_min(f) &&
	       (!c->last_ms || now_ms - c->last_ms > f->rtt_ms);
}

static bool loses_without_queue(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	bool is_loss = counts(c, f, now_ms);

	c->segments = f->repeated;
	if (!is_loss)
		return false;
	c->last_ms = now_ms;
	if (!c->losses || now_ms - c->first_ms > CHOICE_LOSSES_MS) {
		c->first_ms = now_ms;
		c->losses = 0;
	}
	return ++c->losses >= CHOICE_LOSSES;
}

static bool shows_queue(const struct choice_facts *f)
{
	return f->rtt_ms >= f->min_rtt_ms + CHOICE_QUEUE_MS;
}

static bool has_standing_queue(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	if (!shows_queue(f)) {
		c->queue_ms = 0;
		return false;
	}
	if (!c->queue_ms)
		c->queue_ms = now_ms;
	return now_ms - c->queue_ms >= CHOICE_QUEUE_LASTS_MS;
}

bool choice_is_bbr(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	bool loses = loses_without_queue(c, f, now_ms);
	bool has_queue = has_standing_queue(c, f, now_ms);

	return loses || has_queue;
}

void choice_begin_bbr(struct choice *c, uint64_t now_ms)
{
	c->is_bbr = true;
	c->rate = c->limit_ms = 0;
	c->capped_ms = c->queue_ms ? now_ms : 0;
	c->queue_ms = 0;
}

static bool is_drained(const struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	return is_near_min(f) || now_ms - c->capped_ms >= CHOICE_DRAIN_MS;
}

/* After the first queue, which was another's, BBR has no limit. */
static bool end_drain(struct choice *c, const struct choice_facts *f, uint64_t now_ms,
		      uint64_t *rate)
{
	if (!is_drained(c, f, now_ms))
		return false;
	c->is_others = c->rate && !is_near_min(f);
	c->capped_ms = 0;
	c->limit_ms = c->rate ? now_ms + CHOICE_LIMIT_MS : 0;
	*rate = c->is_others ? 0 : c->rate * CHOICE_LIMIT_PERCENT / 100;
	return true;
}

/* The rate of one window; starts the next one. */
static uint64_t end_window(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	uint64_t bytes = (uint64_t)(f->delivered - c->segments) * f->mss;
	uint64_t rate = bytes * 1000 / (now_ms - c->queue_ms);

	c->queue_ms = now_ms;
	c->segments = f->delivered;
	return rate;
}

/* True: the queue was there for two windows. A line that paused in one of them is measured by the other. */
static bool is_measured(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	uint64_t before = c->rate;

	if (!shows_queue(f)) {
		c->queue_ms = 0;
		return false;
	}
	if (!c->queue_ms) {
		c->queue_ms = now_ms;
		c->segments = f->delivered;
		c->rate = 0;
		return false;
	}
	if (now_ms - c->queue_ms < CHOICE_MEASURE_MS || now_ms - c->queue_ms < f->rtt_ms)
		return false;
	c->rate = end_window(c, f, now_ms);
	if (!before || !c->rate)
		return false;
	c->rate = c->rate > before ? c->rate : before;
	return c->rate * (f->rtt_ms - f->min_rtt_ms) / 1000 >= CHOICE_OWN_MIN;
}

static bool begin_drain(struct choice *c, const struct choice_facts *f, uint64_t now_ms,
			uint64_t *rate)
{
	if (!is_measured(c, f, now_ms))
		return false;
	c->queue_ms = 0;
	c->limit_ms = 0;
	c->capped_ms = now_ms;
	*rate = c->rate / 2;
	return true;
}

bool choice_limit(struct choice *c, const struct choice_facts *f, uint64_t now_ms, uint64_t *rate)
{
	if (!c->is_bbr)
		return false;
	if (c->capped_ms)
		return end_drain(c, f, now_ms, rate);
	if (!c->is_others && begin_drain(c, f, now_ms, rate))
		return true;
	if (!c->limit_ms || now_ms < c->limit_ms)
		return false;
	c->is_others = false;
	c->limit_ms = 0;
	*rate = 0;
	return true;
}
