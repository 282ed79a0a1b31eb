/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All values are stored, and sorted at the end. */
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void samples_note(struct samples *s, uint64_t value)
{
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		uint32_t *at = realloc(s->at, room * sizeof(*at));

		if (!at)
			return;
		s->at = at;
		s->room = room;
	}
	s->at[s->count++] = (uint32_t)(value < UINT32_MAX ? value : UINT32_MAX);
}

static int compare(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static uint32_t percentile(const struct samples *s, size_t percent)
{
	return s->count ? s->at[(s->count - 1) * percent / 100] : 0;
}

void samples_print(struct samples *s, const char *name)
{
	if (s->count)
		qsort(s->at, s->count, sizeof(*s->at), compare);
	printf(", \"%s\": {\"min\": %u, \"median\": %u, \"p99\": %u, \"max\": %u}", name,
	       percentile(s, 0), percentile(s, 50), percentile(s, 99), percentile(s, 100));
	s->count = 0;
}
