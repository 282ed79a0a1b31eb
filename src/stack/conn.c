/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections on top of lwIP's. lwIP calls us while it works on a connection, which must not be
 * freed then; so a connection is freed at the end of the turn, by its task.
 *
 *	LOOKUP -> CONNECTING -> OPEN -> LINGERING (released, data not yet acknowledged) -> DEAD
 *	                         |
 *	                        LOST (reported once an owner is attached)
 */
#include "stack/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/cubic.h"
#include "stack/inside.h"
#include "stack/lookup.h"
#include "stack/queue.h"
#include "stack/sack.h"
#include "stack/target.h"

enum {
	CONNECT_MS = 30 * 1000,
	ATTEMPT_MS = 250, /* RFC 8305 section 5: the delay before the next address is tried too */
	POLL_TICKS = 2,   /* 200 ms: retries after a lack of memory */
	KEEPALIVE_IDLE_MS = 120 * 1000,
	KEEPALIVE_PAUSE_MS = 15 * 1000,
	KEEPALIVES = 8,
	LINGER_MS = 120 * 1000, /* released without progress: reset after this time */
	SEND_MAX = 0xffff,      /* tcp_write's and tcp_recved's largest number */
	BACKLOG = 64,
	AHEAD = 64 * 1024, /* bytes waiting to be sent, beyond the congestion window */
};

enum state {
	CONN_LOOKUP,
	CONN_CONNECTING,
	CONN_OPEN,
	CONN_LOST,
	CONN_LINGERING,
	CONN_DEAD,
};

/* The attempts to connect to several addresses, until one succeeds. */
struct race {
	struct lookup_result to;
	size_t next; /* of its addresses */
	uint64_t next_ms, deadline_ms;
	struct attempt {
		struct conn *owner;
		struct tcp_pcb *pcb; /* NULL: not started, or ended */
	} attempts[LOOKUP_ADDRESSES];
};

struct conn {
	struct stack *stack;
	struct conn *next, **link; /* in stack->conns */
	enum state state;
	struct conn_cfg cfg; /* done NULL: already called, or not wanted */
	uint16_t port;       /* the target's */
	enum stack_result result;
	struct ip_addr server; /* the name server that failed */
	struct lookup *lookup;
	struct race *race;   /* CONN_CONNECTING */
	struct tcp_pcb *pcb; /* NULL: not yet, or freed by lwIP */
	struct loop_timer timer;
	struct loop_task task;
	struct conn_events ev;
	bool is_attached;
	bool is_inbound;
	struct queue in;   /* received, not yet consumed */
	bool has_ended;    /* the peer's FIN was received */
	bool has_finished; /* ours is queued */
	size_t room_in, room_out;
	struct congestion congestion;
};

struct conn_listener {
	struct stack *stack;
	struct conn_listener_cfg cfg;
	struct tcp_pcb *pcb;
};

static void wake(struct conn *c)
{
	loop_post(c->stack->cfg.loop, &c->task);
}

/* ---- receive windows and send buffers */

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t clamp(size_t n, size_t min, size_t max)
{
	return n > max ? max : n < min ? min : n;
}

/* The largest room for a connection that has `room` now. */
static size_t share(size_t budget, size_t sum, size_t room)
{
	size_t others = sum - room;

	return clamp((budget > others ? budget - others : 0) / CONN_SHARE, CONN_BUFFER_FIRST,
		     CONN_BUFFER_MAX);
}

static void set_room(size_t *room, size_t *sum, size_t wanted)
{
	*sum += wanted - *room;
	*room = wanted;
}

/*
 * `taken` bytes were consumed, so the peer may send as many again, and as many more: the window
 * doubles each round trip, and shrinks when other connections need the budget.
 */
static void credit(struct conn *c, size_t taken)
{
	size_t max, wanted, more;

	if (!c->pcb || !taken)
		return;
	max = share(CONN_BUDGET_IN, c->stack->room_in, c->room_in);
	if (!(c->pcb->flags & TF_WND_SCALE) && max > SEND_MAX)
		max = SEND_MAX;
	wanted = clamp(c->room_in + taken, 0, max);
	if (wanted + taken < c->room_in) /* an announced window must not shrink */
		wanted = c->room_in - taken;
	more = wanted + taken - c->room_in;
	set_room(&c->room_in, &c->stack->room_in, wanted);
	while (more) {
		size_t part = min_size(more, SEND_MAX);

		tcp_recved(c->pcb, (u16_t)part);
		more -= part;
	}
	stack_touch(c->stack);
}

