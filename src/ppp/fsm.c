/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 1661 section 4.1, the state transition table, and the Restart timer of section 4.6.
 *
 * The table is complete, so it also has cells that the checks in cp.c make unreachable (a second
 * Ack to one request). The two can be read independently.
 */
#include "ppp/fsm.h"

struct cell {
	uint16_t actions;
	uint8_t next;
};

/*
 * An empty cell is the RFC's dash: it cannot happen here. The RFC's options r (restart on Open) and
 * p (passive) are not used.
 */
static const struct cell table[FSM_EVENTS][FSM_STATES] = {
	[FSM_UP] = {
		[FSM_INITIAL] = { 0, FSM_CLOSED },
		[FSM_STARTING] = { FSM_IRC | FSM_SCR, FSM_REQ_SENT },
	},
	[FSM_DOWN] = {
		[FSM_CLOSED] = { 0, FSM_INITIAL },
		[FSM_STOPPED] = { FSM_TLS, FSM_STARTING },
		[FSM_CLOSING] = { 0, FSM_INITIAL },
		[FSM_STOPPING] = { 0, FSM_STARTING },
		[FSM_REQ_SENT] = { 0, FSM_STARTING },
		[FSM_ACK_RCVD] = { 0, FSM_STARTING },
		[FSM_ACK_SENT] = { 0, FSM_STARTING },
		[FSM_OPENED] = { FSM_TLD, FSM_STARTING },
	},
	[FSM_OPEN] = {
		[FSM_INITIAL] = { FSM_TLS, FSM_STARTING },
		[FSM_STARTING] = { 0, FSM_STARTING },
		[FSM_CLOSED] = { FSM_IRC | FSM_SCR, FSM_REQ_SENT },
		[FSM_STOPPED] = { 0, FSM_STOPPED },
		[FSM_CLOSING] = { 0, FSM_STOPPING },
		[FSM_STOPPING] = { 0, FSM_STOPPING },
		[FSM_REQ_SENT] = { 0, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { 0, FSM_ACK_RCVD },
		[FSM_ACK_SENT] = { 0, FSM_ACK_SENT },
		[FSM_OPENED] = { 0, FSM_OPENED },
	},
	[FSM_CLOSE] = {
		[FSM_INITIAL] = { 0, FSM_INITIAL },
		[FSM_STARTING] = { FSM_TLF, FSM_INITIAL },
		[FSM_CLOSED] = { 0, FSM_CLOSED },
		[FSM_STOPPED] = { 0, FSM_CLOSED },
		[FSM_CLOSING] = { 0, FSM_CLOSING },
		[FSM_STOPPING] = { 0, FSM_CLOSING },
		[FSM_REQ_SENT] = { FSM_IRC | FSM_STR, FSM_CLOSING },
		[FSM_ACK_RCVD] = { FSM_IRC | FSM_STR, FSM_CLOSING },
		[FSM_ACK_SENT] = { FSM_IRC | FSM_STR, FSM_CLOSING },
		[FSM_OPENED] = { FSM_TLD | FSM_IRC | FSM_STR, FSM_CLOSING },
	},
	[FSM_TO_PLUS] = {
		[FSM_CLOSING] = { FSM_STR, FSM_CLOSING },
		[FSM_STOPPING] = { FSM_STR, FSM_STOPPING },
		[FSM_REQ_SENT] = { FSM_SCR, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { FSM_SCR, FSM_REQ_SENT },
		[FSM_ACK_SENT] = { FSM_SCR, FSM_ACK_SENT },
	},
	[FSM_TO_MINUS] = {
		[FSM_CLOSING] = { FSM_TLF, FSM_CLOSED },
		[FSM_STOPPING] = { FSM_TLF, FSM_STOPPED },
		[FSM_REQ_SENT] = { FSM_TLF, FSM_STOPPED },
		[FSM_ACK_RCVD] = { FSM_TLF, FSM_STOPPED },
		[FSM_ACK_SENT] = { FSM_TLF, FSM_STOPPED },
	},
	[FSM_RCR_PLUS] = {
		[FSM_CLOSED] = { FSM_STA, FSM_CLOSED },
		[FSM_STOPPED] = { FSM_IRC | FSM_SCR | FSM_SCA, FSM_ACK_SENT },
		[FSM_CLOSING] = { 0, FSM_CLOSING },
		[FSM_STOPPING] = { 0, FSM_STOPPING },
		[FSM_REQ_SENT] = { FSM_SCA, FSM_ACK_SENT },
		[FSM_ACK_RCVD] = { FSM_SCA | FSM_TLU, FSM_OPENED },
		[FSM_ACK_SENT] = { FSM_SCA, FSM_ACK_SENT },
		[FSM_OPENED] = { FSM_TLD | FSM_SCR | FSM_SCA, FSM_ACK_SENT },
	},
	[FSM_RCR_MINUS] = {
		[FSM_CLOSED] = { FSM_STA, FSM_CLOSED },
		[FSM_STOPPED] = { FSM_IRC | FSM_SCR | FSM_SCN, FSM_REQ_SENT },
		[FSM_CLOSING] = { 0, FSM_CLOSING },
		[FSM_STOPPING] = { 0, FSM_STOPPING },
		[FSM_REQ_SENT] = { FSM_SCN, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { FSM_SCN, FSM_ACK_RCVD },
		[FSM_ACK_SENT] = { FSM_SCN, FSM_REQ_SENT },
		[FSM_OPENED] = { FSM_TLD | FSM_SCR | FSM_SCN, FSM_REQ_SENT },
	},
	[FSM_RCA] = {
		[FSM_CLOSED] = { FSM_STA, FSM_CLOSED },
		[FSM_STOPPED] = { FSM_STA, FSM_STOPPED },
		[FSM_CLOSING] = { 0, FSM_CLOSING },
		[FSM_STOPPING] = { 0, FSM_STOPPING },
		[FSM_REQ_SENT] = { FSM_IRC, FSM_ACK_RCVD },
		[FSM_ACK_RCVD] = { FSM_SCR, FSM_REQ_SENT },
		[FSM_ACK_SENT] = { FSM_IRC | FSM_TLU, FSM_OPENED },
		[FSM_OPENED] = { FSM_TLD | FSM_SCR, FSM_REQ_SENT },
	},
	[FSM_RCN] = {
		[FSM_CLOSED] = { FSM_STA, FSM_CLOSED },
		[FSM_STOPPED] = { FSM_STA, FSM_STOPPED },
		[FSM_CLOSING] = { 0, FSM_CLOSING },
		[FSM_STOPPING] = { 0, FSM_STOPPING },
		[FSM_REQ_SENT] = { FSM_IRC | FSM_SCR, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { FSM_SCR, FSM_REQ_SENT },
		[FSM_ACK_SENT] = { FSM_IRC | FSM_SCR, FSM_ACK_SENT },
		[FSM_OPENED] = { FSM_TLD | FSM_SCR, FSM_REQ_SENT },
	},
	[FSM_RTR] = {
		[FSM_CLOSED] = { FSM_STA, FSM_CLOSED },
		[FSM_STOPPED] = { FSM_STA, FSM_STOPPED },
		[FSM_CLOSING] = { FSM_STA, FSM_CLOSING },
		[FSM_STOPPING] = { FSM_STA, FSM_STOPPING },
		[FSM_REQ_SENT] = { FSM_STA, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { FSM_STA, FSM_REQ_SENT },
		[FSM_ACK_SENT] = { FSM_STA, FSM_REQ_SENT },
		[FSM_OPENED] = { FSM_TLD | FSM_ZRC | FSM_STA, FSM_STOPPING },
	},
	[FSM_RTA] = {
		[FSM_CLOSED] = { 0, FSM_CLOSED },
		[FSM_STOPPED] = { 0, FSM_STOPPED },
		[FSM_CLOSING] = { FSM_TLF, FSM_CLOSED },
		[FSM_STOPPING] = { FSM_TLF, FSM_STOPPED },
		[FSM_REQ_SENT] = { 0, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { 0, FSM_REQ_SENT },
		[FSM_ACK_SENT] = { 0, FSM_ACK_SENT },
		[FSM_OPENED] = { FSM_TLD | FSM_SCR, FSM_REQ_SENT },
	},
	[FSM_RUC] = {
		[FSM_CLOSED] = { FSM_SCJ, FSM_CLOSED },
		[FSM_STOPPED] = { FSM_SCJ, FSM_STOPPED },
		[FSM_CLOSING] = { FSM_SCJ, FSM_CLOSING },
		[FSM_STOPPING] = { FSM_SCJ, FSM_STOPPING },
		[FSM_REQ_SENT] = { FSM_SCJ, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { FSM_SCJ, FSM_ACK_RCVD },
		[FSM_ACK_SENT] = { FSM_SCJ, FSM_ACK_SENT },
		[FSM_OPENED] = { FSM_SCJ, FSM_OPENED },
	},
	[FSM_RXJ_PLUS] = {
		[FSM_CLOSED] = { 0, FSM_CLOSED },
		[FSM_STOPPED] = { 0, FSM_STOPPED },
		[FSM_CLOSING] = { 0, FSM_CLOSING },
		[FSM_STOPPING] = { 0, FSM_STOPPING },
		[FSM_REQ_SENT] = { 0, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { 0, FSM_REQ_SENT },
		[FSM_ACK_SENT] = { 0, FSM_ACK_SENT },
		[FSM_OPENED] = { 0, FSM_OPENED },
	},
	[FSM_RXJ_MINUS] = {
		[FSM_CLOSED] = { FSM_TLF, FSM_CLOSED },
		[FSM_STOPPED] = { FSM_TLF, FSM_STOPPED },
		[FSM_CLOSING] = { FSM_TLF, FSM_CLOSED },
		[FSM_STOPPING] = { FSM_TLF, FSM_STOPPED },
		[FSM_REQ_SENT] = { FSM_TLF, FSM_STOPPED },
		[FSM_ACK_RCVD] = { FSM_TLF, FSM_STOPPED },
		[FSM_ACK_SENT] = { FSM_TLF, FSM_STOPPED },
		[FSM_OPENED] = { FSM_TLD | FSM_IRC | FSM_STR, FSM_STOPPING },
	},
	[FSM_RXR] = {
		[FSM_CLOSED] = { 0, FSM_CLOSED },
		[FSM_STOPPED] = { 0, FSM_STOPPED },
		[FSM_CLOSING] = { 0, FSM_CLOSING },
		[FSM_STOPPING] = { 0, FSM_STOPPING },
		[FSM_REQ_SENT] = { 0, FSM_REQ_SENT },
		[FSM_ACK_RCVD] = { 0, FSM_ACK_RCVD },
		[FSM_ACK_SENT] = { 0, FSM_ACK_SENT },
		[FSM_OPENED] = { FSM_SER, FSM_OPENED },
	},
};

static const char *const state_names[FSM_STATES] = {
	[FSM_INITIAL] = "Initial",   [FSM_STARTING] = "Starting", [FSM_CLOSED] = "Closed",
	[FSM_STOPPED] = "Stopped",   [FSM_CLOSING] = "Closing",   [FSM_STOPPING] = "Stopping",
	[FSM_REQ_SENT] = "Req-Sent", [FSM_ACK_RCVD] = "Ack-Rcvd", [FSM_ACK_SENT] = "Ack-Sent",
	[FSM_OPENED] = "Opened",
};

void fsm_init(struct fsm *f, const char *name, const struct log *log, uint32_t rtt_ms)
{
	*f = (struct fsm){
		.state = FSM_INITIAL,
		.timer_ms = UINT64_MAX,
		.restart = restart_of(rtt_ms),
		.name = name,
		.log = log,
	};
}

void fsm_listen(struct fsm *f)
{
	f->state = FSM_STOPPED;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * Starts the Restart timer for a Configure-Request. In Ack-Sent the peer opens as soon as it reads
 * that request; accel-ppp ends a session when a repeat arrives after that. So a slow peer gets more
 * time in that state.
 */
static void start_timer(struct fsm *f, uint64_t now_ms)
{
	uint32_t ms = restart_next(&f->restart);

	if (restart_counts(ms) && f->tries_left)
		f->tries_left--;
	f->timer_ms = now_ms + (f->state == FSM_ACK_SENT ? max_u32(ms, FSM_ACKED_MS) : ms);
}

/*
 * The same for a Terminate-Request, and for the wait after the Terminate-Ack to a peer that ends
 * the link.
 */
static void start_terminate_timer(struct fsm *f, uint64_t now_ms)
{
	if (f->tries_left)
		f->tries_left--;
	f->timer_ms = now_ms +
		      min_u32(max_u32(f->restart.first_ms, FSM_TERMINATE_MS), FSM_TERMINATE_MAX_MS);
}

void fsm_sent_again(struct fsm *f, uint64_t now_ms)
{
	f->timer_ms = now_ms + max_u32(f->restart.first_ms, FSM_ACKED_MS);
}

/*
 * One of the two requests is acknowledged, and the other not yet. If the peer's request is missing,
 * a repeat of ours does not help, so the first period is already a full one.
 */
static void wait_longer(struct fsm *f, uint64_t now_ms)
{
	bool is_acked = f->state == FSM_ACK_RCVD;
	uint64_t at =
		now_ms + max_u32(f->restart.first_ms, is_acked ? RESTART_MAX_MS : FSM_ACKED_MS);

	if (f->timer_ms < at)
		f->timer_ms = at;
}

/* The timer runs only in states that have a timeout cell. */
static void update_timer(struct fsm *f, enum fsm_state from, unsigned actions, uint64_t now_ms)
{
	if (actions & FSM_IRC)
		f->tries_left = actions & FSM_STR ? FSM_MAX_TERMINATE : FSM_MAX_CONFIGURE;
	if (actions & FSM_ZRC)
		f->tries_left = 0;
	if (actions & FSM_IRC)
		restart_reset(&f->restart);
	if (actions & FSM_SCR)
		start_timer(f, now_ms);
	else if (from == FSM_REQ_SENT && (f->state == FSM_ACK_SENT || f->state == FSM_ACK_RCVD))
		wait_longer(f, now_ms);
	if (actions & (FSM_STR | FSM_ZRC))
		start_terminate_timer(f, now_ms);
	if (!table[FSM_TO_MINUS][f->state].next)
		f->timer_ms = UINT64_MAX;
}

unsigned fsm_step(struct fsm *f, enum fsm_event event, uint64_t now_ms)
{
	enum fsm_state from = f->state;
	const struct cell *cell = &table[event][from];

	if (!cell->next)
		return 0;
	if (f->state != cell->next)
		log_debug(f->log, "%s: %s -> %s", f->name, state_names[f->state],
			  state_names[cell->next]);
	f->state = cell->next;
	update_timer(f, from, cell->actions, now_ms);
	return cell->actions;
}

enum fsm_event fsm_timeout(const struct fsm *f)
{
	return f->tries_left ? FSM_TO_PLUS : FSM_TO_MINUS;
}
