/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --script: a vpnc-script (or one of the user's own) instead of our own network set-up, with the
 * environment that openconnect gives it; --up and --down: commands beside our set-up, with the same
 * environment. They run through /bin/sh -c, with no secret in their environment and our descriptors closed.
 * What they print is logged.
 *
 * Scripts run in the background of the loop, one after the other in the order of the requests. One
 * that exceeds its time limit is killed, with its whole process group. If many wait, the outdated
 * ones are skipped; the last state is always reported.
 */
#ifndef SSTP_CLIENT_SCRIPT_H
#define SSTP_CLIENT_SCRIPT_H

#include "client/host.h"
#include "proc/output.h"
#include "proc/run_beside.h"

enum script_reason {
	SCRIPT_PRE_INIT,          /* before anything */
	SCRIPT_CONNECT,           /* the tunnel is up */
	SCRIPT_ATTEMPT_RECONNECT, /* it was lost: about to dial again */
	SCRIPT_RECONNECT,         /* it came back */
	SCRIPT_DISCONNECT,        /* the client ends */
};

struct script_env {
	const char *command;
	const char *option; /* that gave it, for the log: "up", "down"; NULL: "script" */
	const char *device;
	pid_t pid; /* VPNPID; 0: this process */
	uint32_t mtu;
	struct ip_addr gateway;         /* the server's address outside the tunnel: VPNGATEWAY */
	const struct link_addrs *link;  /* NULL before there is one */
	const struct ip_prefix *routes; /* split tunnel: CISCO_SPLIT_INC...; none: all traffic */
	size_t route_count;
	bool is_split;                    /* the routes of `link` count too */
	const struct ip_prefix *excluded; /* CISCO_SPLIT_EXC... */
	size_t excluded_count;
	struct dns_names dns_names;
	const struct log *log;
};

/* The address for INTERNAL_IP6_ADDRESS; AF_UNSPEC: none. */
struct ip_addr script_ipv6_address(const struct link_addrs *link);

/* Builds the environment of a script, for env_free. */
void script_environment(struct env *e, enum script_reason reason, const struct script_env *s);

enum {
	SCRIPT_LIMIT_MS = 60 * 1000,
	/* at exit, for the running script and for disconnect together */
	SCRIPT_END_LIMIT_MS = 20 * 1000,
	SCRIPTS_MAX = 8, /* with this many, outdated ones are skipped */
};

struct script_job;

struct scripts {
	struct loop *loop;
	const struct log *log;
	void (*idle)(struct scripts *s); /* called when all have ended */
	/* called when one has failed, after that was logged; its exit status or -errno; may be NULL */
	void (*failed)(struct scripts *s, enum script_reason reason, int result);
	unsigned limit_ms; /* SCRIPT_LIMIT_MS, except in tests */
	/* private */
	struct script_job *first, *last; /* the first one is running */
	size_t count;
	struct run_beside run;
	struct outputs outputs;
	bool is_closing;
};

/*
 * `loop`, `log`, `idle` must be set. SIGCHLD must be one of the loop's signals, and scripts_child
 * must be called on it.
 */
void scripts_open(struct scripts *s);
/* Runs the script when those before it have ended; `env` is copied. Failures are logged. */
void scripts_add(struct scripts *s, enum script_reason reason, const struct script_env *env);
/* Call it on SIGCHLD. */
void scripts_child(struct scripts *s);
bool scripts_are_idle(const struct scripts *s);
/*
 * Waits for the running script, SCRIPT_END_LIMIT_MS at most, drops those that have not started,
 * and, if `env` is not NULL, runs the disconnect script within the same time. May be called without
 * scripts_open.
 */
void scripts_close(struct scripts *s, const struct script_env *env);

/*
 * Runs a script and waits for it. Returns 0, -errno, or -EPROTO if its exit status was not 0
 * (logged).
 */
int script_run(enum script_reason reason, const struct script_env *env);

#endif
