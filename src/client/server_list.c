/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of servers. There are few, so the best one is searched for each time. */
#include "client/server_list.h"

#include <assert.h>
#include <string.h>

void server_list_init(struct server_list *l, size_t count)
{
	assert(count >= 1 && count <= SERVER_LIST_MAX);
	memset(l, 0, sizeof(*l));
	l->count = count;
}

/* The server that last had a tunnel; count: none had. */
static size_t last_up(const struct server_list *l)
{
	size_t last = l->count;

	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].up_ms && (last == l->count || l->at[i].up_ms > l->at[last].up_ms))
			last = i;
	return last;
}

/* Whether server a comes before server b, which the user has named before a. */
static bool is_better(const struct server_list *l, size_t a, size_t b, size_t last)
{
	const struct server_record *x = &l->at[a], *y = &l->at[b];

	if (a == last || b == last)
		return a == last;
	if (x->failures != y->failures)
		return x->failures < y->failures;
	return x->connect_ms && (!y->connect_ms || x->connect_ms < y->connect_ms);
}

bool server_list_next(struct server_list *l)
{
	size_t best = l->count, last = last_up(l);

	for (size_t i = 0; i < l->count; i++)
		if (!l->at[i].was_tried && (best == l->count || is_better(l, i, best, last)))
			best = i;
	if (best == l->count)
		return false;
	l->current = best;
	l->at[best].was_tried = true;
	return true;
}

void server_list_begin(struct server_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		l->at[i].was_tried = false;
	server_list_next(l);
}

void server_list_failed(struct server_list *l)
{
	l->at[l->current].failures++;
}

void server_list_up(struct server_list *l, uint64_t now_ms, uint32_t connect_ms)
{
	struct server_record *r = &l->at[l->current];

	r->failures = 0;
	r->up_ms = now_ms ? now_ms : 1;
	r->connect_ms = connect_ms ? connect_ms : 1;
}
