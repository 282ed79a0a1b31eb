/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A login's job runs the script with REASON=connect. A session that ends hands its block to a job that nobody
 * waits for, with REASON=disconnect. One that ends while the first job runs cancels it: then that thread runs
 * the script a second time, if the first one let the session pass, so that each connect has its disconnect.
 */
#include "server/session_script.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "proc/run.h"
#include "util/clock.h"
#include "util/secret.h"

void session_scripts_open(struct session_scripts *s, const char *command, unsigned limit_ms)
{
	*s = (struct session_scripts){ .command = command, .limit_ms = limit_ms };
	job_pool_open(&s->logins, SESSION_SCRIPT_THREADS, SESSION_SCRIPT_LOGINS_MAX,
		      SESSION_SCRIPT_LOGINS_MAX / 2);
	job_pool_open(&s->ends, SESSION_SCRIPT_THREADS, SESSION_SCRIPT_ENDS_MAX,
		      SESSION_SCRIPT_ENDS_MAX);
}

static uint32_t now_ms(void)
{
	uint32_t now = (uint32_t)clock_now_ms(); /* differences alone count */

	return now ? now : 1;
}

void session_scripts_close(struct session_scripts *s)
{
	unsigned left_out;

	if (!s->command)
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
	return s->command && atomic_load(&s->running);
}

/* ---- its environment */

static void set_addr(struct env *e, const char *name, const struct ip_addr *a)
{
	if (a->family)
		env_set(e, name, "%s", ip_print(a).text);
}

static void set_number(struct env *e, const char *name, uint64_t value)
{
	env_set(e, name, "%llu", (unsigned long long)value);
}

/* ocserv's names first, then pppd's. */
static void set_facts(struct env *e, const struct session_script *s)
{
	const struct session_script_facts *f = &s->facts;

	env_set(e, "REASON", s->is_end ? "disconnect" : "connect");
	set_number(e, "ID", f->id);
	env_set(e, "USERNAME", "%s", f->user);
	env_set(e, "METHOD", "%s", f->method);
	env_set(e, "DEVICE", "%s", f->device);
	set_addr(e, "IP_REAL", &f->source);
	set_addr(e, "IP_REAL_LOCAL", &f->local);
	set_addr(e, "IP_LOCAL", &f->own);
	set_addr(e, "IP_REMOTE", &f->ipv4);
	set_addr(e, "IPV6_REMOTE", &s->ipv6);
	if (s->prefix.addr.family)
		env_set(e, "IPV6_PREFIX", "%s", ip_prefix_print(&s->prefix).text);
	env_set(e, "PEERNAME", "%s", f->user);
	env_set(e, "IFNAME", "%s", f->device);
	set_addr(e, "IPLOCAL", &f->own);
	set_addr(e, "IPREMOTE", &f->ipv4);
}

static void set_end(struct env *e, const struct session_script *s)
{
	env_set(e, "END_REASON", "%s", tunnel_reason_name(s->reason));
	set_number(e, "STATS_DURATION", s->duration_s);
	set_number(e, "STATS_BYTES_IN", s->rx_bytes);
	set_number(e, "STATS_BYTES_OUT", s->tx_bytes);
	set_number(e, "CONNECT_TIME", s->duration_s);
	set_number(e, "BYTES_RCVD", s->rx_bytes);
	set_number(e, "BYTES_SENT", s->tx_bytes);
}