/* The congestion window and a little more, so that there is always something to send. */
static void fit_room_out(struct conn *c)
{
	size_t cwnd = c->pcb ? c->pcb->cwnd : 0, wanted = cwnd + cwnd / 4 + AHEAD;

	wanted = clamp(wanted, CONN_BUFFER_FIRST,
		       share(CONN_BUDGET_OUT, c->stack->room_out, c->room_out));
	set_room(&c->room_out, &c->stack->room_out, wanted);
}

/* ---- lwIP's callbacks */

static void receive(struct conn *c, const uint8_t *at, size_t len)
{
	size_t taken = 0;

	if (c->is_attached && !c->in.len)
		taken = c->ev.received(c->ev.arg, at, len);
	credit(c, taken);
	if (taken < len && c->state == CONN_OPEN && !queue_put(&c->in, at + taken, len - taken))
		conn_abort(c);
}

static void ignore(struct tcp_pcb *pcb)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
}

static void detach_pcb(struct conn *c)
{
	if (c->pcb)
		ignore(c->pcb);
	c->pcb = NULL;
}

/*
 * lwIP can finish alone once the last segment, perhaps only a FIN, was sent; it retransmits that
 * itself.
 */
static bool can_finish_alone(const struct tcp_pcb *pcb)
{
	return !pcb || (!pcb->unsent && tcp_sndqueuelen(pcb) <= 1);
}

/* After both FINs lwIP finishes alone. It frees a connection in TIME_WAIT without a callback. */
static void detach_if_closed(struct conn *c)
{
	if (c->pcb && c->has_ended && c->has_finished &&
	    (c->pcb->state == TIME_WAIT || can_finish_alone(c->pcb)))
		detach_pcb(c);
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct conn *c = arg;

	(void)pcb;
	(void)err;
	if (!p) {
		c->has_ended = true;
		if (c->is_attached)
			c->ev.ended(c->ev.arg);
		detach_if_closed(c);
		return ERR_OK;
	}
	for (const struct pbuf *q = p; q; q = q->next)
		receive(c, q->payload, q->len);
	pbuf_free(p);
	return ERR_OK;
}

static void linger(struct conn *c)
{
	if (c->state != CONN_LINGERING || !can_finish_alone(c->pcb))
		return;
	detach_pcb(c);
	c->state = CONN_DEAD;
	wake(c);
}

static void restart_linger_timer(struct conn *c)
{
	struct loop *loop = c->stack->cfg.loop;

	if (c->state == CONN_LINGERING)
		loop_timer_set(loop, &c->timer, loop_now(loop) + LINGER_MS);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct conn *c = arg;

	(void)pcb;
	(void)len;
	fit_room_out(c);
	restart_linger_timer(c);
	if (c->is_attached)
		c->ev.has_room(c->ev.arg);
	detach_if_closed(c);
	linger(c);
	return ERR_OK;
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct conn *c = arg;

	(void)pcb;
	if (c->is_attached)
		c->ev.has_room(c->ev.arg);
	detach_if_closed(c);
	linger(c);
	return ERR_OK;
}

/* lwIP has freed its connection. */
static void on_error(void *arg, err_t err)
{
	struct conn *c = arg;

	c->pcb = NULL;
	if (err == ERR_CLSD) { /* closed normally by both ends; received data is in c->in */
		linger(c);
		return;
	}
	c->state = c->state < CONN_LOST ? CONN_LOST : CONN_DEAD;
	wake(c);
}

/* ---- congestion control (deps/lwip/congestion.patch) */

/* NULL: not attached to a conn, or not any more. */
static struct conn *conn_of(const struct tcp_pcb *pcb)
{
	return pcb->recv == on_received ? pcb->callback_arg : NULL;
}

