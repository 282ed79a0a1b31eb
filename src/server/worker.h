/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker: one thread with its own loop, queue of the TUN device and listeners. A session never
 * moves to another worker. The kernel spreads connections over the workers by a hash, and a worker
 * that has clearly more sessions than another moves new connections there. The kernel sends a
 * flow's packets to the queue on which that flow came; a packet that comes to the wrong worker goes
 * to the session's worker through a ring.
 *
 * Other threads (other workers, the main thread) use a worker's state only by calls that run in its
 * loop.
 */
#ifndef SSTP_SERVER_WORKER_H
#define SSTP_SERVER_WORKER_H

#include <pthread.h>

#include "ip6/dhcp6.h"
#include "server/credentials.h"
#include "server/door.h"
#include "server/mailbox.h"
#include "server/ring.h"
#include "tun/merge.h"

enum {
	WORKERS_MAX = SERVER_WORKERS_MAX,
	WORKER_HALF_OPEN_MAX = 2000, /* of all workers together, if there are enough descriptors */
};

/* The state that all workers share; made before them and closed after them. */
struct server_state {
	const struct server_cfg *cfg;
	struct registry *registry;
	struct credentials credentials;
	struct auth_service *auth;
	struct radius *radius;             /* NULL: not used */
	struct auth_command *auth_command; /* NULL: not used */
	struct session_scripts scripts;    /* its command is NULL: not used */
	struct door_limits limits;
	uint8_t own_iid[PPP_IID_LEN];
	uint8_t uuid[DHCP6_UUID_LEN]; /* of the server's DUID: another one at each start */
	struct worker *workers;
	unsigned worker_count;
	_Atomic(size_t) next_session; /* size_t: not every processor has lock-free 64-bit atomics */
	int ended_fd;                 /* an eventfd: counts the workers that have ended */
	_Atomic(bool) is_device_lost; /* the TUN device was deleted */
};

struct worker {
	struct server_state *shared;
	unsigned number;
	pthread_t thread;
	bool has_thread;
	struct loop *loop;
	struct pump pump;
	struct packet_sink sink;
	struct tun *tun;
	struct merge *merge;
	struct loop_watch tun_watch;
	struct packet packet; /* the last packet read; its buffer has TUN_PACKET_MAX bytes */
	struct door door;
	struct session_host host;        /* for its sessions */
	_Atomic(unsigned) session_count; /* with connections at the door or on their way here */
	struct loop_timer acks;          /* checks whether clients acknowledge */
	struct loop_timer stop;
	bool is_stopping;
	/* from other threads: */
	struct mailbox mailbox;            /* calls */
	struct ring *rings[WORKERS_MAX];   /* packets, by the worker that puts them in */
	_Atomic(unsigned) asked, answered; /* whether the loop turns: worker_is_turning */
	/* wakes, at the end of a turn, the workers whose rings got packets in it */
	struct loop_task wake_task;
	bool needs_wake[WORKERS_MAX];
};

/* Takes over `tun`. 0 or -errno. */
int worker_open(struct worker *w, struct server_state *shared, unsigned number, struct tun *tun);
/* Takes over a listening socket. */
int worker_listen(struct worker *w, int fd, bool is_plain);
int worker_start(struct worker *w); /* starts the thread */
/*
 * From any thread: calls fn(w, arg) in the worker's loop, or, when the loop has ended, in
 * worker_close. False when there is no memory.
 */
bool worker_call(struct worker *w, void (*fn)(void *worker, void *arg), void *arg);
/*
 * The same, and then calls answered(from->owner, arg) in the asker's loop, that of mailbox `from`.
 */
bool worker_ask(struct worker *w, struct mailbox *from, void (*fn)(void *worker, void *arg),
		void (*answered)(void *owner, void *arg), void *arg);

/*
 * The same with all workers, in parallel; `answered` is called once, after the last worker. A
 * worker that can't be asked for lack of memory is left out. False: no worker could be asked.
 */
bool worker_ask_all(struct server_state *shared, struct mailbox *from,
		    void (*fn)(void *worker, void *arg), void (*answered)(void *owner, void *arg),
		    void *arg);

/* For worker_call: `cfg` is a struct server_cfg, in force from now on. */
void worker_use_settings(void *worker, void *cfg);
/* The same; arg is not used. */
void worker_stop(void *worker, void *arg);     /* all sessions end in order, then the loop */
void worker_stop_now(void *worker, void *arg); /* the loop ends */
void worker_drain(void *worker, void *arg);    /* no more connections are accepted */
void worker_log_sessions(void *worker, void *arg);
void worker_change_filters(void *worker, void *arg); /* there are new ones */
/* For worker_ask_all: worker N fills in of[N]. */
void worker_stats(void *worker, void *of);
/* From any thread: ends that session, on its worker. Without memory the session stays. */
void worker_end_session(struct server_state *shared, const struct eviction *e);

/*
 * For one other thread, called periodically: whether the loop has turned since the last call but
 * one. Wakes the loop for that.
 */
bool worker_is_turning(struct worker *w);
void worker_join(struct worker *w);  /* waits until the thread has ended */
void worker_close(struct worker *w); /* a worker that is not running */

#endif
