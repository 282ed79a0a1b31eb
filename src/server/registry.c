/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registry is the state that the workers share. Theory of operation:
 *
 * For the addresses of the pool there are two arrays by offset in the pool's network: `holders`
 * (who has the address, under the lock) and `workers` (the number of that session's worker,
 * atomic). The packet path of a worker reads `workers` alone: a packet from one client to another
 * crosses to another worker without a lock. Addresses from outside the pool and link-local ones are
 * few or rarely looked up; they are in a map with its own lock.
 *
 * IPv6 prefixes work the same way (prefixes.h): a session that had the same address of the pool
 * gets the same prefix, so that nothing more has to be remembered.
 *
 * Goals: a login costs constant time with ten thousand sessions (names are hashed into CHAINS,
 * sources into a map); a packet costs no lock.
 *
 * Invariants: an address has at most one holder. A registration is embedded in its session and
 * leaves every list in registry_logout; an evicted one loses its address at once, although its
 * session ends later, on its own worker. No callback under the lock calls the registry.
 *
 * Decided against: a registry per worker, asked by messages (each login would have to ask all of
 * them for the limits per user); one map of whole addresses for everything (a lock per packet
 * between clients).
 */
#include "server/registry.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/netlink.h"
#include "server/leases.h"
#include "server/networks.h"
#include "server/addr_map.h"
#include "util/hash.h"
#include "util/log.h"

enum {
	CHAINS = 4096,
	/* Half of the prefixes are for the addresses of the pool, the others for users' own ones. */
	PREFIXES_PER_ADDRESS = 2,
	DELEGATED_MAX = UINT16_MAX, /* a registration has 16 bits for the number */
};

/* Registrations, the oldest first. */
struct chain {
	struct registration *first, *last;
};

struct registry {
	_Atomic(const struct server_cfg *) cfg; /* registry_use_settings */
	pthread_mutex_t lock;
	struct pool *pool;
	struct prefixes *prefixes;  /* NULL: none */
	struct prefixes *delegated; /* the same */
	struct claims claims;       /* without a proxy: none */
	struct networks networks;
	struct registration **holders; /* by offset in the pool's network */
	_Atomic(uint16_t) *workers;    /* the same: number of the worker plus one; 0: no session */
	struct chain chains[CHAINS];   /* by a hash of the user's name */
	atomic_size_t count;           /* of registrations that are not evicted */
	size_t max_sessions;           /* 0: no limit */
	struct bans bans;
	struct leases *leases;
	bool are_leases_new; /* changed since they were last printed */
	struct netlink *netlink;
	struct registry_routes *routes; /* NULL: by netlink */
	unsigned ifindex;
	pthread_rwlock_t others_lock;
	struct addr_map *others;  /* of registrations, by address */
	struct addr_map *sources; /* the first registration from each, see by_source */
};

static void lease_changed(void *arg, uint32_t addr, bool has_lease)
{
	struct registry *r = arg;

	pool_lease(r->pool, addr, has_lease);
	r->are_leases_new = true;
}

void registry_use_settings(struct registry *r, const struct server_cfg *cfg)
{
	r->cfg = cfg;
}

int registry_open(const struct server_cfg *cfg, struct registry **out)
{
	struct registry *r = calloc(1, sizeof(*r));
	size_t span = (size_t)1 << (32 - cfg->network.len);
	int error;

	if (!r)
		return -ENOMEM;
	r->cfg = cfg;
	pthread_mutex_init(&r->lock, NULL);
	networks_init(&r->networks);
	pthread_rwlock_init(&r->others_lock, NULL);
	error = pool_open(&cfg->network, &r->pool);
	for (size_t i = 0; !error && i < cfg->pool_count; i++)
		if (!pool_add_part(r->pool, &cfg->pools[i].network))
			error = -EINVAL;
	if (!error && cfg->ipv6_network.addr.family && !cfg->ndp_proxy)
		error = prefixes_open(&cfg->ipv6_network, PREFIXES_LEN, PREFIXES_PER_ADDRESS * span,
				      &r->prefixes);
	if (!error && cfg->delegate_network.addr.family)
		error = prefixes_open(&cfg->delegate_network, cfg->delegate_len,
				      PREFIXES_PER_ADDRESS * span < DELEGATED_MAX
					      ? PREFIXES_PER_ADDRESS * span
					      : DELEGATED_MAX,
				      &r->delegated);
	if (!error)
		error = addr_map_open(&r->others);
	if (!error)
		error = addr_map_open(&r->sources);
	if (!error)
		error = leases_open(LEASES_MAX, lease_changed, r, &r->leases);
	bans_init(&r->bans);
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
	prefixes_close(r->prefixes);
	prefixes_close(r->delegated);
	networks_close(&r->networks);
	leases_close(r->leases);
	addr_map_close(r->others);
	addr_map_close(r->sources);
	netlink_close(r->netlink);
	free(r->holders);
	free(r->workers);
	pthread_mutex_destroy(&r->lock);
	pthread_rwlock_destroy(&r->others_lock);
	free(r);
}

