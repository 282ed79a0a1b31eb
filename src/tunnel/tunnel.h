/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One tunnel: a socket, a TLS session, an SSTP call and a PPP link, joined to a packet sink, which is
 * where IP packets go. Client and server are the same tunnel in another role.
 *
 * Life: fill a struct tunnel_cfg, tunnel_open; then the loop drives it and reports what happens as
 * struct tunnel_event. tunnel_shutdown ends it in order. TUNNEL_ENDED is the last event; it comes
 * at the end of the loop's turn, never from inside another call, so the owner may free the struct
 * in it. tunnel_abandon ends it at once and without that event. The struct is public only so that its
 * owner can embed it. A server has thousands of them that are idle: what is needed only for a while is
 * allocated for that while.
 *
 *	socket -> TLS -> SSTP -+-> PPP frames -> ppp/           (control)
 *	                       +-> IP packets -> sink->deliver  (the packet path)
 *
 * Of IP packets, those that would configure their receiver never reach the sink: tun/ingress.h.
 */
#ifndef SSTP_TUNNEL_TUNNEL_H
#define SSTP_TUNNEL_TUNNEL_H

#include "net/loop.h"
#include "ppp/link.h"
#include "ppp/ppp.h"
#include "sstp/call.h"
#include "sstp/sstp.h"
#include "tls/tls.h"
#include "tun/headers.h"
#include "tun/tun.h"
#include "tunnel/backlog.h"
#include "tunnel/choice.h"
#include "tunnel/pump.h"
#include "tunnel/rate.h"
#include "tunnel/unsent.h"
#include "tunnel/reason.h"
#include "tunnel/sign.h"
#include "util/log.h"

struct tunnel;

/* Where IP packets go. A sink may serve many tunnels (the server's TUN device does). */
struct packet_sink {
	/* One packet; its bytes may be changed, and stay until flush. */
	void (*deliver)(struct packet_sink *sink, struct tunnel *from, const struct packet *p);
	/* The end of a batch of packets. */
	void (*flush)(struct packet_sink *sink);
	/* tunnel_has_room may be true again. NULL: this sink never asks. */
	void (*has_room)(struct packet_sink *sink);
};

enum tunnel_event_type {
	TUNNEL_TLS_UP,         /* the certificate is verified (client) */
	TUNNEL_UNTRUSTED,      /* leaf: the certificate was refused; the tunnel ends now */
	TUNNEL_SSTP_UP,        /* hashes: HTTP and the Call-Connect exchange are done */
	TUNNEL_OFFER,          /* offer: client: an authentication method the server proposed */
	TUNNEL_CHECK_PASSWORD, /* attempt: server: reply with tunnel_auth_result */
	TUNNEL_EAP,            /* packet: of an EAP conversation: PPP_OUT_EAP */
	TUNNEL_AUTHENTICATED,  /* the login succeeded; no data yet */
	TUNNEL_CONNECTED,      /* data of an open network protocol may pass */
	TUNNEL_IPV4_UP,        /* ipv4 */
	TUNNEL_IPV4_DOWN,
	TUNNEL_IPV6_UP, /* ipv6 */
	TUNNEL_IPV6_DOWN,
	TUNNEL_NEIGHBOR, /* packet: Neighbor Discovery from the peer, for slaac_input */
	TUNNEL_ENDED,    /* end: the last event */
};

struct tunnel_end {
	enum tunnel_reason reason;
	enum tunnel_sign sign; /* client: what the failure may tell about the way to the server */
	bool by_us;            /* tunnel_shutdown was called */
	bool is_verdict; /* REASON_AUTH: the server refused the login; false: probably, but the server
			  * may also be shutting down or be too slow */
	uint16_t error; /* REASON_AUTH: enum mschap_error, or another number; 0: none */
	bool may_retry; /* and the server takes another password */
	char text[512]; /* the reason as text: "the server does not accept the user name or ..." */
};

struct tunnel_event {
	enum tunnel_event_type type;
	union {
		struct bytes leaf; /* DER */
		uint8_t hashes;
		enum ppp_auth offer;
		const struct ppp_attempt *attempt;
		const struct ppp_ipv4 *ipv4;
		const struct ppp_ipv6 *ipv6;
		struct bytes packet;
		const struct tunnel_end *end;
	};
};

struct tunnel_cfg {
	struct loop *loop;
	struct pump *pump; /* the thread's */
	struct packet_sink *sink;
	struct tls_ctx *tls_ctx;
	const char
		*name; /* client: the name the server's certificate must have; kept by the caller */
	const char *sni;            /* client: NULL: `name`; "": none */
	const char *http_host;      /* client: of the Host header */
	const uint8_t *correlation; /* client: 16 bytes, of all its calls; see sstp_cfg */
	uint8_t hashes;             /* for the crypto binding: SSTP_HASH_... */
	bool busy;                  /* server: refuse with 503 */
	uint32_t hello_ms;          /* see sstp_cfg */
	uint16_t mtu;     /* largest IP packet that we send, however much the peer would take */
	bool may_use_bbr; /* change to it when the line is better used so (choice.h) */
	uint32_t tls_timeout_ms; /* for the TLS handshake */
	/* Limit for everything up to TUNNEL_CONNECTED: the deadline (loop's clock), and the duration for
	 * the log. UINT64_MAX and 0: the engines' own timers alone. */
	uint64_t setup_deadline_ms;
	uint32_t setup_ms;
	int fd; /* connected, non-blocking, TCP_NODELAY; tunnel_open takes ownership */
	/* Role, methods, addresses; copied. random, log and rtt_ms are the tunnel's. */
	const struct ppp_cfg *ppp;
	const struct log *log; /* the owner's, as are the strings above */
	void (*event)(void *arg, const struct tunnel_event *ev);
	void *arg;
};

