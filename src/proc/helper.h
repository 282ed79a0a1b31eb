/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper: a child process that keeps the privileges of the start. The process that reads the network gives
 * its own up (proc/sandbox.h) and asks the helper for what needs them: a message over a socket pair, answered by
 * the services that the helper was started with (proc/helper_message.h).
 *
 * Life: helper_start forks, before any thread is made and before a byte from the network is read. The process
 * sets itself up and may ask for anything, such as to permit paths. helper_seal ends that: from then on the
 * helper answers only what it was permitted to do. It ends when the process closes it or ends.
 *
 * helper_ask may be called by any thread. What the helper notices itself (files that have changed) comes
 * on a descriptor of its own, for a loop.
 */
#ifndef SSTP_PROC_HELPER_H
#define SSTP_PROC_HELPER_H

#include <sys/types.h>

#include "net/loop.h"
#include "proc/helper_message.h"

struct helper;

struct helper_cfg {
	const struct helper_service *const
		*services; /* the helper has a copy of their states: fork(2) */
	size_t service_count;
	const int *
		keep; /* descriptors that the helper keeps, besides its standard error; it closes all others */
	size_t keep_count;
	/* No program is started by it, so it takes no_new_privs: nothing that it executes could gain rights. */
	bool runs_nothing;
	/*
	 * The helper starts the user's command (proc/command.h), which inherits what we have inherited. So descriptors
	 * that do not close on exec stay open, signals keep their dispositions, and the terminal stops the helper with us.
	 */
	bool runs_command;
	/* It makes user namespaces, for which /proc/self must be its own: so it stays dumpable. */
	bool needs_proc_self;
};

/*
 * Call it while the process has one thread. 0 or -errno, also when the helper or one of its services cannot begin. The
 * strings and tables in *cfg are not kept.
 */
int helper_start(const struct helper_cfg *cfg, struct helper **out);
/* From now on no question of `only_before_seal` is answered. 0 or -errno. */
int helper_seal(struct helper *h);
/* Ends the helper and waits for that, at most HELPER_END_MS. NULL is fine. */
void helper_close(struct helper *h);
pid_t helper_pid(const struct helper *h);

enum {
	HELPER_ASK_MS = 10 * 1000, /* limit_ms by default */
	HELPER_END_MS = 5 * 1000,
};

struct helper_question {
	uint16_t op;
	struct bytes in;   /* at most HELPER_PAYLOAD_MAX */
	int fd_in;         /* goes with it and stays the caller's; 0: none */
	void *out;         /* the reply's bytes; NULL: none are expected */
	size_t out_room;   /* the room there */
	unsigned limit_ms; /* for the whole; 0: HELPER_ASK_MS */
	/* set by helper_ask */
	size_t out_len;
	int fd_out; /* came with the reply, closes on exec; -1: none. On an error: closed */
};

/*
 * Asks, and waits for the reply; several threads take turns. Returns what the handler returned (0 or -errno), or
 * -ETIMEDOUT, -EPIPE when the helper has ended, -EBADMSG for a reply that makes no sense, -EMSGSIZE when
 * it does not fit, -EMFILE when no further descriptor may be open. The reply's bytes are there with an error of the handler too.
 */
int helper_ask(struct helper *h, struct helper_question *q);

/* ---- what the helper says without being asked */

enum { HELPER_EVENT_MAX = 1024 };

struct helper_event {
	uint16_t op;
	size_t len;
	uint8_t at[HELPER_EVENT_MAX];
};

/* Readable when there is an event, or when the helper has ended. */
int helper_event_fd(const struct helper *h);
/* 1: there is one; 0: none now; -EPIPE: the helper has ended. */
int helper_next_event(struct helper *h, struct helper_event *e);

/* ---- in the helper, for its services */

struct loop *helper_loop(struct helper_process *p);
/* Does not wait: when too many are unread it is dropped, so an event says that something is new, not what. */
void helper_send_event(struct helper_process *p, uint16_t op, struct bytes b);
/*
 * In a child that a service forks, and that does not call execve at once: closes the helper's own descriptors. It
 * ignores the signals that the helper ignores, and ends by _exit.
 */
void helper_in_child(struct helper_process *p);

#endif