void registry_use_routes(struct registry *r, struct registry_routes *routes)
{
	r->routes = routes;
}

void registry_set_device(struct registry *r, struct netlink *netlink, unsigned ifindex)
{
	r->netlink = netlink;
	r->ifindex = ifindex;
}

void registry_set_max(struct registry *r, size_t max_sessions)
{
	r->max_sessions = max_sessions;
}

const struct pool *registry_pool(const struct registry *r)
{
	return r->pool;
}

const struct prefixes *registry_prefixes(const struct registry *r)
{
	return r->prefixes;
}

const struct prefixes *registry_delegated(const struct registry *r)
{
	return r->delegated;
}

size_t registry_count(const struct registry *r)
{
	return atomic_load_explicit(&r->count, memory_order_relaxed);
}

bool registry_is_full(const struct registry *r)
{
	return r->max_sessions && registry_count(r) >= r->max_sessions;
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
	is_new = addr_map_add(r->others, a, reg);
	pthread_rwlock_unlock(&r->others_lock);
	return is_new;
}

static void remove_other(struct registry *r, const struct ip_addr *a)
{
	pthread_rwlock_wrlock(&r->others_lock);
	addr_map_remove(r->others, a);
	pthread_rwlock_unlock(&r->others_lock);
}

static struct registration *holder_of(struct registry *r, uint32_t addr)
{
	struct ip_addr a = ip_from_v4(addr);

	return pool_has(r->pool, addr) ? r->holders[offset_of(r, addr)]
				       : addr_map_find(r->others, &a);
}

static void keep(void *arg, uint32_t addr)
{
	pool_keep(arg, addr);
}

/* Updates is_own_address of the users who are logged in, after a reload of the user file. */
static void note_own_addresses(struct registry *r, const struct users *users)
{
	for (size_t i = 0; i < CHAINS; i++)
		for (struct registration *reg = r->chains[i].first; reg; reg = reg->next)
			reg->is_own_address =
				reg->ipv4 &&
				users_own_address(users, r->cfg->name, reg->user) == reg->ipv4;
}

void registry_keep_addresses(struct registry *r, const struct users *users)
{
	pthread_mutex_lock(&r->lock);
	pool_keep_none(r->pool);
	users_each_address(users, keep, r->pool);
	note_own_addresses(r, users);
	pthread_mutex_unlock(&r->lock);
}

/* 0 or -errno; without a device there are no routes. */
static int route(struct registry *r, const struct ip_prefix *to, bool add)
{
	struct route way = { .dst = *to, .ifindex = r->ifindex };

	if (r->routes)
		return r->routes->change(r->routes, to, add);
	if (!r->netlink)
		return 0;
	return add ? netlink_route_replace(r->netlink, &way) : netlink_route_del(r->netlink, &way);
}

/* An address from outside the pool's network needs a route to the device; cfg->host_routes: all. */
static void route_address(struct registry *r, uint32_t addr, bool add)
{
	struct ip_prefix host = { ip_from_v4(addr), 32 };

	if (r->cfg->host_routes || !pool_has(r->pool, addr))
		route(r, &host, add);
}

/* The route to all prefixes is there already. */
static void route_prefix(struct registry *r, const struct prefixes *of, size_t number, bool add)
{
	struct ip_prefix prefix = prefixes_at(of, number);

	if (r->cfg->host_routes)
		route(r, &prefix, add);
}

static bool hold(struct registry *r, struct registration *reg, uint32_t addr)
{
	struct ip_addr a = ip_from_v4(addr);

	if (pool_has(r->pool, addr)) {
		r->holders[offset_of(r, addr)] = reg;
		atomic_store_explicit(&r->workers[offset_of(r, addr)], (uint16_t)(reg->worker + 1),
				      memory_order_relaxed);
	} else {
		if (!add_other(r, &a, reg))
			return false;
	}
	route_address(r, addr, true);
	reg->ipv4 = addr;
	return true;
}

static void release_ipv6(struct registry *r, struct registration *reg)
{
	if (reg->ipv6.family)
		remove_other(r, &reg->ipv6);
	reg->ipv6 = (struct ip_addr){ 0 };
}

