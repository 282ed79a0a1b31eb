/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A login's job runs the script with REASON=connect. A session that ends hands its block to a job that nobody
 * waits for, with REASON=disconnect. One that ends while the first job runs cancels it: then that thread starts
 * the second, if the script let the session pass, so that each connect has its disconnect.
 */
#include "server/session_script.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/secret.h"

void session_scripts_open(struct session_scripts *s, struct helper *h,
			  const struct session_script_runs *runs)
{
	*s = (struct session_scripts){ .helper = h, .runs = *runs };
	job_pool_open(&s->logins, SESSION_SCRIPT_THREADS, SESSION_SCRIPT_LOGINS_MAX,
		      SESSION_SCRIPT_LOGINS_MAX / 2);
	job_pool_open(&s->ends, SESSION_SCRIPT_THREADS, SESSION_SCRIPT_ENDS_MAX,
		      SESSION_SCRIPT_ENDS_MAX);
}

int session_scripts_use_device(struct session_scripts *s, const char *name)
{
	if (s->helper)
		return session_script_use_device(s->helper, name);
	snprintf(s->runs.device, sizeof(s->runs.device), "%s", name);
	return 0;
}

static uint32_t now_ms(void)
{
	uint32_t now = (uint32_t)clock_now_ms(); /* differences alone count */

	return now ? now : 1;
}

void session_scripts_close(struct session_scripts *s)
{
	unsigned left_out;

	if (!s->runs.command)
		return;
	atomic_store(&s->stop_ms, now_ms() + SESSION_SCRIPT_STOP_MS);
	job_pool_close(&s->logins);
	job_pool_close(&s->ends);
	left_out = atomic_load(&s->left_out);
	if (left_out)
		log_warn(NULL, "--session-script: not run for the ends of %u sessions: no time",
			 left_out);
}

bool session_scripts_are_running(const struct session_scripts *s)
{
	return atomic_load(&s->running);
}

/* ---- running it, in a thread */

static int run(const struct session_script *s, unsigned limit_ms)
{
	struct session_scripts *all = s->all;
	int status;

	if (all->helper)
		return session_script_ask(all->helper, limit_ms, &s->facts);
	atomic_fetch_add(&all->running, 1);
	status = session_script_run(&all->runs, limit_ms, &s->facts);
	atomic_fetch_sub(&all->running, 1);
	return status;
}

static void run_login(struct job *job)
{
	struct session_script *s = container_of(job, struct session_script, job);

	s->status = run(s, s->all->runs.limit_ms);
	s->is_up = !s->status;
}

static void run_end(struct job *job)
{
	struct session_script *s = container_of(job, struct session_script, job);
	uint32_t stop_ms = atomic_load(&s->all->stop_ms);
	int32_t left_ms = stop_ms ? (int32_t)(stop_ms - now_ms()) : (int32_t)s->all->runs.limit_ms;

	if (left_ms <= 0) {
		atomic_fetch_add(&s->all->left_out, 1);
		return;
	}
	s->status = run(s, left_ms < (int32_t)s->all->runs.limit_ms ? (unsigned)left_ms
								    : s->all->runs.limit_ms);
	if (s->status > 0)
		log_warn(&s->log, "--session-script: status %d at the end of the session",
			 s->status);
	else if (s->status < 0)
		log_warn(&s->log, "--session-script, at the end of the session: %s",
			 s->status == -ETIMEDOUT ? "it took too long" : strerror(-s->status));
}

void session_script_release(struct session_script *s)
{
	if (s->held)
		secret_wipe(s->held, sizeof(*s->held));
	free(s->held);
	s->held = NULL;
}

static void free_script(struct session_script *s)
{
	session_script_release(s);
	free(s);
}

static void end_done(struct job *job)
{
	free_script(container_of(job, struct session_script, job));
}

/* In any thread. */
static void start_end(struct session_script *s)
{
	int error;

	s->facts.is_end = true; /* not before: a login's thread reads it */
	session_script_release(s);
	s->job = (struct job){ .work = run_end, .discard = end_done };
	error = job_start_alone(&s->all->ends, &s->job);
	if (!error)
		return;
	log_warn(&s->log, "--session-script is not run for the end of this session: %s",
		 error == -EAGAIN ? "too many sessions have ended" : strerror(-error));
	free_script(s);
}

static void end_or_free(struct session_script *s)
{
	if (s->is_up)
		start_end(s);
	else
		free_script(s);
}

/* In the login's thread if that runs the script, else in the loop. */
static void login_canceled(struct job *job)
{
	end_or_free(container_of(job, struct session_script, job));
}

static void login_done(struct job *job)
{
	struct session_script *s = container_of(job, struct session_script, job);

	s->is_job = false;
	s->done(s->arg, s->status);
}

/* ---- a session */

static struct session_script *new_script(const struct script_facts *f)
{
	size_t size = strlen(f->user) + 1;
	struct session_script *s = calloc(1, sizeof(*s) + size);

	if (!s)
		return NULL;
	s->facts = *f;
	s->facts.user = memcpy(s->user, f->user, size);
	return s;
}

int session_script_start(struct session_scripts *all, struct loop *loop,
			 const struct script_facts *facts, const struct held_login *held,
			 const struct log *log, void (*done)(void *arg, int status), void *arg,
			 struct session_script **out)
{
	struct session_script *s = new_script(facts);
	int error = -ENOMEM;

	if (!s)
		return error;
	s->all = all;
	s->log = *log;
	s->log.limit = NULL; /* the session's, which may end before */
	s->done = done;
	s->arg = arg;
	s->is_job = true;
	s->job = (struct job){ .work = run_login,
			       .done = login_done,
			       .discard = login_canceled,
			       .source = facts->source };
	s->held = malloc(sizeof(*s->held));
	if (s->held) {
		*s->held = *held;
		error = job_start(&all->logins, loop, &s->job);
	}
	if (error)
		free_script(s);
	else
		*out = s;
	return error;
}

void session_script_ipv6(struct session_script *s, const struct ip_addr *link_local,
			 const struct ip_prefix *prefix)
{
	s->facts.ipv6 = *link_local;
	s->facts.prefix = *prefix;
}

void session_script_end(struct session_script *s, enum tunnel_reason reason, uint64_t duration_s,
			const struct tunnel_stats *stats)
{
	s->facts.reason = reason;
	s->facts.duration_s = duration_s;
	s->facts.rx_bytes = stats->rx_bytes;
	s->facts.tx_bytes = stats->tx_bytes;
	if (s->is_job)
		job_cancel(&s->job);
	else
		end_or_free(s);
}
