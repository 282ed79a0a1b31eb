/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One tunnel: a socket, a TLS session, an SSTP call and a PPP link, joined to a packet sink, which is
 * where IP packets go. Client and server are the same tunnel in another role.
 *
 * Life: fill a struct tunnel_cfg, tunnel_open; then the loop drives it and everything of note comes
 * as a struct tunnel_event. tunnel_shutdown ends it in order. TUNNEL_ENDED is the last event; it comes
 * from the end of the loop's turn, never from inside another call, so the owner may free the struct
 * then and there. tunnel_abandon ends it at once and without that event. The struct is embedded in
 * its owner's, and public for that alone.
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
#include "tunnel/unsent.h"
#include "tunnel/reason.h"
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
	TUNNEL_AUTHENTICATED,  /* both ends know each other; no data yet */
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
	bool by_us;      /* tunnel_shutdown asked for it */
	bool is_verdict; /* REASON_AUTH: the server refused the login; false: it looks so, but the
			  * server may as well be going down, or be too slow */
	char text[512];  /* why, in words: "the server does not accept the user name or ..." */
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
	int fd; /* connected, non-blocking; the tunnel's from tunnel_open on */
	struct tls_ctx *tls_ctx;
	const char *name;      /* client: who the server must prove to be; kept by the caller */
	const char *sni;       /* client: NULL: `name` */
	const char *http_host; /* client: of the Host header */
	const uint8_t *correlation; /* client: 16 bytes, of all its calls; see sstp_cfg */
	uint8_t hashes;             /* for the crypto binding: SSTP_HASH_... */
	bool busy;                  /* server: refuse with 503 */
	uint16_t mtu;     /* largest IP packet that we send, however much the peer would take */
	bool may_use_bbr; /* change to it when the line asks for it (choice.h) */
	uint32_t tls_timeout_ms; /* for the TLS handshake */
	/* For all of it up to TUNNEL_CONNECTED: until when (of the loop's time), and how long that is
	 * in words. UINT64_MAX and 0: the engines' own timers alone. */
	uint64_t setup_deadline_ms;
	uint32_t setup_ms;
	struct ppp_cfg ppp; /* role, methods, addresses; random, log and rtt_ms are the tunnel's */
	const struct log *log; /* the owner's, as are the strings above */
	void (*event)(void *arg, const struct tunnel_event *ev);
	void *arg;
};

enum tunnel_stage {
	TUNNEL_CLOSED,  /* nothing is held any more; TUNNEL_ENDED was given or is about to be */
	TUNNEL_TLS,     /* handshake */
	TUNNEL_RUNNING, /* the engines decide */
	TUNNEL_ENDING,  /* the last bytes are on their way */
};

struct tunnel_stats {
	uint64_t rx_packets, rx_bytes; /* IP packets from the peer */
	uint64_t tx_packets, tx_bytes; /* to the peer */
	uint64_t tx_dropped;           /* waited too long for the socket, or not allowed */
	uint64_t rx_dropped;           /* not IP, or not allowed */
};

/* How the connection of a tunnel does; at its end if it has ended. */
struct tunnel_line {
	uint32_t rtt_ms;
	uint32_t repeated; /* segments that were sent again, since the beginning */
	uint32_t waiting;  /* bytes: in the backlog, and unsent in the socket */
};

struct tunnel {
	struct tunnel_cfg cfg;
	enum tunnel_stage stage;
	struct pump_end wire; /* the socket and its TLS session */
	struct loop_timer timer;
	uint64_t stage_deadline_ms; /* TLS handshake, or a shutdown that must end */
	struct sstp sstp;
	struct ppp ppp;
	bool http_is_done; /* the far end speaks SSTP */
	uint64_t http_done_ms;
	bool ppp_is_running;
	bool is_shutting_down;
	bool is_connected; /* TUNNEL_CONNECTED was given */
	bool has_end;      /* the first reason is the one that counts */
	struct tunnel_end end;
	struct loop_task ended; /* tells it to the owner */
	struct choice choice;
	struct unsent unsent;    /* what may wait in the socket itself */
	uint64_t icmp_ms;        /* before this no ICMP error is sent */
	struct loop_task turn;   /* at the end of one in which packets were sent */
	unsigned turn_packets;   /* sent straight away in this turn */
	struct backlog *backlog; /* packets that wait for that; NULL: never had to */
	uint8_t *rest;           /* the start of a message whose end is still to come; NULL: none */
	size_t rest_len;
	int read_error;             /* the socket's, once it had one */
	uint32_t acks_dead_ms;      /* TUNNEL_ACKS_DEAD_MS, or later */
	uint64_t unacknowledged_ms; /* something is on its way since then at least; 0: nothing is */
	uint64_t acknowledged;      /* bytes, when that was looked at */
	struct tunnel_stats stats;
	struct tunnel_line line; /* once it has ended */
};

