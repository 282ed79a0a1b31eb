/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results from name servers, until their TTL ends: addresses, and their absence. */
#ifndef SSTP_DNS_CACHE_H
#define SSTP_DNS_CACHE_H

#include "dns/message.h"

enum {
	DNS_CACHE_ENTRIES = 512,
	DNS_CACHE_MAX_S = 24 * 3600,
	DNS_CACHE_NEGATIVE_MAX_S = 3600, /* RFC 2308 section 5 */
	DNS_CACHE_FAILURE_S = 1,         /* RFC 9520 section 3.2 */
};

enum dns_result {
	DNS_FOUND = 1,
	DNS_NO_NAME,        /* there is no such name */
	DNS_NO_ADDRESS,     /* the name exists, but without an address of that family */
	DNS_FAILED,         /* a server reports a failure; this and the next two set `server` */
	DNS_SERVER_REFUSED, /* a server refuses the query */
	DNS_SILENT,         /* a server does not respond */
	DNS_NO_SERVER,
};

/* The outcome for a name and a type. */
struct dns_answer {
	enum dns_result result;
	struct ip_addr addresses[DNS_ADDRESSES];
	size_t count;
	struct ip_addr server; /* of the failure */
};

struct dns_cache {
	struct dns_cache_entry {
		char name[DNS_NAME_MAX + 1]; /* normalized */
		enum dns_type type;
		uint64_t until_ms;
		struct dns_answer answer;
	} entries[DNS_CACHE_ENTRIES];
	size_t used; /* the entries after these were never used */
};

void dns_cache_clear(struct dns_cache *c);
/* NULL: no entry, or an expired one. Valid until the next put. */
const struct dns_answer *dns_cache_get(const struct dns_cache *c, const char *name,
				       enum dns_type type, uint64_t now_ms);
/* If all entries are used, replaces the one that expires first. ttl_s 0: nothing is stored. */
void dns_cache_put(struct dns_cache *c, const char *name, enum dns_type type,
		   const struct dns_answer *answer, uint32_t ttl_s, uint64_t now_ms);

#endif
