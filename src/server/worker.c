/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker's loop: new connections, packets from the device to their sessions, calls from others.
 */
#include "server/worker.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/pushed.h"
#include "util/alloc.h"

enum {
	STOP_MS = 4000,     /* time for sessions to end in order */
	UNANSWERED_MAX = 1, /* the last question may be too recent, as after a SIGCONT */
	UNEVEN_PART = 8,    /* new sessions move to a worker that has fewer by an eighth */
};

/* ---- connections */

static unsigned load_of(const struct worker *w)
{
	return atomic_load_explicit(&w->session_count, memory_order_relaxed);
}

/*
 * The kernel spreads connections by a hash, which is even for many clients; but two clients may
 * both come to one worker while another core is idle. A worker whose half-open connections are at
 * their limit gets none: it would have to close another one for it.
 */
static struct worker *worker_for_next(struct worker *w)
{
	struct worker *idlest = w;
	unsigned own = load_of(w), fewest = own;

	for (unsigned i = 0; i < w->shared->worker_count; i++) {
		struct worker *other = &w->shared->workers[i];
		unsigned count = load_of(other);

		if (count < fewest && door_is_below_limit(&other->door)) {
			idlest = other;
			fewest = count;
		}
	}
	return fewest + fewest / UNEVEN_PART < own ? idlest : w;
}

static void session_count_inc(struct worker *w)
{
	atomic_fetch_add_explicit(&w->session_count, 1, memory_order_relaxed);
	door_expect(&w->door);
}

static void session_count_dec(struct worker *w)
{
	atomic_fetch_sub_explicit(&w->session_count, 1, memory_order_relaxed);
	door_forget(&w->door);
}

static void accept_one(struct worker *w, const struct arrival *a)
{
	uint64_t id = atomic_fetch_add(&w->shared->next_session, 1) + 1;

	if (!door_accept(&w->door, id, a))
		session_count_dec(w);
}

/* The connection is on its way to this worker, which counts it already. */
static void accept_moved(void *worker, void *arg)
{
	struct worker *w = worker;
	struct arrival *a = arg;

	if (w->is_stopping)
		close(a->fd);
	else
		accept_one(w, a);
	free(a);
}

static void move_to_worker(struct worker *to, const struct arrival *a)
{
	struct arrival *copy = malloc(sizeof(*copy));

	if (copy) {
		*copy = *a;
		if (worker_call(to, accept_moved, copy))
			return;
	}
	free(copy);
	session_count_dec(to);
	close(a->fd);
}

static void on_accepted(struct door *d, const struct arrival *a)
{
	struct worker *w = container_of(d, struct worker, door), *to = worker_for_next(w);

	session_count_inc(to);
	if (to == w)
		accept_one(w, a);
	else
		move_to_worker(to, a);
}

int worker_listen(struct worker *w, int fd, bool is_plain)
{
	return door_listen(&w->door, fd, is_plain);
}

/* ---- packets from the TUN device */

/* Forwards the packet to the worker that has the session, if there is one. */
static void forward_to_worker(struct worker *w, const struct ip_addr *to, const struct packet *p,
			      const struct tun_offload *off)
{
	int number = registry_worker_of(w->shared->registry, to);
	struct worker *other;

	if (number == REGISTRY_NOBODY || number == (int)w->number) {
		w->pump.drops.tx[DROP_NO_SESSION]++;
		return;
	}
	other = &w->shared->workers[number];
	if (!ring_put(other->rings[w->number], p, off)) {
		w->pump.drops.tx[DROP_WORKER]++;
		return;
	}
	w->needs_wake[number] = true;
	loop_post(w->loop, &w->wake_task);
}

static void forward(void *arg, struct packet *p, const struct tun_offload *off)
{
	struct worker *w = arg;
	struct ip_addr to = packet_dst(p);
	struct session *s = session_of_addr(&w->host, &to);

	if (s && session_may_receive(s, p))
		tunnel_send_block(&s->tunnel, p, off);
	else if (s)
		tunnel_drop_tx(&s->tunnel, DROP_FILTER, 1);
	else if (w->shared->worker_count > 1)
		forward_to_worker(w, &to, p, off);
	else
		w->pump.drops.tx[DROP_NO_SESSION]++;
}

