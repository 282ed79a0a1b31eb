/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matches sessions by what the request gives; all of it has to fit. */
#include "server/orders.h"

#include <stdlib.h>
#include <string.h>

#include "server/worker.h"
#include "util/text.h"

struct search {
	struct server_state *shared;
	const struct radius_target *target;
	const char *why;
	unsigned found;
	struct eviction first; /* of those that were found */
};

static bool has_ipv6(const struct registration *reg, const struct ip_addr *a)
{
	struct ip_addr key = prefixes_key(a);

	return ip_equal(a, &reg->ipv6) || (reg->prefix.family && ip_equal(&key, &reg->prefix));
}

static bool is_meant(const struct radius_target *t, const struct registration *reg)
{
	if (t->session &&
	    (t->session == UINT64_MAX || (uint32_t)t->session != (uint32_t)reg->session))
		return false;
	if (t->user.len && !text_is(t->user, reg->user))
		return false;
	if (t->calling.len && !text_is(t->calling, ip_print(&reg->source).text))
		return false;
	if (t->ipv6.family && !has_ipv6(reg, &t->ipv6))
		return false;
	return !t->ipv4 || t->ipv4 == reg->ipv4;
}

static const char *why_end(void *arg, const struct registration *reg)
{
	const struct search *s = arg;

	return is_meant(s->target, reg) ? s->why : NULL;
}

static void note(void *arg, const struct eviction *e)
{
	struct search *s = arg;

	if (!s->found++)
		s->first = *e;
}

static void note_and_end(void *arg, const struct eviction *e)
{
	struct search *s = arg;

	note(s, e);
	worker_end_session(s->shared, e);
}

unsigned orders_end(struct server_state *shared, const struct radius_target *target,
		    const char *why)
{
	struct search s = { .shared = shared, .target = target, .why = why };

	registry_each_to_end(shared->registry, why_end, note_and_end, &s);
	return s.found;
}

static unsigned end_sessions(void *arg, const struct radius_target *target)
{
	return orders_end(arg, target, "ended by the RADIUS server");
}

/* A change on its way to the session's worker. */
struct change {
	uint64_t session;
	size_t len;
	uint8_t packet[];
};

static void change_session(void *worker, void *arg)
{
	struct worker *w = worker;
	struct change *c = arg;

	session_change(&w->host, c->session, bytes_of(c->packet, c->len));
	free(c);
}

static unsigned change(void *arg, const struct radius_target *target, struct bytes packet)
{
	struct search s = { .shared = arg, .target = target, .why = "" };
	struct change *c;

	registry_each_to_end(s.shared->registry, why_end, note, &s);
	if (s.found != 1)
		return s.found;
	c = malloc(sizeof(*c) + packet.len);
	if (!c)
		return 0;
	c->session = s.first.session;
	c->len = packet.len;
	memcpy(c->packet, packet.at, packet.len);
	if (worker_call(&s.shared->workers[s.first.worker], change_session, c))
		return 1;
	free(c);
	return 0;
}

struct radius_orders orders_of(struct server_state *shared)
{
	return (struct radius_orders){ .end = end_sessions, .change = change, .arg = shared };
}
