/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client does after failures and successes: sequences of events on a simulated clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/retry.h"

enum { STEPS_MAX = 16, MINUTE_MS = 60 * 1000 };

/* UP: the tunnel comes up. Others: the tunnel, or the attempt, ends for that reason. */
/* DOWN: the same, and the caller makes another attempt without asking. */
enum what {
	STORY_OVER,
	UP,
	DOWN,
	BY_US,
	REFUSED,
	AT_LOGIN,
	FAILED,
	UNTRUSTED,
	TOO_EARLY,
	UNREACHABLE,
	AT_PROXY
};

struct step {
	uint32_t after_ms; /* after the previous step */
	enum what what;
	/* the expected plan: */
	int when; /* RETRY_... */
	uint32_t wait_ms;
	enum tunnel_reason reason;
};

struct story {
	const char *name;
	bool once, keep_trying;
	struct step steps[STEPS_MAX];
};

#define IS_UP UP, 0, 0, REASON_NONE
#define IS_DOWN DOWN, 0, 0, REASON_NONE
#define NEVER(reason) RETRY_NEVER, 0, reason
#define NOW RETRY_NOW, 0, REASON_NONE
#define LATER(ms, reason) RETRY_LATER, ms, reason

static const struct story stories[] = {
	{ "the first attempt fails", false, false, { { 0, UNREACHABLE, NEVER(REASON_TCP) } } },
	{ "the first login is refused", false, false, { { 0, REFUSED, NEVER(REASON_AUTH) } } },
	{ "the first login fails without a word: it looks refused",
	  false,
	  false,
	  { { 0, AT_LOGIN, NEVER(REASON_AUTH) } } },
	{ "the certificate is not trusted",
	  false,
	  false,
	  { { 0, UNTRUSTED, NEVER(REASON_TRUST) } } },

	{ "pauses double up to a minute",
	  false,
	  true,
	  { { 0, UNREACHABLE, LATER(1000, REASON_TCP) },
	    { 1000, FAILED, LATER(2000, REASON_PPP) },
	    { 2000, UNREACHABLE, LATER(4000, REASON_TCP) },
	    { 4000, UNREACHABLE, LATER(8000, REASON_TCP) },
	    { 8000, UNREACHABLE, LATER(16000, REASON_TCP) },
	    { 16000, UNREACHABLE, LATER(32000, REASON_TCP) },
	    { 32000, UNREACHABLE, LATER(60000, REASON_TCP) },
	    { 60000, UNREACHABLE, LATER(60000, REASON_TCP) } } },
	{ "keep trying: a login without a verdict is no refusal",
	  false,
	  true,
	  { { 0, AT_LOGIN, LATER(1000, REASON_PPP) }, { 1000, REFUSED, NEVER(REASON_AUTH) } } },
	{ "keep trying, but not without trust",
	  false,
	  true,
	  { { 0, FAILED, LATER(1000, REASON_PPP) }, { 1000, UNTRUSTED, NEVER(REASON_TRUST) } } },

	{ "keep trying until the clock is set",
	  false,
	  true,
	  { { 0, TOO_EARLY, LATER(1000, REASON_TRUST) },
	    { 1000, TOO_EARLY, LATER(2000, REASON_TRUST) } } },
	{ "a certificate that is not valid yet is refused at once without that",
	  false,
	  false,
	  { { 0, TOO_EARLY, NEVER(REASON_TRUST) } } },
	{ "and with --once", true, true, { { 0, TOO_EARLY, NEVER(REASON_TRUST) } } },

	{ "after it was up everything is tried again",
	  false,
	  false,
	  { { 0, IS_UP },
	    { MINUTE_MS, FAILED, LATER(1000, REASON_PPP) },
	    { 1000, UNTRUSTED, LATER(2000, REASON_TRUST) },
	    { 2000, UNREACHABLE, LATER(4000, REASON_TCP) },
	    { 4000, AT_LOGIN, LATER(8000, REASON_PPP) } } },
	{ "but a login that is refused",
	  false,
	  false,
	  { { 0, IS_UP },
	    { MINUTE_MS, FAILED, LATER(1000, REASON_PPP) },
	    { 1000, REFUSED, NEVER(REASON_AUTH) } } },

	{ "a login that a proxy refuses is not tried again",
	  false,
	  true,
	  { { 0, UNREACHABLE, LATER(1000, REASON_TCP) },
	    { 1000, AT_PROXY, NEVER(REASON_PROXY_LOGIN) } } },
	{ "nor after it was up",
	  false,
	  false,
	  { { 0, IS_UP }, { 5000, AT_PROXY, NEVER(REASON_PROXY_LOGIN) } } },

	{ "once: it is lost", true, false, { { 0, IS_UP }, { 5000, FAILED, NEVER(REASON_LOST) } } },
	{ "once: it was never up", true, true, { { 0, FAILED, NEVER(REASON_PPP) } } },
	{ "once: a login that is refused after it was up",
	  true,
	  false,
	  { { 0, IS_UP }, { 5000, BY_US, NOW }, { 0, REFUSED, NEVER(REASON_AUTH) } } },
	{ "once: a login without a verdict after it was up",
	  true,
	  false,
	  { { 0, IS_UP }, { 5000, BY_US, NOW }, { 0, AT_LOGIN, NEVER(REASON_LOST) } } },

	{ "the user asks for another attempt",
	  false,
	  false,
	  { { 0, IS_UP }, { 5000, BY_US, NOW }, { 0, UNREACHABLE, LATER(1000, REASON_TCP) } } },

	{ "a short success shortens the series, and a second one no more",
	  false,
	  true,
	  { { 0, UNREACHABLE, LATER(1000, REASON_TCP) },
	    { 0, UNREACHABLE, LATER(2000, REASON_TCP) },
	    { 0, UNREACHABLE, LATER(4000, REASON_TCP) },
	    { 0, UNREACHABLE, LATER(8000, REASON_TCP) },
	    { 0, UNREACHABLE, LATER(16000, REASON_TCP) },
	    { 0, IS_UP },
	    { MINUTE_MS - 1, FAILED, LATER(4000, REASON_PPP) },
	    { 0, IS_UP },
	    { MINUTE_MS - 1, FAILED, LATER(4000, REASON_PPP) },
	    { 0, UNREACHABLE, LATER(8000, REASON_TCP) } } },
	{ "a short success lengthens nothing",
	  false,
	  true,
	  { { 0, IS_UP },
	    { 0, FAILED, LATER(1000, REASON_PPP) },
	    { 0, IS_UP },
	    { MINUTE_MS - 1, FAILED, LATER(2000, REASON_PPP) } } },
	{ "a long success ends the series",
	  false,
	  true,
	  { { 0, UNREACHABLE, LATER(1000, REASON_TCP) },
	    { 0, UNREACHABLE, LATER(2000, REASON_TCP) },
	    { 0, UNREACHABLE, LATER(4000, REASON_TCP) },
	    { 0, IS_UP },
	    { MINUTE_MS, FAILED, LATER(1000, REASON_PPP) },
	    { 0, UNREACHABLE, LATER(2000, REASON_TCP) } } },
	{ "what counts is since when it is up, not who says so last",
	  false,
	  true,
	  { { 0, UNREACHABLE, LATER(1000, REASON_TCP) },
	    { 0, IS_UP },
	    { MINUTE_MS - 1, IS_UP },
	    { 1, FAILED, LATER(1000, REASON_PPP) } } },
	{ "a tunnel that ended is not up during the attempt that follows unasked",
	  false,
	  true,
	  { { 0, UNREACHABLE, LATER(1000, REASON_TCP) },
	    { 0, UNREACHABLE, LATER(2000, REASON_TCP) },
	    { 0, IS_UP },
	    { 5000, IS_DOWN },
	    { MINUTE_MS, UNREACHABLE, LATER(4000, REASON_TCP) } } },
	{ "and one that comes up then is a new one",
	  false,
	  false,
	  { { 0, IS_UP },
	    { 5000, FAILED, LATER(1000, REASON_PPP) },
	    { 0, IS_UP },
	    { 5000, IS_DOWN },
	    { 5000, IS_UP },
	    { MINUTE_MS - 1, FAILED, LATER(2000, REASON_PPP) } } },
	{ "that it was up once counts once",
	  false,
	  false,
	  { { 0, IS_UP },
	    { MINUTE_MS, FAILED, LATER(1000, REASON_PPP) },
	    { MINUTE_MS, FAILED, LATER(2000, REASON_PPP) },
	    { MINUTE_MS, FAILED, LATER(4000, REASON_PPP) } } },
};

