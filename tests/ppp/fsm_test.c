/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * src/ppp/fsm.c against the table of RFC 1661 section 4.1 as the RFC prints it: an independent
 * copy, as text. "4" is a next state, "-" a cell that cannot happen, "scr,sca/8" actions before it.
 */
#include "ppp/fsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RFC_STATES = 10 };

/* Rows by event, columns by the RFC's state numbers; flags r, p, x left out. */
static const struct {
	enum fsm_event event;
	const char *cells;
} rfc[] = {
	{ FSM_UP, "2 irc,scr/6 - - - - - - - -" },
	{ FSM_DOWN, "- - 0 tls/1 0 1 1 1 1 tld/1" },
	{ FSM_OPEN, "tls/1 1 irc,scr/6 3 5 5 6 7 8 9" },
	{ FSM_CLOSE, "0 tlf/0 2 2 4 4 irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4" },
	{ FSM_TO_PLUS, "- - - - str/4 str/5 scr/6 scr/6 scr/8 -" },
	{ FSM_TO_MINUS, "- - - - tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 -" },
	{ FSM_RCR_PLUS, "- - sta/2 irc,scr,sca/8 4 5 sca/8 sca,tlu/9 sca/8 tld,scr,sca/8" },
	{ FSM_RCR_MINUS, "- - sta/2 irc,scr,scn/6 4 5 scn/6 scn/7 scn/6 tld,scr,scn/6" },
	{ FSM_RCA, "- - sta/2 sta/3 4 5 irc/7 scr/6 irc,tlu/9 tld,scr/6" },
	{ FSM_RCN, "- - sta/2 sta/3 4 5 irc,scr/6 scr/6 irc,scr/8 tld,scr/6" },
	{ FSM_RTR, "- - sta/2 sta/3 sta/4 sta/5 sta/6 sta/6 sta/6 tld,zrc,sta/5" },
	{ FSM_RTA, "- - 2 3 tlf/2 tlf/3 6 6 8 tld,scr/6" },
	{ FSM_RUC, "- - scj/2 scj/3 scj/4 scj/5 scj/6 scj/7 scj/8 scj/9" },
	{ FSM_RXJ_PLUS, "- - 2 3 4 5 6 6 8 9" },
	{ FSM_RXJ_MINUS, "- - tlf/2 tlf/3 tlf/2 tlf/3 tlf/3 tlf/3 tlf/3 tld,irc,str/5" },
	{ FSM_RXR, "- - 2 3 4 5 6 7 8 ser/9" },
};