uint32_t lwip_grow_window(const void *at, uint32_t acked)
{
	const struct tcp_pcb *pcb = at;
	struct conn *c = conn_of(pcb);
	struct congestion_ack a = {
		.cwnd = pcb->cwnd,
		.ssthresh = pcb->ssthresh,
		.mss = pcb->mss,
		.acked = acked,
		.ackno = pcb->lastack,
		.snd_nxt = pcb->snd_nxt,
		.after_timeout = pcb->flags & TF_RTO,
	};
	uint32_t ssthresh = pcb->ssthresh, cwnd;

	if (!c || !c->pcb)
		return pcb->cwnd;
	a.now_ms = loop_now(c->stack->cfg.loop);
	cwnd = congestion_acked(&c->congestion, &a, &ssthresh);
	c->pcb->ssthresh = ssthresh;
	return (uint32_t)min_size(cwnd, TCP_SND_BUF);
}

uint32_t lwip_shrink_window(const void *at, int is_timeout)
{
	const struct tcp_pcb *pcb = at;
	struct conn *c = conn_of(pcb);
	uint32_t flight = (uint32_t)min_size(pcb->snd_nxt - pcb->lastack, pcb->cwnd);

	sack_begin_recovery(pcb, is_timeout);
	if (is_timeout && pcb->nrtx) /* RFC 5681 section 3.1: once per segment */
		return pcb->ssthresh;
	if (!c)
		return flight / 2;
	return congestion_lost(&c->congestion, flight, pcb->mss, is_timeout);
}

static bool has_unsent(const struct conn *c)
{
	return c->pcb && c->pcb->unsent;
}

/* A request, or what else is sent now and then: one or two segments, and nothing of the connection is on its way. */
static bool has_little_unsent(const struct conn *c)
{
	const struct tcp_seg *first = c->pcb ? c->pcb->unsent : NULL;

	return first && !c->pcb->unacked && (!first->next || !first->next->next);
}

void conn_send_waiting(struct stack *s)
{
	struct conn *first = s->next_conn ? s->next_conn : s->conns, *c = first;

	for (struct conn *one = s->little_took_all ? NULL : s->conns; one && !s->is_choked;
	     one = one->next)
		if (has_little_unsent(one))
			tcp_output(one->pcb);
	s->little_took_all = s->is_choked;
	while (c && !s->is_choked) {
		if (has_unsent(c))
			tcp_output(c->pcb);
		c = c->next ? c->next : s->conns;
		if (c == first)
			break;
	}
	s->next_conn = c;
}

/* ---- making and freeing */

static bool has_slot(const struct stack *s, bool is_inbound)
{
	return s->conn_count < CONN_MAX && (!is_inbound || s->inbound_count < CONN_INBOUND_MAX);
}

static struct conn *new_conn(struct stack *s, bool is_inbound)
{
	struct conn *c = has_slot(s, is_inbound) ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->stack = s;
	c->is_inbound = is_inbound;
	s->inbound_count += is_inbound;
	c->room_in = c->room_out = CONN_BUFFER_FIRST;
	congestion_open(&c->congestion);
	s->room_in += c->room_in;
	s->room_out += c->room_out;
	s->conn_count++;
	c->next = s->conns;
	c->link = &s->conns;
	if (c->next)
		c->next->link = &c->next;
	s->conns = c;
	return c;
}

static void end_attempt(struct attempt *a)
{
	if (!a->pcb)
		return;
	ignore(a->pcb);
	tcp_abort(a->pcb);
	a->pcb = NULL;
}

static void end_race(struct conn *c)
{
	for (size_t i = 0; c->race && i < LOOKUP_ADDRESSES; i++)
		end_attempt(&c->race->attempts[i]);
	free(c->race);
	c->race = NULL;
}

static void free_conn(struct conn *c)
{
	struct stack *s = c->stack;
	struct tcp_pcb *pcb = c->pcb;

	loop_timer_stop(s->cfg.loop, &c->timer);
	loop_unpost(s->cfg.loop, &c->task);
	lookup_cancel(c->lookup);
	end_race(c);
	detach_pcb(c);
	if (pcb)
		tcp_abort(pcb);
	stack_touch(s);
	s->room_in -= c->room_in;
	s->room_out -= c->room_out;
	s->conn_count--;
	s->inbound_count -= c->is_inbound;
	if (s->next_conn == c)
		s->next_conn = c->next;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	queue_free(&c->in);
	free(c);
}

/* ---- connecting: RFC 8305 section 5 */

