/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The result of a login: whether the proof was right, the messages for the peer and for our log,
 * and what the session is granted. It has room for all that an Access-Accept of RADIUS can carry
 * (RFC 2865 and its successors); a backend fills in what it knows, and zero means "not given"
 * everywhere.
 */
#ifndef SSTP_AUTH_RESULT_H
#define SSTP_AUTH_RESULT_H

#include "ppp/ppp.h"
#include "util/ip.h"

enum auth_outcome {
	AUTH_RESULT_REFUSED,     /* zero, so that an empty result is a refusal */
	AUTH_RESULT_UNAVAILABLE, /* the login could not be checked; it may succeed later */
	AUTH_RESULT_OK,
	AUTH_RESULT_CONTINUE, /* EAP: `eap` is the next Request for the peer */
};

enum {
	AUTH_REASON_SIZE = 192,
	AUTH_ROUTES_MAX = 16,
	AUTH_CLASSES_MAX = 4,
	AUTH_CLASS_LEN = 253, /* RFC 2865 section 5: the longest value of an attribute */
	AUTH_POOL_SIZE = 64,
};

/* What the session is granted. The numbers are those of RADIUS' attributes. */
struct auth_grant {
	uint32_t ipv4;    /* 8: the user's own; 0: one from the pool */
	uint8_t ipv4_len; /* 9: prefix length of the session's network; 0: the address alone */
	uint32_t dns[2];  /* vendor 311, 28 and 29 */
	uint32_t nbns[2]; /* vendor 311, 30 and 31 */
	char pool[AUTH_POOL_SIZE]; /* 88, 100, 171: where all its addresses are from */

	struct ip_addr ipv6;             /* 168 */
	struct ip_prefix ipv6_prefix;    /* 97: for Router Advertisements */
	struct ip_prefix ipv6_delegated; /* 123: for DHCPv6 */
	struct ip_addr ipv6_dns[2];      /* 169 */
	bool has_iid;
	uint8_t iid[PPP_IID_LEN]; /* 96 */

	struct ip_prefix routes[AUTH_ROUTES_MAX]; /* 22, 99: to the session */
	size_t route_count;
	/* for the client, by DHCP and Router Advertisements; the backend's, which may free them after the answer */
	const struct ip_prefix *push_routes;
	size_t push_route_count;
	uint16_t mtu;       /* 12 */
	uint32_t session_s; /* 27: the session ends after this time */
	uint32_t idle_s;    /* 28: the session ends after this time without a packet */
	uint32_t interim_s; /* 85: interval of accounting */
	uint64_t rate_up;   /* bit/s, from the client */
	uint64_t rate_down; /* to the client */
	uint64_t quota_up;  /* bytes from the client, then the session ends */
	uint64_t quota_down;
	uint64_t quota;              /* both together */
	unsigned sessions;           /* 62: of this user at a time */
	char filter[AUTH_POOL_SIZE]; /* 11: the name of a filter of ours */
	struct {
		uint8_t len;
		uint8_t bytes[AUTH_CLASS_LEN];
	} class[AUTH_CLASSES_MAX]; /* 25: to be repeated in accounting */
	size_t class_count;
};

struct auth_result {
	enum auth_outcome outcome;
	bool is_right; /* the proof was right, whatever the outcome */
	/* the backend's name for the user, or the one from the wire; for sessions and the log */
	char name[PPP_NAME_MAX + 1];
	char reason[AUTH_REASON_SIZE]; /* refused, unavailable: for our log, never for the peer */
	/* for the peer: as in struct ppp_auth_result */
	uint16_t error;
	char message[PPP_MESSAGE_SIZE];
	uint8_t hlak[PPP_HLAK_LEN];
	/* continue: a Request; refused: a last one, to be sent before the Failure, or empty */
	struct bytes eap;
	struct auth_grant grant;                       /* ok */
	struct ip_prefix push_routes[AUTH_ROUTES_MAX]; /* room for the grant's */
};

#endif
