/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/tickets.h"

#include <stdlib.h>
#include <string.h>

#include "tls/ticket.h"

enum { TICKETS_MAX = 8 }; /* servers of one client */

/* The newest first. */
struct tls_tickets {
	struct ticket at[TICKETS_MAX];
	size_t count;
	bool is_tried;
	uint64_t (*now_s)(void);
};

struct tls_tickets *tls_tickets_new(uint64_t (*now_s)(void))
{
	struct tls_tickets *s = calloc(1, sizeof(*s));

	if (s)
		s->now_s = now_s;
	return s;
}

void tls_tickets_clear(struct tls_tickets *s)
{
	while (s && s->count)
		ticket_drop(&s->at[--s->count]);
}

void tls_tickets_free(struct tls_tickets *s)
{
	tls_tickets_clear(s);
	free(s);
}

bool tls_tickets_are_there(const struct tls_tickets *s)
{
	return s && s->count;
}

bool tls_tickets_are_tried(const struct tls_tickets *s)
{
	return s && s->is_tried;
}

void tls_tickets_try(struct tls_tickets *s, bool is_tried)
{
	s->is_tried = is_tried;
}

uint64_t tls_tickets_now_s(const struct tls_tickets *s)
{
	return s->now_s();
}

static bool is_for(const struct ticket *k, const char *name, const char *sni)
{
	return !strcmp(k->name, name) && !strcmp(k->sni, sni);
}

static struct ticket take_at(struct tls_tickets *s, size_t i)
{
	struct ticket k = s->at[i];

	s->count--;
	memmove(&s->at[i], &s->at[i + 1], (s->count - i) * sizeof(k));
	return k;
}

void tls_tickets_take(struct tls_tickets *s, const char *name, const char *sni, struct ticket *out)
{
	*out = (struct ticket){ .session = NULL };
	for (size_t i = 0; i < s->count; i++)
		if (is_for(&s->at[i], name, sni)) {
			*out = take_at(s, i);
			return;
		}
}

void tls_tickets_put(struct tls_tickets *s, const struct ticket *k)
{
	struct ticket old;

	tls_tickets_take(s, k->name, k->sni, &old);
	ticket_drop(&old);
	if (s->count == TICKETS_MAX)
		ticket_drop(&s->at[--s->count]);
	memmove(&s->at[1], &s->at[0], s->count * sizeof(*k));
	s->at[0] = *k;
	s->count++;
}
