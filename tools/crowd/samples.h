/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measured values, and what is told of them: least, median, 99th percentile, most. */
#ifndef SSTP_CROWD_SAMPLES_H
#define SSTP_CROWD_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
	uint32_t *at;
	size_t count, room;
};

void samples_note(struct samples *s, uint64_t value); /* lost when there is no memory */
/* As a member of a JSON object that has one already; forgets them. */
void samples_print(struct samples *s, const char *name);

#endif
