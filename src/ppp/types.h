/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interface between an engine (ppp.h) and its owner: settings, events and results. */
#ifndef SSTP_PPP_TYPES_H
#define SSTP_PPP_TYPES_H

#include "util/bytes.h"
#include "util/log.h"

enum {
	PPP_HLAK_LEN = 32,      /* [MS-SSTP] 3.2.5.2.2 */
	PPP_IID_LEN = 8,        /* RFC 5072 section 4.1 */
	PPP_NAME_MAX = 256,     /* longest user name taken from the wire */
	PPP_EAP_MAX = 1500,     /* longest EAP packet: PPP_DEFAULT_MRU */
	PPP_MESSAGE_SIZE = 128, /* for the text of ppp_auth_result, terminated */
};

enum ppp_role {
	PPP_CLIENT, /* authenticates itself, gets an address */
	PPP_SERVER, /* requests authentication, assigns addresses */
};

/* Authentication methods. The order has no meaning: preference is the order in ppp_cfg.auth. */
enum ppp_auth {
	PPP_AUTH_NONE,
	PPP_AUTH_PAP,      /* RFC 1334 */
	PPP_AUTH_CHAP_MD5, /* RFC 1994 */
	PPP_AUTH_MSCHAPV2, /* RFC 2759 */
	PPP_AUTH_EAP,      /* RFC 3748: supported if ppp_cfg.eap is set */
	/* recognized in a peer's offer, not supported */
	PPP_AUTH_MSCHAPV1, /* RFC 2433: broken, never to be used */
	PPP_AUTH_SPAP,     /* Shiva's */
	PPP_AUTH_OTHER,
	PPP_AUTH_COUNT,
};

/*
 * Memory for an EAP conversation. The engine uses it from ppp_init to PPP_OUT_AUTHENTICATED or
 * PPP_OUT_CLOSED; then the caller has to wipe and free it.
 */
struct ppp_eap_packet {
	uint16_t len;
	uint8_t bytes[PPP_EAP_MAX];
};
struct ppp_eap_memory {
	struct ppp_eap_packet got, sent; /* the last packet of each end */
};

struct ppp_cfg {
	enum ppp_role role;
	/* client: the methods it is willing to use; server: those it offers. Preferred first. */
	enum ppp_auth auth[PPP_AUTH_COUNT];
	size_t auth_count;
	struct ppp_eap_memory *eap; /* NULL: EAP is not used, even if it is in auth[] */
	bool ipv4;                  /* run IPCP */
	bool ipv6;                  /* run IPV6CP */
	uint16_t mru;               /* our MRU in LCP; 0: the option is left out */
	/*
	 * IPV6CP; all zero: random. A server insists on it; a client accepts another one that the
	 * server suggests.
	 */
	uint8_t own_iid[PPP_IID_LEN];
	uint32_t rtt_ms;  /* the line's measured round trip, for the Restart timers; 0: short */
	uint32_t echo_ms; /* idle time before an LCP Echo-Request; 0: never */

	/*
	 * client only; the caller keeps the strings valid while the link lives. PAP can carry 255
	 * bytes of each, CHAP PPP_NAME_MAX bytes of the name, MS-CHAPv2 256 UTF-16 units of
	 * password.
	 */
	const char *user;
	const char *password;
	/* MS-CHAPv2: to be set when the server says that the password has expired; NULL: never */
	const char *new_password;
	uint32_t ipv4_wanted; /* 0: any address */
	bool want_dns;
	bool want_nbns;
	bool probe; /* never log in: Nak each method to learn all of them (PPP_OUT_OFFER) */

	/* server only */
	bool peer_is_ready; /* the client is ours: no wait for its requests, and vendor.h */
	const char *name;   /* the Name in its Challenges; the caller keeps it valid */
	uint32_t ipv4_own;
	uint32_t dns[2];
	uint32_t nbns[2];
	/*
	 * IPV6CP: returns whether this peer may have that interface identifier. After true the
	 * identifier is reserved for the peer until the next call. Called while a Configure-Request
	 * is checked, inside ppp_input, never with zero or our own identifier. NULL: any is
	 * allowed.
	 */
	bool (*take_iid)(void *arg, const uint8_t iid[PPP_IID_LEN]);
	/*
	 * IPCP: returns whether this peer may have that address, which it requests instead of the
	 * one in ppp_auth_result (RFC 1332 section 3.3: it may be its former one). After true the
	 * peer has it. Called at most once per link, inside ppp_input. NULL: never.
	 */
	bool (*take_ipv4)(void *arg, uint32_t ipv4);
	void *take_arg; /* for both */

	/* Fills `to` with random bytes; tests pass their own, so that a run can be replayed. */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	const struct log *log; /* NULL: logs without a name */
};

