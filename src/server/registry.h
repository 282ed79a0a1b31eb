/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is logged in, and what they hold: addresses of the pool, users' own addresses, the limits. It
 * is what the workers share, and all of it is behind one lock, which is taken at a login, at an end
 * and for the rare address that is not one of the pool's; never for a packet to or from a client of
 * the pool.
 *
 * A session's registration is embedded in the session. It may be evicted by a newer one: then it has
 * lost its address at once, and the worker of the session is to be told that it ends.
 */
#ifndef SSTP_SERVER_REGISTRY_H
#define SSTP_SERVER_REGISTRY_H

#include "auth/users.h"
#include "server/pool.h"
#include "server/server_cfg.h"
#include "tunnel/reason.h"

struct netlink;
struct registry;

enum {
	REGISTRY_NOBODY = -1,
	REGISTRY_BANS_LISTED = 20,
};

struct registration {
	const char *user; /* the session's */
	uint64_t session; /* its id */
	unsigned worker;
	uint64_t client;       /* the same number for all connections of one client; 0: not known */
	struct ip_addr source; /* where the client is */
	struct ip_addr local;  /* which address of ours it has connected to */
	/* the registry's own from here on, under its lock: */
	uint32_t ipv4;       /* 0: none, or lost to a newer session */
	struct ip_addr ipv6; /* link-local; AF_UNSPEC: none */
	bool is_in;
	bool is_evicted;
	bool is_in_sources;
	bool is_own_address;                        /* the user's, from the user file */
	bool is_new_lease;                          /* it never had the address before */
	struct registration *next, *prev;           /* of the users' names with one hash */
	struct registration *same_next, *same_prev; /* of this source */
};

/* A session that makes room for a newer one. */
struct eviction {
	unsigned worker;
	uint64_t session;
	enum tunnel_reason reason;
	const char *why; /* a constant, in words */
};

enum { EVICTIONS_MAX = 3 }; /* the client's own, for the user's limit, for the user's own address */

struct evictions {
	struct eviction at[EVICTIONS_MAX];
	size_t count;
};

int registry_open(const struct server_cfg *cfg, struct registry **out); /* 0 or -errno */
void registry_close(struct registry *r);
/* For routes to addresses that are not the pool's. The socket, of the TUN device's namespace, is the
 * registry's from now on; NULL: there are none. */
void registry_set_device(struct registry *r, struct netlink *netlink, unsigned ifindex);

/* No more sessions than this; 0: as many as there are addresses. Before the first login. */
void registry_set_max(struct registry *r, size_t max_sessions);

const struct pool *registry_pool(const struct registry *r); /* its facts, not its state */

/* From now on the addresses that are users' own are given to nobody else. */
void registry_keep_addresses(struct registry *r, const struct users *users);

/* Why there is no session although the password is right. */
struct refusal {
	const char *why;  /* for our log */
	const char *told; /* for the peer */
};

extern const struct refusal registry_out_of_memory;

/*
 * Gives `reg` an address: *addr, or one of the pool when that is 0; in *addr is the one that it has
 * got. NULL when done. The caller ends the sessions in `evictions` in any case.
 */
const struct refusal *registry_login(struct registry *r, struct registration *reg, uint32_t *addr,
				     struct evictions *evictions);
/*
 * Gives `reg` this link-local address in place of the one that it has. False, and all stays as it is,
 * when another session has it.
 */
bool registry_take_ipv6(struct registry *r, struct registration *reg, const struct ip_addr *a);
/*
 * The client would like to have this address of the pool, its former one, in place of the one that it
 * was given. True when that is done.
 */
bool registry_change_ipv4(struct registry *r, struct registration *reg, uint32_t wanted);
void registry_logout(struct registry *r, struct registration *reg); /* harmless without login */

/* The worker whose session has this address, or REGISTRY_NOBODY. For the packet path. */
int registry_worker_of(struct registry *r, const struct ip_addr *a);
size_t registry_count(const struct registry *r); /* sessions logged in and not evicted */
bool registry_is_full(const struct registry *r); /* there are as many as there may be */

/*
 * Sessions that have to end: `why_end` gives a reason (a constant) or NULL for each, `end` is called
 * with those. Both under the lock: neither calls the registry.
 */
void registry_each_to_end(struct registry *r,
			  const char *(*why_end)(void *arg, const struct registration *reg),
			  void (*end)(void *arg, const struct eviction *e), void *arg);

/* ---- which user had which address (leases.h) */

void registry_read_leases(struct registry *r, const char *text, size_t len);
/* NULL when there is nothing new, or no memory; else the caller's, to be freed. */
char *registry_print_leases(struct registry *r, size_t *len);

/* ---- failed logins (bans.h) */

struct registry_ban_list {
	size_t count; /* all; `text` has the first of them */
	size_t text_count;
	char text[REGISTRY_BANS_LISTED][440];
};

/*
 * What becomes of a login by this user, whose password was right or wrong. False: refused because of
 * too many failures before, whatever the password. `now_ms` is of a monotonic clock.
 */
bool registry_may_log_in(struct registry *r, const struct registration *reg, bool is_good,
			 uint64_t now_ms);
void registry_list_bans(struct registry *r, uint64_t now_ms, struct registry_ban_list *list);
void registry_lift_bans(struct registry *r);

#endif