/* Each worker gets the error at its own queue. */
static void lose_device(struct worker *w, int error)
{
	loop_unwatch(w->loop, &w->tun_watch);
	if (!atomic_exchange(&w->shared->is_device_lost, true))
		log_error(NULL, "%s is lost, all sessions end: %s", tun_name(w->tun),
			  tun_strerror(error));
	worker_call(w, worker_stop,
		    NULL); /* later, since our callers are still using the sessions */
}

static void from_tun(struct loop_watch *watch, uint32_t events)
{
	struct worker *w = container_of(watch, struct worker, tun_watch);
	int error = tun_read_turn(w->tun, &w->packet, forward, w);

	(void)events;
	if (error)
		lose_device(w, error);
}

static void deliver(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	if ((p->h.is_v6 || pushed_is_dhcp(p)) && session_takes(from, p))
		return;
	if (session_may_send(from, p))
		merge_add(container_of(sink, struct worker, sink)->merge, p);
}

static void flush_tun(struct packet_sink *sink)
{
	merge_flush(container_of(sink, struct worker, sink)->merge);
}

/* ---- between workers */

static void wake_workers(struct loop_task *task)
{
	struct worker *w = container_of(task, struct worker, wake_task);

	for (unsigned i = 0; i < w->shared->worker_count; i++)
		if (w->needs_wake[i])
			mailbox_wake(&w->shared->workers[i].mailbox);
	memset(w->needs_wake, 0, sizeof(w->needs_wake));
}

/* True when the ring may have more. */
static bool take_packets(struct worker *w, struct ring *r)
{
	for (int i = 0; i < TUN_TURN_PACKETS; i++) {
		struct tun_offload off;
		struct session *s;
		struct ip_addr to;
		struct packet p;

		if (!ring_get(r, &p, &off))
			return false;
		to = packet_dst(&p);
		s = session_of_addr(&w->host, &to);
		if (s && session_may_receive(s, &p))
			tunnel_send(&s->tunnel, &p, &off);
		else if (s)
			tunnel_drop_tx(&s->tunnel, DROP_FILTER, 1);
		else
			w->pump.drops.tx[DROP_NO_SESSION]++;
		ring_done(r);
	}
	return true;
}

static void shut_down_all(struct session_host *h)
{
	struct half_open *o, *next;

	for (o = h->half_open.first; o; o = next) {
		next = o->next;
		o->shut_down(o);
	}
	for (struct session *s = h->open.first; s;
	     s = s->next) /* sessions are freed in a later turn */
		tunnel_shutdown(&s->tunnel);
}

/*
 * Ends sessions whose network is lost early, since TCP would keep them and their addresses for
 * minutes.
 */
static void on_acks(struct loop_timer *timer)
{
	struct worker *w = container_of(timer, struct worker, acks);

	for (struct session *s = w->host.open.first; s;
	     s = s->next) /* sessions are freed in a later turn */
		tunnel_check_acks(&s->tunnel);
	if (w->host.open.count)
		loop_timer_set(w->loop, timer, loop_now(w->loop) + TUNNEL_ACKS_LOOK_MS);
}

static void session_opened(struct session_host *h)
{
	struct worker *w = container_of(h, struct worker, host);

	door_forget(&w->door);
	if (!w->acks.slot)
		loop_timer_set(w->loop, &w->acks, loop_now(w->loop) + TUNNEL_ACKS_LOOK_MS);
}

static void on_stop_timer(struct loop_timer *timer)
{
	loop_stop(container_of(timer, struct worker, stop)->loop);
}

static void end_if_empty(struct worker *w)
{
	if (w->is_stopping && !w->host.open.count && !w->host.half_open.count)
		loop_stop(w->loop);
}

static void session_ended(struct session_host *h, bool was_open)
{
	struct worker *w = container_of(h, struct worker, host);

	atomic_fetch_sub_explicit(&w->session_count, 1, memory_order_relaxed);
	if (!was_open)
		door_forget(&w->door);
	end_if_empty(w);
}

void worker_stop(void *worker, void *arg)
{
	struct worker *w = worker;

	(void)arg;
	if (w->is_stopping)
		return;
	w->is_stopping = true;
	door_close(&w->door);
	splices_close(&w->door.splices);
	loop_timer_set(w->loop, &w->stop, loop_now(w->loop) + STOP_MS);
	shut_down_all(&w->host);
	end_if_empty(w);
}

