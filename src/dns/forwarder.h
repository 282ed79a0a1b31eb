/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A forwarder for split DNS: programs of this host query it, and it passes each query on to the
 * VPN's servers if the name is in one of their domains, otherwise to the servers that the host used
 * before. Responses come back as they are: records, EDNS options and the truncation flag, after
 * which a program asks again over TCP, and so does the forwarder (RFC 1035, 5452, 5625, 7766).
 *
 *	forwarder_query -> FORWARDER_DATAGRAM or FORWARDER_STREAM, for one server after the other
 *	                -> forwarder_response -> FORWARDER_REPLY
 *
 * The next server is queried when there is no response in time, and when a server fails or refuses.
 * One that was silent FORWARDER_DEAD_AFTER times in a row is queried last, except for one query per
 * FORWARDER_REVIVE_MS. There is no cache.
 *
 * While a query is in progress, others with the same question wait for it: they get the same
 * response if they are equal in all, the same failure, and else their own turn. So a server that
 * sends our queries back to us, such as a local one that reads resolv.conf, makes no loop.
 *
 * An engine: the owner carries messages and time. Each query has a number: the owner gives it a
 * socket on a random port, a new one for each FORWARDER_DATAGRAM and FORWARDER_STREAM, and
 * remembers the client that the reply is for.
 */
#ifndef SSTP_DNS_FORWARDER_H
#define SSTP_DNS_FORWARDER_H

#include "dns/message.h"

enum {
	FORWARDER_QUERIES = 256, /* in progress; more are dropped */
	FORWARDER_QUERY_MAX = 2048,
	FORWARDER_SERVERS = 8, /* of a group */
	FORWARDER_ROUNDS = 2,
	FORWARDER_TIMEOUT_MS = 1500, /* per server in the first round; then twice as long */
	FORWARDER_STREAM_MS = 5000,
	FORWARDER_DEAD_AFTER = 2,
	FORWARDER_REVIVE_MS = 30 * 1000,
};

enum forwarder_group { FORWARDER_OTHERS, FORWARDER_VPN, FORWARDER_GROUPS };

struct forwarder_server {
	struct ip_addr addr;
	unsigned int scope; /* the device's index, for a link-local address; else 0 */
	/* private */
	unsigned int silences;
	bool is_reported_dead;
	uint64_t revive_ms;
};

struct forwarder_servers {
	struct forwarder_server at[FORWARDER_SERVERS];
	size_t count;
};

struct forwarder_query {
	bool is_used, to_send, to_reply, is_stream;
	int leader; /* the query that this one waits for; -1: none */
	enum forwarder_group group;
	uint16_t client_id, id;
	unsigned int server, sent;
	unsigned int tried;  /* bit n: server n was queried, in this round */
	unsigned int failed; /* bit n: it reported a failure; it is not queried again */
	uint64_t deadline_ms;
	uint8_t *reply;
	size_t reply_len;
	size_t len, question_end;
	uint8_t message[FORWARDER_QUERY_MAX];
};

struct forwarder {
	uint16_t (*random)(void *arg);
	void *arg;
	const char *const *domains; /* the VPN's, normalized; the owner's */
	size_t domain_count;
	struct forwarder_servers groups[FORWARDER_GROUPS];
	struct forwarder_query queries[FORWARDER_QUERIES];
	size_t query_count; /* those after it are free */
};

enum forwarder_out_type {
	FORWARDER_DATAGRAM = 1, /* send `message` to `server`, port 53, by UDP */
	FORWARDER_STREAM,       /* over TCP, after a 16-bit length */
	FORWARDER_REPLY, /* send `message` to the client of the query, which is finished now */
	FORWARDER_SERVER_DEAD, /* for the log */
	FORWARDER_SERVER_ALIVE,
};

struct forwarder_out {
	enum forwarder_out_type type;
	int query;
	struct forwarder_server server;
	struct bytes message; /* good until the next call */
};

void forwarder_open(struct forwarder *f, uint16_t (*random)(void *arg), void *arg);
/* Queries in progress start again if the group's servers differ from those before. */
void forwarder_set_servers(struct forwarder *f, enum forwarder_group group,
			   const struct forwarder_servers *servers, uint64_t now_ms);

/*
 * A query of a client, over TCP if `is_stream`. Returns its number, or -1: it is not replied to,
 * since it is malformed beyond repair, or too many are in progress.
 */
int forwarder_query(struct forwarder *f, struct bytes message, bool is_stream, uint64_t now_ms);
/* Its client does not wait any more. */
void forwarder_cancel(struct forwarder *f, int query, uint64_t now_ms);

/*
 * A message came from the server of the query; ignored unless it is the response. Its ID is
 * replaced by the client's; it must stay until forwarder_next has returned false.
 */
void forwarder_response(struct forwarder *f, int query, uint8_t *message, size_t len,
			uint64_t now_ms);
/* The server can't be reached, or the connection ended without a response. */
void forwarder_lost(struct forwarder *f, int query, uint64_t now_ms);

void forwarder_tick(struct forwarder *f, uint64_t now_ms);
uint64_t forwarder_deadline(const struct forwarder *f); /* UINT64_MAX: no timer */
bool forwarder_next(struct forwarder *f, struct forwarder_out *out);

#endif
