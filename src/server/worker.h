/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker: one thread with a loop, a queue of the TUN device and listeners of its own. A session
 * lives on one worker for good. The kernel spreads connections over the workers by chance, and who
 * has clearly more sessions than another gives a new one away. The kernel sends a flow's packets to
 * the queue on which that flow came; a packet that comes to another worker than its session's goes
 * there through a ring.
 *
 * Other threads (another worker, the one that waits for signals) reach what is a worker's by calls
 * that run in its loop.
 */
#ifndef SSTP_SERVER_WORKER_H
#define SSTP_SERVER_WORKER_H

#include <pthread.h>

#include "server/credentials.h"
#include "server/door.h"
#include "server/mailbox.h"
#include "server/ring.h"
#include "tun/merge.h"

enum {
	WORKERS_MAX = SERVER_WORKERS_MAX,
	WORKER_HALF_OPEN_MAX = 2000, /* of all workers together, if there are descriptors */
};

/* What all workers share; made before them, gone after them. */
struct server_state {
	const struct server_cfg *cfg;
	struct registry *registry;
	struct credentials credentials;
	struct auth_service *auth;
	struct door_limits limits;
	uint8_t own_iid[PPP_IID_LEN];
	struct worker *workers;
	unsigned worker_count;
	_Atomic(size_t) next_session; /* not every processor counts in 64 bits without a lock */
	int ended_fd;                 /* an eventfd: counts the workers that have ended */
	_Atomic(bool) is_device_lost; /* somebody has deleted it */
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
	struct packet packet; /* the last one read; at: TUN_PACKET_MAX bytes */
	struct door door;
	struct session_host host;        /* of its sessions */
	_Atomic(unsigned) session_count; /* all, and what is at the door, or on its way here */
	struct loop_timer acks;          /* looks whether clients acknowledge */
	struct loop_timer stop;
	bool is_stopping;
	/* from others: */
	struct mailbox mailbox;            /* calls */
	struct ring *rings[WORKERS_MAX];   /* packets, by the worker that puts them in */
	_Atomic(unsigned) asked, answered; /* whether the loop turns: worker_is_turning */
	/* which of the others' rings were filled in this turn; woken at its end */
	struct loop_task wake_task;
	bool needs_wake[WORKERS_MAX];
};

/* `tun` is the worker's from now on. 0 or -errno. */
int worker_open(struct worker *w, struct server_state *shared, unsigned number, struct tun *tun);
/* A listening socket, the worker's from now on. */
int worker_listen(struct worker *w, int fd);
int worker_start(struct worker *w); /* its thread */
/*
 * From any thread: fn(w, arg) in the worker's loop; when that has ended, at its close. False when there
 * is no memory.
 */
bool worker_call(struct worker *w, void (*fn)(void *worker, void *arg), void *arg);
/* The same, and then answered(from->owner, arg) in the asker's loop, which `from` is a mailbox of. */
bool worker_ask(struct worker *w, struct mailbox *from, void (*fn)(void *worker, void *arg),
		void (*answered)(void *owner, void *arg), void *arg);

/*
 * The same of all workers, which do it side by side; `answered` is called once, when the last has. A
 * worker that can't be asked for lack of memory is left out. False: nobody could be asked.
 */
bool worker_ask_all(struct server_state *shared, struct mailbox *from,
		    void (*fn)(void *worker, void *arg), void (*answered)(void *owner, void *arg),
		    void *arg);

/* For worker_call; arg is not used. */
void worker_stop(void *worker, void *arg);     /* all sessions end in order, then the loop */
void worker_stop_now(void *worker, void *arg); /* the loop ends */
void worker_log_sessions(void *worker, void *arg);
/* For worker_ask_all: of[N] is filled in by worker N. */
void worker_stats(void *worker, void *of);
/* From any thread: that session ends, on whichever worker it is. Without memory it stays. */
void worker_end_session(struct server_state *shared, const struct eviction *e);

/*
 * For one other thread, every now and then: has the loop turned since it was asked the last time but
 * one? It is woken for that.
 */
bool worker_is_turning(struct worker *w);
void worker_join(struct worker *w);  /* waits for its end */
void worker_close(struct worker *w); /* a worker that is not running */

#endif