void worker_drain(void *worker, void *arg)
{
	(void)arg;
	door_close(&((struct worker *)worker)->door);
}

void worker_stop_now(void *worker, void *arg)
{
	(void)arg;
	loop_stop(((struct worker *)worker)->loop);
}

static void end_session(void *worker, void *arg)
{
	struct worker *w = worker;
	struct eviction *e = arg;

	session_evict(&w->host, e->session, e->reason, e->why);
	free(e);
}

void worker_end_session(struct server_state *shared, const struct eviction *e)
{
	struct eviction *copy = malloc(sizeof(*copy));

	if (!copy)
		return;
	*copy = *e;
	if (!worker_call(&shared->workers[e->worker], end_session, copy))
		free(copy);
}

/* Without memory the other worker's session stays, without an address: its packets are dropped. */
static void evict(struct session_host *h, const struct eviction *e)
{
	struct worker *w = container_of(h, struct worker, host);

	if (e->worker == w->number)
		session_evict(h, e->session, e->reason, e->why);
	else
		worker_end_session(w->shared, e);
}

static void on_wake(void *worker)
{
	struct worker *w = worker;
	bool more = false;

	atomic_store_explicit(&w->answered, atomic_load_explicit(&w->asked, memory_order_relaxed),
			      memory_order_relaxed);
	for (unsigned i = 0; i < w->shared->worker_count; i++)
		if (w->rings[i])
			more |= take_packets(w, w->rings[i]);
	if (more)
		mailbox_wake(&w->mailbox); /* the rest in the next turn, for fairness */
}

bool worker_call(struct worker *w, void (*fn)(void *worker, void *arg), void *arg)
{
	return mailbox_call(&w->mailbox, fn, arg);
}

bool worker_ask(struct worker *w, struct mailbox *from, void (*fn)(void *worker, void *arg),
		void (*answered)(void *owner, void *arg), void *arg)
{
	return mailbox_ask(&w->mailbox, from, fn, answered, arg);
}

/* One question to all workers; freed with the last answer. */
struct question {
	void (*fn)(void *worker, void *arg);
	void (*answered)(void *owner, void *arg);
	void *arg;
	unsigned left; /* answers to come; only used in the asker's thread */
};

static void ask_one(void *worker, void *arg)
{
	struct question *q = arg;

	q->fn(worker, q->arg);
}

static void take_answer(void *owner, void *arg)
{
	struct question *q = arg;

	if (--q->left)
		return;
	q->answered(owner, q->arg);
	free(q);
}

bool worker_ask_all(struct server_state *shared, struct mailbox *from,
		    void (*fn)(void *worker, void *arg), void (*answered)(void *owner, void *arg),
		    void *arg)
{
	struct question *q = malloc(sizeof(*q));

	if (!q)
		return false;
	*q = (struct question){ fn, answered, arg, 0 };
	for (unsigned i = 0; i < shared->worker_count; i++)
		q->left += worker_ask(&shared->workers[i], from, ask_one, take_answer, q);
	if (q->left)
		return true;
	free(q);
	return false;
}

void worker_stats(void *worker, void *of)
{
	const struct worker *w = worker;
	struct stats *s = (struct stats *)of + w->number;

	session_stats(&w->host, s);
	s->drops = w->pump.drops;
	s->drops.rx[DROP_DEVICE] = merge_stats(w->merge)->lost;
	s->traffic.rx_dropped += s->drops.rx[DROP_DEVICE];
	s->traffic.tx_dropped += s->drops.tx[DROP_NO_SESSION] + s->drops.tx[DROP_WORKER];
}

void worker_change_filters(void *worker, void *arg)
{
	(void)arg;
	session_change_filters(&((struct worker *)worker)->host);
}

void worker_use_settings(void *worker, void *cfg)
{
	session_use_settings(&((struct worker *)worker)->host, cfg);
}

void worker_log_sessions(void *worker, void *arg)
{
	(void)arg;
	session_log_all(&((struct worker *)worker)->host);
}

bool worker_is_turning(struct worker *w)
{
	unsigned asked = atomic_fetch_add_explicit(&w->asked, 1, memory_order_relaxed);
	unsigned answered = atomic_load_explicit(&w->answered, memory_order_relaxed);

	mailbox_wake(&w->mailbox);
	return asked - answered <= UNANSWERED_MAX;
}

/* ---- start and end */