static unsigned action(const char *word, size_t len)
{
	static const char *const names[] = { "tlu", "tld", "tls", "tlf", "irc", "zrc", "scr",
					     "sca", "scn", "str", "sta", "scj", "ser" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (len == 3 && !strncmp(names[i], word, 3))
			return 1u << i;
	fail_msg("no action %s", word);
	return 0;
}

/* RFC state 0 is our first, and so on in the same order. */
static void check_cell(enum fsm_event event, unsigned state, const char *cell)
{
	struct fsm f;
	unsigned wanted = 0, got;

	fsm_init(&f, "test", NULL, 0);
	f.state = (enum fsm_state)(FSM_INITIAL + state);
	got = fsm_step(&f, event, 1000);
	for (const char *slash = strchr(cell, '/'); slash && cell < slash; cell += 4)
		wanted |= action(cell, 3);
	if (*cell != '-')
		state = (unsigned)strtoul(cell, NULL, 10);
	if (got != wanted || f.state != (enum fsm_state)(FSM_INITIAL + state))
		fail_msg("event %d: wanted %s, got actions %x and state %d", (int)event, cell, got,
			 (int)f.state - FSM_INITIAL);
}

static void table_is_that_of_the_rfc(void **state)
{
	(void)state;
	assert_int_equal(sizeof(rfc) / sizeof(*rfc), FSM_EVENTS);
	for (size_t i = 0; i < FSM_EVENTS; i++) {
		char cells[128], *save = NULL;
		char *cell = strcpy(cells, rfc[i].cells);

		for (unsigned s = 0; s < RFC_STATES; s++, cell = NULL) {
			cell = strtok_r(cell, " ", &save);
			assert_non_null(cell);
			check_cell(rfc[i].event, s, cell);
		}
	}
}

/* Runs until the automaton gives up: how many requests were sent, and how long that took. */
static uint64_t run_out(struct fsm *f, unsigned *sent, uint32_t periods[], size_t room)
{
	unsigned actions;
	uint64_t now = 5000;

	fsm_step(f, FSM_OPEN, now);
	assert_true(f->timer_ms == UINT64_MAX);
	fsm_step(f, FSM_UP, now);
	*sent = 1;
	do {
		if (*sent <= room)
			periods[*sent - 1] = (uint32_t)(f->timer_ms - now);
		now = f->timer_ms;
		actions = fsm_step(f, fsm_timeout(f), now);
		*sent += (actions & FSM_SCR) != 0;
	} while (!(actions & FSM_TLF));
	assert_int_equal(f->state, FSM_STOPPED);
	assert_true(f->timer_ms == UINT64_MAX);
	return now - 5000;
}

static void configure_is_sent_soon_again_then_every_three_seconds(void **state)
{
	static const uint32_t wanted[] = { 300, 600, 1200, 2400, 3000, 3000, 3000 };
	enum { COUNT = sizeof(wanted) / sizeof(*wanted) };
	uint32_t periods[COUNT];
	struct fsm f;
	unsigned sent;

	(void)state;
	fsm_init(&f, "test", NULL, 0);
	assert_int_equal(run_out(&f, &sent, periods, COUNT), 4500 + 10 * 3000);
	assert_int_equal(sent, 4 + FSM_MAX_CONFIGURE);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(periods[i], wanted[i]);
}

/* No repeat while the response may be on its way, and at least thirty seconds in total. */
static void the_round_trip_sets_the_first_period(void **state)
{
	static const struct {
		uint32_t rtt_ms, first_ms;
	} cases[] = {
		{ 0, 300 },      { 1, 300 },       { 100, 300 },
		{ 101, 302 },    { 600, 1300 },    { 2000, 4100 },
		{ 5000, 10100 }, { 60000, 10100 }, { UINT32_MAX, 10100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t first;
		struct fsm f;
		unsigned sent;
		uint64_t patience;

		fsm_init(&f, "test", NULL, cases[i].rtt_ms);
		patience = run_out(&f, &sent, &first, 1);
		assert_int_equal(first, cases[i].first_ms);
		assert_in_range(patience, 30 * 1000, 110 * 1000);
	}
}

/* A peer whose request is acknowledged opens when it reads ours: no repeat may come soon after. */
static void a_repeat_waits_longer_in_ack_sent(void **state)
{
	struct fsm f;

	(void)state;
	fsm_init(&f, "test", NULL, 0);
	fsm_step(&f, FSM_OPEN, 0);
	fsm_step(&f, FSM_UP, 0);
	fsm_step(&f, FSM_RCR_PLUS, 290);
	assert_int_equal(f.state, FSM_ACK_SENT);
	assert_int_equal(f.timer_ms, 290 + FSM_ACKED_MS);
	fsm_step(&f, fsm_timeout(&f), f.timer_ms);
	assert_int_equal(f.timer_ms, 290 + 2 * FSM_ACKED_MS);
}

/* The peer has our request; what is missing is its own, which a repeat of ours does not bring. */
static void a_repeat_waits_a_full_period_in_ack_rcvd(void **state)
{
	struct fsm f;

	(void)state;
	fsm_init(&f, "test", NULL, 0);
	fsm_step(&f, FSM_OPEN, 0);
	fsm_step(&f, FSM_UP, 0);
	for (uint64_t now = 290; now < 40 * 1000; now = f.timer_ms + 10) {
		fsm_step(&f, FSM_RCA, now);
		assert_int_equal(f.state, FSM_ACK_RCVD);
		assert_int_equal(f.timer_ms, now + RESTART_MAX_MS);
		assert_true(fsm_step(&f, fsm_timeout(&f), f.timer_ms) & FSM_SCR);
	}
	fsm_init(&f, "test", NULL, 4000);
	fsm_step(&f, FSM_OPEN, 0);
	fsm_step(&f, FSM_UP, 0);
	fsm_step(&f, FSM_RCA, 4000);
	assert_int_equal(f.timer_ms, 4000 + 8100);
}

static void terminate_waits_for_a_long_line(void **state)
{
	struct fsm f;

	(void)state;
	fsm_init(&f, "test", NULL, 600);
	f.state = FSM_OPENED;
	assert_true(fsm_step(&f, FSM_CLOSE, 0) & FSM_STR);
	assert_int_equal(f.timer_ms, 1300);
	assert_true(fsm_step(&f, fsm_timeout(&f), f.timer_ms) & FSM_STR);
	assert_int_equal(f.timer_ms, 2600);
}

/* The end that closes the link waits this long. */
static void terminate_does_not_wait_for_long(void **state)
{
	static const uint32_t rtts_ms[] = { 1000, 5000, 60 * 1000, UINT32_MAX };
	struct fsm f;

	(void)state;
	for (size_t i = 0; i < sizeof(rtts_ms) / sizeof(*rtts_ms); i++) {
		fsm_init(&f, "test", NULL, rtts_ms[i]);
		f.state = FSM_OPENED;
		fsm_step(&f, FSM_CLOSE, 0);
		assert_true(fsm_step(&f, fsm_timeout(&f), f.timer_ms) & FSM_STR);
		assert_int_equal(f.timer_ms, 2 * FSM_TERMINATE_MAX_MS);
		assert_int_equal(fsm_step(&f, fsm_timeout(&f), f.timer_ms), FSM_TLF);
	}
	fsm_init(&f, "test", NULL, 5000);
	f.state = FSM_OPENED;
	fsm_step(&f, FSM_RTR, 0);
	assert_int_equal(f.timer_ms, FSM_TERMINATE_MAX_MS);
}

static void terminate_is_sent_twice_within_two_seconds(void **state)
{
	struct fsm f;
	unsigned actions;

	(void)state;
	fsm_init(&f, "test", NULL, 0);
	f.state = FSM_OPENED;
	assert_true(fsm_step(&f, FSM_CLOSE, 0) & FSM_STR);
	assert_true(fsm_step(&f, fsm_timeout(&f), f.timer_ms) & FSM_STR);
	assert_int_equal(f.timer_ms, 2000);
	actions = fsm_step(&f, fsm_timeout(&f), f.timer_ms);
	assert_int_equal(actions, FSM_TLF);
	assert_int_equal(f.state, FSM_CLOSED);
}

static void timer_runs_in_states_with_a_timeout_alone(void **state)
{
	struct fsm f;

	(void)state;
	fsm_init(&f, "test", NULL, 0);
	fsm_listen(&f);
	assert_int_equal(f.state, FSM_STOPPED);
	fsm_step(&f, FSM_RCR_PLUS, 0);
	assert_int_equal(f.timer_ms, FSM_ACKED_MS);
	fsm_step(&f, FSM_RCA, 100);
	assert_int_equal(f.state, FSM_OPENED);
	assert_true(f.timer_ms == UINT64_MAX);
	fsm_step(&f, FSM_RTR, 200);
	assert_int_equal(fsm_timeout(&f), FSM_TO_MINUS);
	assert_int_equal(f.timer_ms, 200 + FSM_TERMINATE_MS);
	fsm_step(&f, FSM_DOWN, 300);
	assert_true(f.timer_ms == UINT64_MAX);
}

static void a_response_reloads_the_counter(void **state)
{
	struct fsm f;

	(void)state;
	fsm_init(&f, "test", NULL, 0);
	fsm_step(&f, FSM_OPEN, 0);
	fsm_step(&f, FSM_UP, 0);
	for (int i = 0; i < 9; i++)
		fsm_step(&f, fsm_timeout(&f), f.timer_ms);
	assert_int_equal(f.tries_left, FSM_MAX_CONFIGURE - 6);
	fsm_step(&f, FSM_RCN, 1);
	assert_int_equal(f.tries_left, FSM_MAX_CONFIGURE);
	assert_int_equal(f.timer_ms, 1 + RESTART_MIN_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_that_of_the_rfc),
		cmocka_unit_test(configure_is_sent_soon_again_then_every_three_seconds),
		cmocka_unit_test(the_round_trip_sets_the_first_period),
		cmocka_unit_test(a_repeat_waits_longer_in_ack_sent),
		cmocka_unit_test(a_repeat_waits_a_full_period_in_ack_rcvd),
		cmocka_unit_test(terminate_waits_for_a_long_line),
		cmocka_unit_test(terminate_does_not_wait_for_long),
		cmocka_unit_test(terminate_is_sent_twice_within_two_seconds),
		cmocka_unit_test(timer_runs_in_states_with_a_timeout_alone),
		cmocka_unit_test(a_response_reloads_the_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
