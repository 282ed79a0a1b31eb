/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions and answers, with a backend that answers when the test tells it to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/auth_backend.h"

enum { MANY = 1000 };

static struct {
	struct loop *loop;
	struct auth_service *service;
	/* the backend */
	struct auth_question *asked[MANY], *canceled[MANY];
	size_t ask_count, cancel_count;
	int error;
	struct auth_question *went_on;
	char eap[32]; /* the packet of the last auth_continue */
	/* the askers */
	char answered[MANY + 1]; /* their names, in order */
	struct auth_result result;
	uint64_t id[MANY];
	uint64_t victim; /* the next answer cancels this question */
} t;

static int ask(void *self, struct auth_question *q)
{
	assert_ptr_equal(self, &t);
	assert_ptr_equal(q->loop, t.loop);
	if (!t.error)
		t.asked[t.ask_count++] = q;
	return t.error;
}

static void cancel(void *self, struct auth_question *q)
{
	assert_ptr_equal(self, &t);
	t.canceled[t.cancel_count++] = q;
}

static int go_on(void *self, struct auth_question *q, struct bytes eap)
{
	assert_ptr_equal(self, &t);
	if (t.error)
		return t.error;
	t.went_on = q;
	memcpy(t.eap, eap.at, eap.len);
	t.eap[eap.len] = '\0';
	return 0;
}

static const struct auth_backend backend = {
	.name = "test",
	.ask = ask,
	.go_on = go_on,
	.cancel = cancel,
};

static void done(void *arg, const struct auth_result *result)
{
	t.answered[strlen(t.answered)] = *(const char *)arg;
	t.result = *result;
	auth_cancel(t.service, t.victim);
}

static void *named(const char *name)
{
	return (void *)(uintptr_t)name;
}

static int try(const char *name, size_t at)
{
	struct ppp_attempt attempt = {
		.method = PPP_AUTH_PAP,
		.user = bytes_text(name),
		.password = bytes_text("secret"),
	};
	struct auth_request rq = { .attempt = &attempt, .session = at };

	return auth_ask(t.service, t.loop, &rq, done, named(name), &t.id[at]);
}

static void put_question(const char *name, size_t at)
{
	assert_int_equal(try(name, at), 0);
}

static void answer(size_t at, const char *name)
{
	struct auth_result result = { .outcome = AUTH_RESULT_OK };

	snprintf(result.name, sizeof(result.name), "%s", name);
	auth_answer(t.asked[at], &result);
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	return loop_open(&t.loop) || auth_open(&backend, &t, &t.service);
}

static int tear_down(void **state)
{
	(void)state;
	auth_close(t.service);
	loop_close(t.loop);
	return 0;
}

/* ---- the cases */

static void each_has_its_own_answer(void **state)
{
	(void)state;
	put_question("a", 0);
	put_question("b", 1);
	put_question("c", 2);
	assert_int_not_equal(t.id[0], t.id[1]);
	answer(2, "cid");
	assert_string_equal(t.result.name, "cid");
	answer(0, "ann");
	assert_string_equal(t.result.name, "ann");
	answer(1, "bob");
	assert_string_equal(t.answered, "cab");
}

/* The attempt belongs to the PPP engine, and is invalid after the next call of it. */
static void the_question_is_a_copy(void **state)
{
	uint8_t bytes[] = "annsecretchallengeresponse";
	struct ppp_attempt attempt = {
		.method = PPP_AUTH_MSCHAPV2,
		.identifier = 7,
		.user = bytes_of(bytes, 3),
		.password = bytes_of(bytes + 3, 6),
		.challenge = bytes_of(bytes + 9, 9),
		.response = bytes_of(bytes + 18, 8),
	};
	struct auth_request rq = { .attempt = &attempt, .session = 9 };
	const struct ppp_attempt *got;

	(void)state;
	assert_int_equal(auth_ask(t.service, t.loop, &rq, done, named("a"), &t.id[0]), 0);
	memset(bytes, 'x', sizeof(bytes));
	memset(&attempt, 0, sizeof(attempt));
	got = t.asked[0]->request.attempt;
	assert_int_equal(got->method, PPP_AUTH_MSCHAPV2);
	assert_int_equal(got->identifier, 7);
	assert_int_equal(got->user.len + got->password.len, 9);
	assert_memory_equal(got->user.at, "ann", 3);
	assert_memory_equal(got->password.at, "secret", 6);
	assert_int_equal(got->challenge.len + got->response.len, 17);
	assert_memory_equal(got->challenge.at, "challenge", 9);
	assert_memory_equal(got->response.at, "response", 8);
	assert_int_equal(t.asked[0]->request.session, 9);
	answer(0, "ann");
}

static void one_without_a_name(void **state)
{
	struct ppp_attempt attempt = { .method = PPP_AUTH_PAP };
	struct auth_request rq = { .attempt = &attempt };

	(void)state;
	assert_int_equal(auth_ask(t.service, t.loop, &rq, done, named("a"), &t.id[0]), 0);
	assert_int_equal(t.asked[0]->request.attempt->user.len, 0);
	answer(0, "");
	assert_string_equal(t.answered, "a");
}

