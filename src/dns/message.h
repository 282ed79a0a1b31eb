/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DNS messages, as far as a stub resolver needs them: a query for the addresses of a name, and the
 * response of a recursive server. RFC 1035, 2308 (negative responses), 3596 (AAAA), 6891 (EDNS).
 */
#ifndef SSTP_DNS_MESSAGE_H
#define SSTP_DNS_MESSAGE_H

#include "util/bytes.h"
#include "util/ip.h"

enum {
	DNS_NAME_MAX = 253, /* as text, without the last dot */
	DNS_QUERY_MAX = 300,
	DNS_UDP_MAX = 1232, /* the largest UDP response that we announce: it is not fragmented */
	DNS_ADDRESSES = 16, /* of one name and type; more are ignored */
	DNS_PORT = 53,
};

enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

enum dns_rcode { /* RFC 1035 section 4.1.1 */
		 DNS_NOERROR = 0,
		 DNS_FORMERR = 1,
		 DNS_SERVFAIL = 2,
		 DNS_NXDOMAIN = 3,
		 DNS_NOTIMP = 4,
		 DNS_REFUSED = 5,
};

/*
 * Lower case, without a dot at the end. False if it is no host name: an empty or too long label, an
 * invalid character, or only digits after the last dot (RFC 1123 section 2.1).
 */
bool dns_name_normalize(const char *name, char out[DNS_NAME_MAX + 1]);

/* `name` is normalized. `has_edns`: with an OPT record. */
void dns_put_query(struct writer *w, uint16_t id, const char *name, enum dns_type type,
		   bool has_edns);

/* The only question of a query. */
struct dns_question {
	char name[DNS_NAME_MAX + 1]; /* lower case; bytes that no host name has are '?' */
	uint16_t type;
	size_t end; /* its offset in the message */
};

/* False: there is none, or more than one, or it is malformed. */
bool dns_parse_question(struct bytes message, struct dns_question *out);

/* Whether it is the domain's own name or one below it. Both in lower case. */
bool dns_is_in_domain(const char *name, const char *domain);

struct dns_response {
	uint8_t rcode;
	bool is_truncated;
	struct ip_addr addresses[DNS_ADDRESSES];
	size_t count;
	uint32_t ttl; /* seconds: the smallest of the addresses and aliases, or of their absence */
	bool has_ttl; /* false: the response has no TTL */
	char alias[DNS_NAME_MAX +
		   1]; /* not empty: query this name next, since no address was given */
};

/*
 * False: malformed, or no response to that query. The 16 bits of the message's ID are compared, the
 * name without regard to case.
 */
bool dns_parse_response(struct bytes message, uint16_t id, const char *name, enum dns_type type,
			struct dns_response *out);

#endif
