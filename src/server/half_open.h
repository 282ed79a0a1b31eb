/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections that have not logged in, the oldest first: those at the door and the sessions that have
 * been made of some. There is a bound on all of them together, and over it the oldest goes. Embedded in
 * its owner.
 */
#ifndef SSTP_SERVER_HALF_OPEN_H
#define SSTP_SERVER_HALF_OPEN_H

#include <stddef.h>
#include <stdint.h>

struct half_open {
	uint64_t id; /* of the session that it is, or will be */
	uint64_t started_ms;
	void (*shut_down)(struct half_open *o); /* in order; it may be gone at once */
	void (*abandon)(struct half_open *o);   /* at once */
	struct half_open *next, *prev;          /* the list's own */
};

struct half_opens {
	struct half_open *first, *last;
	size_t count;
};

void half_open_add(struct half_opens *l, struct half_open *o);
void half_open_remove(struct half_opens *l, struct half_open *o);
/* Gives the place of `old` to `new`. */
void half_open_replace(struct half_opens *l, struct half_open *old, struct half_open *new);

#endif