static void what_is_canceled_is_not_answered(void **state)
{
	(void)state;
	put_question("a", 0);
	put_question("b", 1);
	auth_cancel(t.service, t.id[0]);
	assert_int_equal(t.cancel_count, 1);
	assert_ptr_equal(t.canceled[0], t.asked[0]);
	auth_cancel(t.service, t.id[0]); /* a second time has no effect */
	assert_int_equal(t.cancel_count, 1);
	answer(1, "bob");
	assert_string_equal(t.answered, "b");
	auth_drop(t.canceled[0]);
}

static void canceling_what_was_answered_is_harmless(void **state)
{
	(void)state;
	put_question("a", 0);
	answer(0, "ann");
	put_question("b", 1);
	auth_cancel(t.service, t.id[0]);
	auth_cancel(t.service, 0);
	assert_int_equal(t.cancel_count, 0);
	answer(1, "bob");
	assert_string_equal(t.answered, "ab");
}

/* As when a login evicts an older session whose login is being checked. */
static void an_answer_may_cancel_another_question(void **state)
{
	(void)state;
	put_question("a", 0);
	put_question("b", 1);
	t.victim = t.id[1];
	answer(0, "ann");
	assert_ptr_equal(t.canceled[0], t.asked[1]);
	auth_drop(t.canceled[0]);
	put_question("c", 2);
	t.victim = t.id[2]; /* itself */
	answer(2, "cid");
	assert_int_equal(t.cancel_count, 1);
	assert_string_equal(t.answered, "ac");
}

static void a_backend_may_have_no_time(void **state)
{
	(void)state;
	t.error = -EAGAIN;
	assert_int_equal(try("a", 0), -EAGAIN);
	assert_int_equal(t.id[0], 0);
	t.error = 0;
	put_question("b", 1);
	answer(0, "bob");
	assert_string_equal(t.answered, "b");
}

static void say(size_t at, const char *eap)
{
	struct auth_result result = { .outcome = AUTH_RESULT_CONTINUE, .eap = bytes_text(eap) };

	auth_answer(t.asked[at], &result);
}

static void a_conversation(void **state)
{
	(void)state;
	put_question("a", 0);
	put_question("b", 1);
	say(0, "who?");
	assert_int_equal(t.result.outcome, AUTH_RESULT_CONTINUE);
	assert_memory_equal(t.result.eap.at, "who?", 4);
	assert_int_equal(auth_continue(t.service, t.id[0], bytes_text("ann")), 0);
	assert_ptr_equal(t.went_on, t.asked[0]);
	assert_string_equal(t.eap, "ann");
	answer(1, "bob");
	say(0, "really?");
	assert_int_equal(auth_continue(t.service, t.id[0], bytes_text("yes")), 0);
	assert_string_equal(t.eap, "yes");
	answer(0, "ann");
	assert_int_equal(t.result.outcome, AUTH_RESULT_OK);
	assert_string_equal(t.answered, "abaa");
	assert_int_equal(auth_continue(t.service, t.id[0], bytes_text("more")), -ENOENT);
	assert_string_equal(t.eap, "yes");
}

static void a_conversation_may_be_broken_off(void **state)
{
	(void)state;
	put_question("a", 0);
	say(0, "who?");
	auth_cancel(t.service, t.id[0]);
	assert_ptr_equal(t.canceled[0], t.asked[0]);
	auth_drop(t.asked[0]);
	assert_int_equal(auth_continue(t.service, t.id[0], bytes_text("ann")), -ENOENT);
	/* from within the answer */
	put_question("b", 1);
	t.victim = t.id[1];
	say(1, "who?");
	assert_int_equal(t.cancel_count, 2);
	auth_drop(t.asked[1]);
}

static void a_backend_may_not_go_on(void **state)
{
	(void)state;
	put_question("a", 0);
	say(0, "who?");
	t.error = -EAGAIN;
	assert_int_equal(auth_continue(t.service, t.id[0], bytes_text("ann")), -EAGAIN);
	auth_cancel(t.service, t.id[0]);
	auth_drop(t.canceled[0]);
}

static void many_at_a_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANY; i++)
		put_question("x", i);
	for (size_t i = 0; i < MANY; i += 2)
		answer(i, "ann");
	for (size_t i = 1; i < MANY; i += 2)
		auth_cancel(t.service, t.id[i]);
	assert_int_equal(strlen(t.answered), MANY / 2);
	assert_int_equal(t.cancel_count, MANY / 2);
	while (t.cancel_count)
		auth_drop(t.canceled[--t.cancel_count]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_has_its_own_answer),
		CASE(the_question_is_a_copy),
		CASE(one_without_a_name),
		CASE(what_is_canceled_is_not_answered),
		CASE(canceling_what_was_answered_is_harmless),
		CASE(an_answer_may_cancel_another_question),
		CASE(a_backend_may_have_no_time),
		CASE(a_conversation),
		CASE(a_conversation_may_be_broken_off),
		CASE(a_backend_may_not_go_on),
		CASE(many_at_a_time),
	};

	return cmocka_run_group_tests_name("auth/service", tests, NULL, NULL);
}
