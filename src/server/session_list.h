/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker's sessions that have logged in, the oldest first, and walks over them. A walk goes in
 * pieces, in several turns of the loop, while sessions come and go: each session that is there
 * from the beginning to the end of the walk is visited once.
 */
#ifndef SSTP_SERVER_SESSION_LIST_H
#define SSTP_SERVER_SESSION_LIST_H

#include <stddef.h>

struct session;
struct session_walk;

struct sessions {
	struct session *first, *last;
	size_t count;
	struct session_walk *walks; /* that are under way */
};

void sessions_add(struct sessions *l, struct session *s);
void sessions_remove(struct sessions *l, struct session *s);

struct session_walk {
	struct sessions *list;     /* NULL: it has ended */
	struct session *at;        /* the next one; moved on when that session is removed */
	struct session_walk *next; /* of the same list */
};

/* It ends with the last session, or by session_walk_stop; until then it must not be freed. */
void session_walk_start(struct session_walk *w, struct sessions *l);
struct session *session_walk_next(struct session_walk *w); /* NULL: it has ended */
void session_walk_stop(struct session_walk *w);            /* also one that has ended */

#endif
