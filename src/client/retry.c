/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pauses: 1 s, 2 s, 4 s ... 1 minute. */
#include "client/retry.h"

enum {
	FIRST_MS = 1000,
	MAX_MS = 60 * 1000,
	DOUBLINGS = 6, /* one more would exceed MAX_MS */
	/* a server that a resumption has confused ends the connection before that */
	EARLY_MS = 10 * 1000,
	/* after a tunnel was up for this long the next failure counts as the first */
	STEADY_MS = 60 * 1000,
	/* after a shorter one the next pause is at most the third, 4 s */
	FAILURES_AFTER_SUCCESS = 2,
};

void retry_up(struct retry *r, uint64_t now_ms)
{
	if (!r->is_up)
		r->up_ms = now_ms;
	r->is_up = r->was_up = true;
}

bool retry_is_early(const struct retry *r, uint64_t limit_ms, uint64_t now_ms)
{
	return r->is_up ? now_ms - r->up_ms < EARLY_MS : now_ms < limit_ms;
}

void retry_down(struct retry *r, uint64_t now_ms)
{
	if (!r->is_up)
		return;
	r->is_up = false;
	if (now_ms - r->up_ms >= STEADY_MS)
		r->failures = 0;
	else if (r->failures > FAILURES_AFTER_SUCCESS)
		r->failures = FAILURES_AFTER_SUCCESS;
}

static uint32_t pause_ms(struct retry *r, uint32_t jitter)
{
	uint32_t max = r->failures < DOUBLINGS ? (uint32_t)FIRST_MS << r->failures : MAX_MS;

	r->failures++;
	return max - jitter % (max / 4);
}

/*
 * A login that failed without an explicit refusal is reported as refused only if it is the first
 * one.
 */
static enum tunnel_reason reason_of(const struct retry *r, const struct retry_end *end)
{
	bool may_be_refused = end->is_verdict || !(r->was_up || r->keep_trying);

	return end->reason == REASON_AUTH && !may_be_refused ? REASON_PPP : end->reason;
}

/* Refused logins are not tried again: too many of them lock a user's account. */
static bool is_login(enum tunnel_reason reason)
{
	return reason == REASON_AUTH || reason == REASON_PROXY_LOGIN;
}

static bool is_worth_another_try(const struct retry *r, const struct retry_end *end,
				 enum tunnel_reason reason)
{
	if (r->once || is_login(reason))
		return false;
	return r->was_up || (r->keep_trying && (reason != REASON_TRUST || end->is_not_valid_yet));
}

struct retry_plan retry_ended(struct retry *r, const struct retry_end *end, uint64_t now_ms,
			      uint32_t jitter)
{
	enum tunnel_reason reason = reason_of(r, end);

	retry_down(r, now_ms);
	if (end->by_us)
		return (struct retry_plan){ .when = RETRY_NOW };
	if (is_worth_another_try(r, end, reason))
		return (struct retry_plan){ RETRY_LATER, pause_ms(r, jitter), reason };
	if (r->was_up && !is_login(reason))
		reason = REASON_LOST;
	return (struct retry_plan){ .when = RETRY_NEVER, .reason = reason };
}
