/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an engine (ppp.h) and its owner tell each other: settings, events, questions and answers. */
#ifndef SSTP_PPP_TYPES_H
#define SSTP_PPP_TYPES_H

#include "util/bytes.h"
#include "util/log.h"

enum {
	PPP_HLAK_LEN = 32,      /* [MS-SSTP] 3.2.5.2.2 */
	PPP_IID_LEN = 8,        /* RFC 5072 section 4.1 */
	PPP_NAME_MAX = 256,     /* longest user name taken from the wire */
	PPP_EAP_MAX = 1500,     /* longest EAP packet: PPP_DEFAULT_MRU */
	PPP_MESSAGE_ROOM = 128, /* of a verdict's text, terminated */
};

enum ppp_role {
	PPP_CLIENT, /* authenticates itself, is given an address */
	PPP_SERVER, /* demands authentication, gives addresses */
};

/* Authentication methods, in no order: the order of preference is that of the list in the cfg. */
enum ppp_auth {
	PPP_AUTH_NONE,
	PPP_AUTH_PAP,      /* RFC 1334 */
	PPP_AUTH_CHAP_MD5, /* RFC 1994 */
	PPP_AUTH_MSCHAPV2, /* RFC 2759 */
	PPP_AUTH_EAP,      /* RFC 3748: spoken where ppp_cfg.eap says so */
	/* recognised in a peer's offer, not spoken */
	PPP_AUTH_MSCHAPV1, /* RFC 2433: broken, never to be used */
	PPP_AUTH_SPAP,     /* Shiva's */
	PPP_AUTH_OTHER,
	PPP_AUTH_COUNT,
};

/*
 * Memory for an EAP conversation: the engine's from ppp_init to PPP_OUT_AUTHENTICATED or
 * PPP_OUT_CLOSED, then the caller's to be wiped and freed.
 */
struct ppp_eap_packet {
	uint16_t len;
	uint8_t bytes[PPP_EAP_MAX];
};
struct ppp_eap_memory {
	struct ppp_eap_packet got, sent; /* the last of either end */
};

struct ppp_cfg {
	enum ppp_role role;
	/* client: the methods it is willing to use; server: those it offers. Preferred first. */
	enum ppp_auth auth[PPP_AUTH_COUNT];
	size_t auth_count;
	struct ppp_eap_memory *eap; /* NULL: EAP is not spoken, even if it is in auth[] */
	bool ipv4;                  /* run IPCP */
	bool ipv6;                  /* run IPV6CP */
	uint16_t mru;               /* what we ask for in LCP; 0: the option is left out */
	/* IPV6CP: all zero: random. A server keeps to it; a client takes another that is suggested. */
	uint8_t own_iid[PPP_IID_LEN];
	uint32_t rtt_ms;  /* the line's measured round trip, for the Restart timers; 0: short */
	uint32_t echo_ms; /* LCP Echo-Request when this long idle; 0: never */

	/* client only; the strings are the caller's and stay valid while the link lives. PAP
	 * can carry 255 bytes of each, CHAP PPP_NAME_MAX of the name, MS-CHAPv2 256 UTF-16
	 * units of password. */
	const char *user;
	const char *password;
	uint32_t ipv4_wanted; /* 0: whatever the server gives */
	bool want_dns;
	bool want_nbns;
	bool probe; /* never log in: Nak each method to learn what else there is (PPP_OUT_OFFER) */

	/* server only */
	bool peer_is_ready; /* our requests need not wait for the client's, as some clients' must */
	const char *name;   /* the Name of its challenges; the caller's */
	uint32_t ipv4_own;
	uint32_t dns[2];
	uint32_t nbns[2];
	/*
	 * IPV6CP: may this peer have that interface identifier? From a true on it is the peer's, until
	 * another is asked about. Called when a Configure-Request is judged, from ppp_input, with
	 * none that is zero or our own. NULL: any.
	 */
	bool (*take_iid)(void *arg, const uint8_t iid[PPP_IID_LEN]);
	void *take_iid_arg;
	/*
	 * IPCP: may this peer have that address, which it asks for in place of the verdict's (RFC 1332
	 * section 3.3: it may be its former one)? From a true on it has. Asked once a link, from
	 * ppp_input. NULL: no.
	 */
	bool (*take_ipv4)(void *arg, uint32_t ipv4);
	void *take_ipv4_arg;

