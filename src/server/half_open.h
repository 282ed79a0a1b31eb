/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of connections that have not logged in, the oldest first: those at the door and
 * half-open sessions. Their number is limited, and over the limit the oldest is closed (door.h). An
 * entry is embedded in its owner.
 */
#ifndef SSTP_SERVER_HALF_OPEN_H
#define SSTP_SERVER_HALF_OPEN_H

#include <stddef.h>
#include <stdint.h>

struct half_open {
	uint64_t id; /* of the session that it is, or will become */
	uint64_t started_ms;
	void (*shut_down)(struct half_open *o); /* ends it in order; may free the owner at once */
	void (*abandon)(struct half_open *o);   /* ends it at once */
	struct half_open *next, *prev;          /* private to the list */
};

struct half_opens {
	struct half_open *first, *last;
	size_t count;
};

void half_open_add(struct half_opens *l, struct half_open *o);
void half_open_remove(struct half_opens *l, struct half_open *o);
/* Puts `new` into the position of `old`. */
void half_open_replace(struct half_opens *l, struct half_open *old, struct half_open *new);

#endif
