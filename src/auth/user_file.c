/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks against the user file. Each check holds the table that it began with. Quick checks, which
 * cost less than waking a thread, run at the end of the loop's turn; slow ones are jobs, and so are the
 * packets of TLS inside EAP, which cost signatures: strangers can send any number of them.
 */
#include "auth/user_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/job.h"
#include "tls/open.h"
#include "util/rwlock.h"
#include "util/secret.h"

enum { NICE = 5 /* forwarding packets has priority */ };

struct user_file {
	struct rwlock lock; /* of `users`; held for reading while an answer is given */
	struct users *users;
	const char *server_name;
	struct eap_login_cfg eap;
	struct job_pool pool;
};

struct check {
	struct user_file *file;
	struct users *users; /* held */
	struct auth_question *question;
	bool is_job;  /* what runs is a job */
	bool is_busy; /* something runs */
	struct job job;
	struct loop_task task;
	struct auth_result result;
	/* EAP: a check for each packet */
	struct eap_login *eap; /* NULL: another method */
	uint8_t packet[PPP_EAP_MAX];
	size_t packet_len;
};

int user_file_open(struct users *users, const char *server_name, unsigned threads,
		   struct user_file **out)
{
	struct user_file *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	rwlock_init(&f->lock);
	f->users = users;
	f->server_name = server_name;
	job_pool_open(&f->pool, threads, USER_FILE_QUEUE_MAX, USER_FILE_SOURCE_MAX);
	f->pool.nice = NICE;
	*out = f;
	return 0;
}

void user_file_use_eap(struct user_file *f, const struct eap_login_cfg *cfg)
{
	f->eap = *cfg;
	f->eap.server_name = f->server_name;
}

void user_file_use_tls(struct user_file *f, struct tls_ctx *tls, struct tls_ctx *peap_tls)
{
	struct tls_ctx *old, *old_peap;

	rwlock_write(&f->lock);
	old = f->eap.tls;
	old_peap = f->eap.peap_tls;
	f->eap.tls = tls;
	f->eap.peap_tls = peap_tls;
	rwlock_write_done(&f->lock);
	tls_ctx_release(old);
	tls_ctx_release(old_peap);
}

void user_file_close(struct user_file *f)
{
	if (!f)
		return;
	job_pool_close(&f->pool);
	users_release(f->users);
	tls_ctx_release(f->eap.tls);
	tls_ctx_release(f->eap.peap_tls);
	rwlock_destroy(&f->lock);
	free(f);
}

/* ---- the table in force */

const struct users *user_file_users(const struct user_file *f)
{
	return f->users;
}

static struct users *hold_users(struct user_file *f)
{
	struct users *users;

	rwlock_read(&f->lock);
	users = users_hold(f->users);
	rwlock_read_done(&f->lock);
	return users;
}

void user_file_replace(struct user_file *f, struct users *users,
		       void (*changed)(void *arg, const struct users *before,
				       const struct users *now),
		       void *arg)
{
	struct users *old = f->users;

	rwlock_write(&f->lock);
	f->users = users;
	rwlock_write_done(&f->lock);
	changed(arg, old, users);
	users_release(old);
}

/* ---- a check */

static void work(struct check *c)
{
	if (c->eap)
		eap_login_input(c->eap, c->users, bytes_of(c->packet, c->packet_len), &c->result);
	else
		users_check(c->users, c->file->server_name, c->question->request.attempt,
			    &c->result);
	if (c->result.outcome == AUTH_RESULT_OK)
		users_check_circumstances(c->users, c->file->server_name,
					  &c->question->request.source, time(NULL), &c->result);
}

static void free_check(struct check *c)
{
	users_release(c->users);
	eap_login_close(c->eap);
	secret_wipe(c, sizeof(*c));
	free(c);
}

/*
 * Gives the answer under the lock, so that the session is registered or refused before the table
 * can be replaced. False when the table has been replaced already: the check has to be repeated.
 */
static bool answer_by_table_in_force(struct check *c)
{
	struct user_file *f = c->file;
	bool is_in_force;

	rwlock_read(&f->lock);
	is_in_force = c->users == f->users;
	if (is_in_force)
		auth_answer(c->question, &c->result);
	rwlock_read_done(&f->lock);
	return is_in_force;
}

