/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parses Router Advertisements: RFC 4861 section 4.2, options of RFC 4861 section 4.6, RFC 4191 and
 * RFC 8106.
 */
#ifndef SSTP_IP6_ADVERT_H
#define SSTP_IP6_ADVERT_H

#include "ip6/message.h"

struct advert {
	struct ip_addr router;
	bool has_dhcp; /* M or O */
	uint16_t
		lifetime_s; /* as a default router; 0: it is none, unless a route to ::/0 says so */
	struct reader options; /* all of them have valid lengths */
};

/* False: the message is not valid (RFC 4861 section 6.1.2) or not for us. */
bool advert_get(const uint8_t *packet, size_t len, const uint8_t own_iid[IP6_IID_LEN],
		struct advert *a);

/* An option of a type that we use. */
struct advert_option {
	enum advert_type {
		ADVERT_OTHER, /* or malformed, or not usable */
		ADVERT_PREFIX,
		ADVERT_MTU,
		ADVERT_SERVERS,
		ADVERT_DOMAINS,
		ADVERT_ROUTE,
	} type;
	union {
		struct {
			struct ip_addr addr;           /* the prefix; its lower 64 bits are zero */
			uint32_t preferred_s, valid_s; /* UINT32_MAX: infinity */
		} prefix;
		uint32_t mtu;
		struct {
			uint32_t lifetime_s;
			struct reader body; /* for advert_server_next, advert_domain_next */
		} list;
		struct {
			struct ip_prefix dst; /* advert_is_route, or ::/0 */
			uint32_t lifetime_s;  /* UINT32_MAX: infinity */
		} route;
	};
};

bool advert_option_next(struct reader *options, struct advert_option *o);
/*
 * Whether a route to this network may be advertised: it has no host bits, is not ::/0, and holds
 * neither link-local nor multicast addresses nor ::, ::1 and the like.
 */
bool advert_is_route(const struct ip_prefix *p);
/* The next server of the list with a usable address. */
bool advert_server_next(struct reader *list, struct ip_addr *server);
/* The next name of the list that resolv.conf can have: letters, digits, '-', '_' and '.'. */
bool advert_domain_next(struct reader *list, char name[IP6_DOMAIN_SIZE]);

#endif
