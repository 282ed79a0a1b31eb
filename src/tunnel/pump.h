/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pump: the buffers that all TLS connections of one thread share, and sending from them. Plaintext
 * to be sent is collected in one TLS record at a time, sealed when it is full or when another connection
 * sends; the records are sent in large sends at the end of the turn.
 *
 *	owner -> record (plaintext, 16 KiB) -> TLS -> out (ciphertext, several records) -> socket
 *
 * What the socket won't take waits in the connection's own queue. The buffers are empty between turns.
 */
#ifndef SSTP_TUNNEL_PUMP_H
#define SSTP_TUNNEL_PUMP_H

#include "net/loop.h"
#include "sstp/sstp.h"
#include "tls/tls.h"
#include "tunnel/drops.h"

enum {
	PUMP_RECV_LEN = 256 * 1024, /* ciphertext of one recv */
	/* its plaintext after a kept start, with that of a record whose end it brings */
	PUMP_PLAIN_LEN = SSTP_HTTP_MAX + TLS_RECORD_MAX + PUMP_RECV_LEN,
	/*
	 * Sealed records are sent once they are this many bytes: with the record that exceeds it they make
	 * one super-packet of at most 64 KiB. More would be a second one, sent and received by itself.
	 */
	PUMP_SEND_LEN = 48 * 1024,
	PUMP_OUT_LEN = PUMP_SEND_LEN + 2 * TLS_RECORD_MAX,
	PUMP_QUEUE_MAX = 256 * 1024,      /* more than this unsent: the peer is gone; ... */
	PUMP_QUEUE_EARLY_MAX = 32 * 1024, /* ... before the login */
	PUMP_TRIM_MS = 5000,
};

/* Ciphertext that waits for one socket. */
struct pump_queue {
	uint8_t *at;
	size_t len, done, room;
};

/* One connection of the pump's; embedded in its owner, a tunnel for example. */
struct pump_end {
	struct pump *pump;
	int fd;         /* connected, non-blocking */
	bool is_paused; /* nothing is read: see pump_pause */
	/* Its ciphertext goes to pump_take_ciphertext, with this as arg; NULL: no TLS, or not yet. */
	struct tls *tls;
	struct loop_watch watch; /* of fd; the owner's `ready` calls pump_drain */
	struct pump_queue queue; /* ciphertext that the socket would not take */
	size_t queue_max;        /* PUMP_QUEUE_... */
	/* The peer takes nothing, and the socket is shut down: its next read fails. Ends nothing here. */
	void (*broken)(struct pump_end *e);
};

struct pump {
	struct loop *loop;
	struct loop_task flush; /* at the end of the turn */
	uint8_t *recv;
	uint8_t *plain;
	uint8_t *record;
	size_t record_len;
	bool holds_own_record;    /* the record holds control messages that must not share it */
	struct pump_end *filling; /* whose plaintext `record` is */
	uint8_t *out;
	size_t out_len;
	struct pump_end *sending; /* whose ciphertext `out` is */
	struct loop_timer trim;   /* frees the memory of what waited */
	struct drops drops;       /* packets, of all tunnels of this thread */
};

int pump_open(struct pump *p, struct loop *loop); /* 0 or -errno */
void pump_close(struct pump *p);

/*
 * Room for `len` bytes of plaintext (at most TLS_RECORD_MAX) at the end of the record; the caller
 * fills it before its next call.
 */
uint8_t *pump_put(struct pump_end *e, size_t len);
/*
 * The same, in a record of its own, for control messages. sstp-client up to 1.0.18 takes one packet
 * out of a record and looks for the next only when the socket is readable again: it does not see a reply
 * that shares a record with a request until LCP's Restart timer has run out.
 */
uint8_t *pump_put_own_record(struct pump_end *e, size_t len);
/* Seals what was put, so that other ciphertext of the session may follow it. */
void pump_seal(struct pump *p);
/* Seals and sends all that was put, at once. */
void pump_flush(struct pump *p);
/* Schedules a trim of the allocator's cache, to be called when something is queued. */
void pump_trim_later(struct pump *p);
/* Asks for readiness to write too. */
void pump_want_write(struct pump_end *e);
/* Stops reading from the socket, so that the peer's TCP slows down, or goes on reading. */
void pump_pause(struct pump_end *e, bool is_paused);
/* The socket can take more of the queue. */
void pump_drain(struct pump_end *e);
/*
 * Moves the connection to another owner: to *to, of which pump, watch.ready, queue_max and broken are
 * set. 0 or -errno; *from must not be used afterwards in either case.
 */
int pump_move(struct pump_end *from, struct pump_end *to);
/*
 * Closes the connection and frees its memory; its bytes in the pump are dropped. Does nothing after
 * pump_move.
 */
void pump_hang_up(struct pump_end *e);
/* The cfg.send of a TLS session, with the struct pump_end as arg. */
void pump_take_ciphertext(void *end, const uint8_t *at, size_t len);

#endif
