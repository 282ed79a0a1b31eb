/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What LCP, IPCP and IPV6CP have in common: the packets of RFC 1661 section 5 with codes 1 to 7,
 * their checks, and the judging of options. A protocol is a struct cp_def, above all a table of
 * its options; fsm.c says when to send.
 *
 * Life: cp_init once; then cp_start when the layer below is up and cp_down when it is no longer;
 * cp_input for each packet, cp_tick at each deadline.
 */
#ifndef SSTP_PPP_CP_H
#define SSTP_PPP_CP_H

#include "ppp/frame.h"
#include "ppp/fsm.h"
#include "util/bytes.h"

struct ppp;
struct ppp_cfg;

enum {
	CP_REQUEST_MAX = 48, /* our own options; what the tables can ask for fits */
	CP_MAX_FAILURE = 5,  /* RFC 1661 section 4.6 */
	/* what ends a negotiation that never would: pppd's maxnakloops, and two of our own */
	CP_MAX_REFUSALS = 10,      /* Naks and Rejects in a row, without an Ack */
	CP_MAX_ROUNDS = 64,        /* packets from the peer until the layer is open */
	CP_MAX_REOPENS = 10,       /* times that an open layer is negotiated again ... */
	CP_REOPENS_MS = 60 * 1000, /* ... in this time */
	CP_LISTEN_MS =
		1000, /* a server lets the client speak first: so long, and the way there and back */
	CP_SLACK_MS = 2, /* for a peer's response, besides the way there and back */
};

/* RFC 1661 section 5 */
enum cp_code {
	CP_CONFIGURE_REQUEST = 1,
	CP_CONFIGURE_ACK,
	CP_CONFIGURE_NAK,
	CP_CONFIGURE_REJECT,
	CP_TERMINATE_REQUEST,
	CP_TERMINATE_ACK,
	CP_CODE_REJECT,
};

/* A control packet; those of authentication have the same header. */
struct cp_packet {
	uint8_t code;
	uint8_t id;
	struct bytes body;
};

/* False when Length is under the header's or over what is there; bytes beyond it are padding. */
bool cp_packet_get(struct bytes info, struct cp_packet *packet);

enum cp_reply {
	CP_ACK,
	CP_NAK,    /* not this value: suggest another */
	CP_REJECT, /* not this option */
	CP_FATAL,  /* agreement has become impossible: give the protocol up */
};

/*
 * One option. What is NULL does not happen: an option without judge is Rejected, as those are that
 * the table lacks. `judge` may note what the value would mean, but it holds only once the whole
 * request is Acked (cp_def.acked).
 */
struct cp_option {
	uint8_t type;
	uint8_t len;   /* with its header; 0: varies, and judge minds it */
	bool is_vital; /* the peer's: if Max-Failure Naks don't bring agreement, give up */
	/* ours: writes the value; false: not asked for */
	bool (*ask)(const struct ppp *p, struct writer *value);
	/* ours: another value is suggested; false: give up */
	bool (*on_nak)(struct ppp *p, struct reader *value);
	/* ours: it is left out from now on; false: give up */
	bool (*on_reject)(struct ppp *p);
	/* the peer's: is this value right? */
	enum cp_reply (*check)(struct ppp *p, struct reader *value);
	/* the peer's: may it be left out? */
	enum cp_reply (*missing)(struct ppp *p);
	/* the peer's: writes a value that we would Ack */
	void (*suggest)(struct ppp *p, struct writer *value);
};

struct cp_def {
	const char *name;
	uint16_t protocol;
	const struct cp_option *options;
	size_t option_count;
	/* These may be NULL. */
	void (*begin_request)(struct ppp *p); /* a request is about to be judged */
	void (*acked)(struct ppp *p);         /* our Ack is sent: what was judged holds */
	void (*sent_nak)(struct ppp *p);
	bool (*agreed)(struct ppp *p); /* the peer Acks ours; false: not enough, give up */
	bool (*may_reopen)(struct ppp *p);
	void (*terminated)(struct ppp *p, const struct cp_packet *in); /* Ack is sent already */
	bool (*other_code)(struct ppp *p,
			   const struct cp_packet *in); /* codes over 7; false: unknown */
	/* These may not. */
	void (*up)(struct ppp *p);
	void (*down)(struct ppp *p);
	void (*finished)(struct ppp *p); /* it came to nothing, or has ended */
	void (*give_up)(struct ppp *p);
};

struct cp {
	const struct cp_def *def;
	struct fsm fsm;
	uint32_t rtt_ms;    /* the measured round trip */
	uint64_t sent_ms;   /* when our request was sent last */
	uint64_t listen_ms; /* until when the peer may speak first; UINT64_MAX: not waiting */
	uint32_t left_out;  /* bit n: option n of the table is not asked for any more */
	uint8_t last_id;    /* of all that we sent of our own accord */
	uint8_t request_id;
	bool is_answered;    /* our request; a second answer to it is dropped */
	bool may_be_unheard; /* our request went out before the peer said a word */
	bool has_spoken;     /* the peer, with a Configure-Request */
	uint8_t naks_sent;   /* since the last Ack */
	uint8_t naks_got;
	uint8_t refusals; /* Naks and Rejects got since the last Ack */
	uint8_t rounds;   /* packets since the layer was open, or began */
	uint8_t reopens;  /* since reopens_ms */
	uint64_t reopens_ms;
	bool is_stalled; /* given up for one of these */
	uint8_t request_len;
	uint8_t request[CP_REQUEST_MAX]; /* its options, to compare the Ack with */
	bool has_acked;                  /* false: nothing, or what is too long to be kept */
	uint8_t acked_id;                /* the peer's request that we acknowledged last */
	uint8_t acked_len;               /* 0 too: it had no options */
	uint8_t acked[CP_REQUEST_MAX];
};

void cp_init(struct cp *cp, const struct cp_def *def, const struct ppp_cfg *cfg);
/* Begins, from any state: at once, or, as a server whose client may not be ready, after that. */
void cp_start(struct ppp *p, struct cp *cp);
void cp_down(struct ppp *p, struct cp *cp);
void cp_close(struct ppp *p, struct cp *cp);
void cp_input(struct ppp *p, struct cp *cp, struct bytes info);
void cp_tick(struct ppp *p, struct cp *cp);
uint64_t cp_deadline(const struct cp *cp);

bool cp_is_open(const struct cp *cp);

/* The peer Rejected the whole protocol. */
void cp_protocol_rejected(struct ppp *p, struct cp *cp);

/* A packet that the automaton has no part in; a fresh identifier for one of ours. */
void cp_send(struct ppp *p, struct cp *cp, uint8_t code, uint8_t id, struct bytes body);
uint8_t cp_fresh_id(struct cp *cp);

/* For cp_def.other_code: the RXR event, with the Echo-Reply to send, or NULL. */
void cp_echo(struct ppp *p, struct cp *cp, const struct cp_packet *reply);

#endif
