/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a tunnel's connection changes to BBR. CUBIC, the default of most hosts, shares a clean line
 * better, above all with traffic in the other direction; but it takes each loss for congestion, and
 * fills whatever queue there is. So a connection begins with the host's default, and changes to BBR when
 *
 * - it loses packets although no queue of its own has built up: the round trip is near its minimum, or it does not get
 *   shorter when a loss has made the window smaller, because the other direction fills the line; or
 * - its queue has stayed at CHOICE_QUEUE_MS or more.
 *
 * It does not change back: CUBIC would take the next loss on such a line for congestion again.
 *
 * In BBR's startup it sends at 2.9 times its estimate of the line's rate, until the estimate has not grown in three
 * round trips in which the socket did not run empty. The flows inside may never fill it: they wait for
 * acknowledgments, and what they have sent waits in the queue of the line. So if there is a queue in the startup, the
 * connection sends at half of the rate until the queue is gone: then packets wait in the tunnel instead, and the startup
 * ends. A queue that does not get shorter belongs to others. While much is received too, the queue may belong to
 * that direction, and the rate is not limited: if a startup ends too soon, the rate is low, and grows only by a quarter
 * in eight round trips.
 */
#ifndef SSTP_TUNNEL_CHOICE_H
#define SSTP_TUNNEL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CHOICE_LOSSES = 2,            /* this many losses ... */
	CHOICE_LOSSES_MS = 30 * 1000, /* ... within that time; one may be chance */
	CHOICE_QUEUE_MS = 150,        /* round trip above the minimum ... */
	CHOICE_QUEUE_LASTS_MS = 200,  /* ... for so long */
	CHOICE_SHORTER_RTTS = 3,      /* after a loss, until a queue of its own is shorter */
	CHOICE_SETTLES_RTTS = 20,     /* from a loss until the window has grown again */
	/* in BBR's startup */
	CHOICE_QUEUE_ROUNDS = 3,    /* a queue for so many round trips: BBR has found the rate */
	CHOICE_ONE_WAY = 4,         /* times as much is sent as is received */
	CHOICE_OWN_MIN = 32 * 1024, /* bytes of ours in the queue */
	CHOICE_SHRINK = 8,      /* of the time with half the rate, by which it must get shorter */
	CHOICE_DRAIN_MS = 3000, /* maximum time with half the rate */
	CHOICE_RETRY_MS = 10 * 1000,
};

/* From the kernel (TCP_INFO). */
struct choice_facts {
	uint32_t rtt_ms, min_rtt_ms;
	uint32_t repeated;       /* segments retransmitted since the beginning */
	uint32_t sent, received; /* bytes since the beginning; they wrap */
	uint32_t startup_rate;   /* BBR's, bytes a second; 0: not in its startup, or no BBR */
	bool is_slow_start;      /* the first one, of another congestion control */
	bool is_limited; /* the session has a speed limit, which may keep BBR in its startup */
};

/* Embedded in its tunnel; zeroes are the beginning. */
struct choice {
	bool is_bbr;     /* it has changed */
	uint16_t losses; /* before BBR: counted */
	/* before BBR: at a loss with a queue, while its effect is awaited; 0: none */
	uint32_t loss_rtt_ms;
	union {
		struct {
			uint32_t repeated; /* at the last look */
			uint32_t loss_ms;  /* when loss_rtt_ms was measured */
			uint64_t last_ms;  /* of the last loss that counts; 0: none */
			uint64_t first_ms; /* of the first one */
			uint64_t queue_ms; /* when a standing queue began; 0: there is none */
		} before;
		struct {
			uint32_t sent, received; /* when the queue was there first */
			uint32_t rtt_ms;         /* when half the rate began */
			bool is_halved;          /* it sends at half the rate */
			uint64_t since_ms;       /* when that, or a queue, began; 0: neither */
			uint64_t retry_ms;       /* not to be limited before */
		} bbr;
	};
};

/* Evaluates the facts; true when the connection should change to BBR. */
bool choice_is_bbr(struct choice *c, const struct choice_facts *f, uint64_t now_ms);
/*
 * With BBR. True: from now on the connection must send no faster than *rate, bytes a second; 0: without a limit.
 */
bool choice_limit(struct choice *c, const struct choice_facts *f, uint64_t now_ms, uint64_t *rate);
/* Slow start, or BBR's startup, still looks for the rate, and no queue shows that it has found it. */
bool choice_is_starting(const struct choice_facts *f);
/*
 * Whether the connection sends less than the line carries: it is starting, or its window was halved a short time ago
 * by a loss that no queue explains. Packets that wait because of that must not be dropped: drops would
 * slow down the flows inside for much longer.
 */
bool choice_is_unsettled(const struct choice *c, const struct choice_facts *f, uint64_t now_ms);

#endif