enum tunnel_stage {
	TUNNEL_CLOSED,  /* everything is released; TUNNEL_ENDED was sent or is about to be */
	TUNNEL_TLS,     /* handshake */
	TUNNEL_RUNNING, /* the engines decide */
	TUNNEL_ENDING,  /* the last bytes are on their way */
};

struct tunnel_stats {
	uint64_t rx_packets, rx_bytes; /* IP packets from the peer */
	uint64_t tx_packets, tx_bytes; /* to the peer */
	uint64_t tx_dropped;           /* waited too long for the socket, or not allowed */
	uint64_t tx_marked;            /* by ECN, where others would have been dropped */
	uint64_t rx_dropped;           /* not IP, or not allowed */
};

/* What only the way to a connected tunnel needs. */
struct tunnel_login {
	struct ppp_login ppp;
	struct sstp_keys sstp;
};

/* What the engines emit, until it has been handled. */
struct tunnel_outboxes {
	struct outbox ppp;
	struct sstp_outbox sstp;
};

/* State of a tunnel's connection; the last state if it has ended. */
struct tunnel_line {
	uint32_t rtt_ms;
	uint32_t repeated; /* segments retransmitted since the beginning */
	uint32_t waiting;  /* bytes: in the backlog, and unsent in the socket */
};

/* Limits of the speed, from the peer and to it. */
struct tunnel_rates {
	struct tunnel *tunnel;
	struct rate up, down;
	struct loop_timer pace; /* one of them has something again, at pace_ms */
	uint64_t pace_ms;
};

struct tunnel {
	struct tunnel_cfg cfg;
	enum tunnel_stage stage;
	struct pump_end wire; /* the socket and its TLS session */
	struct loop_timer timer;
	uint64_t stage_deadline_ms; /* TLS handshake, or a shutdown that must end */
	struct sstp sstp;
	struct ppp ppp;
	uint64_t http_done_ms;
	bool http_is_done; /* the peer speaks SSTP */
	bool ppp_is_running;
	bool is_shutting_down;
	bool is_bound;     /* the crypto binding was sent, or checked */
	bool is_connected; /* TUNNEL_CONNECTED was sent */
	bool has_end;      /* later reasons are ignored */
	bool is_end_by_us; /* end_...: for TUNNEL_ENDED */
	bool is_end_verdict, may_retry;
	uint16_t end_error;
	enum tunnel_reason end_reason;
	enum tunnel_sign end_sign;
	char *end_text;                   /* NULL: no memory, or no end yet */
	struct loop_task ended;           /* notifies the owner of the end */
	struct tunnel_login *login;       /* client: to the end; server: until it is connected */
	struct tunnel_outboxes *outboxes; /* of this thread's cache, during a call on an engine */
	struct choice choice;
	union {
		struct unsent unsent;    /* what may wait in the socket itself */
		struct tunnel_line line; /* once the stage is TUNNEL_CLOSED */
	};
	uint64_t icmp_ms;           /* before this no ICMP error is sent */
	struct loop_task turn;      /* runs at the end of a turn in which packets were sent */
	unsigned turn_packets;      /* sent straight away in this turn */
	struct tunnel_rates *rates; /* NULL: no limit */
	struct backlog *backlog;    /* packets that wait for the socket; NULL: none had to lately */
	uint8_t *rest; /* the start of a message whose end is still to come; NULL: none */
	size_t rest_len;
	int read_error;             /* the socket's last error; 0: none */
	uint32_t acks_dead_ms;      /* TUNNEL_ACKS_DEAD_MS, or later */
	uint64_t unacknowledged_ms; /* data is in flight at least since then; 0: none is */
	uint64_t acknowledged;      /* bytes that the peer had acknowledged at the last check */
	struct tunnel_stats stats;
};

/* 0, or -errno when there is no memory (the fd is closed in that case too). */
int tunnel_open(struct tunnel *t, const struct tunnel_cfg *cfg);
/*
 * The same on a connection whose TLS handshake is done; fd, tls_ctx, name, sni and tls_timeout_ms of cfg
 * are not used. *wire is moved, also when it fails. Nothing is read and no event comes before tunnel_start.
 */
int tunnel_adopt(struct tunnel *t, const struct tunnel_cfg *cfg, struct pump_end *wire);
void tunnel_auth_result(struct tunnel *t, const struct ppp_auth_result *v);
/* See ppp_eap_send and ppp_eap_done. */
bool tunnel_eap_send(struct tunnel *t, struct bytes packet);
void tunnel_eap_done(struct tunnel *t, const uint8_t hlak[PPP_HLAK_LEN]);
/*
 * Client: why its method fails: the reason of the end that follows, which is the server's Failure
 * or our own tunnel_shutdown.
 */
