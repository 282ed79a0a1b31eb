/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A login's life: a job runs the command and checks the login against its answer. With EAP the answer
 * is kept, and further packets are checked in the loop, as against the user file.
 */
#include "auth/auth_command.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_command_run.h"
#include "auth/eap_login.h"
#include "eap/packet.h"
#include "net/job.h"
#include "util/secret.h"

struct auth_command {
	const char *command, *server_name;
	unsigned limit_ms;
	struct helper *helper; /* runs the command; NULL: this process */
	atomic_uint running;
	struct job_pool pool;
};

struct check {
	struct auth_command *command;
	struct auth_question *question;
	bool is_job;
	struct job job;
	struct loop_task task; /* EAP: another packet */
	struct users *users;   /* from the answer */
	struct eap_login *eap;
	struct auth_result result;
	uint8_t packet[PPP_EAP_MAX];
	size_t packet_len;
};

int auth_command_open(const char *command, const char *server_name, unsigned limit_ms,
		      struct auth_command **out)
{
	struct auth_command *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->command = command;
	a->server_name = server_name;
	a->limit_ms = limit_ms;
	job_pool_open(&a->pool, AUTH_COMMAND_THREADS, AUTH_COMMAND_QUEUE_MAX,
		      AUTH_COMMAND_QUEUE_MAX / 2);
	*out = a;
	return 0;
}

void auth_command_close(struct auth_command *a)
{
	if (!a)
		return;
	job_pool_close(&a->pool);
	free(a);
}

void auth_command_use_helper(struct auth_command *a, struct helper *h)
{
	a->helper = h;
}

bool auth_command_is_running(const struct auth_command *a)
{
	return a && atomic_load(&a->running);
}

/* ---- the command, in a thread */

static void unavailable(struct check *c, const char *what, const char *why)
{
	c->result.outcome = AUTH_RESULT_UNAVAILABLE;
	snprintf(c->result.reason, sizeof(c->result.reason), "--auth-command: %s%s", what, why);
}

/* As PID 1 we may lose the command's exit status, if orphans are reaped at the very moment. */
static bool has_failed(int status)
{
	return status && status != -ECHILD;
}

/* Returns the length of the answer; -1: none, and the result says why. */
static ssize_t run(struct check *c, const char *input, char *answer)
{
	struct auth_command *a = c->command;
	struct auth_command_end end;
	ssize_t len;

	atomic_fetch_add(&a->running, 1);
	end = a->helper ? auth_command_ask(a->helper, a->limit_ms, input, answer)
			: auth_command_run(a->command, a->limit_ms, input, answer);
	atomic_fetch_sub(&a->running, 1);
	len = end.len;
	if (len >= 0 && end.status < 0 && end.status != -ECHILD)
		len = end.status;
	if (len >= 0 && has_failed(end.status)) {
		snprintf(answer, AUTH_COMMAND_LINE_MAX, "status %d", end.status);
		unavailable(c, "the command failed with ", answer);
		return -1;
	}
	if (len < 0)
		unavailable(c, "",
			    len == -EMSGSIZE    ? "the answer's line is too long"
			    : len == -ETIMEDOUT ? "it took too long"
						: strerror((int)-len));
	return len < 0 ? -1 : len;
}

static void take_name(struct check *c)
{
	struct bytes user = c->question->request.attempt->user;

	for (size_t i = 0; i < user.len && i < PPP_NAME_MAX; i++)
		c->result.name[i] = (char)(user.at[i] ? user.at[i] : '?');
}

/* False: the result says why there is no table. */
static bool ask_command(struct check *c)
{
	const struct auth_request *rq = &c->question->request;
	char input[AUTH_COMMAND_LINE_MAX], answer[AUTH_COMMAND_LINE_MAX];
	const char *why;
	ssize_t len;

	take_name(c);
	if (!auth_command_put(rq, c->command->server_name, input)) {
		snprintf(c->result.reason, sizeof(c->result.reason),
			 "the name or the password is not UTF-8");
		return false;
	}
	len = run(c, input, answer);
	if (len >= 0) {
		why = auth_command_read(rq, bytes_of(answer, (size_t)len), &c->users);
		if (why)
			unavailable(c, "the answer is wrong: ", why);
		else if (!c->users)
			snprintf(c->result.reason, sizeof(c->result.reason),
				 "the command refuses the login");
	}
	secret_wipe(input, sizeof(input));
	secret_wipe(answer, sizeof(answer));
	return c->users;
}

/* ---- the check */

static void open_eap(struct check *c)
{
	const struct eap_login_cfg cfg = { .server_name = c->command->server_name,
					   .methods = { EAP_MSCHAPV2 },
					   .method_count = 1 };

	c->eap = eap_login_open(&cfg);
	if (!c->eap)
		unavailable(c, "", strerror(ENOMEM));
}

static void work(struct check *c)
{
	const struct auth_request *rq = &c->question->request;

	if (c->eap)
		eap_login_input(c->eap, c->users, bytes_of(c->packet, c->packet_len), &c->result);
	else if (rq->attempt->method != PPP_AUTH_EAP)
		users_check(c->users, c->command->server_name, rq->attempt, &c->result);
	users_check_circumstances(c->users, c->command->server_name, &rq->source, time(NULL),
				  &c->result);
}

static void work_in_thread(struct job *job)
{
	struct check *c = container_of(job, struct check, job);

	if (!ask_command(c))
		return;
	if (c->question->request.attempt->method == PPP_AUTH_EAP)
		open_eap(c);
	work(c);
}

static void free_check(struct check *c)
{
	users_release(c->users);
	eap_login_close(c->eap);
	secret_wipe(c, sizeof(*c));
	free(c);
}

static void finish(struct check *c)
{
	bool is_over = c->result.outcome != AUTH_RESULT_CONTINUE;

	auth_answer(c->question, &c->result); /* may free the check, if it is not over */
	if (is_over)
		free_check(c);
}

static void done(struct job *job)
{
	struct check *c = container_of(job, struct check, job);

	c->is_job = false;
	finish(c);
}

static void check_now(struct loop_task *task)
{
	struct check *c = container_of(task, struct check, task);

	work(c);
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

static int ask(void *self, struct auth_question *q)
{
	struct ip_addr source = q->request.source;
	struct auth_command *a = self;
	struct check *c = calloc(1, sizeof(*c));
	int error = -EMSGSIZE;

	if (!c)
		return -ENOMEM;
	q->state = c;
	*c = (struct check){ .command = a,
			     .question = q,
			     .is_job = true,
			     .job = { .work = work_in_thread,
				      .done = done,
				      .discard = drop_job,
				      .source = source.family == AF_INET6 ? ip_mask(&source, 64)
									  : source },
			     .task = { .run = check_now } };
	if (take_packet(c, q->request.attempt->response))
		error = job_start(&a->pool, q->loop, &c->job);
	if (error)
		free_check(c);
	return error;
}

static int go_on(void *self, struct auth_question *q, struct bytes packet)
{
	struct check *c = q->state;

	(void)self;
	if (!c->eap || !take_packet(c, packet))
		return -EMSGSIZE;
	loop_post(q->loop, &c->task);
	return 0;
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

const struct auth_backend auth_command_backend = {
	.name = "command",
	.ask = ask,
	.go_on = go_on,
	.cancel = cancel,
};