static struct retry_end end_of(enum what what)
{
	switch (what) {
	case BY_US:
		return (struct retry_end){ .by_us = true };
	case REFUSED:
		return (struct retry_end){ .reason = REASON_AUTH, .is_verdict = true };
	case AT_LOGIN:
		return (struct retry_end){ .reason = REASON_AUTH };
	case UNTRUSTED:
		return (struct retry_end){ .reason = REASON_TRUST };
	case TOO_EARLY:
		return (struct retry_end){ .reason = REASON_TRUST, .is_not_valid_yet = true };
	case AT_PROXY:
		return (struct retry_end){ .reason = REASON_PROXY_LOGIN };
	case UNREACHABLE:
		return (struct retry_end){ .reason = REASON_TCP };
	case FAILED:
	case STORY_OVER:
	case UP:
	case DOWN:
		break;
	}
	return (struct retry_end){ .reason = REASON_PPP };
}

static void tell(const struct story *story)
{
	struct retry r = { .once = story->once, .keep_trying = story->keep_trying };
	uint64_t now = 1000000;

	print_message("# %s\n", story->name);
	for (const struct step *s = story->steps; s->what != STORY_OVER; s++) {
		struct retry_end end = end_of(s->what);
		struct retry_plan plan;

		now += s->after_ms;
		if (s->what == UP) {
			retry_up(&r, now);
			continue;
		}
		if (s->what == DOWN) {
			retry_down(&r, now);
			assert_false(r.is_up);
			continue;
		}
		plan = retry_ended(&r, &end, now, 0);
		assert_int_equal(plan.when, s->when);
		assert_int_equal(plan.wait_ms, s->wait_ms);
		assert_int_equal(plan.reason, s->reason);
	}
}