static void release_ipv4(struct registry *r, struct registration *reg)
{
	struct ip_addr a = ip_from_v4(reg->ipv4);

	if (!reg->ipv4)
		return;
	route_address(r, reg->ipv4, false);
	if (pool_has(r->pool, reg->ipv4)) {
		atomic_store_explicit(&r->workers[offset_of(r, reg->ipv4)], 0,
				      memory_order_relaxed);
		r->holders[offset_of(r, reg->ipv4)] = NULL;
		pool_give_back(r->pool, reg->ipv4);
	} else {
		remove_other(r, &a);
	}
	reg->ipv4 = 0;
}

static void release_prefix(struct registry *r, struct registration *reg)
{
	size_t number = reg->prefix.family ? prefixes_number(r->prefixes, &reg->prefix) : 0;

	if (number) {
		route_prefix(r, r->prefixes, number, false);
		prefixes_give_back(r->prefixes, number);
	}
	reg->prefix = (struct ip_addr){ 0 };
	if (reg->delegated) {
		route_prefix(r, r->delegated, reg->delegated, false);
		prefixes_give_back(r->delegated, reg->delegated);
	}
	reg->delegated = 0;
}

static void remove_route(void *arg, const struct ip_prefix *network)
{
	route(arg, network, false);
}

static void release(struct registry *r, struct registration *reg)
{
	networks_remove(&r->networks, reg->session, remove_route, r);
	release_prefix(r, reg);
	release_ipv6(r, reg);
	release_ipv4(r, reg);
}

/* ---- logins */

static void evict(struct registry *r, struct registration *reg, const char *why,
		  struct evictions *evictions)
{
	evictions->at[evictions->count++] =
		(struct eviction){ reg->worker, reg->session, REASON_REPLACED, why };
	reg->is_evicted = true;
	atomic_fetch_sub_explicit(&r->count, 1, memory_order_relaxed);
	release(r, reg);
}

/* No hash key: the names come from the user file, so an attacker can't choose colliding ones. */
static struct chain *chain_of(struct registry *r, const char *user)
{
	uint32_t h = hash_bytes(0, user, strlen(user));

	return &r->chains[(h ^ h >> 16) % CHAINS];
}

static const struct refusal user_is_full = {
	"the user has as many sessions as --user-sessions or the user's own limit allows",
	"too many sessions of this user",
};
static const struct refusal server_is_full = {
	"there are as many sessions as --max-sessions or the limit on open files allows",
	"the server is full",
};
static const struct refusal pool_is_empty = {
	"no address is free: use a larger --ipv4-network or --pool (users' own addresses are kept "
	"for them)",
	"the server is full: no address is free",
};
static const struct refusal address_is_anothers = {
	"the user's own address is in use by another user",
	"the address of this user is in use",
};
static const struct refusal address_is_unfit = {
	"the user's own address cannot be a client's address: it is the "
	"address of the server or of the network, or the broadcast address",
	"the address of this user cannot be used",
};
static const struct refusal address_cuts = {
	"the user's own address is one that a client's connection comes "
	"from or goes to: a route to it through the tunnel would cut that "
	"connection",
	"the address of this user cannot be used",
};

const struct refusal registry_out_of_memory = { "out of memory", "the server is out of memory" };

/* The sessions that have to end for a login. */
struct leaving {
	struct registration *oldest; /* of the user, whose sessions are at their limit; or NULL */
	struct registration *holder; /* of the user's own address; or NULL */
};

static struct registration *find_oldest(struct registry *r, const char *user, unsigned *count)
{
	struct registration *oldest = NULL;

	*count = 0;
	for (struct registration *o = chain_of(r, user)->last; o; o = o->prev) {
		if (o->is_evicted || strcmp(o->user, user))
			continue;
		oldest = o;
		++*count;
	}
	return oldest;
}

/* When the user's sessions are at their limit, the oldest has to end or the new one is refused. */
static const struct refusal *check_user_limit(struct registry *r, const struct registration *reg,
					      struct leaving *leaving)
{
	unsigned count;
	struct registration *oldest = find_oldest(r, reg->user, &count);
	unsigned max = reg->max_sessions ? reg->max_sessions : r->cfg->user_sessions;

	if (!max || !oldest || count < max)
		return NULL;
	if (r->cfg->keep_old_session)
		return &user_is_full;
	leaving->oldest = oldest;
	return NULL;
}

