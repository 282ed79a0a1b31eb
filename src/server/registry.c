/*
 * For the addresses of the pool there is an array: who holds each (under the lock), and the number of
 * that session's worker (read by the packet path without one). Addresses from outside the pool and
 * link-local ones are few or rarely looked for; they are in a table under a lock of its own.
 */
#include "server/registry.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "net/netlink.h"
#include "server/bans.h"
#include "server/table.h"
#include "util/log.h"

enum { CHAINS = 4096 };

/* Registrations, the oldest first. */
struct chain {
	struct registration *first, *last;
};

struct registry {
	const struct server_cfg *cfg;
	pthread_mutex_t lock;
	struct pool *pool;
	struct registration **holders;  /* by offset in the pool's network */
	_Atomic(uint16_t) *workers;     /* the same: number of the worker and one; 0: nobody */
	struct chain chains[CHAINS]; /* by a hash of the user's name */
	atomic_size_t count;
	struct bans bans;
	struct netlink *netlink;
	unsigned ifindex;
	pthread_rwlock_t others_lock;
	struct table *others; /* of registrations, by address */
};

int registry_open(const struct server_cfg *cfg, struct registry **out)
{
	struct registry *r = calloc(1, sizeof(*r));
	size_t span = (size_t)1 << (32 - cfg->network.len);
	int error;

	if (!r)
		return -ENOMEM;
	r->cfg = cfg;
	pthread_mutex_init(&r->lock, NULL);
	pthread_rwlock_init(&r->others_lock, NULL);
	error = pool_open(&cfg->network, &r->pool);
	if (!error)
		error = table_open(&r->others);
	r->holders = calloc(span, sizeof(*r->holders));
	r->workers = calloc(span, sizeof(*r->workers));
	if (!error && (!r->holders || !r->workers))
		error = -ENOMEM;
	if (error)
		registry_close(r);
	else
		*out = r;
	return error;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	pool_close(r->pool);
	table_close(r->others);
	netlink_close(r->netlink);
	free(r->holders);
	free(r->workers);
	pthread_mutex_destroy(&r->lock);
	pthread_rwlock_destroy(&r->others_lock);
	free(r);
}

void registry_set_device(struct registry *r, struct netlink *netlink, unsigned ifindex)
{
	r->netlink = netlink;
	r->ifindex = ifindex;
}

const struct pool *registry_pool(const struct registry *r)
{
	return r->pool;
}

size_t registry_count(const struct registry *r)
{
	return atomic_load_explicit(&r->count, memory_order_relaxed);
}

/* ---- addresses */

static size_t offset_of(const struct registry *r, uint32_t addr)
{
	return addr - (pool_server(r->pool) - 1);
}

static bool add_other(struct registry *r, const struct ip_addr *a, struct registration *reg)
{
	bool is_new;

	pthread_rwlock_wrlock(&r->others_lock);
	is_new = table_add(r->others, a, reg);
	pthread_rwlock_unlock(&r->others_lock);
	return is_new;
}

static void remove_other(struct registry *r, const struct ip_addr *a)
{
	pthread_rwlock_wrlock(&r->others_lock);
	table_remove(r->others, a);
	pthread_rwlock_unlock(&r->others_lock);
}

static struct registration *holder_of(struct registry *r, uint32_t addr)
{
	struct ip_addr a = ip_from_v4(addr);

	return pool_has(r->pool, addr) ? r->holders[offset_of(r, addr)] : table_find(r->others, &a);
}

static void keep(void *pool, uint32_t addr)
{
	pool_keep(pool, addr);
}

void registry_keep_addresses(struct registry *r, const struct users *users)
{
	pthread_mutex_lock(&r->lock);
	pool_keep_none(r->pool);
	users_each_address(users, keep, r->pool);
	pthread_mutex_unlock(&r->lock);
}

