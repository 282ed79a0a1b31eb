/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The definition of struct ppp, for the session that embeds it and for the files of the engine.
 * Others use ppp.h and must not access the fields.
 */
#ifndef SSTP_PPP_LINK_H
#define SSTP_PPP_LINK_H

#include "ppp/cp.h"
#include "ppp/mschap.h"
#include "ppp/outbox.h"
#include "ppp/types.h"

enum {
	PPP_DETAIL_MAX = 128, /* of the peer's text at the end */
	PPP_HELD_MAX = 576,   /* a CHAP Challenge of full size, or a PAP request */
	PPP_EARLY_MAX = 64,   /* a Configure-Request of our client */
	PPP_TEXT_MAX = 255,   /* RFC 1334 section 2.2.1: one byte of length */
};

enum ppp_phase {
	PPP_PHASE_DEAD,      /* before ppp_open */
	PPP_PHASE_ESTABLISH, /* LCP, and its end */
	PPP_PHASE_AUTHENTICATE,
	PPP_PHASE_NETWORK,
	PPP_PHASE_FINISHED,
};

/* Values of the peer's LCP Configure-Request; in effect once it is Acked. */
struct lcp_peer {
	uint16_t mru;
	uint8_t auth;  /* enum ppp_auth: the method that the peer demands from us */
	bool is_loop;  /* its magic number equals ours */
	bool is_quick; /* client: the server is ours (vendor.h) */
};

struct lcp {
	struct cp cp;
	struct lcp_peer peer, requested;
	uint8_t fault; /* enum ppp_closed: why LCP gives up; 0: no method */
	/* ours */
	uint16_t mru;
	uint32_t magic;
	uint32_t nak_magic; /* our last suggestion */
	uint8_t loops;
	uint8_t offer;    /* server: enum ppp_auth that our request demands */
	uint16_t refused; /* server: bit n: method n was Nak'd */
	/* client: the methods that the server offers */
	uint16_t offered;        /* bit n: the server offered method n */
	uint16_t suggested;      /* probing: bit n: our Naks suggested method n */
	uint8_t suggestion;      /* enum ppp_auth: for the current Nak */
	uint8_t last_suggestion; /* enum ppp_auth: in our last Nak; 0: it was not about the method */
	bool is_quick;           /* server: the client is ours (vendor.h) */
	/* echoes */
	uint64_t heard_ms, echo_sent_ms;
	uint8_t echo_misses;
	uint8_t echo_loops;
};

/* What IPCP and IPV6CP have in common in addition to struct cp. */
struct ncp {
	struct cp cp;
	bool is_on;           /* in use on this link; otherwise its frames are Rejected */
	bool has_failed;      /* or is not in use */
	bool is_down_emitted; /* the down event was emitted since the protocol was last up */
};

struct ipcp {
	struct ncp ncp;
	uint32_t own;   /* 0: not known yet */
	uint32_t grant; /* server: the peer's address, from ppp_auth_result; 0: no IPv4 */
	uint32_t peer, requested_peer;
	uint32_t servers[4]; /* DNS 1, NBNS 1, DNS 2, NBNS 2: the order of options 129 to 132 */
	bool has_asked;      /* server: cfg.take_ipv4 was called */
	bool is_early;       /* client: up, although the Ack is not here yet */
	bool is_unusable[4]; /* client: the server suggested no host address */
};

struct ipv6cp {
	struct ncp ncp;
	uint8_t own[PPP_IID_LEN];
	uint8_t peer[PPP_IID_LEN];
	uint8_t suggestion[PPP_IID_LEN]; /* for a peer without one; the same in each Nak */
};

enum auth_state {
	AUTH_IDLE,
	AUTH_WAITING,  /* client: for a challenge or the result; server: for the response */
	AUTH_CHECKING, /* server: waits for ppp_auth_result */
	AUTH_DONE,
	AUTH_REFUSED, /* server: the refusal was sent; the peer may now close the link itself */
};

struct auth_method;

struct auth {
	const struct auth_method *method;
	enum auth_state state;
	uint64_t resend_ms; /* next repeat of request or challenge; UINT64_MAX: none */
	uint64_t give_up_ms;
	struct restart restart;
	uint8_t sends_left;
	uint8_t id;       /* of the last request, challenge or response */
	uint8_t first_id; /* PAP client: of its first request */
	bool has_challenge;
	uint8_t challenges; /* client: number before the result; EAP: number of Requests */
	bool may_retry;     /* MS-CHAPv2 client: the server takes another password */
	bool is_changing;   /* MS-CHAPv2 client: cfg.new_password is the password from now on */
	bool is_proven;     /* EAP client: the method is done, and hlak is its key */
	bool awaits_result; /* client: credentials were sent, without a reply yet */
	bool has_begun;     /* the peer has sent a packet of the method; for the rest of the link */
};

/* What only a login needs; the owner's memory (ppp.h). */
struct ppp_login {
	uint8_t challenge[MSCHAP_CHALLENGE_LEN];
	uint8_t hlak[PPP_HLAK_LEN];
	union {
		struct { /* client */
			uint8_t peer_challenge[MSCHAP_CHALLENGE_LEN];
			char expected[MSCHAP_S_LEN + 1];
			uint64_t early_ms; /* IPCP: when it may be up without the Ack; 0: never */
			uint16_t held_protocol; /* of a frame from before LCP was open; 0: none */
			uint16_t held_len;
			uint8_t held[PPP_HELD_MAX];
		};
		struct { /* server */
			uint16_t user_len, password_len;
			uint8_t user[PPP_NAME_MAX];
			uint8_t password[PPP_TEXT_MAX];
			uint8_t response[MSCHAP_VALUE_LEN];
			struct ppp_auth_result result;
			struct ppp_early { /* vendor.h */
				uint8_t len;
				uint8_t bytes[PPP_EARLY_MAX];
			} early_ipcp, early_ipv6cp;
		};
	};
};

struct ppp {
	struct ppp_cfg cfg;
	enum ppp_phase phase;
	uint64_t now_ms; /* as of the last call */
	struct lcp lcp;
	struct auth auth;
	struct ipcp ipcp;
	struct ipv6cp ipv6cp;
	uint64_t reject_ms; /* when this second of Code- and Protocol-Rejects began */
	uint64_t limit_ms;  /* deadline for the first network protocol; UINT64_MAX: one is open */
	uint8_t rejects;    /* their number in the second since reject_ms */
	/* how the link ended */
	uint8_t why; /* enum ppp_closed; the first reason is kept */
	uint16_t error;
	uint8_t detail_len;
	uint8_t detail[PPP_DETAIL_MAX];
	const char *terminate_text; /* for our Terminate-Request; NULL: none */
	struct ppp_login *login;    /* NULL: ppp_forget_login was called */
	struct outbox *out;         /* lent by the owner; NULL: nothing has been emitted */
};

#endif