static void adopt(struct conn *c, struct tcp_pcb *pcb)
{
	c->pcb = pcb;
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, POLL_TICKS);
	tcp_nagle_disable(pcb); /* the local program decides how it writes */
	ip_set_option(pcb, SOF_KEEPALIVE);
	pcb->keep_idle = KEEPALIVE_IDLE_MS;
	pcb->keep_intvl = KEEPALIVE_PAUSE_MS;
	pcb->keep_cnt = KEEPALIVES;
}

/*
 * Called before our first scaled window is sent: lwIP would announce all of TCP_WND. And lwIP
 * limits segments to half of the peer's largest window, and stalls if that is 0 at first and then
 * opens a little; so snd_wnd_max is at least two segments.
 */
static void open_window(struct conn *c)
{
	tcpwnd_size_t room = (tcpwnd_size_t)c->room_in, min = 2u * c->pcb->mss;

	if (c->pcb->rcv_wnd > room)
		c->pcb->rcv_wnd = c->pcb->rcv_ann_wnd = room;
	if (c->pcb->snd_wnd_max < min)
		c->pcb->snd_wnd_max = min;
	c->state = CONN_OPEN;
}

static void fail(struct conn *c, enum stack_result result)
{
	end_race(c);
	loop_timer_stop(c->stack->cfg.loop, &c->timer);
	c->result = result;
	c->state = CONN_LOST;
	wake(c);
}

/* Of several failures keeps the most specific one. */
static void note_failure(struct conn *c, enum stack_result result)
{
	if (c->result != STACK_REFUSED && (c->result == STACK_OK || result != STACK_TIMED_OUT))
		c->result = result;
}

static err_t on_attempt_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct attempt *a = arg;
	struct conn *c = a->owner;

	(void)err;
	a->pcb = NULL;
	end_race(c);
	loop_timer_stop(c->stack->cfg.loop, &c->timer);
	adopt(c, pcb);
	open_window(c);
	c->result = STACK_OK;
	wake(c);
	return ERR_OK;
}

/* lwIP has freed its connection. */
static void on_attempt_failed(void *arg, err_t err)
{
	struct attempt *a = arg;

	a->pcb = NULL;
	note_failure(a->owner, err == ERR_RST ? STACK_REFUSED : STACK_TIMED_OUT);
	a->owner->race->next_ms = 0;
	wake(a->owner);
}

static bool begin_attempt(struct conn *c, struct attempt *a, const struct ip_addr *to)
{
	enum stack_result result = stack_reach(c->stack, to);
	ip_addr_t addr;

	if (result == STACK_OK && stack_to_lwip(to, &addr)) {
		a->pcb = tcp_new_ip_type(IP_GET_TYPE(&addr));
		result = a->pcb ? STACK_UNREACHABLE : STACK_FULL;
	}
	if (!a->pcb) {
		note_failure(c, result);
		return false;
	}
	a->owner = c;
	tcp_arg(a->pcb, a);
	tcp_err(a->pcb, on_attempt_failed);
	stack_touch(c->stack);
	if (tcp_connect(a->pcb, &addr, c->port, on_attempt_connected) == ERR_OK)
		return true;
	end_attempt(a);
	note_failure(c, result);
	return false;
}

static bool is_any_alive(const struct race *race)
{
	for (size_t i = 0; i < race->next; i++)
		if (race->attempts[i].pcb)
			return true;
	return false;
}

/* Starts the next attempt if its time has come. */
static void continue_race(struct conn *c)
{
	struct race *r = c->race;
	uint64_t now = loop_now(c->stack->cfg.loop);

	while (r->next < r->to.count && now >= r->next_ms) {
		size_t i = r->next++;

		if (begin_attempt(c, &r->attempts[i], &r->to.addresses[i]))
			r->next_ms = now + ATTEMPT_MS;
	}
	if (!is_any_alive(r) && r->next == r->to.count)
		fail(c, c->result);
	else if (now >= r->deadline_ms)
		fail(c, STACK_TIMED_OUT);
	else
		loop_timer_set(c->stack->cfg.loop, &c->timer,
			       r->next < r->to.count && r->next_ms < r->deadline_ms
				       ? r->next_ms
				       : r->deadline_ms);
}