/* Whether the connection of a tunnel uses the address. */
static bool is_outer(const struct registry *r, const struct registration *reg, uint32_t addr)
{
	struct ip_addr a = ip_from_v4(addr);

	for (size_t i = 0; i < r->cfg->listen_count; i++)
		if (ip_equal(&r->cfg->listen[i].addr, &a))
			return true;
	return ip_equal(&reg->source, &a) || ip_equal(&reg->local, &a) ||
	       addr_map_find(r->sources, &a);
}

/*
 * Checks a login with the user's own address. Its holder may be an older session of the user, or
 * another user, who got it from the pool or as their own before the user file was reloaded.
 */
static const struct refusal *check_fixed(struct registry *r, const struct registration *reg,
					 uint32_t addr, struct leaving *leaving)
{
	struct registration *holder = holder_of(r, addr);

	if (is_outer(r, reg, addr))
		return &address_cuts;
	if (pool_has(r->pool, addr) && !pool_is_for_clients(r->pool, addr))
		return &address_is_unfit;
	if (holder && holder->is_own_address && strcmp(holder->user, reg->user))
		return &address_is_anothers; /* the user file gives it to both users */
	leaving->holder = holder;
	return NULL;
}

struct wanted_part {
	const struct pool *pool;
	unsigned part;
};

static bool is_free(void *arg, uint32_t addr)
{
	const struct wanted_part *w = arg;

	return pool_is_free(w->pool, addr) && pool_part_of(w->pool, addr) == w->part;
}

/* Takes the user's former address if it is free, else another. */
static uint32_t take_any(struct registry *r, const struct registration *reg, unsigned part)
{
	struct wanted_part wanted = { r->pool, part };
	uint32_t addr = leases_find(r->leases, reg->user, is_free, &wanted);

	return addr && pool_take_this(r->pool, addr) ? addr : pool_take(r->pool, part);
}

static void note_lease(struct registry *r, struct registration *reg)
{
	const char *before = leases_user(r->leases, reg->ipv4);

	reg->is_new_lease = !before || strcmp(before, reg->user);
	leases_note(r->leases, reg->ipv4, reg->user);
}

/* Whether there will be a free address when `oldest`, which may be NULL, has ended. */
static bool is_address_left(const struct registry *r, const struct registration *oldest,
			    unsigned part)
{
	return pool_has_free(r->pool, part) ||
	       (oldest && pool_is_for_clients(r->pool, oldest->ipv4) &&
		!pool_is_kept(r->pool, oldest->ipv4) &&
		pool_part_of(r->pool, oldest->ipv4) == part);
}

static bool is_server_full(const struct registry *r, const struct leaving *leaving)
{
	size_t count = registry_count(r);

	if (leaving->oldest)
		count--;
	if (leaving->holder && leaving->holder != leaving->oldest)
		count--;
	return r->max_sessions && count >= r->max_sessions;
}

/* All checks of a login, made before any session is evicted for it. */
static const struct refusal *check(struct registry *r, const struct registration *reg,
				   unsigned part, uint32_t addr, struct leaving *leaving)
{
	const struct refusal *refused = check_user_limit(r, reg, leaving);

	if (!refused && addr)
		refused = check_fixed(r, reg, addr, leaving);
	if (!refused && is_server_full(r, leaving))
		refused = &server_is_full;
	if (!refused && !addr && !is_address_left(r, leaving->oldest, part))
		refused = &pool_is_empty;
	return refused;
}

static void evict_oldest(struct registry *r, struct registration *oldest,
			 struct evictions *evictions)
{
	if (oldest && !oldest->is_evicted)
		evict(r, oldest, "replaced by a newer session: the user's limit is reached",
		      evictions);
}

static void evict_holder(struct registry *r, struct registration *holder,
			 const struct registration *reg, struct evictions *evictions)
{
	if (!holder)
		return;
	evict(r, holder,
	      strcmp(holder->user, reg->user)
		      ? "its address now belongs to another user: connect again to get "
			"another address"
		      : "replaced by a newer session: the address is this user's own",
	      evictions);
}

/*
 * Evicts the oldest last, because adding an address from outside the pool may fail for lack of
 * memory.
 */
static const struct refusal *take_fixed(struct registry *r, struct registration *reg, uint32_t addr,
					const struct leaving *leaving, struct evictions *evictions)
{
	evict_holder(r, leaving->holder, reg, evictions);
	if (!pool_take_this(r->pool, addr))
		return &address_is_unfit;
	if (!hold(r, reg, addr))
		return &registry_out_of_memory;
	evict_oldest(r, leaving->oldest, evictions);
	return NULL;
}

