/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes records of plaintext and large sends of records. Theory of operation:
 *
 * One thread has one pump; all its tunnels use the same buffers, one after the other. A tunnel asks
 * pump_put for room and writes its SSTP packets there: the plaintext of the record under way. The
 * record is sealed when it is full (16 KiB) or when another tunnel sends; sealed records are collected in
 * `out`, which is sent when it holds PUMP_SEND_LEN and at the end of the turn. Nothing waits longer.
 *
 * Goals: few system calls, few TLS records, one copy of a packet between the device and TLS. A
 * session without traffic owns no buffer.
 *
 * Invariants: `record` is the plaintext of one tunnel (`filling`), `out` the ciphertext of one tunnel
 * (`sending`). Once a tunnel has something in its queue, all its ciphertext goes through the queue, so
 * the TLS stream keeps its order. A permanent send error is not reported here: the tunnel learns of it
 * when a read from the socket fails, so a tunnel never ends in the middle of a batch that its caller is
 * still assembling.
 *
 * The numbers: PUMP_SEND_LEN leaves room for the record that passes it within 64 KiB, the largest
 * super-packet of the kernel; one byte more would make a second, small one, which is sent and received
 * by itself. PUMP_QUEUE_MAX is more than waits for a peer that still reads: beyond it, the peer is gone.
 * Before the login the peer is unknown, so PUMP_QUEUE_EARLY_MAX is less.
 *
 * Tried and rejected: malloc'ed buffers (mmap'ed ones are page aligned, which halves the cost of the
 * kernel's copy); control messages that share a record with others (pump.h, pump_put_own_record: a client
 * that can't handle it).
 */
#include "tunnel/pump.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/alloc.h"

static void flush_task(struct loop_task *task)
{
	pump_flush(container_of(task, struct pump, flush));
}

static void trim(struct loop_timer *timer)
{
	(void)timer;
	alloc_trim();
}

/* Page-aligned buffers: the kernel copies into them at half the cost. */
static uint8_t *buffer(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

int pump_open(struct pump *p, struct loop *loop)
{
	*p = (struct pump){ .loop = loop,
			    .flush = { .run = flush_task },
			    .trim = { .expired = trim } };
	p->recv = buffer(PUMP_RECV_LEN);
	p->plain = buffer(PUMP_PLAIN_LEN);
	p->record = buffer(TLS_RECORD_MAX);
	p->out = buffer(PUMP_OUT_LEN);
	if (p->recv && p->plain && p->record && p->out)
		return 0;
	pump_close(p);
	return -ENOMEM;
}

void pump_close(struct pump *p)
{
	if (p->loop) {
		loop_unpost(p->loop, &p->flush);
		loop_timer_stop(p->loop, &p->trim);
	}
	if (p->recv)
		munmap(p->recv, PUMP_RECV_LEN);
	if (p->plain)
		munmap(p->plain, PUMP_PLAIN_LEN);
	if (p->record)
		munmap(p->record, TLS_RECORD_MAX);
	if (p->out)
		munmap(p->out, PUMP_OUT_LEN);
	*p = (struct pump){ .loop = NULL };
}

/* Keeps what the socket did not take. False: the peer does not read any more, or no memory. */
static bool enqueue(struct pump_end *e, const uint8_t *at, size_t len)
{
	struct pump_queue *q = &e->queue;

	if (q->len + len > e->queue_max)
		return false;
	if (len > q->room - q->len) {
		uint8_t *grown = alloc_resize(q->at, q->len + len);

		if (!grown)
			return false;
		q->at = grown;
		q->room = q->len + len;
	}
	memcpy(q->at + q->len, at, len);
	q->len += len;
	return true;
}

/* A record was lost, and with it the whole TLS stream: the owner learns of it by the next read. */
static void give_up(struct pump_end *e)
{
	e->broken(e);
	shutdown(e->fd, SHUT_RDWR);
}

/* Returns how much the socket took; a broken socket takes everything. */
static size_t send_some(int fd, const uint8_t *at, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = send(fd, at + done, len - done, MSG_NOSIGNAL);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			return len;
	}
	return done;
}

static void watch_for(struct pump_end *e, uint32_t more)
{
	loop_watch_events(e->pump->loop, &e->watch, (e->is_paused ? 0 : EPOLLIN) | more);
}