/* What the peer sent to authenticate itself. Valid until the next call on the engine. */
struct ppp_attempt {
	enum ppp_auth method;
	uint8_t identifier;     /* of the CHAP packet */
	struct bytes user;      /* as on the wire, with any DOMAIN\; not terminated */
	struct bytes password;  /* PAP */
	struct bytes challenge; /* CHAP-MD5: what we sent; MS-CHAPv2: the 16 bytes */
	struct bytes response;  /* CHAP-MD5: 16 bytes; MS-CHAPv2: 49, RFC 2759 section 4 */
};

/* The result for PPP_OUT_CHECK_PASSWORD, and the end of an EAP conversation: Success or Failure. */
struct ppp_auth_result {
	bool ok;
	uint16_t error; /* if refused, MS-CHAPv2: E= of RFC 2759 section 6; 0: 691 */
	/* if ok, MS-CHAPv2: "S=" and 40 hex digits; otherwise text or empty */
	char message[PPP_MESSAGE_SIZE];
	/* if ok: key for the crypto binding; zeroes for PAP and CHAP-MD5 */
	uint8_t hlak[PPP_HLAK_LEN];
	uint32_t ipv4;            /* if ok: the address for this peer; 0: no IPv4 */
	uint32_t dns[2], nbns[2]; /* if ok: in place of those in ppp_cfg; none: those */
};

struct ppp_ipv4 {
	uint32_t own;  /* our address on the link */
	uint32_t peer; /* the peer's; 0: unknown */
	uint32_t dns[2];
	uint32_t nbns[2];
};

struct ppp_ipv6 {
	uint8_t own_iid[PPP_IID_LEN];
	uint8_t peer_iid[PPP_IID_LEN];
};

/* Why a link ended. */
enum ppp_closed {
	PPP_CLOSED_BY_US = 1,    /* ppp_close */
	PPP_CLOSED_BY_PEER,      /* a Terminate-Request */
	PPP_CLOSED_REFUSED,      /* client: user name or password not accepted; server: refused */
	PPP_CLOSED_NO_METHOD,    /* no authentication method that both ends allow */
	PPP_CLOSED_NO_AUTH,      /* client: the server requests no authentication: not trusted */
	PPP_CLOSED_FALSE_SERVER, /* client: the server's S= is wrong: it does not know the password */
	PPP_CLOSED_AUTH_TIMEOUT, /* authentication did not finish in time */
	PPP_CLOSED_LCP_TIMEOUT,  /* the peer does not answer Configure-Requests */
	PPP_CLOSED_NO_AGREEMENT, /* LCP does not converge, or the peer rejected part of it */
	PPP_CLOSED_LOOP,         /* our own packets come back, RFC 1661 section 6.4 */
	PPP_CLOSED_NO_NETWORK,   /* neither IPCP nor IPV6CP came up */
	PPP_CLOSED_RENEGOTIATED, /* the peer renegotiated LCP on an authenticated link */
	PPP_CLOSED_SILENT,       /* no reply to LCP Echo-Requests */
	/*
	 * Client: the server sent a Terminate-Request instead of a reply to name and password, or
	 * closed the connection while the method was negotiated. Some servers refuse a login this
	 * way; a server that is stopped, or whose RADIUS server is slow, does the same.
	 */
	PPP_CLOSED_AT_LOGIN,
	PPP_CLOSED_AT_METHOD,
	/* Client: the server says that it cannot check a login now. */
	PPP_CLOSED_UNCHECKED,
};

/* In a Terminate-Request of our server: the login could not be checked. */
#define PPP_UNCHECKED_TEXT "logins cannot be checked now, try again"

enum ppp_out_type {
	PPP_OUT_FRAME,          /* frame: to be sent, starts with FF 03 */
	PPP_OUT_LCP_UP,         /* LCP is open */
	PPP_OUT_OFFER,          /* client: offer: the server offers this method; once per method */
	PPP_OUT_CHECK_PASSWORD, /* server: attempt: call ppp_auth_result */
	PPP_OUT_EAP, /* eap: the peer's packet: call ppp_eap_send; server: or ppp_auth_result */
	PPP_OUT_AUTHENTICATED, /* hlak: emitted before an NCP can be open */
	PPP_OUT_IPV4_UP,       /* ipv4 */
	PPP_OUT_IPV4_DOWN,     /* also when it never came up because IPCP failed */
	PPP_OUT_IPV6_UP,       /* ipv6 */
	PPP_OUT_IPV6_DOWN,
	PPP_OUT_CLOSED, /* closed: the last event */
};

struct ppp_out {
	enum ppp_out_type type;
	union {
		struct bytes frame;
		enum ppp_auth offer;
		struct ppp_attempt attempt;
		struct bytes eap; /* with Code, Identifier and Length */
		uint8_t hlak[PPP_HLAK_LEN];
		struct ppp_ipv4 ipv4;
		struct ppp_ipv6 ipv6;
		struct {
			enum ppp_closed why;
			bool may_retry;      /* MS-CHAPv2's R=1: another password may be tried */
			uint16_t error;      /* MS-CHAPv2's E= or Windows' RAS error (the same
					      * numbers), 0 if there is none */
			struct bytes detail; /* the peer's text, unescaped; may be empty */
		} closed;
	};
};

#endif