/* An address from outside the pool's network needs a route to the device. */
static void route(struct registry *r, uint32_t addr, bool add)
{
	struct route way = { .dst = { ip_from_v4(addr), 32 }, .ifindex = r->ifindex };

	if (!r->netlink)
		return;
	if (add)
		netlink_route_replace(r->netlink, &way);
	else
		netlink_route_del(r->netlink, &way);
}

static bool hold(struct registry *r, struct registration *reg, uint32_t addr)
{
	struct ip_addr a = ip_from_v4(addr);

	if (pool_has(r->pool, addr)) {
		r->holders[offset_of(r, addr)] = reg;
		atomic_store_explicit(&r->workers[offset_of(r, addr)],
				      (uint16_t)(reg->worker + 1), memory_order_relaxed);
	} else {
		if (!add_other(r, &a, reg))
			return false;
		route(r, addr, true);
	}
	reg->ipv4 = addr;
	return true;
}

static void let_go_ipv6(struct registry *r, struct registration *reg)
{
	if (reg->ipv6.family)
		remove_other(r, &reg->ipv6);
	reg->ipv6 = (struct ip_addr){ 0 };
}

static void let_go(struct registry *r, struct registration *reg)
{
	struct ip_addr a = ip_from_v4(reg->ipv4);

	let_go_ipv6(r, reg);
	if (!reg->ipv4)
		return;
	if (pool_has(r->pool, reg->ipv4)) {
		atomic_store_explicit(&r->workers[offset_of(r, reg->ipv4)], 0,
				      memory_order_relaxed);
		r->holders[offset_of(r, reg->ipv4)] = NULL;
		pool_give_back(r->pool, reg->ipv4);
	} else {
		route(r, reg->ipv4, false);
		remove_other(r, &a);
	}
	reg->ipv4 = 0;
}

/* ---- logins */

static void evict(struct registry *r, struct registration *reg, const char *why,
		  struct evictions *evictions)
{
	evictions->at[evictions->count++] =
		(struct eviction){ reg->worker, reg->session, reg->ipv4, why };
	reg->is_evicted = true;
	let_go(r, reg);
}

/* FNV-1a. Who is in the user file decides what names there are, so no key is needed. */
static struct chain *chain_of(struct registry *r, const char *user)
{
	uint32_t h = 2166136261u;

	for (; *user; user++)
		h = (h ^ (uint8_t)*user) * 16777619u;
	return &r->chains[(h ^ h >> 16) % CHAINS];
}

/* The user's sessions are at their limit: the oldest goes, or the new one is refused. */
static const char *make_room_for_user(struct registry *r, const char *user,
				      struct evictions *evictions)
{
	struct registration *oldest = NULL;
	unsigned count = 0;

	for (struct registration *o = chain_of(r, user)->last; o; o = o->prev) {
		if (o->is_evicted || strcmp(o->user, user))
			continue;
		oldest = o;
		count++;
	}
	if (!oldest || count < r->cfg->user_sessions)
		return NULL;
	if (r->cfg->keep_old_session)
		return "the user has as many sessions as --user-sessions allows";
	evict(r, oldest, "the user's limit is reached", evictions);
	return NULL;
}

/* An address that belongs to this user: whoever has it is the same user's older session. */
static const char *take_fixed(struct registry *r, struct registration *reg, uint32_t addr,
			      struct evictions *evictions)
{
	struct registration *holder = holder_of(r, addr);

	if (holder && strcmp(holder->user, reg->user))
		return "the user's own address is in use by another user";
	if (holder)
		evict(r, holder, "the address is this user's own", evictions);
	if (!pool_take_this(r->pool, addr))
		return "the user's own address can't be a client's here: it is the server's, the "
		       "network's or the broadcast address";
	return NULL;
}

static const char *login(struct registry *r, struct registration *reg, uint32_t *addr,
			 struct evictions *evictions)
{
	const char *refused = NULL;

	if (r->cfg->user_sessions)
		refused = make_room_for_user(r, reg->user, evictions);
	if (!refused && *addr)
		refused = take_fixed(r, reg, *addr, evictions);
	else if (!refused)
		*addr = pool_take(r->pool);
	if (!refused && !*addr)
		refused = "no address is free: use a larger --ipv4-network (users' own addresses "
			  "are kept for them)";
	if (!refused && !hold(r, reg, *addr))
		refused = "out of memory";
	return refused;
}