static void on_timer(struct loop_timer *timer)
{
	struct conn *c = container_of(timer, struct conn, timer);

	if (c->state == CONN_LINGERING)
		conn_abort(c);
	else
		continue_race(c);
}

static enum stack_result start_race(struct conn *c, const struct lookup_result *to)
{
	if (!c->stack->is_up)
		return STACK_DOWN;
	c->race = calloc(1, sizeof(*c->race));
	if (!c->race)
		return STACK_FULL;
	c->race->to = *to;
	c->race->deadline_ms = loop_now(c->stack->cfg.loop) + CONNECT_MS;
	c->state = CONN_CONNECTING;
	continue_race(c);
	return STACK_OK;
}

static void looked_up(void *arg, const struct lookup_result *r)
{
	struct conn *c = arg;
	enum stack_result result = r->result;

	c->lookup = NULL;
	c->server = r->server;
	if (result == STACK_OK)
		result = start_race(c, r);
	if (result != STACK_OK)
		fail(c, result);
}

struct conn_why conn_why(const struct conn *c)
{
	struct conn_why why;
	const char *verb = c->result == STACK_DNS_SILENT    ? "does not answer"
			   : c->result == STACK_DNS_REFUSED ? "refuses"
			   : c->result == STACK_DNS_FAILED  ? "fails"
							    : NULL;

	if (verb && c->server.family)
		snprintf(why.text, sizeof(why.text), "the name server %s %s",
			 ip_print(&c->server).text, verb);
	else
		snprintf(why.text, sizeof(why.text), "%s", stack_result_text(c->result));
	return why;
}

/* ---- the end of a turn */

/* Calls cfg.done with the result. */
static void report_result(struct conn *c)
{
	void (*done)(void *arg, struct conn *c, enum stack_result result) = c->cfg.done;
	bool has_failed = c->state != CONN_OPEN;

	c->cfg.done = NULL;
	if (has_failed && c->result == STACK_OK)
		c->result = STACK_REFUSED; /* opened, and reset since */
	done(c->cfg.arg, c, c->result);
	if (has_failed)
		free_conn(c);
}

static void end_turn(struct loop_task *task)
{
	struct conn *c = container_of(task, struct conn, task);

	if (c->state == CONN_DEAD) {
		free_conn(c);
	} else if (c->state == CONN_CONNECTING) {
		continue_race(c);
	} else if (c->cfg.done) {
		report_result(c);
	} else if (c->state == CONN_LOST && c->is_attached) {
		c->ev.lost(c->ev.arg);
		free_conn(c);
	}
}

void conn_abort(struct conn *c)
{
	if (!c)
		return;
	lookup_cancel(c->lookup);
	c->lookup = NULL;
	end_race(c);
	loop_timer_stop(c->stack->cfg.loop, &c->timer);
	c->cfg.done = NULL;
	c->is_attached = false;
	c->state = CONN_DEAD;
	wake(c);
}

void conn_release(struct conn *c)
{
	c->is_attached = false;
	c->state = CONN_LINGERING;
	restart_linger_timer(c);
	linger(c);
}

void conn_close_all(struct stack *s)
{
	for (struct conn *c = s->conns, *next; c; c = next) {
		next = c->next;
		free_conn(c);
	}
}

/* ---- making one */

struct conn *conn_connect(struct stack *s, const struct conn_cfg *cfg)
{
	struct conn *c = new_conn(s, false);

	if (!c)
		return NULL;
	c->cfg = *cfg;
	c->cfg.to = NULL; /* the caller's */
	c->port = cfg->to->port;
	c->timer.expired = on_timer;
	c->task.run = end_turn;
	c->lookup = lookup_start(s, &(struct lookup_cfg){ cfg->to, looked_up, c });
	if (c->lookup)
		return c;
	free_conn(c);
	return NULL;
}

void conn_icmp_error(struct stack *s, const struct ip_addr *peer, uint16_t peer_port,
		     uint16_t own_port, enum stack_result result)
{
	for (struct conn *c = s->conns; c; c = c->next)
		for (size_t i = 0; c->race && i < c->race->next; i++) {
			struct attempt *a = &c->race->attempts[i];

			if (!a->pcb || a->pcb->local_port != own_port || c->port != peer_port ||
			    !ip_equal(&c->race->to.addresses[i], peer))
				continue;
			end_attempt(a);
			note_failure(c, result);
			c->race->next_ms = 0;
			wake(c);
			return;
		}
}

