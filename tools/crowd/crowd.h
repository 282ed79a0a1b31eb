/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The crowd: all clients of this process, on one loop, and the order that they carry out. There is
 * one order at a time; the reply is a line of JSON.
 */
#ifndef SSTP_CROWD_CROWD_H
#define SSTP_CROWD_CROWD_H

#include "client.h"
#include "samples.h"
#include "util/ip.h"

enum { ECHO_LEN_MAX = 1024, STORES_MAX = 1024 };

struct crowd_cfg {
	struct ip_addr server; /* IPv4, as are the sources */
	uint16_t port;
	struct ip_addr source; /* the first of source_count addresses in a row */
	size_t source_count;
	size_t user_count; /* "user0" and on, all with the same password */
	const char *password;
	const char *pin;
};

struct order {
	enum order_what {
		ORDER_NONE,
		ORDER_OPEN,   /* logins until `count` clients more were started; they stay */
		ORDER_CHURN,  /* the same, but each leaves as soon as it is up */
		ORDER_RESUME, /* the same with session tickets of the clients before */
		ORDER_CLOSE,  /* all leave, in_flight at a time */
		ORDER_IDLE,   /* nothing for `seconds` except keeping the sessions alive */
		ORDER_ECHO,   /* `count` clients send requests of `len` bytes for `seconds` */
	} what;
	size_t count;
	size_t in_flight; /* clients at a time */
	size_t rate;      /* logins a second at most; 0: no limit */
	size_t len;
	size_t seconds;
};

struct crowd {
	const struct crowd_cfg *cfg;
	struct loop *loop;
	struct pump pump;
	struct packet_sink sink;
	struct tls_ctx *tls;
	struct tls_tickets *stores[STORES_MAX]; /* that no client has now: of ORDER_RESUME */
	size_t store_count;
	struct client *first, *last;
	size_t started; /* ever */
	size_t up;
	/* the current order */
	struct order order;
	uint64_t begun_us;
	struct loop_timer timer;
	struct loop_task refill; /* of the clients in flight */
	size_t in_flight;
	size_t asked;                   /* clients started for it */
	size_t done, failed;            /* logins */
	size_t resumed;                 /* of them, with a ticket */
	size_t lost;                    /* sessions that ended by themselves */
	size_t repeats;                 /* echoes sent again */
	size_t hellos, answered_hellos; /* SSTP's own echoes, seen while idle */
	struct samples times;           /* of logins or echoes, in microseconds */
	char reason[160];               /* why the first of them failed or was lost */
};

/* Returns 0 or -errno, after printing an error. */
int crowd_open(struct crowd *crowd, const struct crowd_cfg *cfg, struct loop *loop);
void crowd_begin(struct crowd *crowd, const struct order *order);
uint64_t crowd_now_us(void);

/* The current order is done. */
void crowd_is_done(struct crowd *crowd);

#endif