static int start(struct check *c)
{
	bool is_slow = c->eap ? eap_login_is_slow(c->eap)
			      : users_check_is_slow(c->users, c->question->request.attempt);
	int error = 0;

	if (is_slow)
		error = job_start(&c->file->pool, c->question->loop, &c->job);
	else
		loop_post(c->question->loop, &c->task);
	c->is_busy = !error;
	c->is_job = is_slow && !error;
	return error;
}

static void answer_unavailable(struct check *c, const char *reason)
{
	c->result.outcome = AUTH_RESULT_UNAVAILABLE; /* keeps the name, for the log */
	snprintf(c->result.reason, sizeof(c->result.reason), "%s", reason);
	auth_answer(c->question, &c->result);
	free_check(c);
}

static void repeat(struct check *c)
{
	users_release(c->users);
	c->users = hold_users(c->file);
	if (start(c))
		answer_unavailable(
			c, "the user file was replaced, and too many logins wait to be checked");
}

/* A conversation cannot be repeated: the client has to log in again. */
static void finish(struct check *c)
{
	if (c->result.outcome == AUTH_RESULT_CONTINUE)
		auth_answer(c->question, &c->result); /* may free the check */
	else if (answer_by_table_in_force(c))
		free_check(c);
	else if (c->eap)
		answer_unavailable(c, "the user file was replaced during the login");
	else
		repeat(c);
}

static void check_now(struct loop_task *task)
{
	struct check *c = container_of(task, struct check, task);

	c->is_busy = false;
	work(c);
	finish(c);
}

static void check_in_thread(struct job *job)
{
	work(container_of(job, struct check, job));
}

static void checked_in_thread(struct job *job)
{
	struct check *c = container_of(job, struct check, job);

	c->is_busy = c->is_job = false;
	finish(c);
}

static void drop(struct check *c)
{
	auth_drop(c->question);
	free_check(c);
}

static void drop_job(struct job *job)
{
	drop(container_of(job, struct check, job));
}

/* ---- the backend */

static bool take_packet(struct check *c, struct bytes packet)
{
	if (packet.len > sizeof(c->packet))
		return false;
	if (packet.len)
		memcpy(c->packet, packet.at, packet.len);
	c->packet_len = packet.len;
	return true;
}

static int begin_eap(struct check *c, const struct ppp_attempt *attempt)
{
	if (!take_packet(c, attempt->response))
		return -EMSGSIZE;
	rwlock_read(&c->file->lock);
	c->eap = eap_login_open(&c->file->eap);
	rwlock_read_done(&c->file->lock);
	return c->eap ? 0 : -ENOMEM;
}

static int ask(void *self, struct auth_question *q)
{
	struct ip_addr source = q->request.source;
	struct check *c = calloc(1, sizeof(*c));
	int error = 0;

	if (!c)
		return -ENOMEM;
	q->state = c;
	c->file = self;
	c->question = q;
	c->users = hold_users(c->file);
	c->task.run = check_now;
	c->job = (struct job){
		.work = check_in_thread,
		.done = checked_in_thread,
		.discard = drop_job,
		.source = source.family == AF_INET6 ? ip_mask(&source, 64) : source,
	};
	if (q->request.attempt->method == PPP_AUTH_EAP)
		error = begin_eap(c, q->request.attempt);
	if (!error)
		error = start(c);
	if (error)
		free_check(c);
	return error;
}

static int go_on(void *self, struct auth_question *q, struct bytes packet)
{
	struct check *c = q->state;

	(void)self;
	if (c->is_busy) /* the client has no Request that this could be the Response to */
		return 0;
	if (!c->eap || !take_packet(c, packet))
		return -EMSGSIZE;
	return start(c);
}

static void cancel(void *self, struct auth_question *q)
{
	struct check *c = q->state;

	(void)self;
	if (c->is_job) {
		job_cancel(&c->job);
	} else {
		loop_unpost(q->loop, &c->task);
		drop(c);
	}
}

const struct auth_backend user_file_backend = {
	.name = "user file",
	.ask = ask,
	.go_on = go_on,
	.cancel = cancel,
};