static void each_story(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++)
		tell(&stories[i]);
}

static void a_pause_is_never_less_than_three_quarters(void **state)
{
	const struct retry_end end = { .reason = REASON_TCP };
	struct retry worn = { .keep_trying = true, .failures = 20 };

	(void)state;
	for (uint32_t jitter = 0; jitter < 1000; jitter++) {
		struct retry r = { .keep_trying = true };

		assert_in_range(retry_ended(&r, &end, 0, jitter).wait_ms, 751, 1000);
	}
	assert_int_equal(retry_ended(&worn, &end, 0, 14999).wait_ms, 45001);
	assert_in_range(retry_ended(&worn, &end, 0, UINT32_MAX).wait_ms, 45001, 60000);
}

/* A slow call is as early as a quick one; only its time limit makes a difference. */
static void an_end_is_early_by_the_time_since_it_was_up(void **state)
{
	struct retry r = { .keep_trying = true };

	(void)state;
	assert_true(retry_is_early(&r, 31000, 12000));
	assert_true(retry_is_early(&r, 31000, 30999));
	assert_false(retry_is_early(&r, 31000, 31000));
	retry_up(&r, 25000);
	assert_true(retry_is_early(&r, 31000, 34999));
	assert_false(retry_is_early(&r, 31000, 35000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_story),
		cmocka_unit_test(a_pause_is_never_less_than_three_quarters),
		cmocka_unit_test(an_end_is_early_by_the_time_since_it_was_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