/*
 * A client that connects again has lost its former connection, whether we have noticed or not.
 * Evicts that session, so that its address is free for the new one.
 */
static void evict_former(struct registry *r, const struct registration *reg,
			 struct evictions *evictions)
{
	if (!reg->client)
		return;
	for (struct registration *o = chain_of(r, reg->user)->last; o; o = o->prev)
		if (!o->is_evicted && o->client == reg->client && !strcmp(o->user, reg->user)) {
			evict(r, o, "the client has connected again", evictions);
			return;
		}
}

static const struct refusal *login(struct registry *r, struct registration *reg, unsigned part,
				   uint32_t *addr, struct evictions *evictions)
{
	struct leaving leaving = { NULL, NULL };
	const struct refusal *refused;

	evict_former(r, reg, evictions);
	refused = check(r, reg, part, *addr, &leaving);
	if (refused)
		return refused;
	reg->is_own_address = *addr;
	if (*addr)
		return take_fixed(r, reg, *addr, &leaving, evictions);
	evict_oldest(r, leaving.oldest, evictions);
	*addr = take_any(r, reg, part);
	hold(r, reg, *addr); /* can't fail for an address of the pool */
	note_lease(r, reg);
	return NULL;
}

/* An IPv6 client may use any address of its /64. */
static struct ip_addr source_key(const struct ip_addr *source)
{
	return source->family == AF_INET6 ? ip_mask(source, 64) : *source;
}

/* Without memory the source counts as one without sessions, which only affects bans. */
static void link_source(struct registry *r, struct registration *reg)
{
	struct ip_addr key = source_key(&reg->source);
	struct registration *first = addr_map_find(r->sources, &key);

	reg->same_prev = reg->same_next = NULL;
	if (!first) {
		reg->is_in_sources = key.family && addr_map_add(r->sources, &key, reg);
		return;
	}
	reg->is_in_sources = true;
	reg->same_prev = first;
	reg->same_next = first->same_next;
	if (first->same_next)
		first->same_next->same_prev = reg;
	first->same_next = reg;
}

static void unlink_source(struct registry *r, struct registration *reg)
{
	struct ip_addr key = source_key(&reg->source);

	if (!reg->is_in_sources)
		return;
	reg->is_in_sources = false;
	if (reg->same_next)
		reg->same_next->same_prev = reg->same_prev;
	if (reg->same_prev) {
		reg->same_prev->same_next = reg->same_next;
		return;
	}
	addr_map_remove(r->sources, &key);
	if (reg->same_next) /* can't fail: an entry was just removed */
		addr_map_add(r->sources, &key, reg->same_next);
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
	link_source(r, reg);
	reg->is_logged_in = true;
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
	unlink_source(r, reg);
	reg->is_logged_in = false;
	if (!reg->is_evicted)
		atomic_fetch_sub_explicit(&r->count, 1, memory_order_relaxed);
}

const struct refusal *registry_login(struct registry *r, struct registration *reg, unsigned part,
				     uint32_t *addr, struct evictions *evictions)
{
	const struct refusal *refused;

	evictions->count = 0;
	pthread_mutex_lock(&r->lock);
	refused = login(r, reg, part, addr, evictions);
	if (!refused)
		link_in(r, reg);
	pthread_mutex_unlock(&r->lock);
	return refused;
}

