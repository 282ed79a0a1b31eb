/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Failed logins: who guesses passwords is refused for a while. They are counted twice: for a user at
 * a source address, and for the source address alone, whose limit is BANS_SOURCE_PART times as high,
 * since an office or a container host has many users at one address. A source address that has live
 * sessions is not refused as a whole, nor is a user who logged in from there before.
 *
 * Tables of a fixed size: under a flood of names or addresses those with the fewest failures go, so
 * it costs bounded memory. IPv6 sources are counted by their /64.
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
	char user[BANS_NAME_SIZE]; /* its beginning, for the log; empty: the source alone */
	uint32_t user_hash;        /* of all of it */
	unsigned failures;         /* 0: a free entry */
	uint64_t last_ms;
};

struct bans {
	uint32_t seed; /* random: nobody shall choose who gives way to whom */
	struct ban pairs[BANS_SIZE], sources[BANS_SIZE];
	struct ban known[BANS_SIZE]; /* pairs that logged in; `failures` is 1 */
};

struct bans_attempt {
	const struct ip_addr *source;
	const char *user;
	bool is_good;           /* the password was right */
	bool has_live_sessions; /* the source */
};

enum bans_answer {
	BANS_GOOD,      /* this user's failures from there are forgiven, and nobody else's */
	BANS_WRONG,     /* counted */
	BANS_WRONG_NOW, /* counted, and from now on the user is refused from there, or the source is */
	BANS_REFUSED, /* not counted, whatever the password */
};

void bans_init(struct bans *b);

/* What becomes of a login whose password was judged. `max_failures` is not 0. */
enum bans_answer bans_judge(struct bans *b, const struct bans_attempt *a, unsigned max_failures,
			    uint64_t now_ms);

/* Those that are refused now, with the milliseconds that are left. How many there are. */
size_t bans_each(const struct bans *b, unsigned max_failures, uint64_t now_ms,
		 void (*each)(void *arg, const struct ban *ban, uint64_t left_ms), void *arg);
void bans_lift(struct bans *b); /* all failures are forgotten */

#endif
