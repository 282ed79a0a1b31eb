/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stub resolver: asks recursive name servers for the addresses of names. RFC 1035 and 1123 section 6.1,
 * 2308 (negative caching), 5452 (random IDs and ports), 6891 (EDNS), 7766 (TCP for what is truncated).
 *
 *	resolver_ask -> [ waits for its turn ] -> a query for A, one for AAAA -> RESOLVER_DONE
 *
 * A query goes to the first server that is not known to be dead, then to the next: when there is no
 * response in time, and when a server fails or refuses. A server that was silent RESOLVER_DEAD_AFTER
 * times in a row is dead; it is asked last, and first again for one query each RESOLVER_REVIVE_MS.
 *
 * Firewalls drop queries with EDNS, and some servers do: after the first round it is left out.
 *
 * An engine: the owner carries messages and time. Each query has a channel, a small number: the owner
 * gives it a socket on a random port with RESOLVER_DATAGRAM, or a connection with RESOLVER_STREAM, and
 * takes both away with RESOLVER_CLOSE. Large, for it holds cache and questions: one a process.
 */
#ifndef SSTP_DNS_RESOLVER_H
#define SSTP_DNS_RESOLVER_H

#include "dns/cache.h"

enum {
	RESOLVER_SERVERS = 8,
	RESOLVER_QUESTIONS = 1024, /* names that are asked for at a time, most of which wait */
	RESOLVER_CHANNELS = 128,   /* queries on their way */
	RESOLVER_STREAMS = 32,     /* of them, by TCP */
	RESOLVER_TRIES = 8,        /* of one query, at all servers */
	RESOLVER_ALIASES = 8,      /* that are to be asked for, of one name */
	RESOLVER_TIMEOUT_MS =
		1500, /* of a query to one server, in the first round; then twice as long */
	RESOLVER_STREAM_MS = 5000,
	RESOLVER_OTHER_MS =
		50, /* RFC 8305 section 3: one family is found, how long for the other */
	RESOLVER_DEAD_AFTER = 2,
	RESOLVER_REVIVE_MS = 30 * 1000,
};

struct resolver_server {
	struct ip_addr addr;
	unsigned int silences;          /* in a row */
	bool is_dead, is_reported_dead; /* is_reported_dead: as the owner knows it */
	bool has_edns, has_no_edns;     /* as it showed; neither: not known yet */
	uint64_t revive_ms;
};

struct resolver_channel {
	bool is_used, to_send, to_close, is_stream;
	int question;                 /* -1: nobody waits any more; what comes is remembered */
	char first[DNS_NAME_MAX + 1]; /* the question's */
	char name[DNS_NAME_MAX + 1];  /* what is asked for: the same, or an alias of it */
	enum dns_type type;
	uint16_t id;
	unsigned int server, tries, tries_max, aliases;
	unsigned int tried;     /* a bit a server, in this round */
	unsigned int asked;     /* in all rounds */
	unsigned int said_no;   /* will not be asked again */
	unsigned int sent_edns; /* the last query to it had an OPT record */
	unsigned int lost_edns; /* was silent after such a query */
	uint32_t ttl_s;         /* of the aliases so far */
	struct dns_answer
		failure; /* the last, a server's word before silence; result 0: none yet */
	uint64_t deadline_ms;
};

enum resolver_state { RESOLVER_FREE, RESOLVER_WAITING, RESOLVER_ASKING, RESOLVER_ANSWERED };

struct resolver_question {
	enum resolver_state state;
	char name[DNS_NAME_MAX + 1];
	bool wants[2];                /* A, AAAA */
	struct dns_answer answers[2]; /* result 0: not yet */
	unsigned long number;         /* in the order of their coming */
	uint64_t deadline_ms;         /* for the other family */
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
	RESOLVER_STREAM,       /* by TCP, after its length in 16 bits; the channel's socket goes */
	RESOLVER_CLOSE,        /* the channel is over */
	RESOLVER_DONE,         /* the question is answered: `addresses`, or why not */
	RESOLVER_SERVER_DEAD,  /* for the log */
	RESOLVER_SERVER_ALIVE,
};

struct resolver_out {
	enum resolver_out_type type;
	int channel, question;
	struct ip_addr server;
	struct bytes message;           /* good until the next call */
	struct dns_answer addresses[2]; /* A, AAAA; .result 0: was not asked for */
	enum dns_result result;         /* of both together */
};

void resolver_open(struct resolver *r, uint16_t (*random)(void *arg), void *arg);

/* Other servers than before: nothing of what the old ones said is kept, and open questions are asked again. */
void resolver_set_servers(struct resolver *r, const struct ip_addr *servers, size_t count,
			  uint64_t now_ms);

/*
 * `name` is normalized. The number of the question, which may be one that was asked already; -1:
 * RESOLVER_QUESTIONS are open. At least one of `a` and `aaaa`.
 */
int resolver_ask(struct resolver *r, const char *name, bool a, bool aaaa, uint64_t now_ms);

/* Nobody waits for it any more. What is on its way is still remembered. */
void resolver_cancel(struct resolver *r, int question);

/* A message came for the channel; nothing is believed of one that does not fit. */
void resolver_message(struct resolver *r, int channel, const struct ip_addr *from,
		      struct bytes message, uint64_t now_ms);
/* The server can't be reached, or the connection ended without a response. `is_refusal`: the server's
 * host says that nobody listens there. */
void resolver_lost(struct resolver *r, int channel, bool is_refusal, uint64_t now_ms);

void resolver_tick(struct resolver *r, uint64_t now_ms);
uint64_t resolver_deadline(const struct resolver *r); /* UINT64_MAX: waits for nothing */
bool resolver_next(struct resolver *r, struct resolver_out *out, uint64_t now_ms);

#endif
