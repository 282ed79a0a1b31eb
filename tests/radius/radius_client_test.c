/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client with servers simulated by the test, on a clock that the test advances. */
#include "radius/radius_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = RADIUS_PORTS * RADIUS_IDS + 10, PACKET_SIZE = 200, LOG_MAX = 20000 };

static struct radius_client *c;
static uint64_t now;

static struct sent {
	unsigned server, port;
	uint64_t at_ms;
	uint8_t packet[PACKET_SIZE];
	size_t len;
} * sent;
static size_t sent_count;

/* The other events, as letters with numbers: "a1" answer to request 1, "D0" server 0 is dead. */
static char events[LOG_MAX];

static struct one {
	struct radius_request request;
	uint8_t packet[PACKET_SIZE];
} * ones;

static const struct bytes secret = { (const uint8_t *)"testing123", 10 };

static void dice(void *arg, void *to, size_t len)
{
	static uint32_t n;
	uint8_t *at = to;

	(void)arg;
	while (len--)
		*at++ = (uint8_t)((n = n * 1103515245 + 12345) >> 16);
}

static void note(char what, unsigned number)
{
	size_t len = strlen(events);

	snprintf(events + len, sizeof(events) - len, "%c%u ", what, number);
}

static unsigned number_of(const struct radius_request *r)
{
	for (unsigned i = 0; i < MANY; i++)
		if (r == &ones[i].request)
			return i;
	fail_msg("an event of a request that is not ours");
	return 0;
}

static void drain(void)
{
	struct radius_out out;

	while (radius_client_next(c, &out))
		switch (out.type) {
		case RADIUS_OUT_SEND:
			assert_true(sent_count < LOG_MAX);
			sent[sent_count] =
				(struct sent){ out.server, out.port, now, { 0 }, out.packet.len };
			memcpy(sent[sent_count++].packet, out.packet.at, out.packet.len);
			break;
		case RADIUS_OUT_ANSWER:
			note('a', number_of(out.request));
			break;
		case RADIUS_OUT_FAILED:
			note('f', number_of(out.request));
			break;
		case RADIUS_OUT_UNSIGNED:
			note('u', number_of(out.request));
			break;
		case RADIUS_OUT_DEAD:
			note('D', out.server);
			break;
		case RADIUS_OUT_ALIVE:
			note('L', out.server);
			break;
		}
}

static void expect(const char *wanted)
{
	assert_string_equal(events, wanted);
	*events = '\0';
}

static void open_client(unsigned servers, enum radius_demand demand)
{
	struct radius_client_cfg cfg = { .random = dice, .demand = demand, .nas = "vpn" };

	radius_client_open(c, &cfg);
	for (unsigned i = 0; i < servers; i++)
		assert_true(radius_client_add(c, secret, false));
}

