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
	return f->repeated != c->repeated && is_near_min(f) &&
	       (!c->last_ms || now_ms - c->last_ms > f->rtt_ms);
}

static bool loses_without_queue(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	bool is_loss = counts(c, f, now_ms);

	c->repeated = f->repeated;
	if (!is_loss)
		return false;
	c->last_ms = now_ms;
	if (!c->losses || now_ms - c->first_ms > CHOICE_LOSSES_MS) {
		c->first_ms = now_ms;
		c->losses = 0;
	}
	return ++c->losses >= CHOICE_LOSSES;
}

static bool has_standing_queue(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	if (f->rtt_ms < f->min_rtt_ms + CHOICE_QUEUE_MS) {
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

bool choice_is_drained(const struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	return is_near_min(f) || now_ms - c->capped_ms >= CHOICE_DRAIN_MS;
}
