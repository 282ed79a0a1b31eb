/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What LCP, IPCP and IPV6CP have in common: the packets of RFC 1661 section 5 with codes 1 to 7,
 * and the checks of packets and options. A protocol is a struct cp_def, mainly a table of its
 * options; fsm.c decides when to send.
 *
 * Life: cp_init once; cp_start when the layer below comes up and cp_down when it goes down;
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
	CP_REQUEST_MAX = 32, /* our own options; all options of the tables fit */
	CP_MAX_FAILURE = 5,  /* RFC 1661 section 4.6 */
	CP_MAX_COPIES = 20,  /* of a request that has its Nak; further ones count as new requests */
	CP_MAX_LATE_COPIES =
		7, /* of a request that has its Ack or Nak, with other Identifiers ... */
	CP_LATE_MS = 10 * 1000, /* ... while our own last request is not older */
	/* limits on a negotiation that does not converge: pppd's maxnakloops, and two of our own */
	CP_MAX_REFUSALS = 10,      /* Naks and Rejects in a row, without an Ack */
	CP_MAX_ROUNDS = 64,        /* packets from the peer until the layer is open */
	CP_MAX_REOPENS = 10,       /* times that an open layer is negotiated again ... */
	CP_REOPENS_MS = 60 * 1000, /* ... in this time */
	CP_LISTEN_MS = 1000,       /* how long a server waits for the client; plus a round trip */
	CP_SLACK_MS = 2,           /* processing time of a peer, in addition to the round trip */
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

/*
 * False when Length is less than the header's length or more than the available bytes. Bytes after
 * Length are padding.
 */
bool cp_packet_get(struct bytes info, struct cp_packet *packet);

enum cp_reply {
	CP_ACK,
	CP_NAK,    /* not this value: suggest another */
	CP_REJECT, /* not this option */
	/* The option may stay, to save a round trip; but if others are Rejected, it is Rejected too. */
	CP_TOLERATE,
	CP_FATAL, /* agreement is impossible: give up the protocol */
};

/*
 * One option. Callbacks may be NULL: an option without `check` is Rejected, as is an option that is
 * not in the table. `check` may store the value, but it takes effect only when the whole request is
 * Acked (cp_def.acked).
 */
struct cp_option {
	uint8_t type;
	uint8_t len;   /* with its header; 0: varies, and `check` verifies it */
	bool is_vital; /* the peer's: give up if Max-Failure Naks do not lead to agreement */
	/* ours: writes the value; false: do not request it */
	bool (*ask)(const struct ppp *p, struct writer *value);
	/* ours: the peer suggests another value; false: give up */
	bool (*on_nak)(struct ppp *p, struct reader *value);
	/* ours: the option is left out from now on; false: give up */
	bool (*on_reject)(struct ppp *p);
	/* the peer's: returns the reply to this value */
	enum cp_reply (*check)(struct ppp *p, struct reader *value);
	/* the peer's: returns the reply to a request without this option */
	enum cp_reply (*missing)(struct ppp *p);
	/* the peer's: writes a value that we would Ack */
	void (*suggest)(struct ppp *p, struct writer *value);
};

struct cp_def {
	const char *name;
	uint16_t protocol;
	const struct cp_option *options;
	size_t option_count;
	/* May be NULL. */
	void (*begin_request)(struct ppp *p); /* before the options of a request are checked */
	void (*acked)(struct ppp *p); /* our Ack was sent: the requested values are in effect */
	void (*sent_nak)(struct ppp *p);
	bool (*agreed)(struct ppp *p); /* the peer Acked our request; false: not enough, give up */
	bool (*may_reopen)(struct ppp *p);
	void (*terminated)(struct ppp *p,
			   const struct cp_packet *in); /* after our Terminate-Ack was sent */
	bool (*other_code)(struct ppp *p,
			   const struct cp_packet *in); /* codes above 7; false: unknown */
	/* Must not be NULL. */
	void (*up)(struct ppp *p);
	void (*down)(struct ppp *p);
	void (*finished)(struct ppp *p); /* negotiation failed, or the layer was closed */
	void (*give_up)(struct ppp *p);
};

struct cp {
	const struct cp_def *def;
	struct fsm fsm;
	uint64_t sent_ms;   /* when our last request was sent */
	uint64_t listen_ms; /* until when the peer may speak first; UINT64_MAX: no wait */
	uint32_t rtt_ms;    /* the measured round trip */
	uint32_t left_out;  /* bit n: option n of the table is no longer requested */
	uint8_t last_id;    /* of the last packet that was not a reply */
	uint8_t request_id;
	bool is_answered;    /* our request has its reply; a second reply is dropped */
	bool may_be_unheard; /* our request was sent before the first packet from the peer */
	bool has_spoken;     /* the peer has sent a Configure-Request */
	uint8_t naks_sent;   /* since the last Ack, without those for copies */
	uint8_t nak_id;      /* of the request that we sent the last Nak for */
	uint16_t nak_sum;    /* of its options */
	uint8_t copies;      /* of that request, that got a Nak too */
	bool is_copy;        /* the current request is one */
	uint8_t naks_got;
	uint8_t refusals; /* Naks and Rejects got since the last Ack */
	uint8_t rounds;   /* packets received since the start, or since the layer was last open */
	uint8_t reopens;  /* since reopens_ms */
	uint64_t reopens_ms;
	bool is_stalled; /* given up because one of these limits was reached */
	uint8_t request_len;
	uint8_t request[CP_REQUEST_MAX]; /* our options, to compare an Ack with */
	bool has_acked;      /* false: we have Acked nothing, or a request too long for `acked` */
	uint8_t late_copies; /* of that request, with other Identifiers, since the layer is open */
	bool is_peer_open;   /* LCP: the peer has sent another protocol since; so it has our Ack */
	uint8_t acked_id;    /* of the last request that we Acked */
	uint8_t acked_len;   /* 0: a request without options */
	uint8_t acked[CP_REQUEST_MAX];
};

void cp_init(struct cp *cp, const struct cp_def *def, const struct ppp_cfg *cfg);
/*
 * Begins, from any state: at once, or, on a server whose client may not be ready, after a wait for
 * the client.
 */
void cp_start(struct ppp *p, struct cp *cp);
/* The reply to a request that was sent before can be expected from now on. */
void cp_note_sent(struct ppp *p, struct cp *cp);
void cp_down(struct ppp *p, struct cp *cp);
void cp_close(struct ppp *p, struct cp *cp);
void cp_input(struct ppp *p, struct cp *cp, struct bytes info);
void cp_tick(struct ppp *p, struct cp *cp);
uint64_t cp_deadline(const struct cp *cp);

bool cp_is_open(const struct cp *cp);

/* The peer sent a Protocol-Reject for this protocol. */
void cp_protocol_rejected(struct ppp *p, struct cp *cp);

/*
 * Sends a packet without the automaton; cp_fresh_id gives the Identifier for a packet that is not a
 * reply.
 */
void cp_send(struct ppp *p, struct cp *cp, uint8_t code, uint8_t id, struct bytes body);
uint8_t cp_fresh_id(struct cp *cp);

/* For cp_def.other_code: the RXR event, with the Echo-Reply to send, or NULL. */
void cp_echo(struct ppp *p, struct cp *cp, const struct cp_packet *reply);

#endif
