/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moves from network to network. */
#include "client/roam.h"

/*
 * A removed address means a dead connection, unless it comes back, as with a DHCP client that
 * removes and adds it: so we do nothing until there is another route. A route with another source
 * address, while the old address still exists, may be temporary, so it is checked twice.
 */
enum roam_action roam_decide(const struct roam_facts *f)
{
	if (!f->now.family)
		return ROAM_STAY;
	if (f->is_trying)
		return ip_equal(&f->before, &f->now) ? ROAM_STAY : ROAM_TRY_NOW;
	if (!f->local.family)
		return ROAM_STAY;
	if (!f->is_here)
		return ROAM_RECONNECT;
	if (!f->was_own || !source_is_in_other_network(&f->local, &f->now))
		return ROAM_STAY;
	return f->is_again ? ROAM_RECONNECT : ROAM_LOOK_AGAIN;
}

static void on_change(struct netlink_watch *w)
{
	struct roam *r = container_of(w, struct roam, watch);

	if (!r->settle.slot)
		loop_timer_set(r->loop, &r->settle, loop_now(r->loop) + ROAM_SETTLE_MS);
}

static void on_settled(struct loop_timer *t)
{
	struct roam *r = container_of(t, struct roam, settle);

	r->changed(r);
}

int roam_open(struct roam *r, struct loop *loop)
{
	r->loop = loop;
	r->settle.expired = on_settled;
	r->watch.changed = on_change;
	return netlink_watch_open(&r->watch, loop);
}

void roam_close(struct roam *r)
{
	if (!r->loop)
		return;
	loop_timer_stop(r->loop, &r->settle);
	netlink_watch_close(&r->watch);
}

void roam_connected(struct roam *r, int fd, struct ip_addr source)
{
	struct ip_addr local = source_of(fd);

	r->source = source;
	r->was_own = ip_equal(&local, &source);
	r->is_again = false;
}

enum roam_action roam_look(struct roam *r, struct roam_facts *f)
{
	enum roam_action action;

	f->before = r->source;
	f->was_own = r->was_own;
	f->is_again = r->is_again;
	action = roam_decide(f);
	r->source = f->now;
	r->is_again = action == ROAM_LOOK_AGAIN;
	if (r->is_again)
		loop_timer_set(r->loop, &r->settle, loop_now(r->loop) + ROAM_AGAIN_MS);
	return action;
}