/* What the server's own environment has under these names would be taken for ours. */
static bool is_ours(const char *name, size_t len)
{
	static const char *const names[] = {
		"REASON",          "ID",
		"USERNAME",        "METHOD",
		"DEVICE",          "IP_REAL",
		"IP_REAL_LOCAL",   "IP_LOCAL",
		"IP_REMOTE",       "IPV6_REMOTE",
		"IPV6_PREFIX",     "PEERNAME",
		"IFNAME",          "IPLOCAL",
		"IPREMOTE",        "END_REASON",
		"STATS_DURATION",  "STATS_BYTES_IN",
		"STATS_BYTES_OUT", "CONNECT_TIME",
		"BYTES_RCVD",      "BYTES_SENT",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return true;
	return false;
}

/* ---- running it, in a thread */

/* As PID 1 we may lose its exit status, if orphans are reaped at the very moment. */
static int run(struct session_script *s, unsigned limit_ms)
{
	const char *const argv[] = { "/bin/sh", "-c", s->all->command, NULL };
	struct run r = { .argv = argv };
	struct env env;
	pid_t pid;
	int status;

	env_init(&env, is_ours);
	set_facts(&env, s);
	if (s->is_end)
		set_end(&env, s);
	r.env = &env;
	atomic_fetch_add(&s->all->running, 1);
	status = run_start(&r, &pid);
	if (!status)
		status = run_wait(pid, limit_ms);
	atomic_fetch_sub(&s->all->running, 1);
	env_free(&env);
	return status;
}

static void run_login(struct job *job)
{
	struct session_script *s = container_of(job, struct session_script, job);

	s->status = run(s, s->all->limit_ms);
	s->is_up = !s->status;
}

static void run_end(struct session_script *s)
{
	uint32_t stop_ms = atomic_load(&s->all->stop_ms);
	int32_t left_ms = stop_ms ? (int32_t)(stop_ms - now_ms()) : (int32_t)s->all->limit_ms;

	if (left_ms <= 0) {
		atomic_fetch_add(&s->all->left_out, 1);
		return;
	}
	s->status =
		run(s, left_ms < (int32_t)s->all->limit_ms ? (unsigned)left_ms : s->all->limit_ms);
	if (s->status > 0)
		log_warn(&s->log, "--session-script: status %d at the end of the session",
			 s->status);
	else if (s->status < 0)
		log_warn(&s->log, "--session-script, at the end of the session: %s",
			 s->status == -ETIMEDOUT ? "it took too long" : strerror(-s->status));
}

static void run_end_alone(struct job *job)
{
	run_end(container_of(job, struct session_script, job));
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

/* In the login's thread if its script ran; else it has not begun. */
static void login_canceled(struct job *job)
{
	struct session_script *s = container_of(job, struct session_script, job);

	s->is_end = true; /* not before: the thread reads it */
	if (s->is_up)
		run_end(s);
	free_script(s);
}

static void login_done(struct job *job)
{
	struct session_script *s = container_of(job, struct session_script, job);

	s->is_job = false;
	s->done(s->arg, s->status);
}

/* ---- a session */

static const char *keep(char **at, const char *text)
{
	size_t size = strlen(text) + 1;
	char *to = *at;

	memcpy(to, text, size);
	*at += size;
	return to;
}

static struct session_script *new_script(const struct session_script_facts *f)
{
	struct session_script *s = calloc(1, sizeof(*s) + strlen(f->user) + strlen(f->device) + 2);
	char *at = s ? s->texts : NULL;

	if (!s)
		return NULL;
	s->facts = *f;
	s->facts.user = keep(&at, f->user);
	s->facts.device = keep(&at, f->device);
	return s;
}

int session_script_start(struct session_scripts *all, struct loop *loop,
			 const struct session_script_facts *facts, const struct held_login *held,
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
	s->ipv6 = *link_local;
	s->prefix = *prefix;
}

void session_script_end(struct session_script *s, enum tunnel_reason reason, uint64_t duration_s,
			const struct tunnel_stats *stats)
{
	int error;

	s->reason = reason;
	s->duration_s = duration_s;
	s->rx_bytes = stats->rx_bytes;
	s->tx_bytes = stats->tx_bytes;
	if (s->is_job) {
		job_cancel(&s->job);
		return;
	}
	if (!s->is_up) {
		free_script(s);
		return;
	}
	s->is_end = true;
	session_script_release(s);
	s->job = (struct job){ .work = run_end_alone, .discard = end_done };
	error = job_start_alone(&s->all->ends, &s->job);
	if (!error)
		return;
	log_warn(&s->log, "--session-script is not run for the end of this session: %s",
		 error == -EAGAIN ? "too many sessions have ended" : strerror(-error));
	free_script(s);
}
