/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sessions that are logged in and what they hold: addresses of the pool, users' own addresses,
 * the limits. All workers share it, under one lock, which is taken when a session logs in, when it
 * ends and for the rare address outside the pool; never for a packet to or from a client of the
 * pool.
 *
 * A session's registration is embedded in the session. A newer session may evict it: then it loses
 * its address at once, and the caller must end the evicted session on its worker.
 */
#ifndef SSTP_SERVER_REGISTRY_H
#define SSTP_SERVER_REGISTRY_H

#include "auth/users.h"
#include "server/bans.h"
#include "server/claims.h"
#include "server/pool.h"
#include "server/prefixes.h"
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
	unsigned max_sessions; /* of this user at a time; 0: as in the server's settings */
	uint64_t client;       /* the same number for all connections of one client; 0: not known */
	struct ip_addr source; /* the client's address */
	struct ip_addr local;  /* our address that the client connected to */
	/* private to the registry from here on, under its lock: */
	uint32_t ipv4;         /* 0: none, or lost to a newer session */
	struct ip_addr ipv6;   /* link-local; AF_UNSPEC: none */
	struct ip_addr prefix; /* the session's own /64; AF_UNSPEC: none */
	bool is_logged_in;
	bool is_evicted;
	bool is_in_sources;
	bool is_own_address;              /* ipv4 is the user's own, from the user file */
	bool is_new_lease;                /* the user did not have the address before */
	uint16_t delegated;               /* the number of the delegated prefix; 0: none */
	struct registration *next, *prev; /* list of users whose names have the same hash */
	struct registration *same_next, *same_prev; /* list of this source */
};

/* A session that has to end for a newer one. */
struct eviction {
	unsigned worker;
	uint64_t session;
	enum tunnel_reason reason;
	const char *why; /* a constant text */
};

enum { EVICTIONS_MAX = 3 }; /* the client's own, for the user's limit, for the user's own address */

struct evictions {
	struct eviction at[EVICTIONS_MAX];
	size_t count;
};

int registry_open(const struct server_cfg *cfg, struct registry **out);
/* From any thread; the old ones stay valid. */
void registry_use_settings(struct registry *r, const struct server_cfg *cfg);
void registry_close(struct registry *r);
/* Sets and removes routes to the device instead of the registry, for a process that may not do that. */
struct registry_routes {
	int (*change)(struct registry_routes *r, const struct ip_prefix *to, bool add);
};
void registry_use_routes(struct registry *r, struct registry_routes *routes);
/* Takes over the netlink socket, of the TUN device's namespace, for routes to addresses outside the
 * pool; NULL: no routes are made. */
void registry_set_device(struct registry *r, struct netlink *netlink, unsigned ifindex);

/*
 * Limits the number of sessions; 0: as many as there are addresses. Call it before the first login.
 */
void registry_set_max(struct registry *r, size_t max_sessions);

const struct pool *registry_pool(const struct registry *r); /* for its immutable properties only */
/* The same; NULL: clients get no IPv6 prefixes. */
const struct prefixes *registry_prefixes(const struct registry *r);
const struct prefixes *registry_delegated(
	const struct registry *r); /* the same: none are delegated */

/* Keeps the addresses that the user file gives to users: other users don't get them. */
void registry_keep_addresses(struct registry *r, const struct users *users);

/* Why a login with the right password is refused. */
struct refusal {
	const char *why;      /* for our log */
	const char *for_peer; /* for the peer */
};

extern const struct refusal registry_out_of_memory;

/*
 * Logs `reg` in with the address *addr, or, if that is 0, one of this part of the pool (pool.h), which
 * is stored in *addr. Returns NULL on success, else the reason. The caller must end every session in `evictions`
 * in either case.
 */
const struct refusal *registry_login(struct registry *r, struct registration *reg, unsigned part,
				     uint32_t *addr, struct evictions *evictions);
/*
 * Gives `reg` this link-local address in place of its present one. False, without a change, when
 * another session has it.
 */
bool registry_take_ipv6(struct registry *r, struct registration *reg, const struct ip_addr *a);
/*
 * Gives `reg` an IPv6 prefix of its own, if it has none yet: a /64 of cfg->ipv6_network, the same one
 * for the same address of the pool. False: there is no such network, or all its prefixes are taken.
 */
