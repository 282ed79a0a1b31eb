/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One direction of a TCP connection over a line (tools/line/way.h): a sender that always has something
 * to send and is controlled by BBR as Linux has it (tcp_bbr.c, tcp_rate.c), and a receiver that
 * acknowledges every second packet. A lost packet counts as lost when a later one is acknowledged,
 * because the line keeps the order; what replaces it is one more packet, so what is delivered is the throughput.
 *
 * Left out: the part for token buckets (lt_bw), and pacing by a clock finer than the caller's steps.
 */
#ifndef SSTP_TESTS_LINE_BBR_H
#define SSTP_TESTS_LINE_BBR_H

#include <stdbool.h>
#include <stdint.h>

#include "../../tools/line/way.h"

enum { BBR_MSS = 1448, BBR_PACKET = 1500, BBR_ROUNDS = 10, BBR_WINDOW = 1 << 14 };

enum bbr_mode { BBR_STARTUP, BBR_DRAIN, BBR_PROBE_BW, BBR_PROBE_RTT };

/* What Linux keeps of each packet when it leaves. */
struct bbr_sent {
	uint64_t at_us, first_us, delivered_us, delivered;
	bool is_app_limited;
};

struct bbr {
	struct way *data, *acks;
	uint8_t kind; /* the first byte of its packets; kind + 1: of its acknowledgments */
	uint64_t cap; /* SO_MAX_PACING_RATE, bytes a second; 0: none */
	uint32_t
		room; /* packets that the socket takes; it is filled up when half of them have left */
	uint32_t waiting; /* in the socket */
	uint32_t
		window; /* of the flows inside: what may be in flight or wait; 0: they always have more */
	uint64_t fill_us;
	uint64_t app_limited; /* until so many are delivered; 0: not */
	double sample_rate;   /* as in TCP_INFO's delivery_rate: packets a microsecond */
	/* the sender: packets are counted, and the number is their name */
	struct bbr_sent sent[BBR_WINDOW];
	uint64_t next, acked; /* the next to send; all before `acked` have arrived or are lost */
	uint64_t delivered, lost, delivered_us, first_us;
	uint64_t next_send_us, last_ack_us;
	uint32_t srtt_us, min_us; /* of the whole connection, as in TCP_INFO */
	/* BBR */
	enum bbr_mode mode;
	double rate; /* packets a microsecond */
	struct {
		double rate;
		uint64_t round;
	} best[BBR_ROUNDS];
	uint64_t round, round_end;
	bool is_round_start;
	double full_rate;
	unsigned full_rounds;
	bool is_full; /* the rate of the line has been found */
	unsigned phase;
	uint64_t phase_us;
	uint32_t bbr_min_us;
	uint64_t min_at_us, probe_end_us, probe_round;
	bool had_loss;
	uint32_t cwnd, prior_cwnd;
	uint64_t recovery_end; /* 0: no recovery */
	bool conserves;
	uint64_t epoch_us, epoch_acked;
	uint32_t extra[2];
	uint64_t extra_round;
	/* the receiver */
	uint32_t log[BBR_WINDOW]; /* what has arrived, in order */
	uint64_t arrived, reported, seen;
};

void bbr_init(struct bbr *b, struct way *data, struct way *acks, uint8_t kind);
/* Sends what may be sent now. */
void bbr_send(struct bbr *b, uint64_t now_us);
/* A packet or an acknowledgment has arrived at the other end of its way. */
void bbr_take(struct bbr *b, const struct way_packet *p, uint64_t now_us);

#endif
