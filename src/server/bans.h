/*
 * Failed logins by source address: who guesses passwords is not served for a while. A table of fixed
 * size: under a flood from many addresses the oldest entries go, so it costs bounded memory. IPv6
 * sources are counted by their /64.
 */
#ifndef SSTP_SERVER_BANS_H
#define SSTP_SERVER_BANS_H

#include <stdbool.h>

#include "util/ip.h"

enum {
	BANS_SIZE = 1024,
	BANS_WINDOW_MS = 10 * 60 * 1000, /* failures are forgotten this long after the last */
};

struct bans {
	struct ban {
		struct ip_addr source;
		unsigned failures;
		uint64_t last_ms;
	} entries[BANS_SIZE];
};

/* One failure more; how many there are now. */
unsigned bans_note(struct bans *b, const struct ip_addr *source, uint64_t now_ms);
void bans_forgive(struct bans *b, const struct ip_addr *source); /* a good login */
bool bans_has(const struct bans *b, const struct ip_addr *source, unsigned max_failures,
	      uint64_t now_ms);

#endif
