/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failed logins: sources that keep failing are refused for a while. Failures are counted twice: for
 * a user at a source address, and for the source address alone, whose limit is BANS_SOURCE_PART
 * times as high, since an office or a container host has many users at one address. A source
 * address that has live sessions is not refused as a whole, nor is a user who logged in from there
 * before.
 *
 * The tables have a fixed size, so memory is bounded: under a flood of names or addresses the
 * entries with the fewest failures are replaced. IPv6 sources are counted by their /64.
 */
#ifndef SSTP_SERVER_BANS_H
#define SSTP_SERVER_BANS_H

#include <stdbool.h>

#include "util/ip.h"

enum {
	BANS_SIZE = 1024,
	BANS_WINDOW_MS = 10 * 60 * 1000, /* failures are forgotten this long after the last */
	BANS_SOURCE_PART = 5,
	BANS_NAME_SIZE = 64,
};

struct ban {
	struct ip_addr source;
	char user[BANS_NAME_SIZE]; /* the name's beginning, for the log; empty: the source alone */
	uint32_t user_hash;        /* of the whole name */
	unsigned failures;         /* 0: a free entry */
	uint64_t last_ms;
};

struct bans {
	uint32_t seed; /* random, so that peers can't choose which entries collide */
	struct ban pairs[BANS_SIZE], sources[BANS_SIZE];
	struct ban known[BANS_SIZE]; /* pairs that logged in; `failures` is 1 */
};

struct bans_attempt {
	const struct ip_addr *source;
	const char *user;
	bool is_good;           /* the password was right */
	bool has_live_sessions; /* the source has */
};

enum bans_result {
	BANS_GOOD,      /* only this user's failures from this source are forgiven */
	BANS_WRONG,     /* the failure is counted */
	BANS_WRONG_NOW, /* counted, and starts a ban of the user there or of the source */
	BANS_REFUSED,   /* banned: not counted, whatever the password */
};

void bans_init(struct bans *b);

/* Applies the result of a password check; `max_failures` is not 0. */
enum bans_result bans_check(struct bans *b, const struct bans_attempt *a, unsigned max_failures,
			    uint64_t now_ms);

/*
 * Whether bans_check would refuse every user from this source, unless it has live sessions: it is
 * banned, and no user is known who logged in from there.
 */
bool bans_refuse_source(const struct bans *b, const struct ip_addr *source, unsigned max_failures,
			uint64_t now_ms);

/* Calls `each` for every active ban, with the milliseconds that are left. Returns their number. */
size_t bans_each(const struct bans *b, unsigned max_failures, uint64_t now_ms,
		 void (*each)(void *arg, const struct ban *ban, uint64_t left_ms), void *arg);
void bans_lift(struct bans *b); /* forgets all failures */
/* Forgets all failures of that source. Returns how many active bans that ends. */
size_t bans_lift_source(struct bans *b, const struct ip_addr *source, unsigned max_failures,
			uint64_t now_ms);

#endif
