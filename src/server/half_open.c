/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A doubly linked list. */
#include "server/half_open.h"

static void link_in(struct half_opens *l, struct half_open *o)
{
	if (o->prev)
		o->prev->next = o;
	else
		l->first = o;
	if (o->next)
		o->next->prev = o;
	else
		l->last = o;
}

void half_open_add(struct half_opens *l, struct half_open *o)
{
	o->next = NULL;
	o->prev = l->last;
	link_in(l, o);
	l->count++;
}

void half_open_remove(struct half_opens *l, struct half_open *o)
{
	if (o->prev)
		o->prev->next = o->next;
	else
		l->first = o->next;
	if (o->next)
		o->next->prev = o->prev;
	else
		l->last = o->prev;
	l->count--;
}

void half_open_replace(struct half_opens *l, struct half_open *old, struct half_open *new)
{
	new->next = old->next;
	new->prev = old->prev;
	link_in(l, new);
}
