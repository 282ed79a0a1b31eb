/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The option negotiation automaton of RFC 1661 section 4, one for each of LCP, IPCP and IPV6CP. It
 * decides when to send and which state follows; cp.c handles the contents of packets.
 *
 * It owns the Restart timer and its counter. fsm_step looks the event up, changes the state,
 * updates the timer and returns the actions (bits: FSM_TLU and so on) that the caller has to
 * perform.
 */
#ifndef SSTP_PPP_FSM_H
#define SSTP_PPP_FSM_H

#include <stdint.h>

#include "ppp/restart.h"
#include "util/log.h"

/* RFC 1661 section 4.6 */
enum {
	FSM_TERMINATE_MS = 1000, /* per Terminate-Request, of which there are at most two, ... */
	FSM_TERMINATE_MAX_MS = 1500, /* ... and at most this on a long line */
	FSM_ACKED_MS = 1000,         /* minimum in Ack-Sent: see start_timer */
	FSM_MAX_CONFIGURE = 10,      /* full periods; the short ones before them do not count */
	FSM_MAX_TERMINATE = 2,
};

/* Section 4.2. Starts at 1, so that an empty cell of the table is no state. */
enum fsm_state {
	FSM_INITIAL = 1,
	FSM_STARTING,
	FSM_CLOSED,
	FSM_STOPPED,
	FSM_CLOSING,
	FSM_STOPPING,
	FSM_REQ_SENT,
	FSM_ACK_RCVD,
	FSM_ACK_SENT,
	FSM_OPENED,
	FSM_STATES,
};

/* Section 4.3 */
enum fsm_event {
	FSM_UP,
	FSM_DOWN,
	FSM_OPEN,
	FSM_CLOSE,
	FSM_TO_PLUS,   /* timeout with counter > 0 */
	FSM_TO_MINUS,  /* timeout with the counter expired */
	FSM_RCR_PLUS,  /* Configure-Request, good */
	FSM_RCR_MINUS, /* Configure-Request, bad */
	FSM_RCA,       /* Configure-Ack */
	FSM_RCN,       /* Configure-Nak or -Reject */
	FSM_RTR,       /* Terminate-Request */
	FSM_RTA,       /* Terminate-Ack */
	FSM_RUC,       /* unknown code */
	FSM_RXJ_PLUS,  /* Code- or Protocol-Reject, permitted */
	FSM_RXJ_MINUS, /* Code- or Protocol-Reject, catastrophic */
	FSM_RXR,       /* Echo-Request, Echo-Reply, Discard-Request */
	FSM_EVENTS,
};

/* Section 4.4 */
enum {
	FSM_TLU = 1 << 0,  /* This-Layer-Up */
	FSM_TLD = 1 << 1,  /* This-Layer-Down */
	FSM_TLS = 1 << 2,  /* This-Layer-Started */
	FSM_TLF = 1 << 3,  /* This-Layer-Finished */
	FSM_IRC = 1 << 4,  /* Initialize-Restart-Count; done by the step itself */
	FSM_ZRC = 1 << 5,  /* Zero-Restart-Count; done by the step itself */
	FSM_SCR = 1 << 6,  /* Send-Configure-Request */
	FSM_SCA = 1 << 7,  /* Send-Configure-Ack */
	FSM_SCN = 1 << 8,  /* Send-Configure-Nak or -Reject */
	FSM_STR = 1 << 9,  /* Send-Terminate-Request */
	FSM_STA = 1 << 10, /* Send-Terminate-Ack */
	FSM_SCJ = 1 << 11, /* Send-Code-Reject */
	FSM_SER = 1 << 12, /* Send-Echo-Reply */
};

struct fsm {
	enum fsm_state state;
	unsigned tries_left; /* the Restart counter */
	uint64_t timer_ms;   /* when the Restart timer expires; UINT64_MAX: it does not run */
	struct restart restart;
	const char *name; /* "lcp" */
	const struct log *log;
};

void fsm_init(struct fsm *f, const char *name, const struct log *log, uint32_t rtt_ms);

/*
 * Begins in Stopped, as a server that lets the peer speak first: the Configure-Request of the peer
 * then triggers both our own request and our reply.
 */
void fsm_listen(struct fsm *f);

unsigned fsm_step(struct fsm *f, enum fsm_event event, uint64_t now_ms);

/* Restarts the Restart timer after the Configure-Request was sent again early. */
void fsm_sent_again(struct fsm *f, uint64_t now_ms);

/* The event for an expired Restart timer. */
enum fsm_event fsm_timeout(const struct fsm *f);

#endif
