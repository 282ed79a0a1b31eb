/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/session_list.h"

#include "server/session.h"

void sessions_add(struct sessions *l, struct session *s)
{
	s->next = NULL;
	s->prev = l->last;
	if (l->last)
		l->last->next = s;
	else
		l->first = s;
	l->last = s;
	l->count++;
}

void sessions_remove(struct sessions *l, struct session *s)
{
	for (struct session_walk *w = l->walks; w; w = w->next)
		if (w->at == s)
			w->at = s->next;
	if (s->prev)
		s->prev->next = s->next;
	else
		l->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		l->last = s->prev;
	l->count--;
}

void session_walk_start(struct session_walk *w, struct sessions *l)
{
	*w = (struct session_walk){ .list = l, .at = l->first, .next = l->walks };
	l->walks = w;
}

struct session *session_walk_next(struct session_walk *w)
{
	struct session *s = w->at;

	if (s)
		w->at = s->next;
	else
		session_walk_stop(w);
	return s;
}

void session_walk_stop(struct session_walk *w)
{
	struct session_walk **at;

	if (!w->list)
		return;
	at = &w->list->walks;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	w->list = NULL;
	w->at = NULL;
}
