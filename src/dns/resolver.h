/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stub resolver: asks recursive name servers for the addresses of names. RFC 1035 and 1123
 * section 6.1, 2308 (negative caching), 5452 (random IDs and ports), 6891 (EDNS), 7766 (TCP for
 * what is truncated).
 *
 *	resolver_ask -> [ waits for its turn ] -> a query for A, one for AAAA -> RESOLVER_DONE
 *
 * A query goes to the first server that is not known to be dead, then to the next: when there is no
 * response in time, and when a server fails or refuses. A server that did not respond
 * RESOLVER_DEAD_AFTER times in a row is dead: it is queried last, except for one query per
 * RESOLVER_REVIVE_MS.
 *
 * Some firewalls and servers drop queries with EDNS: after the first round it is left out.
 *
 * An engine: the owner carries messages and time. Each query has a channel, a small number: the
 * owner gives it a socket on a random port with RESOLVER_DATAGRAM, or a connection with
 * RESOLVER_STREAM, and closes either with RESOLVER_CLOSE. The struct is large, since it has the
 * cache and the questions: one per process.
 */
#ifndef SSTP_DNS_RESOLVER_H
#define SSTP_DNS_RESOLVER_H

#include "dns/cache.h"

enum {
	RESOLVER_SERVERS = 8,
	RESOLVER_QUESTIONS = 1024,  /* names being looked up at a time, most of which wait */
	RESOLVER_CHANNELS = 128,    /* queries in progress */
	RESOLVER_STREAMS = 32,      /* of them over TCP */
	RESOLVER_TRIES = 8,         /* of one query, over all servers */
	RESOLVER_ALIASES = 8,       /* to be queried in turn, for one name */
	RESOLVER_TIMEOUT_MS = 1500, /* per query in the first round; then twice as long */
	RESOLVER_STREAM_MS = 5000,
	RESOLVER_OTHER_MS = 50, /* RFC 8305 section 3: the wait for the second family */
	RESOLVER_DEAD_AFTER = 2,
	RESOLVER_REVIVE_MS = 30 * 1000,
};

struct resolver_server {
	struct ip_addr addr;
	unsigned int silences;          /* in a row */
	bool is_dead, is_reported_dead; /* is_reported_dead: last reported */
	bool has_edns, has_no_edns;     /* as learned; neither: not known yet */
	uint64_t revive_ms;
};

struct resolver_channel {
	bool is_used, to_send, to_close, is_stream;
	int question;                 /* -1: canceled or finished; a response is only cached */
	char first[DNS_NAME_MAX + 1]; /* the question's */
	char name[DNS_NAME_MAX + 1];  /* the name in the query: the same, or an alias of it */
	enum dns_type type;
	uint16_t id;
	unsigned int server, tries, tries_max, aliases;
	unsigned int tried;        /* bit n: server n was queried, in this round */
	unsigned int queried;      /* ... in any round */
	unsigned int ruled_out;    /* bit n: refused or failed; not queried again */
	unsigned int sent_edns;    /* bit n: the last query to it had an OPT record */
	unsigned int lost_edns;    /* bit n: did not respond to such a query */
	uint32_t ttl_s;            /* of the aliases so far */
	struct dns_answer failure; /* the last one, reported ones before timeouts; result 0: none */
	uint64_t deadline_ms;
};

enum resolver_state { RESOLVER_FREE, RESOLVER_WAITING, RESOLVER_ASKING, RESOLVER_ANSWERED };

struct resolver_question {
	enum resolver_state state;
	char name[DNS_NAME_MAX + 1];
	bool wants[2];                /* A, AAAA */
	struct dns_answer answers[2]; /* result 0: not yet */
	unsigned long number;         /* in order of arrival */
	uint64_t deadline_ms;         /* of the second family */
};

struct resolver {
	uint16_t (*random)(void *arg);
	void *arg;
	struct resolver_server servers[RESOLVER_SERVERS];
	size_t server_count;
	struct resolver_channel channels[RESOLVER_CHANNELS];
	struct resolver_question questions[RESOLVER_QUESTIONS];
	size_t question_count; /* those after it are free */
	unsigned long numbers;
	uint8_t query[DNS_QUERY_MAX];
	struct dns_cache cache;
};

enum resolver_out_type {
	RESOLVER_DATAGRAM = 1, /* send `message` to `server`, port 53, by UDP */
	RESOLVER_STREAM,      /* over TCP, after a 16-bit length; closes the channel's UDP socket */
	RESOLVER_CLOSE,       /* close the channel's socket */
	RESOLVER_DONE,        /* the question is finished: `addresses`, or why there are none */
	RESOLVER_SERVER_DEAD, /* for the log */
	RESOLVER_SERVER_ALIVE,
};

struct resolver_out {
	enum resolver_out_type type;
	int channel, question;
	struct ip_addr server;
	struct bytes message;           /* good until the next call */
	struct dns_answer addresses[2]; /* A, AAAA; .result 0: not requested */
	enum dns_result result;         /* of both families together */
};

void resolver_open(struct resolver *r, uint16_t (*random)(void *arg), void *arg);

/*
 * Sets the servers. If they differ from those before, clears the cache and restarts open questions.
 */
void resolver_set_servers(struct resolver *r, const struct ip_addr *servers, size_t count,
			  uint64_t now_ms);

/*
 * `name` is normalized. Returns the number of the question, perhaps of an open one with the same
 * name and types; -1: RESOLVER_QUESTIONS are open. At least one of `a` and `aaaa` must be true.
 */
int resolver_ask(struct resolver *r, const char *name, bool a, bool aaaa, uint64_t now_ms);

/* Cancels a question. Responses that still come are cached. */
void resolver_cancel(struct resolver *r, int question);

/* A message arrived on the channel; ignored unless it is a response to the channel's query. */
void resolver_message(struct resolver *r, int channel, const struct ip_addr *from,
		      struct bytes message, uint64_t now_ms);
/*
 * The server can't be reached, or the connection ended without a response. `is_refusal`: the
 * server's host reported that the port is closed.
 */
void resolver_lost(struct resolver *r, int channel, bool is_refusal, uint64_t now_ms);

void resolver_tick(struct resolver *r, uint64_t now_ms);
uint64_t resolver_deadline(const struct resolver *r); /* UINT64_MAX: no timer */
bool resolver_next(struct resolver *r, struct resolver_out *out, uint64_t now_ms);

#endif
