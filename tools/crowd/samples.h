/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measured values, and their summary: minimum, median, 99th percentile, maximum. */
#ifndef SSTP_CROWD_SAMPLES_H
#define SSTP_CROWD_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
	uint32_t *at;
	size_t count, room;
};

void samples_note(struct samples *s, uint64_t value); /* lost when there is no memory */
/* Prints a further member of a JSON object; clears the values. */
void samples_print(struct samples *s, const char *name);

#endif
