/*
 * One client of the server: its tunnel, who it is, what it was given. A session is one allocation,
 * made when the connection is accepted and gone when its tunnel has ended.
 *
 * Before its login a session is half open: there is a bound on how many of these there are, and over
 * it the oldest goes. After it, it holds an address; server/ownership of that is told here alone.
 */
#ifndef SSTP_SERVER_SESSION_H
#define SSTP_SERVER_SESSION_H

#include "auth/users.h"
#include "server/bans.h"
#include "server/pool.h"
#include "server/server.h"
#include "server/table.h"
#include "net/netlink.h"
#include "tun/merge.h"
#include "tunnel/tunnel.h"

enum { SESSION_HALF_OPEN_MAX = 2000 };

struct session;

/* A list of sessions, the oldest first. */
struct sessions {
	struct session *first, *last;
	size_t count;
};

/* What all sessions share. */
struct server {
	const struct server_cfg *cfg;
	struct log log;
	struct loop *loop;
	struct pump pump;
	struct port port;
	struct tls_ctx *tls;
	struct users *users;
	struct pool *pool;
	struct table *table;
	struct bans bans;
	struct netlink *netlink;
	struct tun *tun;
	struct merge *merge;
	struct loop_watch tun_watch;
	uint8_t *packet; /* TUN_PACKET_MAX bytes */
	uint8_t own_iid[PPP_IID_LEN];
	struct sessions half_open, open;
	unsigned max_sessions;
	uint64_t next_id;
	bool is_stopping;
};

struct session {
	struct tunnel tunnel;
	struct server *server;
	struct sessions *list; /* the one it is in */
	struct session *next, *prev;
	struct log log; /* "session 7" */
	uint64_t id;
	struct sockaddr_storage peer;
	struct ip_addr source;
	uint64_t started_ms;
	char user[PPP_NAME_MAX + 1];
	struct ip_addr ipv4; /* AF_UNSPEC: none */
	struct ip_addr ipv6; /* link-local */
	bool has_route;      /* its address is not one of the network's */
	bool is_refused;     /* the verdict waits for the delay */
	struct loop_timer delay;
	struct ppp_verdict verdict;
};

/* Takes over the connected socket. */
void session_accept(struct server *srv, int fd, const struct sockaddr_storage *peer);

/* The server's port: packets of a session on their way to the TUN device. */
void session_deliver(struct port *port, struct tunnel *from, uint8_t *packet, size_t len);

#endif
