/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One client of the server: its tunnel, its identity and what it was granted. A session is one
 * allocation, made when a connection has sent an SSTP request (door.h) and freed when its tunnel
 * has ended.
 *
 * Before its login a session is half open, and has the position of its connection in that list.
 * After its login a session is in the registry and holds an address.
 */
#ifndef SSTP_SERVER_SESSION_H
#define SSTP_SERVER_SESSION_H

#include "auth/service.h"
#include "server/account.h"
#include "ip6/advertiser.h"
#include "server/filters.h"
#include "server/half_open.h"
#include "server/ids.h"
#include "server/limits.h"
#include "server/pushed.h"
#include "server/registry.h"
#include "server/session_list.h"
#include "server/session_script.h"
#include "server/stats.h"
#include "server/addr_map.h"
#include "tunnel/tunnel.h"

/* The interface of a session to its worker. */
struct session_host {
	unsigned number; /* the worker's, for the registry */
	struct loop *loop;
	struct pump *pump;
	struct packet_sink *sink;
	const char *interface;    /* for the log */
	struct addr_map *by_addr; /* sessions by inner address */
	struct ids *by_id;        /* all sessions */
	struct registry *registry;
	struct auth_service *auth;
	struct radius *radius; /* for reports; NULL: none */
	struct filter_store *filters;
	struct session_scripts *scripts; /* NULL: there is no --session-script */
	const struct server_cfg *cfg;
	const uint8_t *own_iid;      /* the server's, on all links */
	const uint8_t *uuid;         /* of its DUID (dhcp6.h) */
	struct pushed_former former; /* networks that are withdrawn */
	uint64_t claimed_ms;         /* when an address was claimed last, by a packet from it */
	struct half_opens half_open;
	struct sessions open;
	struct stats stats; /* without the traffic of live sessions */
	/* A session has logged in and is in `open` from now on. */
	void (*opened)(struct session_host *h);
	/* A session has ended, or a connection that was not yet a session. */
	void (*ended)(struct session_host *h, bool was_open);
	/* A session of any worker, maybe of this one, has to end. */
	void (*evict)(struct session_host *h, const struct eviction *e);
};

/* What a session needs for a login by EAP. */
struct session_eap {
	struct ppp_eap_memory memory;
	size_t last_len; /* of a Request that comes before the Failure; 0: none, or it was sent */
	uint8_t last[PPP_EAP_MAX];
};

/* What RADIUS or the user file limits, and what is reported. */
struct granted {
	struct session *session;
	struct limits limits;
	struct loop_timer timer; /* at the deadline of `limits` */
	struct account account;
	struct filter_use filter;
	struct auth_grant grant;
	struct ip_prefix push_routes[]; /* of the grant */
};

struct session {
	struct tunnel tunnel;
	struct session_host *host;
	bool is_open;       /* it has logged in */
	bool is_network_up; /* IPv4 or IPv6 */
	bool is_held;       /* the login waits for the session script */
	union {
		struct half_open half_open;          /* before the login */
		struct {                             /* after it */
			struct session *next, *prev; /* in host->open */
			struct log_limit log_limit;
		};
	};
	struct id_entry id; /* in host->by_id */
	struct log log;     /* "session 7" */
	uint64_t started_ms;
	uint16_t peer_port; /* of registration.source */
	uint16_t delegated; /* number of the delegated prefix, in host->by_addr; 0: none */
	enum ppp_auth method;
	char *user; /* NULL: not known yet */
	struct registration registration;
	struct ip_addr ipv4;             /* in host->by_addr; AF_UNSPEC: none */
	struct ip_addr ipv6;             /* the same, link-local */
	struct ip_addr prefix;           /* the same: the key of a /64 (prefixes.h) */
	struct advertiser advertiser;    /* while IPV6CP is open */
	struct loop_timer timer;         /* its deadline; before the login: a refusal is sent */
	uint64_t question;               /* the open question to host->auth; 0: none */
	struct ppp_auth_result *refusal; /* sent after the delay; NULL: it is not refused */
	struct session_eap *eap;         /* until it has logged in; NULL if EAP is not offered */
	struct granted *granted;         /* when it has logged in; NULL: no limits, no reports */
	union {
		const char *end_text; /* why it is refused with the right password; else NULL */
		struct session_script *script; /* not refused; NULL: there is no --session-script */
	};
};

/*
 * Takes over a connection that has sent an SSTP request, and its position `place` in
 * host->half_open. NULL: there was no memory and the connection is closed, but the caller still has
 * `place`.
 */
struct session *session_open(struct session_host *h, struct half_open *place, struct pump_end *wire,
			     const struct sockaddr_storage *peer);
/* Continues with the first `len` bytes of pump->plain. May free the session. */
void session_start(struct session *s, size_t len);
/* The log context of a session, "session 7". */
struct log session_log(uint64_t id);
/* The session of this host that has the id, or NULL. */
struct session *session_find(const struct session_host *h, uint64_t id);
/*
 * Ends that session of this host if it still exists; `why` is a constant, for the peer and the log.
 */
void session_evict(struct session_host *h, uint64_t id, enum tunnel_reason reason, const char *why);
/* Gives a session of this host, if it still exists, the limits that are in a packet of RADIUS. */
void session_change(struct session_host *h, uint64_t id, struct bytes packet);
/*
 * The filters have changed: sessions of this host use the new ones of the same names from now on, and
 * those whose filter is gone end.
 */
void session_change_filters(struct session_host *h);
/* Replaces the settings of this host. Where other IPv6 networks are pushed, its sessions advertise them. */
void session_use_settings(struct session_host *h, const struct server_cfg *cfg);
/* The counters of this host, with those of its live sessions. */
void session_stats(const struct session_host *h, struct stats *sum);
/* Logs a status line for each session that has logged in, up to a limit. */
void session_log_all(const struct session_host *h);
/* Ends the session at once, when the worker is closed. */
void session_abandon(struct session *s);

/* For the packet path: the session of this host that a packet to this address is for, or NULL. */
struct session *session_of_addr(const struct session_host *h, const struct ip_addr *to);
/* The same: whether its filter, if it has one, lets a packet to its client pass. */
static inline bool session_may_receive(const struct session *s, const struct packet *p)
{
	return !s->granted || !s->granted->filter.filter ||
	       filter_passes(s->granted->filter.filter, p, false);
}
/*
 * For the host's packet sink: whether the packet is from the session's own addresses, not to
 * another client unless that is allowed, and passes the session's filter; if not, it is dropped and
 * counted. `t` is the tunnel of a session.
 */
bool session_may_send(struct tunnel *t, const struct packet *p);
/* The same: whether the packet is for the server itself, which has replied to it: DHCP and DHCPv6. */
bool session_takes(struct tunnel *t, const struct packet *p);

#endif