bool registry_take_prefix(struct registry *r, struct registration *reg);
/*
 * Delegates to `reg` a prefix of cfg->delegate_network, if it has none yet. Its number, or 0: there is
 * no such network, or all its prefixes are taken.
 */
uint16_t registry_delegate(struct registry *r, struct registration *reg);
/* Single addresses of cfg->ipv6_network can be claimed (claims.h). */
void registry_set_ndp_proxy(struct registry *r, const struct ndp_proxy *proxy);
bool registry_has_claims(const struct registry *r,
			 const struct ip_addr *a); /* `a` can be claimed */
/*
 * `reg` claims the address, for the first time or again; once taken, its packets come to the session. In
 * `*dropped` is an address that it loses (AF_UNSPEC: none).
 */
enum claim_state registry_claim(struct registry *r, struct registration *reg,
				const struct ip_addr *a, uint64_t now_ms, struct ip_addr *dropped);
/* A host outside has the address. */
void registry_other_has(struct registry *r, const struct ip_addr *a);
/* Gives up one of the addresses that the session claimed. False: it has none. */
bool registry_drop_claim(struct registry *r, const struct registration *reg,
			 struct ip_addr *dropped);
/*
 * The client asks for this address of the pool, its former one, in place of the one that it was
 * given. Returns true if it gets that address.
 */
bool registry_change_ipv4(struct registry *r, struct registration *reg, uint32_t wanted);
void registry_logout(struct registry *r, struct registration *reg); /* no effect without a login */

/*
 * Makes a network reachable through the session, as long as it is logged in, with a route to the TUN
 * device. Returns NULL, or why not.
 */
const char *registry_add_network(struct registry *r, const struct registration *reg,
				 const struct ip_prefix *network);
/* The session of this worker that the address is behind; 0: none. For the packet path. */
uint64_t registry_session_behind(struct registry *r, unsigned worker, const struct ip_addr *a);

/* The worker whose session has this address, or REGISTRY_NOBODY. For the packet path. */
int registry_worker_of(struct registry *r, const struct ip_addr *a);
/*
 * The same for all addresses of one kind that a session has: its IPv4 address, its /64, its delegated
 * prefix, and all networks behind it. From any thread.
 */
struct ip_addr registry_client_key(struct registry *r, const struct ip_addr *a);
size_t registry_count(const struct registry *r); /* sessions logged in and not evicted */
bool registry_is_full(const struct registry *r); /* the number of sessions is at its limit */

/*
 * Ends sessions: calls `why_end` for each, which returns a reason (a constant) or NULL, and `end`
 * for those with a reason. Both run under the lock and must not call the registry.
 */
void registry_each_to_end(struct registry *r,
			  const char *(*why_end)(void *arg, const struct registration *reg),
			  void (*end)(void *arg, const struct eviction *e), void *arg);

/* ---- which user had which address (leases.h) */

/* Returns how many lines are malformed; they are skipped. */
size_t registry_read_leases(struct registry *r, const char *text, size_t len);
/* The caller frees the text. NULL when nothing has changed, or there is no memory. */
char *registry_print_leases(struct registry *r, size_t *len);

/* ---- failed logins (bans.h) */

struct registry_ban_list {
	size_t count; /* of all bans; `text` has the first of them */
	size_t text_count;
	char text[REGISTRY_BANS_LISTED][440];
};

/*
 * Applies the bans to a login whose password was right or wrong (`is_good`). False: refused because
 * of too many failures before, whatever the password. `now_ms` is monotonic time.
 */
bool registry_may_log_in(struct registry *r, const struct registration *reg, bool is_good,
			 uint64_t now_ms);
/* Whether the bans refuse every login from this address. */
bool registry_refuses_source(struct registry *r, const struct ip_addr *source, uint64_t now_ms);
void registry_list_bans(struct registry *r, uint64_t now_ms, struct registry_ban_list *list);
/* Calls `each` under the lock, as bans_each. Returns the number of bans. */
size_t registry_each_ban(struct registry *r, uint64_t now_ms,
			 void (*each)(void *arg, const struct ban *ban, uint64_t left_ms),
			 void *arg);
void registry_lift_bans(struct registry *r);
/* Lifts the bans of one address, or of the /64 of an IPv6 address. Returns their number. */
size_t registry_lift_source(struct registry *r, const struct ip_addr *source, uint64_t now_ms);

#endif
