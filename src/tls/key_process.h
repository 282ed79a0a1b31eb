/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key process: a child that has the private keys, and reads no byte from the network. It reads the files
 * itself, with the rights of the start, at the start and at each reload. The process that forked it has the way to
 * it (tls/key_agent.h): a socket pair for each of `channels` threads, so that as many signatures are made at a
 * time. It ends when the last of these is closed, and when the process that forked it ends, or the one that has
 * taken it over (key_process_own).
 *
 * Start it before threads are made and before a key is read.
 */
#ifndef SSTP_TLS_KEY_PROCESS_H
#define SSTP_TLS_KEY_PROCESS_H

#include <sys/types.h>

#include "tls/key_agent.h"

struct key_process;

struct key_process_cfg {
	const struct key_pair *pairs; /* what may be loaded */
	size_t pair_count;
	void (*reread)(
		struct key_store *s); /* key_store_use_reread; in the key process. NULL: none */
	unsigned channels;
	bool ends_by_sigterm; /* else it ignores that too, so that it serves as long as the other process runs */
};

enum { KEY_CHANNELS_MAX = 64 };

/* -ENOTSUP: the TLS library cannot do it. */
int key_process_start(const struct key_process_cfg *cfg,
		      struct key_process **out); /* 0 or -errno */
/* After the last context is released. Ends the process. NULL is fine. */
void key_process_close(struct key_process *p);

struct key_agent *key_process_agent(struct key_process *p);
/*
 * For a process that was forked from the one that started the key process, and goes on when that ends: the key process ends
 * with this one then. Also ends this process's access to that choice: call it before bytes from the network are read.
 */
void key_process_own(struct key_agent *a);
pid_t key_process_pid(const struct key_process *p);
/* For a loop: readable when the process has ended. */
int key_process_fd(const struct key_process *p);
/* After that: how it has ended, such as "killed by signal 9". */
struct key_process_end {
	char text[64];
};
struct key_process_end key_process_why(const struct key_process *p);

#endif