static bool take_ipv6(struct registry *r, struct registration *reg, const struct ip_addr *a)
{
	if (!reg->is_logged_in || reg->is_evicted)
		return false;
	if (ip_equal(&reg->ipv6, a))
		return true;
	if (!add_other(r, a, reg))
		return false;
	release_ipv6(r, reg);
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

/* A user's own address from outside the pool has no position there: the name decides. */
static size_t preferred_prefix(const struct registry *r, const struct registration *reg,
			       const struct prefixes *prefixes)
{
	size_t half = prefixes_count(prefixes) / 2;

	if (pool_has(r->pool, reg->ipv4))
		return offset_of(r, reg->ipv4);
	return half + hash_bytes(0, reg->user, strlen(reg->user)) % half;
}

/* ---- single addresses of a network that others use too */

void registry_set_ndp_proxy(struct registry *r, const struct ndp_proxy *proxy)
{
	r->claims.proxy = proxy;
}

bool registry_has_claims(const struct registry *r, const struct ip_addr *a)
{
	return r->claims.proxy && ip_prefix_has(&r->cfg->ipv6_network, a);
}

/* The route is longer than that to the network on the interface outside. */
static void route6(struct registry *r, const struct ip_addr *a, bool add)
{
	int error = route(r, &(struct ip_prefix){ *a, 128 }, add);

	if (error && add)
		log_warn(NULL, "no route to the client's address %s: %s", ip_print(a).text,
			 strerror(-error));
}

static void drop_address(struct registry *r, const struct ip_addr *a)
{
	if (!addr_map_find(r->others, a))
		return;
	route6(r, a, false);
	remove_other(r, a);
}

static enum claim_state claim(struct registry *r, struct registration *reg, const struct ip_addr *a,
			      uint64_t now_ms, struct ip_addr *dropped)
{
	bool is_new;
	enum claim_state state =
		claims_claim(&r->claims, reg->session, a, now_ms, &is_new, dropped);

	if (dropped->family)
		drop_address(r, dropped);
	if (!is_new)
		return state;
	if (!add_other(r, a, reg))
		return CLAIM_REFUSED;
	route6(r, a, true);
	return CLAIM_TAKEN;
}

enum claim_state registry_claim(struct registry *r, struct registration *reg,
				const struct ip_addr *a, uint64_t now_ms, struct ip_addr *dropped)
{
	enum claim_state state = CLAIM_REFUSED;

	*dropped = (struct ip_addr){ 0 };
	pthread_mutex_lock(&r->lock);
	if (reg->is_logged_in && !reg->is_evicted)
		state = claim(r, reg, a, now_ms, dropped);
	pthread_mutex_unlock(&r->lock);
	return state;
}

void registry_other_has(struct registry *r, const struct ip_addr *a)
{
	pthread_mutex_lock(&r->lock);
	claims_other_has(&r->claims, a);
	pthread_mutex_unlock(&r->lock);
}

bool registry_drop_claim(struct registry *r, const struct registration *reg,
			 struct ip_addr *dropped)
{
	bool had_one;

	pthread_mutex_lock(&r->lock);
	had_one = claims_drop(&r->claims, reg->session, dropped);
	if (had_one)
		drop_address(r, dropped);
	pthread_mutex_unlock(&r->lock);
	return had_one;
}

/* ---- prefixes */

static bool take_prefix(struct registry *r, struct registration *reg)
{
	size_t number;

	if (reg->prefix.family)
		return true;
	if (!r->prefixes || !reg->is_logged_in || reg->is_evicted)
		return false;
	number = prefixes_take(r->prefixes, preferred_prefix(r, reg, r->prefixes), reg->worker);
	if (number) {
		reg->prefix = prefixes_at(r->prefixes, number).addr;
		route_prefix(r, r->prefixes, number, true);
	}
	return number;
}

bool registry_take_prefix(struct registry *r, struct registration *reg)
{
	bool is_taken;

	pthread_mutex_lock(&r->lock);
	is_taken = take_prefix(r, reg);
	pthread_mutex_unlock(&r->lock);
	return is_taken;
}

/* False for another user's former address, which is kept for that user. */
static bool may_change_to(const struct registry *r, const struct registration *reg, uint32_t wanted)
{
	const char *user = leases_user(r->leases, wanted);

	return reg->is_logged_in && !reg->is_evicted && !reg->is_own_address &&
	       pool_is_free(r->pool, wanted) &&
	       pool_part_of(r->pool, wanted) == pool_part_of(r->pool, reg->ipv4) &&
	       (!user || !strcmp(user, reg->user));
}

bool registry_change_ipv4(struct registry *r, struct registration *reg, uint32_t wanted)
{
	bool is_done = false;

	pthread_mutex_lock(&r->lock);
	if (may_change_to(r, reg, wanted) && pool_take_this(r->pool, wanted)) {
		if (reg->is_new_lease)
			leases_drop(r->leases, reg->ipv4);
		release_ipv4(r, reg);
		is_done = hold(r, reg, wanted); /* can't fail for an address of the pool */
		note_lease(r, reg);
	}
	pthread_mutex_unlock(&r->lock);
	return is_done;
}

void registry_each_to_end(struct registry *r,
			  const char *(*why_end)(void *arg, const struct registration *reg),
			  void (*end)(void *arg, const struct eviction *e), void *arg)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < CHAINS; i++)
		for (struct registration *reg = r->chains[i].first; reg; reg = reg->next) {
			const char *why = reg->is_evicted ? NULL : why_end(arg, reg);

			if (why)
				end(arg, &(struct eviction){ reg->worker, reg->session,
							     REASON_ADMIN, why });
		}
	pthread_mutex_unlock(&r->lock);
}

static bool is_ours(void *arg, uint32_t addr)
{
	return pool_has(((struct registry *)arg)->pool, addr);
}

