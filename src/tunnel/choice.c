/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses the congestion control by the loss and the delay of the line. */
#include "tunnel/choice.h"

enum { NEAR_MS = 5 };

/* Half the minimum round trip more is not yet a queue that overflows. */
static bool is_near_min(const struct choice_facts *f)
{
	return f->rtt_ms <= f->min_rtt_ms + f->min_rtt_ms / 2 + NEAR_MS;
}

/*
 * A loss while there is a queue. It makes the window smaller by a third or a half, so a queue of ours gets shorter. A
 * queue that does not belongs to the other direction, or to others, and says nothing about the loss.
 */
static bool loses_in_others_queue(struct choice *c, const struct choice_facts *f, bool is_loss,
				  uint64_t now_ms)
{
	uint32_t passed = (uint32_t)now_ms - c->before.loss_ms;
	bool remains;

	if (!c->loss_rtt_ms && is_loss && !is_near_min(f)) {
		c->loss_rtt_ms = f->rtt_ms;
		c->before.loss_ms = (uint32_t)now_ms;
		return false;
	}
	if (!c->loss_rtt_ms || passed < CHOICE_SHORTER_RTTS * c->loss_rtt_ms)
		return false;
	/* nobody looked for so long because nothing was sent: the round trip is an old one */
	remains = passed < 2 * CHOICE_SHORTER_RTTS * c->loss_rtt_ms &&
		  f->rtt_ms >= c->loss_rtt_ms - c->loss_rtt_ms / CHOICE_SHRINK;
	c->loss_rtt_ms = 0;
	return remains;
}

/* All losses in one round trip count as one. */
static bool counts(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	bool is_loss = f->repeated != c->before.repeated;

	c->before.repeated = f->repeated;
	if (loses_in_others_queue(c, f, is_loss, now_ms))
		return true;
	return is_loss && is_near_min(f) &&
	       (!c->before.last_ms || now_ms - c->before.last_ms > f->rtt_ms);
}

static bool loses_without_queue(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	if (!counts(c, f, now_ms))
		return false;
	c->before.last_ms = now_ms;
	if (!c->losses || now_ms - c->before.first_ms > CHOICE_LOSSES_MS) {
		c->before.first_ms = now_ms;
		c->losses = 0;
	}
	return ++c->losses >= CHOICE_LOSSES;
}

static bool has_standing_queue(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	if (f->rtt_ms < f->min_rtt_ms + CHOICE_QUEUE_MS) {
		c->before.queue_ms = 0;
		return false;
	}
	if (!c->before.queue_ms)
		c->before.queue_ms = now_ms;
	return now_ms - c->before.queue_ms >= CHOICE_QUEUE_LASTS_MS;
}

bool choice_is_bbr(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	bool loses = loses_without_queue(c, f, now_ms);
	bool has_queue = has_standing_queue(c, f, now_ms);

	return loses || has_queue;
}

/* The line is full of what we send, and not of what we receive, or of what others send. */
static bool is_own_queue(const struct choice *c, const struct choice_facts *f, uint64_t ms)
{
	uint32_t sent = f->sent - c->bbr.sent, received = f->received - c->bbr.received;
	uint64_t full = f->startup_rate * ms / 1000;

	return sent / CHOICE_ONE_WAY >= received && sent >= full / 4 * 3 &&
	       (uint64_t)f->startup_rate * (f->rtt_ms - f->min_rtt_ms) / 1000 >= CHOICE_OWN_MIN;
}

static bool has_queue_in_startup(struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	uint64_t ms;

	if (!f->startup_rate || is_near_min(f) || now_ms < c->bbr.retry_ms) {
		c->bbr.since_ms = 0;
		return false;
	}
	if (!c->bbr.since_ms) {
		c->bbr.since_ms = now_ms;
		c->bbr.sent = f->sent;
		c->bbr.received = f->received;
	}
	ms = now_ms - c->bbr.since_ms;
	if (ms < CHOICE_QUEUE_LASTS_MS || ms < (uint64_t)f->rtt_ms * CHOICE_QUEUE_ROUNDS)
		return false;
	c->bbr.since_ms = 0;
	return is_own_queue(c, f, ms);
}

/* In the first round trip, packets that were sent before still arrive. In the next one the queue must get shorter. */
static bool stays(const struct choice *c, const struct choice_facts *f, uint64_t halved_ms)
{
	return halved_ms >= 2 * (uint64_t)c->bbr.rtt_ms && !is_near_min(f) &&
	       f->rtt_ms + (halved_ms - c->bbr.rtt_ms) / CHOICE_SHRINK > c->bbr.rtt_ms;
}

bool choice_limit(struct choice *c, const struct choice_facts *f, uint64_t now_ms, uint64_t *rate)
{
	uint64_t halved_ms;
	bool fails;

	if (!c->bbr.is_halved) {
		if (!has_queue_in_startup(c, f, now_ms))
			return false;
		c->bbr.is_halved = true;
		c->bbr.since_ms = now_ms;
		c->bbr.rtt_ms = f->rtt_ms;
		*rate = f->startup_rate / 2;
		return true;
	}
	halved_ms = now_ms - c->bbr.since_ms;
	fails = halved_ms >= CHOICE_DRAIN_MS || stays(c, f, halved_ms);
	if (f->startup_rate && !is_near_min(f) && !fails)
		return false;
	c->bbr.is_halved = false;
	c->bbr.since_ms = 0;
	c->bbr.retry_ms = fails ? now_ms + CHOICE_RETRY_MS : 0;
	*rate = 0;
	return true;
}

/* While there is a queue, which may be that direction's. */
static bool receives_more(const struct choice *c, const struct choice_facts *f)
{
	return !c->bbr.is_halved && c->bbr.since_ms &&
	       f->sent - c->bbr.sent < f->received - c->bbr.received;
}

bool choice_is_starting(const struct choice_facts *f)
{
	return !f->is_limited && (f->startup_rate || f->is_slow_start) && is_near_min(f);
}

bool choice_is_unsettled(const struct choice *c, const struct choice_facts *f, uint64_t now_ms)
{
	if (choice_is_starting(f))
		return true;
	if (f->startup_rate)
		return !f->is_limited && receives_more(c, f);
	return !c->is_bbr && c->losses &&
	       now_ms - c->before.last_ms < (uint64_t)f->rtt_ms * CHOICE_SETTLES_RTTS;
}