static void link_in(struct registry *r, struct registration *reg)
{
	struct chain *c = chain_of(r, reg->user);

	reg->next = NULL;
	reg->prev = c->last;
	if (c->last)
		c->last->next = reg;
	else
		c->first = reg;
	c->last = reg;
	reg->is_in = true;
	atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);
}

static void link_out(struct registry *r, struct registration *reg)
{
	struct chain *c = chain_of(r, reg->user);

	if (reg->prev)
		reg->prev->next = reg->next;
	else
		c->first = reg->next;
	if (reg->next)
		reg->next->prev = reg->prev;
	else
		c->last = reg->prev;
	reg->is_in = false;
	atomic_fetch_sub_explicit(&r->count, 1, memory_order_relaxed);
}

const char *registry_login(struct registry *r, struct registration *reg, uint32_t *addr,
			   struct evictions *evictions)
{
	const char *refused;

	evictions->count = 0;
	pthread_mutex_lock(&r->lock);
	refused = login(r, reg, addr, evictions);
	if (!refused)
		link_in(r, reg);
	pthread_mutex_unlock(&r->lock);
	return refused;
}

static bool take_ipv6(struct registry *r, struct registration *reg, const struct ip_addr *a)
{
	if (!reg->is_in || reg->is_evicted)
		return false;
	if (ip_equal(&reg->ipv6, a))
		return true;
	if (!add_other(r, a, reg))
		return false;
	let_go_ipv6(r, reg);
	reg->ipv6 = *a;
	return true;
}

bool registry_take_ipv6(struct registry *r, struct registration *reg, const struct ip_addr *a)
{
	bool is_taken;

	pthread_mutex_lock(&r->lock);
	is_taken = take_ipv6(r, reg, a);
	pthread_mutex_unlock(&r->lock);
	return is_taken;
}

void registry_logout(struct registry *r, struct registration *reg)
{
	pthread_mutex_lock(&r->lock);
	if (reg->is_in) {
		let_go(r, reg);
		link_out(r, reg);
	}
	pthread_mutex_unlock(&r->lock);
}

/* ---- the packet path */

int registry_worker_of(struct registry *r, const struct ip_addr *a)
{
	const struct registration *reg;
	int worker = REGISTRY_NOBODY;

	if (a->family == AF_INET && pool_has(r->pool, ip_v4(a)))
		return (int)atomic_load_explicit(&r->workers[offset_of(r, ip_v4(a))],
						 memory_order_relaxed) - 1;
	pthread_rwlock_rdlock(&r->others_lock);
	reg = table_find(r->others, a);
	if (reg)
		worker = (int)reg->worker;
	pthread_rwlock_unlock(&r->others_lock);
	return worker;
}

/* ---- failed logins */

void registry_note_failure(struct registry *r, const struct ip_addr *source, uint64_t now_ms)
{
	unsigned failures;

	pthread_mutex_lock(&r->lock);
	failures = bans_note(&r->bans, source, now_ms);
	pthread_mutex_unlock(&r->lock);
	if (failures == r->cfg->max_failures)
		log_warn(NULL, "%s: %u failed logins: not served for ten minutes",
			 ip_print(source).text, failures);
}

void registry_forgive(struct registry *r, const struct ip_addr *source)
{
	pthread_mutex_lock(&r->lock);
	bans_forgive(&r->bans, source);
	pthread_mutex_unlock(&r->lock);
}

bool registry_is_banned(struct registry *r, const struct ip_addr *source, uint64_t now_ms)
{
	bool is_banned;

	if (!r->cfg->max_failures)
		return false;
	pthread_mutex_lock(&r->lock);
	is_banned = bans_has(&r->bans, source, r->cfg->max_failures, now_ms);
	pthread_mutex_unlock(&r->lock);
	return is_banned;
}