size_t registry_read_leases(struct registry *r, const char *text, size_t len)
{
	size_t malformed;

	pthread_mutex_lock(&r->lock);
	malformed = leases_read(r->leases, text, len, is_ours, r);
	r->are_leases_new = false;
	pthread_mutex_unlock(&r->lock);
	return malformed;
}

char *registry_print_leases(struct registry *r, size_t *len)
{
	char *text = NULL;

	pthread_mutex_lock(&r->lock);
	if (r->are_leases_new)
		text = leases_print(r->leases, len);
	if (text)
		r->are_leases_new = false;
	pthread_mutex_unlock(&r->lock);
	return text;
}

void registry_logout(struct registry *r, struct registration *reg)
{
	pthread_mutex_lock(&r->lock);
	if (reg->is_logged_in) {
		release(r, reg);
		link_out(r, reg);
	}
	pthread_mutex_unlock(&r->lock);
}

/* ---- the packet path */

static bool would_cut(const struct registry *r, const struct registration *reg,
		      const struct ip_prefix *network)
{
	struct ip_addr own = ip_from_v4(pool_server(r->pool));

	for (size_t i = 0; i < r->cfg->listen_count; i++)
		if (ip_prefix_has(network, &r->cfg->listen[i].addr))
			return true;
	return !network->len || ip_prefix_has(network, &reg->source) ||
	       ip_prefix_has(network, &reg->local) || ip_prefix_has(network, &own);
}

static const char *add_network(struct registry *r, const struct registration *reg,
			       const struct ip_prefix *network)
{
	int error;

	if (!reg->is_logged_in || reg->is_evicted)
		return "the session ends";
	if (would_cut(r, reg, network))
		return "the server or the client's connection is in it";
	if (!networks_add(&r->networks, network, reg->worker, reg->session))
		return strerror(ENOMEM);
	error = route(r, network, true);
	if (!error)
		return NULL;
	networks_drop(&r->networks, network, reg->session);
	return strerror(-error);
}

const char *registry_add_network(struct registry *r, const struct registration *reg,
				 const struct ip_prefix *network)
{
	const char *why;

	pthread_mutex_lock(&r->lock);
	why = add_network(r, reg, network);
	pthread_mutex_unlock(&r->lock);
	return why;
}

static uint16_t delegate(struct registry *r, struct registration *reg)
{
	if (!r->delegated || !reg->is_logged_in || reg->is_evicted)
		return 0;
	if (reg->delegated)
		return reg->delegated;
	reg->delegated = (uint16_t)prefixes_take(
		r->delegated, preferred_prefix(r, reg, r->delegated), reg->worker);
	if (reg->delegated)
		route_prefix(r, r->delegated, reg->delegated, true);
	return reg->delegated;
}

uint16_t registry_delegate(struct registry *r, struct registration *reg)
{
	uint16_t number;

	pthread_mutex_lock(&r->lock);
	number = delegate(r, reg);
	pthread_mutex_unlock(&r->lock);
	return number;
}

uint64_t registry_session_behind(struct registry *r, unsigned worker, const struct ip_addr *a)
{
	unsigned its_worker;
	uint64_t session;

	return networks_find(&r->networks, a, &its_worker, &session) && its_worker == worker
		       ? session
		       : 0;
}

static int worker_behind(struct registry *r, const struct ip_addr *a)
{
	unsigned worker;
	uint64_t session;

	return networks_find(&r->networks, a, &worker, &session) ? (int)worker : REGISTRY_NOBODY;
}

static int worker_of_prefix(struct registry *r, const struct ip_addr *a)
{
	int worker = r->prefixes ? prefixes_worker_of(r->prefixes, a) : REGISTRY_NOBODY;

	if (worker == REGISTRY_NOBODY && r->delegated)
		worker = prefixes_worker_of(r->delegated, a);
	return worker == REGISTRY_NOBODY ? worker_behind(r, a) : worker;
}

int registry_worker_of(struct registry *r, const struct ip_addr *a)
{
	const struct registration *reg;
	int worker = REGISTRY_NOBODY;

	if (a->family == AF_INET6 && !ip_is_link_local(a) && !registry_has_claims(r, a))
		return worker_of_prefix(r, a);
	if (a->family == AF_INET && pool_has(r->pool, ip_v4(a)))
		return (int)atomic_load_explicit(&r->workers[offset_of(r, ip_v4(a))],
						 memory_order_relaxed) -
		       1;
	pthread_rwlock_rdlock(&r->others_lock);
	reg = addr_map_find(r->others, a);
	if (reg)
		worker = (int)reg->worker;
	pthread_rwlock_unlock(&r->others_lock);
	return worker == REGISTRY_NOBODY ? worker_behind(r, a) : worker;
}

