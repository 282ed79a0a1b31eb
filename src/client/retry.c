/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A second, two, four ... a minute. */
#include "client/retry.h"

enum {
	FIRST_MS = 1000,
	MAX_MS = 60 * 1000,
	DOUBLINGS = 6,              /* the next would be more than MAX_MS */
	STEADY_MS = 60 * 1000,      /* up for this long: the next failure is the first again */
	FAILURES_AFTER_SUCCESS = 2, /* up for less: the next pause is of the third at most, 4 s */
};

void retry_was_up(struct retry *r, uint64_t up_ms)
{
	if (up_ms >= STEADY_MS)
		r->failures = 0;
	else if (r->failures > FAILURES_AFTER_SUCCESS)
		r->failures = FAILURES_AFTER_SUCCESS;
}

uint32_t retry_pause_ms(struct retry *r, uint32_t dice)
{
	uint32_t most = r->failures < DOUBLINGS ? (uint32_t)FIRST_MS << r->failures : MAX_MS;

	r->failures++;
	return most - dice % (most / 4);
}
