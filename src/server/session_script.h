/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --session-script: a command that runs when a user logs in and when the session has ended. It may refuse the
 * login, by its exit status. The helper, if there is one, runs it (session_script_run.h), and a thread beside the loops
 * waits for it. The login waits too, other sessions do not. There are limits on how many run and wait, and on the time of
 * each. The environment has the names that ocserv's connect-script has, and those of pppd's ip-up; no secret is in it.
 *
 *	session_script_start -> done(arg, status) -> session_script_end
 */
#ifndef SSTP_SERVER_SESSION_SCRIPT_H
#define SSTP_SERVER_SESSION_SCRIPT_H

#include "auth/result.h"
#include "net/job.h"
#include "ppp/ppp.h"
#include "server/script_facts.h"
#include "server/session_script_run.h"
#include "tunnel/tunnel.h"

enum {
	SESSION_SCRIPT_THREADS = 8, /* of logins, and as many of ends */
	SESSION_SCRIPT_LOGINS_MAX = 1000,
	SESSION_SCRIPT_ENDS_MAX = 20000,
	SESSION_SCRIPT_LIMIT_MS = 10 * 1000,
	SESSION_SCRIPT_STOP_MS = 10 * 1000, /* for the ends of sessions, when the server stops */
};

/* What all sessions share. */
struct session_scripts {
	struct session_script_runs runs; /* its command is NULL: there is no --session-script */
	struct helper *helper;           /* runs it; NULL: this process does */
	_Atomic(unsigned) running;       /* in this process */
	_Atomic(uint32_t) stop_ms;       /* 0: the server runs; else: nothing is started after it */
	_Atomic(unsigned) left_out;
	struct job_pool logins, ends;
};

/* A login that waits for its script. */
struct held_login {
	struct ppp_auth_result result;
	struct auth_grant grant;
};

/* Of one session. */
struct session_script {
	struct held_login *held; /* until `done` */
	/* private */
	struct session_scripts *all;
	struct job job;
	struct log log;
	struct script_facts facts;
	bool is_job; /* a login's */
	bool is_up;  /* the script let the session pass: its end is reported too */
	int status;
	void (*done)(void *arg, int status);
	void *arg;
	char user[];
};

void session_scripts_open(struct session_scripts *s, struct helper *h,
			  const struct session_script_runs *runs);
/* Before the first session: the name of the server's device, one of the variables. 0 or -errno. */
int session_scripts_use_device(struct session_scripts *s, const char *name);
/* Waits for the scripts of ended sessions, for SESSION_SCRIPT_STOP_MS at most. All sessions have ended. */
void session_scripts_close(struct session_scripts *s);
/* Whether this process runs one now: then only its thread may wait for children. */
bool session_scripts_are_running(const struct session_scripts *s);

/*
 * Runs it for a login, which is copied; then calls done(arg, status): 0: it may pass; above: the exit status with
 * which the script refuses; below: -errno, it could not be asked. `log` is copied. 0 or -errno.
 */
int session_script_start(struct session_scripts *all, struct loop *loop,
			 const struct script_facts *facts, const struct held_login *held,
			 const struct log *log, void (*done)(void *arg, int status), void *arg,
			 struct session_script **out);
/* The session has these too. */
void session_script_ipv6(struct session_script *s, const struct ip_addr *link_local,
			 const struct ip_prefix *prefix);
/* Forgets the login. */
void session_script_release(struct session_script *s);
/* The session ends: runs the script if it has let the session pass, or is about to. Frees `s`. */
void session_script_end(struct session_script *s, enum tunnel_reason reason, uint64_t duration_s,
			const struct tunnel_stats *stats);

#endif