struct ip_addr registry_client_key(struct registry *r, const struct ip_addr *a)
{
	size_t delegated =
		r->delegated && a->family == AF_INET6 ? prefixes_number(r->delegated, a) : 0;
	struct ip_addr key = { AF_INET6,
			       { 0xff } }; /* with a session's id: no source is multicast */
	unsigned worker;
	uint64_t session;

	if (delegated)
		return prefixes_at(r->delegated, delegated).addr;
	if (!networks_find(&r->networks, a, &worker, &session))
		return a->family == AF_INET6 ? prefixes_key(a) : *a;
	memcpy(key.bytes + sizeof(key.bytes) - sizeof(session), &session, sizeof(session));
	return key;
}

/* ---- failed logins */

static const struct log refusals = { .limit = &log_refusals };

static struct log_text quoted(const char *text)
{
	return log_quote(text, strlen(text));
}

static bool has_live_sessions(const struct registry *r, const struct ip_addr *source)
{
	struct ip_addr key = source_key(source);

	return addr_map_find(r->sources, &key);
}

bool registry_may_log_in(struct registry *r, const struct registration *reg, bool is_good,
			 uint64_t now_ms)
{
	struct bans_attempt a = { .source = &reg->source, .user = reg->user, .is_good = is_good };
	enum bans_result result;

	if (!r->cfg->max_failures)
		return true;
	pthread_mutex_lock(&r->lock);
	a.has_live_sessions = has_live_sessions(r, &reg->source);
	result = bans_check(&r->bans, &a, r->cfg->max_failures, now_ms);
	pthread_mutex_unlock(&r->lock);
	if (result == BANS_WRONG_NOW)
		log_warn(&refusals,
			 "%s: too many failed logins, the last of user %s: refused for ten "
			 "minutes (sstp bans lists the bans, sstp unban lifts them)",
			 ip_print(&reg->source).text, quoted(reg->user).text);
	return result != BANS_REFUSED;
}

bool registry_refuses_source(struct registry *r, const struct ip_addr *source, uint64_t now_ms)
{
	bool is_refused;

	if (!r->cfg->max_failures)
		return false;
	pthread_mutex_lock(&r->lock);
	is_refused = !has_live_sessions(r, source) &&
		     bans_refuse_source(&r->bans, source, r->cfg->max_failures, now_ms);
	pthread_mutex_unlock(&r->lock);
	return is_refused;
}

static void list_ban(void *arg, const struct ban *ban, uint64_t left_ms)
{
	struct registry_ban_list *list = arg;
	char user[300] = "";

	if (list->text_count == REGISTRY_BANS_LISTED)
		return;
	if (*ban->user)
		snprintf(user, sizeof(user), "user %s from ", quoted(ban->user).text);
	snprintf(list->text[list->text_count++], sizeof(list->text[0]),
		 "%s%s%s: %u failures, refused for another %llu s", user,
		 ip_print(&ban->source).text, ban->source.family == AF_INET6 ? "/64" : "",
		 ban->failures, (unsigned long long)(left_ms + 999) / 1000);
}

size_t registry_each_ban(struct registry *r, uint64_t now_ms,
			 void (*each)(void *arg, const struct ban *ban, uint64_t left_ms),
			 void *arg)
{
	size_t count;

	if (!r->cfg->max_failures)
		return 0;
	pthread_mutex_lock(&r->lock);
	count = bans_each(&r->bans, r->cfg->max_failures, now_ms, each, arg);
	pthread_mutex_unlock(&r->lock);
	return count;
}

void registry_list_bans(struct registry *r, uint64_t now_ms, struct registry_ban_list *list)
{
	list->text_count = 0;
	list->count = registry_each_ban(r, now_ms, list_ban, list);
}

size_t registry_lift_source(struct registry *r, const struct ip_addr *source, uint64_t now_ms)
{
	size_t count;

	if (!r->cfg->max_failures)
		return 0;
	pthread_mutex_lock(&r->lock);
	count = bans_lift_source(&r->bans, source, r->cfg->max_failures, now_ms);
	pthread_mutex_unlock(&r->lock);
	return count;
}

void registry_lift_bans(struct registry *r)
{
	pthread_mutex_lock(&r->lock);
	bans_lift(&r->bans);
	pthread_mutex_unlock(&r->lock);
}
