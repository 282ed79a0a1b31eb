/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows the addresses of some names: looks each up again when its TTL ends, and forgets an address
 * only a while after responses have ceased to name it, since connections to it may still exist.
 * Failures and silence forget nothing. Messages and time in, messages and events out. No descriptor,
 * no clock, no global; the owner carries each query in a datagram from a random port.
 *
 *	follow_add for each name -> follow_start -> follow_next until FOLLOW_NONE after each call,
 *	follow_message for each response, follow_tick at the deadline
 */
#ifndef SSTP_DNS_FOLLOW_H
#define SSTP_DNS_FOLLOW_H

#include "dns/message.h"

enum {
	FOLLOW_NAMES_MAX = 32,
	FOLLOW_ADDRS_MAX = 32, /* of one name and family, with those that are about to go */
	FOLLOW_SERVERS_MAX = 4,
	FOLLOW_TIMEOUT_MS = 2000,
	FOLLOW_TRIES = 4,               /* of one query, over all servers, then a pause: */
	FOLLOW_PAUSE_MS = 15 * 1000,    /* after a failure */
	FOLLOW_NO_TTL_MS = 60 * 1000,   /* a response without any */
	FOLLOW_MIN_MS = 10 * 1000,      /* a TTL counts as this at least, */
	FOLLOW_MAX_MS = 60 * 60 * 1000, /* and this at most */
	FOLLOW_GRACE_MS = 5 * 60 * 1000,
	FOLLOW_ALIASES = 8,
};

struct follow_addr {
	struct ip_addr addr;
	uint64_t gone_ms; /* UINT64_MAX: the last response names it */
};

/* The query for one name and family. */
struct follow_query {
	bool is_asked, to_send;
	uint16_t id;
	unsigned int server, tries, aliases;
	uint64_t at_ms;               /* the next try, or the next query */
	char alias[DNS_NAME_MAX + 1]; /* asked in place of the name; empty: none */
	struct follow_addr addrs[FOLLOW_ADDRS_MAX];
	size_t addr_count;
	bool has_failed; /* it was logged */
};

struct follow_name {
	char name[DNS_NAME_MAX + 1];
	struct follow_query query[2]; /* A, AAAA */
};

struct follow {
	uint16_t (*random)(void *arg);
	void *arg;
	struct follow_name names[FOLLOW_NAMES_MAX];
	size_t name_count;
	struct ip_addr servers[FOLLOW_SERVERS_MAX];
	size_t server_count; /* 0: stopped */
	bool has_change;
	uint8_t message[DNS_QUERY_MAX];
};

enum follow_out_type {
	FOLLOW_NONE,
	FOLLOW_QUERY,  /* send `message` to `server`, port 53 */
	FOLLOW_CHANGE, /* see follow_addresses */
	FOLLOW_FAILED, /* for the log: no server has an answer for `name` */
};

struct follow_out {
	enum follow_out_type type;
	struct ip_addr server;
	struct bytes message; /* good until the next call */
	const char *name;
};

void follow_open(struct follow *f, uint16_t (*random)(void *arg), void *arg);
/* `name` is normalized. False: there are FOLLOW_NAMES_MAX. */
bool follow_add(struct follow *f, const char *name);
/* These servers can be asked from now on; queries begin again. */
void follow_start(struct follow *f, const struct ip_addr *servers, size_t count, uint64_t now_ms);
void follow_stop(struct follow *f); /* no server can be asked; addresses stay */
/* A message from port 53 of `from`. False: it is no response to a query of ours. */
bool follow_message(struct follow *f, const struct ip_addr *from, struct bytes message,
		    uint64_t now_ms);
void follow_tick(struct follow *f, uint64_t now_ms);
uint64_t follow_deadline(const struct follow *f); /* UINT64_MAX: no timer */
enum follow_out_type follow_next(struct follow *f, struct follow_out *out);

/* All addresses of all names, each once. Returns their number, at most `max`. */
size_t follow_addresses(const struct follow *f, struct ip_addr *to, size_t max);

#endif
