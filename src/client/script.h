/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --script: a vpnc-script (or one of the user's own) in place of our own network set-up, with the
 * environment that openconnect gives it. The script runs through /bin/sh -c, with no secret in its
 * environment and our descriptors closed.
 *
 * Scripts run beside the loop, one after the other in the order in which they were asked for. One
 * that takes longer than its limit is ended, with all of its process group. When many wait, those are
 * left out that a later one puts out of date: the last state is always told.
 */
#ifndef SSTP_CLIENT_SCRIPT_H
#define SSTP_CLIENT_SCRIPT_H

#include "client/host.h"
#include "proc/run_beside.h"

enum script_reason {
	SCRIPT_PRE_INIT,          /* before anything */
	SCRIPT_CONNECT,           /* the tunnel is up */
	SCRIPT_ATTEMPT_RECONNECT, /* it was lost: about to dial again */
	SCRIPT_RECONNECT,         /* it came back */
	SCRIPT_DISCONNECT,        /* for good */
};

struct script_env {
	const char *command;
	const char *device;
	uint32_t mtu;
	struct ip_addr gateway;         /* the server's own address: VPNGATEWAY */
	const struct link_addrs *link;  /* NULL before there is one */
	const struct ip_prefix *routes; /* split tunnel: CISCO_SPLIT_INC...; none: all traffic */
	size_t route_count;
	const struct log *log;
};

/* The address that a script is told as INTERNAL_IP6_ADDRESS; AF_UNSPEC: there is none. */
struct ip_addr script_ipv6_address(const struct link_addrs *link);

/* What a script is told, for env_free. */
void script_environment(struct env *e, enum script_reason reason, const struct script_env *s);

enum {
	SCRIPT_LIMIT_MS = 60 * 1000,
	SCRIPT_END_LIMIT_MS = 20 * 1000, /* at the end, for the one that runs, and for disconnect */
	SCRIPTS_MAX = 8, /* when so many are there, those out of date are left out */
};

struct script_job;

struct scripts {
	struct loop *loop;
	const struct log *log;
	void (*idle)(struct scripts *s); /* all have ended */
	unsigned limit_ms;               /* SCRIPT_LIMIT_MS, but for tests */
	/* its own */
	struct script_job *first, *last; /* the first runs */
	size_t count;
	struct run_beside run;
};

/* `loop`, `log`, `idle` are set. SIGCHLD must be one of the loop's signals, and scripts_child called. */
void scripts_open(struct scripts *s);
/* Runs it when those before it have ended; `env` is copied. Failures are logged. */
void scripts_add(struct scripts *s, enum script_reason reason, const struct script_env *env);
/* SIGCHLD has come. */
void scripts_child(struct scripts *s);
bool scripts_are_idle(const struct scripts *s);
/*
 * Waits for the one that runs, SCRIPT_END_LIMIT_MS at most, forgets those that have not begun, and,
 * if `env` is not NULL, runs the disconnect script within the same time. Also before an open.
 */
void scripts_close(struct scripts *s, const struct script_env *env);

/* Runs one and waits for it: 0, or -errno, or -EPROTO when it exited with another status than 0
 * (logged). */
int script_run(enum script_reason reason, const struct script_env *env);

#endif
