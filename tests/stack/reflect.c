/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets leave the stack, are cut as a tunnel would cut them, and come back in the next turn. */
#include "reflect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tun/headers.h"
#include "tun/segment.h"
#include "util/ip.h"

enum { MTU = 1400, PATIENCE_MS = 120 * 1000 };

struct reflected {
	struct reflected *next;
	size_t len;
	uint8_t at[];
};

static void exchange(uint8_t *packet)
{
	bool is_v6 = packet[0] >> 4 == 6;
	size_t len = is_v6 ? IPV6_ADDRS_LEN / 2 : IPV4_ADDRS_LEN / 2;
	uint8_t *from = packet + (is_v6 ? IPV6_ADDRS_AT : IPV4_ADDRS_AT), copy[IPV6_ADDRS_LEN / 2];

	memcpy(copy, from, len);
	memcpy(from, from + len, len);
	memcpy(from + len, copy, len);
}

static struct reflected *add(struct reflector *r, size_t len)
{
	struct reflected *p = malloc(sizeof(*p) + len);

	assert_non_null(p);
	*p = (struct reflected){ .len = len };
	*r->last = p;
	r->last = &p->next;
	loop_post(r->loop, &r->task);
	return p;
}

void reflector_reply(struct reflector *r, const uint8_t *packet, size_t len)
{
	memcpy(add(r, len)->at, packet, len);
}

static void keep(struct reflector *r, struct segments *s, size_t len)
{
	struct reflected *p = add(r, len);

	segments_write(s, p->at);
	exchange(p->at);
	r->count++;
}

static void take(void *arg, const struct packet *p, const struct tun_offload *off)
{
	struct reflector *r = arg;
	struct segments s;
	size_t n;

	if (r->passes && !r->passes(r, p->at, p->h.total))
		return;
	assert_true(segments_of(&s, p, off, MTU, NULL));
	while ((n = segments_next_len(&s)))
		keep(r, &s, n);
}

static bool has_room(void *arg)
{
	const struct reflector *r = arg;

	return !r->is_full;
}

static void give(struct stack *stack, struct reflected *r)
{
	struct packet p;

	if (packet_parse(&p, r->at, r->len))
		stack_input(stack, &p);
}

static void give_back(struct loop_task *task)
{
	struct reflector *r = container_of(task, struct reflector, task);
	struct reflected *all = r->first, *next;

	r->first = NULL;
	r->last = &r->first;
	for (struct reflected *p = all; p; p = p->next)
		give(r->stack, p);
	stack_flush(r->stack);
	for (; all; all = next) {
		next = all->next;
		free(all);
	}
}

void reflector_up(struct reflector *r, const char *own)
{
	struct link_addrs link = { .mtu = MTU };

	assert_true(ip_parse(own, &link.own));
	assert_true(ip_parse(OWN6, &link.own_ll));
	stack_up(r->stack, &link);
}

int reflector_open(struct reflector *r)
{
	struct stack_cfg cfg = { .send = take, .has_room = has_room, .arg = r };

	*r = (struct reflector){ .task = { .run = give_back }, .last = &r->first };
	if (loop_open(&r->loop))
		return -1;
	cfg.loop = r->loop;
	if (stack_open(&cfg, &r->stack))
		return -1;
	reflector_up(r, OWN);
	return 0;
}

void reflector_close(struct reflector *r)
{
	struct reflected *next;

	stack_close(r->stack);
	loop_unpost(r->loop, &r->task);
	for (; r->first; r->first = next) {
		next = r->first->next;
		free(r->first);
	}
	loop_close(r->loop);
}

/* ---- running */

struct wait {
	struct reflector *r;
	struct loop_timer timer;
	struct loop_task look;
	bool (*is_so)(void *arg);
	void *arg;
	bool has_failed;
};

static void give_up(struct loop_timer *timer)
{
	struct wait *w = container_of(timer, struct wait, timer);

	w->has_failed = true;
	loop_stop(w->r->loop);
}

static void look(struct loop_task *task)
{
	struct wait *w = container_of(task, struct wait, look);

	if (w->is_so(w->arg))
		loop_stop(w->r->loop);
	else
		loop_post(w->r->loop, task);
}

void reflector_run(struct reflector *r, bool (*is_so)(void *arg), void *arg)
{
	struct wait w = { r, { .expired = give_up }, { .run = look }, is_so, arg, false };

	loop_timer_set(r->loop, &w.timer, loop_now(r->loop) + PATIENCE_MS);
	loop_post(r->loop, &w.look);
	assert_int_equal(loop_run(r->loop), 0);
	loop_timer_stop(r->loop, &w.timer);
	loop_unpost(r->loop, &w.look);
	assert_false(w.has_failed);
}