void pump_want_write(struct pump_end *e)
{
	watch_for(e, EPOLLOUT);
}

void pump_pause(struct pump_end *e, bool is_paused)
{
	e->is_paused = is_paused;
	watch_for(e, e->watch.events & EPOLLOUT);
}

static void send_out(struct pump *p)
{
	struct pump_end *e = p->sending;
	size_t done = 0;

	if (!p->out_len)
		return;
	if (!e->queue.len)
		done = send_some(e->fd, p->out, p->out_len);
	if (done < p->out_len) {
		if (!enqueue(e, p->out + done, p->out_len - done))
			give_up(e);
		pump_want_write(e);
	}
	p->out_len = 0;
}

void pump_take_ciphertext(void *end, const uint8_t *at, size_t len)
{
	struct pump_end *e = end;
	struct pump *p = e->pump;

	/*
	 * Another session's record would follow its handshake messages, which are in `out`: they go with one send, not
	 * with two, when many sessions are set up in one turn.
	 */
	if (p->filling != e)
		pump_seal(p);
	if (p->sending != e) {
		send_out(p);
		p->sending = e;
	}
	loop_post(p->loop, &p->flush);
	while (len) {
		size_t part = len < PUMP_OUT_LEN - p->out_len ? len : PUMP_OUT_LEN - p->out_len;

		memcpy(p->out + p->out_len, at, part);
		p->out_len += part;
		at += part;
		len -= part;
		if (p->out_len >= PUMP_SEND_LEN)
			send_out(p);
	}
}

/* A failure to seal shows at the owner's next read, like a broken socket. */
void pump_seal(struct pump *p)
{
	if (p->record_len && p->filling->tls)
		tls_write(p->filling->tls, p->record, p->record_len);
	p->record_len = 0;
	p->holds_own_record = false;
}

uint8_t *pump_put(struct pump_end *e, size_t len)
{
	struct pump *p = e->pump;
	uint8_t *at;

	if (p->filling != e || p->holds_own_record || len > TLS_RECORD_MAX - p->record_len) {
		pump_seal(p);
		p->filling = e;
	}
	loop_post(p->loop, &p->flush);
	at = p->record + p->record_len;
	p->record_len += len;
	return at;
}

uint8_t *pump_put_own_record(struct pump_end *e, size_t len)
{
	uint8_t *at;

	pump_seal(e->pump);
	at = pump_put(e, len);
	e->pump->holds_own_record = true;
	return at;
}

void pump_flush(struct pump *p)
{
	pump_seal(p);
	send_out(p);
}

void pump_trim_later(struct pump *p)
{
	if (!p->trim.slot)
		loop_timer_set(p->loop, &p->trim, loop_now(p->loop) + PUMP_TRIM_MS);
}

void pump_drain(struct pump_end *e)
{
	struct pump_queue *q = &e->queue;

	q->done += send_some(e->fd, q->at + q->done, q->len - q->done);
	if (q->done < q->len)
		return;
	alloc_put(q->at);
	*q = (struct pump_queue){ .at = NULL };
	watch_for(e, 0);
}

int pump_move(struct pump_end *from, struct pump_end *to)
{
	struct pump *p = from->pump;
	int error = loop_move_watch(p->loop, &from->watch, &to->watch);

	if (error)
		loop_unwatch(p->loop, &from->watch);
	to->fd = from->fd;
	to->tls = from->tls;
	to->queue = from->queue;
	if (to->tls)
		tls_send_to(to->tls, to);
	if (p->filling == from)
		p->filling = to;
	if (p->sending == from)
		p->sending = to;
	*from = (struct pump_end){ .pump = p, .fd = -1 };
	return error;
}

void pump_hang_up(struct pump_end *e)
{
	struct pump *p = e->pump;

	if (e->fd < 0)
		return;

	if (p->filling == e) {
		p->record_len = 0;
		p->holds_own_record = false;
		p->filling = NULL;
	}
	if (p->sending == e) {
		p->out_len = 0;
		p->sending = NULL;
	}
	alloc_put(e->queue.at);
	loop_unwatch(p->loop, &e->watch);
	tls_close(e->tls);
	close(e->fd);
	*e = (struct pump_end){ .pump = p, .fd = -1 };
}