static int open_tun_queue(struct worker *w)
{
	int error = merge_open(w->tun, &w->merge);

	if (error)
		return error;
	w->tun_watch =
		(struct loop_watch){ .fd = tun_fd(w->tun), .events = EPOLLIN, .ready = from_tun };
	return loop_watch(w->loop, &w->tun_watch);
}

static int open_rings(struct worker *w)
{
	int error = 0;

	for (unsigned i = 0; i < w->shared->worker_count && !error; i++)
		if (i != w->number)
			error = ring_open(&w->rings[i]);
	return error;
}

static void fill_host(struct worker *w)
{
	struct session_host *h = &w->host;

	h->number = w->number;
	h->loop = w->loop;
	h->pump = &w->pump;
	h->sink = &w->sink;
	h->interface = tun_name(w->tun);
	h->registry = w->shared->registry;
	h->auth = w->shared->auth;
	h->radius = w->shared->radius;
	h->scripts = w->shared->scripts.runs.command ? &w->shared->scripts : NULL;
	h->filters = &w->shared->credentials.filters;
	h->cfg = w->shared->cfg;
	h->own_iid = w->shared->own_iid;
	h->uuid = w->shared->uuid;
	h->opened = session_opened;
	h->ended = session_ended;
	h->evict = evict;
}

int worker_open(struct worker *w, struct server_state *shared, unsigned number, struct tun *tun)
{
	int error;

	*w = (struct worker){ .shared = shared, .number = number, .tun = tun };
	w->mailbox.watch.fd = -1;
	w->sink = (struct packet_sink){ .deliver = deliver, .flush = flush_tun };
	w->stop.expired = on_stop_timer;
	w->acks.expired = on_acks;
	w->wake_task.run = wake_workers;
	error = loop_open(&w->loop);
	fill_host(w);
	if (!error)
		loop_measure(w->loop, &w->host.stats.turn_time);
	door_open(&w->door, &w->host, &shared->limits);
	w->door.certs = &shared->credentials.certs;
	w->door.accepted = on_accepted;
	if (!error)
		error = pump_open(&w->pump, w->loop);
	if (!error)
		error = mailbox_open(&w->mailbox, w->loop, w, on_wake);
	if (!error)
		error = addr_map_open(&w->host.by_addr);
	if (!error)
		error = ids_open(&w->host.by_id);
	if (!error)
		error = open_tun_queue(w);
	if (!error)
		error = open_rings(w);
	w->packet.at = alloc_get(TUN_PACKET_MAX);
	if (!error && !w->packet.at)
		error = -ENOMEM;
	return error;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	uint64_t one = 1;
	char name[16];
	int error;

	snprintf(name, sizeof(name), "worker %u", w->number);
	pthread_setname_np(pthread_self(), name); /* shown by top -H */
	error = loop_run(w->loop);
	if (error)
		log_error(NULL, "worker %u: %s", w->number, strerror(-error));
	if (write(w->shared->ended_fd, &one, sizeof(one)) < 0)
		log_error(NULL, "worker %u: %s", w->number, strerror(errno));
	return NULL;
}

int worker_start(struct worker *w)
{
	int error = -pthread_create(&w->thread, NULL, run, w);

	w->has_thread = !error;
	return error;
}

void worker_join(struct worker *w)
{
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	w->has_thread = false;
}

static void abandon_all(struct session_host *h)
{
	while (h->half_open.first)
		h->half_open.first->abandon(h->half_open.first);
	while (h->open.first)
		session_abandon(h->open.first);
}

void worker_close(struct worker *w)
{
	if (!w->loop)
		return;
	w->is_stopping = true;
	door_close(&w->door);
	splices_close(&w->door.splices);
	abandon_all(&w->host);
	mailbox_close(&w->mailbox); /* runs calls that are still queued */
	if (w->tun_watch.ready)
		loop_unwatch(w->loop, &w->tun_watch);
	merge_close(w->merge);
	tun_close(w->tun);
	addr_map_close(w->host.by_addr);
	ids_close(w->host.by_id);
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		ring_close(w->rings[i]);
	loop_timer_stop(w->loop, &w->stop);
	loop_timer_stop(w->loop, &w->acks);
	loop_unpost(w->loop, &w->wake_task);
	pump_close(&w->pump);
	loop_close(w->loop);
	alloc_put(w->packet.at);
	*w = (struct worker){ .loop = NULL };
}
