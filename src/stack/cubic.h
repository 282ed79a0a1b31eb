/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Congestion control of one TCP sender: CUBIC (RFC 9438), with the slow start of RFC 3465, which
 * counts bytes, and HyStart++ (RFC 9406), which leaves slow start when the round trip grows. lwIP's
 * own code adds two segments per acknowledgment; the peers' kernels acknowledge 64 KiB at once.
 *
 * An engine: the caller says what was acknowledged or lost, and when, and gets the new window.
 * Windows are bytes, times are milliseconds.
 */
#ifndef SSTP_STACK_CUBIC_H
#define SSTP_STACK_CUBIC_H

#include <stdbool.h>
#include <stdint.h>

enum { CONGESTION_MARKS = 16 };

struct congestion {
	/* CUBIC, RFC 9438 section 4 */
	uint32_t w_max;    /* the window before the last loss; 0: there was none */
	uint32_t w_est;    /* the window that Reno would have now */
	uint32_t k_ms;     /* from the epoch's start until w_max is reached again */
	uint64_t epoch_ms; /* 0: starts with the next acknowledgment */
	uint64_t last_ms;  /* of the last acknowledgment */
	/* For round-trip samples: values of snd_nxt, with their times. */
	struct {
		uint32_t seq;
		uint64_t ms;
	} marks[CONGESTION_MARKS];
	unsigned int mark_first, mark_count;
	uint32_t rtt_ms; /* the latest; 0: none yet */
	/* HyStart++, RFC 9406 section 4.2 */
	uint32_t round_end; /* the round lasts until this sequence number is acknowledged */
	bool has_round;
	uint32_t round_min_ms, last_min_ms; /* UINT32_MAX: not known */
	uint32_t css_min_ms;                /* at the start of Conservative Slow Start */
	unsigned int samples;               /* in this round */
	unsigned int css_rounds;            /* 0: not in Conservative Slow Start */
};

/* One acknowledgment of new data, outside of loss recovery. */
struct congestion_ack {
	uint64_t now_ms;
	uint32_t cwnd, ssthresh, mss;
	uint32_t acked;     /* bytes */
	uint32_t ackno;     /* up to here */
	uint32_t snd_nxt;   /* the next to be sent */
	bool after_timeout; /* segments retransmitted by a timeout are not acknowledged yet */
};

void congestion_open(struct congestion *c);

/* The new window. *ssthresh is lowered when slow start ends without a loss. */
uint32_t congestion_acked(struct congestion *c, const struct congestion_ack *a, uint32_t *ssthresh);

/* After a loss with `flight` bytes in flight: returns the new slow-start threshold. */
uint32_t congestion_lost(struct congestion *c, uint32_t flight, uint32_t mss, bool is_timeout);

#endif