/* 0, or -errno when there is no memory (the fd is closed then too). */
int tunnel_open(struct tunnel *t, const struct tunnel_cfg *cfg);
/*
 * The same on a connection whose TLS handshake is done; fd, tls_ctx, name, sni and tls_timeout_ms of cfg
 * are not used. *wire is moved, whatever the answer. Nothing is read and no event comes before tunnel_start.
 */
int tunnel_adopt(struct tunnel *t, const struct tunnel_cfg *cfg, struct pump_end *wire);
/* Then: goes on with the first `len` bytes of pump->plain, and with what TLS has besides. */
void tunnel_start(struct tunnel *t, size_t len);
void tunnel_auth_result(struct tunnel *t, const struct ppp_auth_result *v);
/* See ppp_eap_send and ppp_eap_done. */
bool tunnel_eap_send(struct tunnel *t, struct bytes packet);
void tunnel_eap_done(struct tunnel *t, const uint8_t hlak[PPP_HLAK_LEN]);
/* In order: Terminate-Request, Call-Disconnect, close_notify; at most three seconds. */
void tunnel_shutdown(struct tunnel *t);
/* The same, and the peer is told `why`, if PPP has come so far; a constant. */
void tunnel_shutdown_for(struct tunnel *t, enum tunnel_reason reason, const char *why);
/* Has something ended it already, so that TUNNEL_ENDED is all that is to come? */
bool tunnel_is_ending(const struct tunnel *t);
/*
 * The connection is of no use any more, or soon won't be: tells the peer, if that still arrives, and does
 * not wait for its reply. TUNNEL_ENDED follows.
 */
void tunnel_leave(struct tunnel *t, const char *why);
/* At once, without an event. */
void tunnel_abandon(struct tunnel *t);

enum {
	TUNNEL_ACKS_LOOK_MS = 5 * 1000, /* how often to look, if nothing else is at stake */
	TUNNEL_ACKS_DEAD_MS = 25 * 1000,
	/* Where the kernel repeats once a second all the time, a line that comes back is used at once. */
	TUNNEL_ACKS_DEAD_LATE_MS = 45 * 1000,
};

/*
 * For how long the peer's TCP has acknowledged nothing of what is on its way to it; 0 when nothing is.
 * Found out by being called now and then. After tunnel.acks_dead_ms the peer is taken for dead, and
 * TUNNEL_ENDED follows: TCP itself goes on trying for a quarter of an hour, and echoes of SSTP and LCP
 * only find out after two minutes. A peer that only has no room acknowledges all the same, which
 * TCP_USER_TIMEOUT would take for death.
 */
uint32_t tunnel_check_acks(struct tunnel *t);

struct tunnel_line tunnel_look(const struct tunnel *t);
/* "3 packets dropped, 5 segments sent again, round trip 32 ms", what waits if anything does. */
struct tunnel_line_text {
	char text[120];
};
struct tunnel_line_text tunnel_line_print(const struct tunnel *t);

/* The largest IP packet that the tunnel takes: the smaller of cfg.mtu and the peer's MRU. */
uint16_t tunnel_mtu(const struct tunnel *t);

/* The packet path: from the owner to the peer. */

/*
 * Sends what one read of a TUN device brought: cut into packets, framed, put into the TLS record
 * under way, which leaves at the end of the turn. Drops what may not pass. While the socket is full,
 * and when a turn brings very many, the packet waits in the tunnel's backlog, where flows are kept
 * apart and long waits end in loss. So the caller reads all that its device has.
 */
void tunnel_send(struct tunnel *t, const struct packet *p, const struct tun_offload *off);
/*
 * The same for a packet at the start of a block of TUN_PACKET_MAX bytes from alloc_get, which the
 * tunnel may keep while it waits: then p->at is another.
 */
void tunnel_send_block(struct tunnel *t, struct packet *p, const struct tun_offload *off);
/* An ordinary packet that we made ourselves. */
void tunnel_send_own(struct tunnel *t, uint8_t *packet, size_t len);

/*
 * A packet that is sent now would not have to wait. Who can hold its packets back while this is
 * false loses none; sink->has_room says when to ask again.
 */
bool tunnel_has_room(const struct tunnel *t);

#endif
