/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The user file as a backend: which checks leave the loop's thread, and what becomes of those that
 * are under way when the file is read again, when a session ends and when too many come.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/users_private.h"
#include "auth/user_file.h"
#include "eap/packet.h"
#include "support/pki.h"
#include "tls/open.h"

/* "secret" */
#define QUICK_CRYPT                                                                              \
	"$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/S0cZ5WrCciNZgfhbpkeFQ4JfkHX." \
	"8vPq45lY0iINnCx1Lkm."

enum { QUESTIONS_MAX = 2 * USER_FILE_SOURCE_MAX };

static struct {
	struct loop *loop;
	struct user_file *file;
	struct auth_service *service;
	char answered[32]; /* names of the askers, in order */
	struct auth_result result;
	char last;                       /* the loop stops after the answer to this one */
	enum auth_outcome outcomes[128]; /* by the asker's name */
} t;

static struct users *parse(const char *text)
{
	struct error err;
	struct users *u = NULL;

	if (users_parse("users", text, strlen(text), &u, &err))
		fail_msg("%s", err.text);
	return u;
}

static void open_file(const char *text)
{
	assert_int_equal(user_file_open(parse(text), "vpn", 1, &t.file), 0);
	assert_int_equal(auth_open(&user_file_backend, t.file, &t.service), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	return loop_open(&t.loop);
}

static int tear_down(void **state)
{
	(void)state;
	auth_close(t.service);
	user_file_close(t.file);
	loop_close(t.loop);
	return 0;
}

static void done(void *arg, const struct auth_result *result)
{
	char name = *(const char *)arg;

	t.answered[strlen(t.answered)] = name;
	t.result = *result;
	t.outcomes[(unsigned char)name] = result->outcome;
	if (name == t.last)
		loop_stop(t.loop);
}

static int try(const char *asker, uint8_t source, enum ppp_auth method, const char *user,
	       const char *password, uint64_t *id)
{
	struct ppp_attempt attempt = {
		.method = method,
		.user = bytes_text(user),
		.password = bytes_text(password),
	};
	struct auth_request rq = { .attempt = &attempt };

	rq.source = (struct ip_addr){ .family = AF_INET, .bytes = { 10, 0, 0, source } };
	return auth_ask(t.service, t.loop, &rq, done, (void *)(uintptr_t)asker, id);
}

static uint64_t log_in(const char *asker, enum ppp_auth method, const char *user,
		       const char *password)
{
	uint64_t id = 0;

	assert_int_equal(try(asker, 1, method, user, password, &id), 0);
	assert_true(id != 0);
	return id;
}

static void run_to(char last)
{
	t.last = last;
	assert_int_equal(loop_run(t.loop), 0);
}

static void ignore(void *arg, const struct users *before, const struct users *now)
{
	(void)arg;
	(void)before;
	(void)now;
}

/* ---- the cases */

static void a_quick_check_is_answered_at_the_end_of_the_turn(void **state)
{
	(void)state;
	open_file("ann * secret 10.1.0.7\n");
	log_in("a", PPP_AUTH_PAP, "ann", "secret");
	assert_string_equal(t.answered, "");
	run_to('a');
	assert_int_equal(t.result.outcome, AUTH_RESULT_OK);
	assert_int_equal(t.result.grant.ipv4, 0x0a010007);
	log_in("b", PPP_AUTH_PAP, "ann", "wrong");
	run_to('b');
	assert_int_equal(t.result.outcome, AUTH_RESULT_REFUSED);
	assert_string_equal(t.result.reason, "wrong password");
}

/* Answers a slow login and then a quick one; returns whether the quick one was first. */
static bool is_quick_first(const char *user)
{
	memset(t.answered, 0, sizeof(t.answered));
	log_in("s", PPP_AUTH_PAP, user, "secret");
	log_in("q", PPP_AUTH_CHAP_MD5, "ann", "");
	run_to('s');
	if (!strchr(t.answered, 'q'))
		run_to('q');
	assert_int_equal(t.outcomes['s'],
			 strcmp(user, "cid") ? AUTH_RESULT_OK : AUTH_RESULT_REFUSED);
	return *t.answered == 'q';
}

/*
 * A login by a method that is slow for any user is a job, also for an unknown user; quick logins that come later do
 * not wait for it. The job may be done before this thread runs again; never each time.
 */
static void a_slow_check_leaves_the_loop(void **state)
{
	static const char *const users[] = { "ann", "bob", "cid" };

	(void)state;
	open_file("ann * secret\nbob * " QUICK_CRYPT "\n");
	for (size_t i = 0; i < 3; i++) {
		unsigned tries = 1000;

		while (!is_quick_first(users[i]))
			assert_true(tries--);
	}
}

static void answers_come_in_order(void **state)
{
	(void)state;
	open_file("ann * " QUICK_CRYPT "\n");
	for (const char *at = "abcdef"; *at; at++)
		log_in(at, PPP_AUTH_PAP, "ann", "secret");
	run_to('f');
	assert_string_equal(t.answered, "abcdef");
}

/* One password is right in the old table, the other in the new one, which decides. */
static void a_reload_repeats_what_is_under_way(void **state)
{
	static const struct {
		const char *before, *now;
	} cases[] = {
		{ "ann * secret\n", "ann * other\n" },
		{ "ann * secret\n", "ann * other\nbob * " QUICK_CRYPT "\n" },
		{ "ann * " QUICK_CRYPT "\n", "ann * other\n" },
		{ "ann * " QUICK_CRYPT "\n", "ann * other\nbob * " QUICK_CRYPT "\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		open_file(cases[i].before);
		log_in("a", PPP_AUTH_PAP, "ann", "secret");
		log_in("b", PPP_AUTH_PAP, "ann", "other");
		user_file_replace(t.file, parse(cases[i].now), ignore, NULL);
		run_to('a');
		if (!strchr(t.answered, 'b'))
			run_to('b');
		assert_int_equal(t.outcomes['a'], AUTH_RESULT_REFUSED);
		assert_int_equal(t.outcomes['b'], AUTH_RESULT_OK);
		assert_int_equal(strlen(t.answered), 2);
		memset(t.answered, 0, sizeof(t.answered));
		auth_close(t.service);
		user_file_close(t.file);
	}
	open_file("");
}

static void check_both_tables(void *arg, const struct users *before, const struct users *now)
{
	assert_ptr_equal(arg, &t);
	assert_int_equal(users_count(before), 1);
	assert_int_equal(users_count(now), 2);
	assert_ptr_equal(user_file_users(t.file), now);
}

static void the_old_table_stays_as_long_as_it_is_used(void **state)
{
	(void)state;
	open_file("ann * " QUICK_CRYPT "\n");
	log_in("a", PPP_AUTH_PAP, "ann", "secret");
	user_file_replace(t.file, parse("ann * x\nbob * y\n"), check_both_tables, &t);
	auth_cancel(t.service, log_in("b", PPP_AUTH_PAP, "bob", "y"));
	run_to('a');
	assert_string_equal(t.result.reason, "wrong password");
}

static void canceled_checks_get_no_answer(void **state)
{
	uint64_t id[3];

	(void)state;
	open_file("ann * " QUICK_CRYPT "\n");
	id[0] = log_in("a", PPP_AUTH_PAP, "ann", "secret");
	id[1] = log_in("b", PPP_AUTH_PAP, "ann", "secret");
	id[2] = log_in("c", PPP_AUTH_CHAP_MD5, "ann", "");
	for (size_t i = 0; i < 3; i++)
		auth_cancel(t.service, id[i]);
	log_in("d", PPP_AUTH_PAP, "ann", "secret");
	run_to('d');
	assert_string_equal(t.answered, "d");
}

/* A check takes a few hundred milliseconds, so the queue fills up. */
static void too_many_are_refused(void **state)
{
	static uint64_t id[QUESTIONS_MAX];
	size_t count = 0;
	uint64_t other;
	int error = 0;

	(void)state;
	open_file("ann * $6$rounds=1000000$salt$FBG0w.ZiTm1LPUz5CFWbQZWz1WdYF4pBSLx.RvmF7kDXWmwbu8"
		  "Rnb5w6bMwuCJSKyc1hYhWqvhUvkEdOqBPhk1\n");
	while (!error && count < QUESTIONS_MAX)
		error = try("a", 1, PPP_AUTH_PAP, "ann", "secret", &id[count++]);
	assert_int_equal(error, -EDQUOT);
	assert_int_equal(try("b", 2, PPP_AUTH_PAP, "ann", "secret", &other), 0);
	auth_cancel(t.service, other);
	while (count)
		auth_cancel(t.service, id[--count]);
	assert_string_equal(t.answered, "");
}

/* ---- TLS inside EAP, which costs signatures */

static struct pki pki;
static size_t conversations, goal;

static void went_on(void *arg, const struct auth_result *result)
{
	(void)arg;
	assert_int_equal(result->outcome, AUTH_RESULT_CONTINUE);
	if (++conversations == goal)
		loop_stop(t.loop);
}

static void offer_eap_tls(void)
{
	struct eap_login_cfg eap = { .methods = { EAP_TLS }, .method_count = 1 };
	struct tls_server_cfg cfg = { .is_eap = true };
	struct pki_files files;
	struct tls_ctx *tls;
	struct error err;

	pki_init(&pki, "Test Authority");
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &files);
	cfg.cert_file = files.cert;
	cfg.key_file = files.key;
	cfg.client_ca_file = pki.ca_file;
	if (tls_ctx_server(&cfg, &tls, &err))
		fail_msg("%s", err.text);
	user_file_use_eap(t.file, &eap);
	user_file_use_tls(t.file, tls, NULL);
}

static void begin_eap(uint8_t source, uint64_t *id)
{
	struct ppp_attempt attempt = { .method = PPP_AUTH_EAP,
				       .user = bytes_text("ann"),
				       .response = bytes_of("\2\1\0\x8\1ann", 8) };
	struct auth_request rq = { .attempt = &attempt };

	rq.source = (struct ip_addr){ .family = AF_INET, .bytes = { 10, 0, 0, source } };
	assert_int_equal(auth_ask(t.service, t.loop, &rq, went_on, NULL, id), 0);
}

static int go_on(uint64_t id)
{
	return auth_continue(t.service, id, bytes_of("\2\2\0\x9\x0d\0\x16\3\1", 9));
}

/* While the only thread is busy, the packets of one address fill its share of the queue and no more. */
static void too_many_packets_of_tls_are_refused(void **state)
{
	static uint64_t id[QUESTIONS_MAX];
	uint64_t slow, other;
	size_t n;

	(void)state;
	open_file("ann * $6$rounds=1000000$salt$FBG0w.ZiTm1LPUz5CFWbQZWz1WdYF4pBSLx.RvmF7kDXWmwbu8"
		  "Rnb5w6bMwuCJSKyc1hYhWqvhUvkEdOqBPhk1\n");
	offer_eap_tls();
	goal = USER_FILE_SOURCE_MAX + 2;
	for (n = 0; n + 1 < goal; n++)
		begin_eap(1, &id[n]);
	begin_eap(2, &other);
	assert_int_equal(loop_run(t.loop), 0); /* all have the server's first packet */
	assert_int_equal(try("a", 3, PPP_AUTH_PAP, "ann", "secret", &slow), 0);
	for (n = 0; n < USER_FILE_SOURCE_MAX; n++)
		assert_int_equal(go_on(id[n]), 0);
	assert_int_equal(go_on(id[n]), -EDQUOT);
	assert_int_equal(go_on(other), 0);
	assert_int_equal(go_on(other), 0); /* without a Request in between: ignored */
	auth_cancel(t.service, other);
	for (n = 0; n + 1 < goal; n++)
		auth_cancel(t.service, id[n]);
	auth_cancel(t.service, slow);
	pki_free(&pki);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_quick_check_is_answered_at_the_end_of_the_turn),
		CASE(a_slow_check_leaves_the_loop),
		CASE(answers_come_in_order),
		CASE(a_reload_repeats_what_is_under_way),
		CASE(the_old_table_stays_as_long_as_it_is_used),
		CASE(canceled_checks_get_no_answer),
		CASE(too_many_are_refused),
		CASE(too_many_packets_of_tls_are_refused),
	};

	return cmocka_run_group_tests_name("auth/user_file", tests, NULL, NULL);
}
