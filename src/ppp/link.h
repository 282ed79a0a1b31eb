/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct ppp, whole: for the session that embeds it, and for the engine's own files. Others use
 * ppp.h; nothing in here is theirs to touch.
 */
#ifndef SSTP_PPP_LINK_H
#define SSTP_PPP_LINK_H

#include "ppp/cp.h"
#include "ppp/mschap.h"
#include "ppp/outbox.h"
#include "ppp/types.h"

enum {
	PPP_DETAIL_MAX = 128, /* of what a peer says at the end */
	PPP_HELD_MAX = 576,   /* a CHAP Challenge of full size, or a PAP request */
	PPP_TEXT_MAX = 255,   /* RFC 1334 section 2.2.1: one byte of length */
};

enum ppp_phase {
	PPP_PHASE_DEAD,      /* before ppp_open */
	PPP_PHASE_ESTABLISH, /* LCP, and its end */
	PPP_PHASE_AUTHENTICATE,
	PPP_PHASE_NETWORK,
	PPP_PHASE_FINISHED,
};

/* What a peer's Configure-Request of LCP makes hold once it is Acked. */
struct lcp_peer {
	uint16_t mru;
	uint8_t auth; /* enum ppp_auth: how it wants us to authenticate */
	bool is_loop; /* its magic number is ours */
};

struct lcp {
	struct cp cp;
	struct lcp_peer peer, requested;
	uint8_t fault; /* enum ppp_closed: why LCP is given up; 0: no method */
	/* ours */
	uint16_t mru;
	uint32_t magic;
	uint32_t nak_magic; /* what we suggested last */
	uint8_t loops;
	uint8_t offer;    /* server: enum ppp_auth that our request demands */
	uint16_t refused; /* server: bit n: method n was Naked */
	/* client: what the server offers */
	uint16_t offered;   /* bit n: method n was */
	uint16_t suggested; /* probing: bit n: our Naks suggested method n */
	uint8_t suggestion; /* enum ppp_auth in the Nak under way */
	/* echoes */
	uint64_t heard_ms, echo_sent_ms;
	uint8_t echo_misses;
	uint8_t echo_loops;
};

/* What IPCP and IPV6CP have in common besides their automaton. */
struct ncp {
	struct cp cp;
	bool is_on;           /* we speak it on this link; else its frames are Rejected */
	bool has_failed;      /* or was never on */
	bool is_down_emitted; /* since it was up last */
};

struct ipcp {
	struct ncp ncp;
	uint32_t own; /* 0: not known yet */
	uint32_t peer, requested_peer;
	uint32_t servers[4]; /* DNS 1, NBNS 1, DNS 2, NBNS 2: the order of options 129 to 132 */
	bool has_asked;      /* server: cfg.take_ipv4 was called */
	bool is_unusable[4]; /* client: what the server suggests there is no address to use */
};

struct ipv6cp {
	struct ncp ncp;
	uint8_t own[PPP_IID_LEN];
	uint8_t peer[PPP_IID_LEN];
	uint8_t suggestion[PPP_IID_LEN]; /* for a peer that has none; the same in each Nak */
};

enum auth_state {
	AUTH_IDLE,
	AUTH_WAITING,  /* client: for challenge or result; server: for the peer's proof */
	AUTH_CHECKING, /* server: for ppp_auth_result */
	AUTH_DONE,
	AUTH_REFUSED, /* server: the peer was told, and has a moment to hang up itself */
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
	uint8_t challenges; /* client: how many came before the result; EAP: Requests so far */
	bool is_proven;     /* EAP client: the method is done, and hlak is its key */
	bool awaits_result; /* client: name and proof are sent, and nothing is said of them yet */
	uint8_t challenge[MSCHAP_CHALLENGE_LEN];
	uint8_t hlak[PPP_HLAK_LEN];
	union {
		struct { /* client */
			uint8_t peer_challenge[MSCHAP_CHALLENGE_LEN];
			char expected[MSCHAP_S_LEN + 1];
			uint16_t
				held_protocol; /* one frame that came before LCP was open; 0: none */
			uint16_t held_len;
			uint8_t held[PPP_HELD_MAX];
		};
		struct { /* server */
			uint16_t user_len, password_len;
			uint8_t user[PPP_NAME_MAX];
			uint8_t password[PPP_TEXT_MAX];
			uint8_t response[MSCHAP_VALUE_LEN];
			struct ppp_auth_result result;
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
	uint8_t rejects;    /* how many there were in it */
	uint64_t limit_ms;  /* by then a network protocol is open; UINT64_MAX: one is */
	/* how the link ended */
	uint8_t why; /* enum ppp_closed; the first reason stays */
	uint16_t error;
	const char *terminate_text; /* what we say at the end; NULL: nothing */
	uint8_t detail_len;
	uint8_t detail[PPP_DETAIL_MAX];
	struct outbox out;
};

#endif