	/* Fills `to` with random bytes; a test gives its own, so a run can be replayed. */
	void (*random)(void *arg, void *to, size_t len);
	void *random_arg;
	const struct log *log; /* NULL: logs without a name */
};

/* What the peer sent to prove who it is. Good until the next call on the engine. */
struct ppp_attempt {
	enum ppp_auth method;
	uint8_t identifier;     /* of the CHAP packet */
	struct bytes user;      /* as on the wire, DOMAIN\ and all; not terminated */
	struct bytes password;  /* PAP */
	struct bytes challenge; /* CHAP-MD5: what we sent; MS-CHAPv2: the 16 bytes */
	struct bytes response;  /* CHAP-MD5: 16 bytes; MS-CHAPv2: 49, RFC 2759 section 4 */
};

/* The answer to PPP_OUT_CHECK_PASSWORD, and the end of an EAP conversation: Success or Failure. */
struct ppp_auth_result {
	bool ok;
	uint16_t error; /* refused, MS-CHAPv2: E= of RFC 2759 section 6; 0: 691 */
	/* ok, MS-CHAPv2: "S=" and 40 hex digits; else text or empty */
	char message[PPP_MESSAGE_ROOM];
	uint8_t hlak[PPP_HLAK_LEN]; /* ok: key for the crypto binding, zeroes for PAP, CHAP-MD5 */
	uint32_t ipv4;              /* ok: the address that this peer is given; 0: no IPv4 */
};

struct ppp_ipv4 {
	uint32_t own;  /* our address on the link */
	uint32_t peer; /* the far end's; 0: it did not say */
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
	PPP_CLOSED_NO_AUTH,      /* client: the server wants no authentication: not trusted */
	PPP_CLOSED_FALSE_SERVER, /* client: the server's S= is wrong: it does not know the password */
	PPP_CLOSED_AUTH_TIMEOUT, /* authentication did not come to an end */
	PPP_CLOSED_LCP_TIMEOUT,  /* the peer does not answer Configure-Requests */
	PPP_CLOSED_NO_AGREEMENT, /* LCP does not converge, or lost what it must have */
	PPP_CLOSED_LOOP,         /* our own packets come back, RFC 1661 section 6.4 */
	PPP_CLOSED_NO_NETWORK,   /* neither IPCP nor IPV6CP came up */
	PPP_CLOSED_RENEGOTIATED, /* LCP was opened anew under an authenticated link */
	PPP_CLOSED_SILENT,       /* LCP echoes stay unanswered */
	/*
	 * Client: the server sent a Terminate-Request in place of a reply to name and password,
	 * or left while the method was negotiated. Some servers refuse so; one that is stopped,
	 * or whose own RADIUS server is slow, does the same.
	 */
	PPP_CLOSED_AT_LOGIN,
	PPP_CLOSED_AT_METHOD,
};

enum ppp_out_type {
	PPP_OUT_FRAME,          /* frame: to be sent, FF 03 first */
	PPP_OUT_LCP_UP,         /* LCP is open */
	PPP_OUT_OFFER,          /* client: offer: the server proposes this method; once for each */
	PPP_OUT_CHECK_PASSWORD, /* server: attempt: answer with ppp_auth_result */
	PPP_OUT_EAP, /* eap: the peer's packet: answer with ppp_eap_send; server: or ppp_auth_result */
	PPP_OUT_AUTHENTICATED, /* hlak: comes before any NCP's first frame */
	PPP_OUT_IPV4_UP,       /* ipv4 */
	PPP_OUT_IPV4_DOWN,     /* also when it never came up: IPCP failed */
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
		struct bytes eap; /* Code, Identifier, Length and what follows */
		uint8_t hlak[PPP_HLAK_LEN];
		struct ppp_ipv4 ipv4;
		struct ppp_ipv6 ipv6;
		struct {
			enum ppp_closed why;
			uint16_t error;      /* MS-CHAPv2's E= or Windows' RAS error (the same
					      * numbers), 0 if there is none */
			struct bytes detail; /* what the peer said, unescaped; may be empty */
		} closed;
	};
};

#endif
