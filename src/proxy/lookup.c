/*
 * Look-ups by lwIP's resolver. It can't be told to forget a question, so a look-up that was cancelled
 * stays, without an owner, until the answer comes.
 *
 *	waits for the tunnel -> asks -> has its answer -> done
 */
#include "proxy/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/inside.h"

enum { LOOKUPS_MAX = 1024 };

struct lookup {
	struct stack *stack;
	struct lookup *next, **link; /* in stack->lookups */
	struct lookup_cfg cfg;       /* done NULL: cancelled */
	char name[LOOKUP_NAME_MAX + 1];
	struct loop_timer timer; /* while it waits for the tunnel */
	struct loop_task task;   /* tells the answer */
	bool is_asking;          /* lwIP holds us */
	enum stack_result result;
	struct ip_addr addr;
};

static void forget(struct lookup *l)
{
	loop_timer_stop(l->stack->cfg.loop, &l->timer);
	loop_unpost(l->stack->cfg.loop, &l->task);
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	free(l);
}

static void tell(struct loop_task *task)
{
	struct lookup *l = container_of(task, struct lookup, task);
	struct lookup_cfg cfg = l->cfg;
	enum stack_result result = l->result;
	struct ip_addr addr = l->addr;

	forget(l);
	if (cfg.done)
		cfg.done(cfg.arg, result, &addr);
}

static void answer(struct lookup *l, enum stack_result result)
{
	l->result = result;
	loop_timer_stop(l->stack->cfg.loop, &l->timer);
	loop_post(l->stack->cfg.loop, &l->task);
}

static void found(const char *name, const ip_addr_t *addr, void *arg)
{
	struct lookup *l = arg;

	(void)name;
	l->is_asking = false;
	if (addr)
		l->addr = stack_from_lwip(addr);
	answer(l, addr ? STACK_OK : STACK_NO_NAME);
}

static void ask(struct lookup *l)
{
	const struct ip_addr v4 = { .family = AF_INET };
	u8_t order = stack_has_way_to(l->stack, &v4) ? LWIP_DNS_ADDRTYPE_IPV4_IPV6
						     : LWIP_DNS_ADDRTYPE_IPV6_IPV4;
	ip_addr_t addr;

	if (ip_parse(l->name, &l->addr)) {
		answer(l, STACK_OK);
		return;
	}
	stack_touch(l->stack);
	switch (dns_gethostbyname_addrtype(l->name, &addr, found, l, order)) {
	case ERR_OK:
		found(l->name, &addr, l);
		break;
	case ERR_INPROGRESS:
		l->is_asking = true;
		break;
	case ERR_MEM:
		answer(l, STACK_FULL);
		break;
	default: /* no servers, not a name */
		answer(l, STACK_NO_NAME);
	}
}

static void waited_enough(struct loop_timer *timer)
{
	answer(container_of(timer, struct lookup, timer), STACK_DOWN);
}

void lookup_stack_is_up(struct stack *s)
{
	for (struct lookup *l = s->lookups; l; l = l->next) {
		if (!l->timer.slot)
			continue;
		loop_timer_stop(s->cfg.loop, &l->timer);
		ask(l);
	}
}

static size_t count(const struct stack *s)
{
	size_t n = 0;

	for (const struct lookup *l = s->lookups; l; l = l->next)
		n++;
	return n;
}

struct lookup *lookup_start(struct stack *s, const struct lookup_cfg *cfg)
{
	struct lookup *l = count(s) < LOOKUPS_MAX ? calloc(1, sizeof(*l)) : NULL;

	if (!l)
		return NULL;
	l->stack = s;
	l->cfg = *cfg;
	l->timer.expired = waited_enough;
	l->task.run = tell;
	l->next = s->lookups;
	l->link = &s->lookups;
	if (l->next)
		l->next->link = &l->next;
	s->lookups = l;
	strncat(l->name, cfg->name, LOOKUP_NAME_MAX);
	if (strlen(cfg->name) > LOOKUP_NAME_MAX)
		answer(l, STACK_NO_NAME);
	else if (s->is_up)
		ask(l);
	else
		loop_timer_set(s->cfg.loop, &l->timer, loop_now(s->cfg.loop) + STACK_WAIT_MS);
	return l;
}

void lookup_cancel(struct lookup *l)
{
	if (!l)
		return;
	l->cfg.done = NULL;
	if (!l->is_asking)
		forget(l);
}

void lookup_close_all(struct stack *s)
{
	for (struct lookup *l = s->lookups, *next; l; l = next) {
		next = l->next;
		forget(l);
	}
}