struct ip_addr conn_local(const struct conn *c, uint16_t *port)
{
	*port = c->pcb ? c->pcb->local_port : 0;
	return c->pcb ? stack_from_lwip(&c->pcb->local_ip) : (struct ip_addr){ .family = AF_INET };
}

struct ip_addr conn_peer(const struct conn *c, uint16_t *port)
{
	*port = c->pcb ? c->pcb->remote_port : 0;
	return c->pcb ? stack_from_lwip(&c->pcb->remote_ip) : (struct ip_addr){ .family = AF_INET };
}

/* ---- for the owner */

void conn_attach(struct conn *c, const struct conn_events *ev)
{
	c->ev = *ev;
	c->is_attached = true;
	wake(c);
}

bool conn_has_ended(const struct conn *c)
{
	return c->has_ended;
}

struct bytes conn_pending(const struct conn *c)
{
	return queue_bytes(&c->in);
}

void conn_consume(struct conn *c, size_t len)
{
	queue_drop(&c->in, len);
	credit(c, len);
}

static size_t free_room(const struct conn *c)
{
	size_t sent;

	if (c->state != CONN_OPEN || !c->pcb || tcp_sndqueuelen(c->pcb) >= TCP_SND_QUEUELEN)
		return 0;
	sent = TCP_SND_BUF - c->pcb->snd_buf; /* tcp_sndbuf() returns 16 bits of it */
	return sent < c->room_out ? c->room_out - sent : 0;
}

/*
 * Reports no room until a quarter of it is free, to avoid small segments and needless system calls.
 */
size_t conn_room(const struct conn *c)
{
	size_t room = free_room(c);

	return room >= min_size(c->room_out / 4, AHEAD) ? room : 0;
}

size_t conn_send(struct conn *c, const uint8_t *at, size_t len, bool more)
{
	size_t done = 0;

	len = min_size(len, free_room(c));
	while (done < len) {
		size_t part = min_size(len - done, SEND_MAX);
		bool is_last = !more && done + part == len;

		if (tcp_write(c->pcb, at + done, (u16_t)part,
			      TCP_WRITE_FLAG_COPY | (is_last ? 0 : TCP_WRITE_FLAG_MORE)) != ERR_OK)
			break;
		done += part;
	}
	return done;
}

void conn_push(struct conn *c)
{
	if (c->pcb)
		tcp_output(c->pcb);
	stack_touch(c->stack);
}

void conn_finish(struct conn *c)
{
	if (c->pcb)
		tcp_shutdown(c->pcb, 0, 1);
	c->has_finished = true;
	detach_if_closed(c);
	stack_touch(c->stack);
}

/* ---- listening */

static err_t on_accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct conn_listener *l = arg;
	struct conn *c = err == ERR_OK && pcb ? new_conn(l->stack, true) : NULL;

	if (!c)
		return ERR_MEM;
	c->timer.expired = on_timer;
	c->task.run = end_turn;
	adopt(c, pcb);
	open_window(c);
	l->cfg.accepted(l->cfg.arg, c);
	return ERR_OK;
}

int conn_listen(struct stack *s, const struct conn_listener_cfg *cfg, struct conn_listener **out)
{
	struct conn_listener *l = calloc(1, sizeof(*l));
	struct tcp_pcb *pcb = l ? tcp_new_ip_type(IPADDR_TYPE_ANY) : NULL, *listening;
	err_t err = pcb ? tcp_bind(pcb, IP_ANY_TYPE, cfg->port) : ERR_MEM;

	listening = err == ERR_OK ? tcp_listen_with_backlog(pcb, BACKLOG) : NULL;
	if (!listening) {
		if (pcb)
			tcp_abort(pcb);
		free(l);
		return err == ERR_USE ? -EADDRINUSE : -ENOMEM;
	}
	*l = (struct conn_listener){ s, *cfg, listening };
	tcp_arg(listening, l);
	tcp_accept(listening, on_accepted);
	*out = l;
	return 0;
}

void conn_listener_close(struct conn_listener *l)
{
	if (!l)
		return;
	tcp_close(l->pcb);
	free(l);
}