static int set_up(void **state)
{
	(void)state;
	now = 1000;
	sent_count = 0;
	*events = '\0';
	c = calloc(1, sizeof(*c));
	ones = calloc(MANY, sizeof(*ones));
	sent = calloc(LOG_MAX, sizeof(*sent));
	if (!c || !ones || !sent)
		return -1;
	open_client(2, RADIUS_REQUIRE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(c);
	free(ones);
	free(sent);
	return 0;
}

static struct radius_request *begin(unsigned number, enum radius_code code)
{
	struct one *o = &ones[number];
	struct writer w = writer_of(o->packet, sizeof(o->packet));

	radius_begin(&w, code);
	radius_put_text(&w, RADIUS_USER_NAME, "ann");
	o->request = (struct radius_request){ .packet = o->packet, .server = RADIUS_ANY };
	if (code == RADIUS_ACCESS_REQUEST) {
		o->request.password = (struct bytes){ (const uint8_t *)"s3cret", 6 };
		o->request.password_at = radius_put_password_gap(&w, 6);
	} else {
		o->request.delay_at = w.len + 2;
		o->request.born_ms = now;
		radius_put_number(&w, RADIUS_ACCT_DELAY_TIME, 0);
	}
	o->request.len = w.len;
	return &o->request;
}

static void ask(unsigned number)
{
	radius_client_send(c, begin(number, RADIUS_ACCESS_REQUEST), now);
	drain();
}

static void run_until(uint64_t ms)
{
	while (radius_client_deadline(c) <= ms) {
		if (radius_client_deadline(c) > now)
			now = radius_client_deadline(c);
		radius_client_tick(c, now);
		drain();
	}
	now = ms;
}

static void answer_with(const struct sent *s, enum radius_code code, bool has_ma)
{
	uint8_t packet[PACKET_SIZE];
	struct writer w = writer_of(packet, sizeof(packet));

	radius_begin_response(&w, code, s->packet[1], has_ma);
	radius_sign_response(packet, w.len, s->packet + 4, secret);
	radius_client_input(c, s->server, s->port, bytes_of(packet, w.len), now);
	drain();
}

static void answer(size_t number)
{
	answer_with(&sent[number], RADIUS_ACCESS_ACCEPT, true);
}

static bool is_same_packet(const struct sent *a, const struct sent *b)
{
	return a->len == b->len && a->server == b->server && a->port == b->port &&
	       !memcmp(a->packet, b->packet, a->len);
}

/* ---- the cases */

static void answered_at_once(void **state)
{
	(void)state;
	ask(0);
	assert_int_equal(sent_count, 1);
	answer(0);
	expect("a0 ");
	answer(0); /* doubled */
	run_until(now + 60000);
	expect("");
	assert_int_equal(sent_count, 1);
}

/* A repeat is the same packet; the next server gets another one. */
static void repeated_then_to_the_next_server(void **state)
{
	(void)state;
	ask(0);
	run_until(1000 + RADIUS_SERVER_MS + 100);
	assert_int_equal(sent_count, 4); /* at 0, 2 and 6 s; the next server's at 12 s */
	assert_true(is_same_packet(&sent[0], &sent[1]));
	assert_true(is_same_packet(&sent[0], &sent[2]));
	assert_in_range(sent[1].at_ms, 2800, 3200);
	assert_in_range(sent[2].at_ms, 6400, 7600);
	assert_int_equal(sent[3].server, 1);
	assert_memory_not_equal(sent[3].packet + 4, sent[0].packet + 4, RADIUS_AUTH_LEN);
	answer(0); /* late, and from the first server */
	expect("D0 ");
	answer(3);
	expect("a0 ");
}

static void all_silent(void **state)
{
	(void)state;
	ask(0);
	run_until(1000 + RADIUS_TOTAL_MS);
	expect("D0 D1 f0 ");
}

/* After three requests in a row the others move at once. */
static void dead_after_three_silences(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		ask(i);
	run_until(1000 + 2300);
	assert_true(c->servers[0].is_dead);
	for (size_t i = sent_count - 5; i < sent_count; i++)
		assert_int_equal(sent[i].server, 1);
	for (size_t i = sent_count - 5, end = sent_count; i < end; i++)
		answer(i);
	expect("D0 a0 a1 a2 a3 a4 ");
	ask(5);
	assert_int_equal(sent[sent_count - 1].server, 1);
	answer(sent_count - 1);
	expect("a5 ");
}

/* This host was stopped, maybe the server with it: it is asked again, and is not dead for that. */
static void a_pause_of_this_host_is_no_silence(void **state)
{
	static const uint64_t pauses_ms[] = { 3000, 13 * 1000, 31 * 1000 };

	(void)state;
	for (size_t p = 0; p < sizeof(pauses_ms) / sizeof(*pauses_ms); p++) {
		size_t first = sent_count;

		for (unsigned i = 0; i < 5; i++)
			ask(i);
		now += pauses_ms[p];
		radius_client_tick(c, now);
		drain();
		expect("");
		assert_int_equal(sent_count, first + 10);
		for (size_t i = first + 5; i < first + 10; i++) {
			assert_int_equal(sent[i].server, 0);
			answer(i);
		}
		expect("a0 a1 a2 a3 a4 ");
	}
}

/* Also if the time for this server ends in the pause, after the last repeat. */
static void a_pause_over_the_end_of_a_server_is_no_silence(void **state)
{
	(void)state;
	ask(0);
	run_until(1000 + 6500);
	now += 13500;
	radius_client_tick(c, now);
	drain();
	expect("");
	assert_int_equal(sent[sent_count - 1].server, 0);
	answer(sent_count - 1);
	expect("a0 ");
}

/* A request that is new after a pause of ten minutes does not wait for that long. */
static void a_pause_prolongs_nothing_without_end(void **state)
{
	(void)state;
	ask(0);
	now += 600 * 1000;
	ask(1);
	radius_client_tick(c, now);
	drain();
	run_until(now + RADIUS_TOTAL_MS);
	assert_true(c->servers[0].is_dead);
	assert_true(c->servers[1].is_dead);
}

/* But it ends: a server that is silent after the pause too is dead in time. */
static void silence_after_a_pause_counts(void **state)
{
	(void)state;
	ask(0);
	now += 13 * 1000;
	radius_client_tick(c, now);
	drain();
	run_until(now + RADIUS_TOTAL_MS);
	expect("D0 D1 f0 ");
}

/* A server that was restarted: what it missed is repeated, and does not count against it. */
static void silences_before_an_answer_do_not_count(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		ask(i);
	now += 1700;
	ask(4);
	answer(sent_count - 1);
	run_until(1000 + 2300); /* the first repeats of the others */
	assert_false(c->servers[0].is_dead);
	expect("a4 ");
}

static void answers_to_probes_revive(void **state)
{
	size_t last;

	(void)state;
	dead_after_three_silences(state);
	for (unsigned i = 0; i < RADIUS_PROBES; i++) {
		last = sent_count;
		run_until(now + RADIUS_PROBE_MS);
		while (sent[last].packet[0] != RADIUS_STATUS_SERVER)
			last++;
		assert_int_equal(sent[last].server, 0);
		*events = '\0';
		answer_with(&sent[last], RADIUS_ACCESS_ACCEPT, false);
	}
	expect("L0 ");
	ask(6);
	assert_int_equal(sent[sent_count - 1].server, 0);
}

/* Without an answer to probes a dead server gets one request when its time is over. */
static void one_request_tries_a_dead_server(void **state)
{
	(void)state;
	dead_after_three_silences(state);
	run_until(now + RADIUS_DEAD_MS);
	ask(6);
	assert_int_equal(sent[sent_count - 1].server, 0);
	ask(7);
	assert_int_equal(sent[sent_count - 1].server, 1);
	answer(sent_count - 2);
	ask(8);
	assert_int_equal(sent[sent_count - 1].server, 0);
}

static void forged_answers_are_dropped(void **state)
{
	struct sent forged;

	(void)state;
	ask(0);
	forged = sent[0];
	forged.packet[4] ^= 1; /* signed for another request */
	answer_with(&forged, RADIUS_ACCESS_ACCEPT, true);
	forged = sent[0];
	forged.packet[1] ^= 1; /* another Identifier */
	answer_with(&forged, RADIUS_ACCESS_ACCEPT, true);
	answer_with(&sent[0], RADIUS_ACCOUNTING_RESPONSE, true);
	expect("");
	answer(0);
	expect("a0 ");
}

static void answers_must_be_signed(void **state)
{
	(void)state;
	ask(0);
	answer_with(&sent[0], RADIUS_ACCESS_REJECT, false);
	expect("u0 ");

	open_client(1, RADIUS_AUTO);
	ask(1);
	answer_with(&sent[1], RADIUS_ACCESS_ACCEPT, false);
	expect("a1 ");
	begin(2, RADIUS_ACCESS_REQUEST)->must_be_signed = true; /* EAP */
	radius_client_send(c, &ones[2].request, now);
	drain();
	answer_with(&sent[2], RADIUS_ACCESS_ACCEPT, false);
	expect("u2 ");
	begin(3, RADIUS_ACCESS_REQUEST)->must_be_signed = true;
	radius_client_send(c, &ones[3].request, now);
	drain();
	answer(3);
	expect("a3 ");
	ask(4); /* old servers sign EAP alone */
	answer_with(&sent[4], RADIUS_ACCESS_ACCEPT, false);
	expect("a4 ");
	ask(5);
	answer(5);
	expect("a5 ");
	ask(6); /* it has signed one before */
	answer_with(&sent[6], RADIUS_ACCESS_ACCEPT, false);
	expect("u6 ");
}

static void a_canceled_request_has_no_event(void **state)
{
	(void)state;
	ask(0);
	radius_client_cancel(c, &ones[0].request, now);
	radius_client_cancel(c, &ones[0].request, now);
	answer(0);
	run_until(now + 60000);
	expect("");
	ask(1);
	assert_int_not_equal(sent[1].packet[1], sent[0].packet[1]); /* not the same Identifier */
}

static void more_requests_than_identifiers(void **state)
{
	(void)state;
	open_client(1, RADIUS_REQUIRE);
	for (unsigned i = 0; i < MANY; i++)
		ask(i);
	assert_int_equal(sent_count, RADIUS_PORTS * RADIUS_IDS);
	for (size_t i = 0; i < sent_count; i++)
		answer(i);
	assert_int_equal(sent_count, MANY);
	run_until(now + 60000);
	assert_null(strchr(events, 'f'));
}

/* A conversation stays at its server. */
static void pinned_to_a_server(void **state)
{
	(void)state;
	begin(0, RADIUS_ACCESS_REQUEST)->server = 1;
	radius_client_send(c, &ones[0].request, now);
	drain();
	run_until(1000 + RADIUS_TOTAL_MS);
	for (size_t i = 0; i < sent_count; i++)
		if (sent[i].packet[0] == RADIUS_ACCESS_REQUEST)
			assert_int_equal(sent[i].server, 1);
	expect("D1 f0 ");
}

/* Section 5.2 of RFC 2866: the time since the event, so each server's packet has its own. */
static void accounting_counts_its_delay(void **state)
{
	size_t at;

	(void)state;
	radius_client_send(c, begin(0, RADIUS_ACCOUNTING_REQUEST), now);
	drain();
	at = ones[0].request.delay_at;
	run_until(1000 + RADIUS_SERVER_MS + 100);
	assert_int_equal(load_u32(sent[0].packet + at), 0);
	assert_int_equal(sent[sent_count - 1].server, 1);
	assert_in_range(load_u32(sent[sent_count - 1].packet + at), 12, 13);
	answer_with(&sent[sent_count - 1], RADIUS_ACCOUNTING_RESPONSE, false);
	expect("D0 a0 ");
}

/* Another thread's clock may be a little ahead of the loop's. */
static void a_record_from_the_future_has_no_delay(void **state)
{
	(void)state;
	begin(0, RADIUS_ACCOUNTING_REQUEST)->born_ms = now + 3;
	radius_client_send(c, &ones[0].request, now);
	drain();
	assert_int_equal(load_u32(sent[0].packet + ones[0].request.delay_at), 0);
}

static void refused_goes_to_the_next_at_once(void **state)
{
	(void)state;
	ask(0);
	radius_client_refused(c, 0, now);
	drain();
	assert_int_equal(sent[1].server, 1);
	radius_client_refused(c, 1, now); /* no other one is alive: go on trying */
	drain();
	assert_int_equal(sent_count, 2);
	answer(1);
	expect("D0 a0 ");
}

static void a_broken_stream_is_sent_again(void **state)
{
	struct radius_client_cfg cfg = { .random = dice, .nas = "vpn" };

	(void)state;
	radius_client_open(c, &cfg);
	radius_client_add(c, secret, true);
	ask(0);
	assert_int_equal(sent_count, 0);
	radius_client_stream(c, 0, true, now);
	drain();
	run_until(now + 5000);
	assert_int_equal(sent_count, 1); /* nothing is repeated */
	radius_client_stream(c, 0, false, now);
	radius_client_stream(c, 0, true, now);
	drain();
	assert_int_equal(sent_count, 2);
	assert_true(is_same_packet(&sent[0], &sent[1]));
	answer_with(&sent[1], RADIUS_ACCESS_ACCEPT, false);
	expect("a0 ");
}

/* Each packet either way may be lost, doubled or late; every request gets exactly one event. */
static void any_loss_gives_one_event(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		size_t from = sent_count;
		uint8_t luck;

		ask(i);
		for (unsigned step = 0; step < 20; step++) {
			size_t end = sent_count;

			for (; from < end; from++) {
				dice(NULL, &luck, 1);
				if (luck & 1 && sent[from].packet[0] == RADIUS_ACCESS_REQUEST)
					answer(from);
				if (luck & 2 && sent[from].packet[0] == RADIUS_ACCESS_REQUEST)
					answer(from);
			}
			run_until(now + 3000);
		}
	}
	run_until(now + 60000);
	for (unsigned i = 0; i < 200; i++) {
		char text[2][16];
		const char *first[2];

		snprintf(text[0], sizeof(text[0]), "a%u ", i);
		snprintf(text[1], sizeof(text[1]), "f%u ", i);
		first[0] = strstr(events, text[0]);
		first[1] = strstr(events, text[1]);
		assert_true(!first[0] != !first[1]);
		assert_null(strstr((first[0] ? first[0] : first[1]) + 1, text[first[0] ? 0 : 1]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answered_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(repeated_then_to_the_next_server, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(all_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dead_after_three_silences, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pause_of_this_host_is_no_silence, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_pause_over_the_end_of_a_server_is_no_silence,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pause_prolongs_nothing_without_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(silence_after_a_pause_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silences_before_an_answer_do_not_count, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(answers_to_probes_revive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_request_tries_a_dead_server, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forged_answers_are_dropped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_must_be_signed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_canceled_request_has_no_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_requests_than_identifiers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pinned_to_a_server, set_up, tear_down),
		cmocka_unit_test_setup_teardown(accounting_counts_its_delay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_record_from_the_future_has_no_delay, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(refused_goes_to_the_next_at_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_broken_stream_is_sent_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_loss_gives_one_event, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