void tunnel_eap_fault(struct tunnel *t, enum tunnel_reason reason, const char *why);
/* The same for a refusal by MS-CHAPv2 in EAP; see struct tunnel_end. */
void tunnel_eap_refused(struct tunnel *t, uint16_t error, bool may_retry, const char *why);
/* In order: Terminate-Request, Call-Disconnect, close_notify; at most three seconds. */
void tunnel_shutdown(struct tunnel *t);
/* The same; the Terminate-Request carries `why` (a constant) if LCP is open. */
void tunnel_shutdown_for(struct tunnel *t, enum tunnel_reason reason, const char *why);
/* Whether it is ending already, so that TUNNEL_ENDED is the only event to come. */
bool tunnel_is_ending(const struct tunnel *t);
/*
 * For a connection that is broken or soon will be: sends the disconnect, which may not arrive, and does
 * not wait for the reply. TUNNEL_ENDED follows.
 */
void tunnel_leave(struct tunnel *t, const char *why);
/* At once, without an event. */
void tunnel_abandon(struct tunnel *t);

enum {
	TUNNEL_ACKS_LOOK_MS = 5 * 1000, /* how often to check, if there is no reason to hurry */
	TUNNEL_ACKS_DEAD_MS = 25 * 1000,
	/* Where the kernel retransmits once a second, a line that comes back is used at once. */
	TUNNEL_ACKS_DEAD_LATE_MS = 45 * 1000,
};

/*
 * How long the peer's TCP has acknowledged nothing of the data in flight; 0 when nothing is in flight.
 * To be called regularly. After tunnel.acks_dead_ms the peer is considered dead, and TUNNEL_ENDED
 * follows: TCP itself goes on trying for a quarter of an hour, and the echoes of SSTP and LCP take two
 * minutes. A peer with a zero window still acknowledges; TCP_USER_TIMEOUT would consider it dead.
 */
uint32_t tunnel_check_acks(struct tunnel *t);

void tunnel_stats_add(struct tunnel_stats *to, const struct tunnel_stats *from);
struct tunnel_line tunnel_look(const struct tunnel *t);
/* "3 packets dropped, 2 marked by ECN, 5 segments retransmitted, round trip 32 ms", and what waits if anything does. */
struct tunnel_line_text {
	char text[160];
};
struct tunnel_line_text tunnel_line_print(const struct tunnel *t);

/*
 * Limits the speed, in bits per second of IP packets; 0: no limit. Packets to the peer wait in the
 * backlog; from the peer nothing more is read meanwhile, so its TCP slows down. Returns false
 * without memory.
 */
bool tunnel_set_rates(struct tunnel *t, uint64_t up, uint64_t down);

/* Counts packets from the peer, or to it, that are not passed on: also those that its owner drops. */
static inline void tunnel_drop_rx(struct tunnel *t, enum drop_cause cause)
{
	t->stats.rx_dropped++;
	t->cfg.pump->drops.rx[cause]++;
}

static inline void tunnel_drop_tx(struct tunnel *t, enum drop_cause cause, unsigned count)
{
	t->stats.tx_dropped += count;
	if (t->cfg.pump) /* none before the first tunnel_open, when a client's owner may send already */
		t->cfg.pump->drops.tx[cause] += count;
}

/* ---- receive.c */

/* After tunnel_adopt: continues with the first `len` bytes of pump->plain, then with what TLS has. */
void tunnel_start(struct tunnel *t, size_t len);

/* ---- send.c: the packet path, from the owner to the peer */

/* The largest IP packet that the tunnel takes: the smaller of cfg.mtu and the peer's MRU. */
uint16_t tunnel_mtu(const struct tunnel *t);

/*
 * Sends what one read of a TUN device brought: cut into packets, framed, put into the TLS record
 * under way, which leaves at the end of the turn. Drops what may not pass. While the socket is full,
 * or when a turn brings very many packets, the packet waits in the tunnel's backlog, which separates
 * flows and drops what has waited long. So the caller reads all that its device has.
 */
void tunnel_send(struct tunnel *t, const struct packet *p, const struct tun_offload *off);
/*
 * The same for a packet at the start of a block of TUN_PACKET_MAX bytes from alloc_get, which the
 * tunnel may keep while it waits: then p->at is another.
 */
void tunnel_send_block(struct tunnel *t, struct packet *p, const struct tun_offload *off);
/* The same for an ordinary packet that we made ourselves. */
void tunnel_send_own(struct tunnel *t, uint8_t *packet, size_t len);
/* Packets go to another sink from now on; inside of deliver, the former one gets no flush any more. */
void tunnel_set_sink(struct tunnel *t, struct packet_sink *sink);

/*
 * Whether a packet sent now would not have to wait. A caller that holds its packets back while this is
 * false loses none; sink->has_room says when to ask again.
 */
bool tunnel_has_room(const struct tunnel *t);

#endif
