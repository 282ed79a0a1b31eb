/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of the command of --session-script, by the helper (proc/helper.h) or by this process. The helper runs only the
 * command that it was started with, for a limited time; the question brings the values of a fixed set of variables.
 */
#ifndef SSTP_SERVER_SESSION_SCRIPT_RUN_H
#define SSTP_SERVER_SESSION_SCRIPT_RUN_H

#include <net/if.h>

#include "proc/helper_runs.h"
#include "server/script_facts.h"

/* At a time. There are fewer threads that ask (session_script.h), but one that has ended may not have been reaped yet. */
enum { SESSION_SCRIPT_RUNS_MAX = HELPER_RUNS_MAX };

struct session_script_runs {
	const char *command; /* for /bin/sh -c */
	unsigned limit_ms;
	/* private */
	char device[IF_NAMESIZE];
	struct helper_runs runs;
};

/* In this process. Its exit status, or -errno: -ETIMEDOUT, ... It blocks. */
int session_script_run(const struct session_script_runs *r, unsigned limit_ms,
		       const struct script_facts *f);

/* ---- by the helper */

/* Before the seal: the name of the server's device. 0 or -errno. */
int session_script_use_device(struct helper *h, const char *name);
/* As session_script_run. */
int session_script_ask(struct helper *h, unsigned limit_ms, const struct script_facts *f);

/* ---- the service */

/* The first two are set, the rest is zero; `r` is the service's state. */
struct helper_service session_script_service(struct session_script_runs *r);

#endif
