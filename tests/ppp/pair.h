/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client and a server in one process, each fed with what the other sends, on a clock that the
 * test sets. The wire between them may have a delay, and can lose, double or cut one frame. The hosts may
 * be slow: each of them stops now and then, and then finds its frames and timers all at once.
 *
 * The owners use one EAP method, of the experimental type 255 (RFC 3748 section 5.8): in each of a
 * few rounds the server sends a number, and the client that number and its password.
 */
#ifndef SSTP_TESTS_PPP_PAIR_H
#define SSTP_TESTS_PPP_PAIR_H

#include "ppp/ends.h"

enum fault {
	FAULT_NONE,
	FAULT_LOST,
	FAULT_DOUBLED,
	FAULT_CUT,
};

enum { REQUESTS_MAX = 64 };

struct side {
	struct ppp p;
	struct ppp_login login;
	struct outbox out;
	struct ppp_cfg cfg;
	struct ppp_eap_memory eap;
	struct ends_random random;
	/* events that it emitted */
	bool has_ipv4, has_ipv6, is_authenticated, is_closed;
	unsigned lcp_ups, checks;
	uint16_t offers; /* bit n: method n */
	uint8_t hlak[PPP_HLAK_LEN];
	struct ppp_ipv4 ipv4;
	struct ppp_ipv6 ipv6;
	enum ppp_closed why;
	uint16_t error;
	char detail[PPP_DETAIL_MAX + 1];
	uint32_t requests[REQUESTS_MAX]; /* digests of what it sent */
	size_t request_count;
	uint64_t awake_ms; /* it does nothing before */
	size_t steps;      /* frames that it took, and timers that expired */
	/* Each Configure-Request has a new Identifier, also a repeat; RFC 1661 section 5.1 allows that. */
	bool has_fresh_ids;
	uint8_t wire_id[3], own_id[3]; /* of the last request of LCP, IPCP, IPV6CP */
};

struct pair {
	struct side client, server;
	uint64_t now_ms;
	const char *password; /* that the server knows */
	uint64_t verdict_ms;  /* how long the server's owner takes for the result */
	enum fault fault;
	size_t fault_at;        /* which frame, counted from 0 over both directions */
	size_t cut_len;         /* what is left of it */
	size_t sent;            /* frames so far */
	size_t longest;         /* of these */
	uint64_t delay_ms;      /* each way */
	uint32_t stall_ms;      /* 0: none; the longest time that a host stops for */
	uint32_t stall_left_ms; /* all stops together, less than the limits of PPP */
	uint32_t stall_one_in;  /* of the things that happen, one in so many is a stop */
	uint32_t seed;          /* of these stops */
	/* One stop of that length: of that host, before its step of that number. NULL: none. */
	struct side *stopped;
	uint32_t stop_ms;
	size_t stop_at;
	size_t repeats; /* frames that were sent before, byte for byte */
	uint64_t verdict_due_ms;
	struct ppp_auth_result verdict;
	uint8_t eap_round; /* of the server's EAP method */
};

/* Both configurations as ends.h has them; amend client.cfg and server.cfg before pair_open. */
void pair_init(struct pair *pair);
void pair_open(struct pair *pair);
/* Runs until no event is left before `until_ms`, counted from pair_open. */
void pair_run(struct pair *pair, uint64_t until_ms);
/* One end closes the link, without a text. */
void pair_end(struct pair *pair, struct side *side);
void pair_close(struct pair *pair);

/* True if both are up with IPv4 and IPv6, and agree on every value. */
bool pair_is_up(const struct pair *pair);

#endif
