/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tunnel's connection that has changed to BBR, on a line like LTE's with a clock that the test turns: what
 * the socket holds (unsent.h) and whether the speed is limited (choice.h) decide how soon BBR's startup ends,
 * how long the line's queue is, and what is left of it for the other direction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bbr.h"
#include "tunnel/choice.h"
#include "tunnel/unsent.h"

enum {
	UP,
	DOWN,
	STEP_US = 250,
	LOOK_US = UNSENT_LOOK_MS * 1000,
	BEGIN_US = 1000 * 1000,
	SEEDS = 5,
	/* By then CUBIC has filled the queue. */
	QUEUE_PACKETS = 300,
};

static const char *const lte[] = {
	"rate=10M delay=30 queue=300ms jitter=20 burst=0.1,20",
	"rate=30M delay=30 queue=300ms jitter=20 burst=0.1,20",
};

/* One direction, and what is measured of it after the first second: means over the seeds. */
static struct side {
	struct way way;
	struct bbr bbr;
	struct choice choice;
	bool sends;
	uint64_t delivered, lost; /* before */
	double queue_ms_sum;
	double mbit, loss_percent, queue_ms;
} sides[2];

static void set_line(struct way *w, const char *settings)
{
	char copy[200], *rest = copy, *word;

	assert_true(strlen(settings) < sizeof(copy));
	strcpy(copy, settings);
	while ((word = strtok_r(rest, " ", &rest)))
		assert_true(way_set(w, word, 0));
}

static void set_up_sides(const char *const *line, unsigned seed, uint32_t window)
{
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &sides[i];

		way_init(&s->way, 2 * seed + i);
		set_line(&s->way, line[i]);
		bbr_init(&s->bbr, &s->way, &sides[!i].way, (uint8_t)(2 * i + 1));
		s->bbr.cwnd = QUEUE_PACKETS;
		s->bbr.window = window;
		s->bbr.room = UNSENT_START / BBR_MSS;
		s->choice = (struct choice){ 0 };
		s->queue_ms_sum = 0;
	}
}

/* What a tunnel does every UNSENT_LOOK_MS. */
static void look(struct side *s, const struct side *other, uint64_t now_us)
{
	struct bbr *b = &s->bbr;
	bool is_startup = b->mode == BBR_STARTUP;
	struct choice_facts f = {
		.rtt_ms = b->srtt_us / 1000,
		.min_rtt_ms = b->min_us / 1000,
		.sent = (uint32_t)b->delivered * BBR_MSS,
		.received = (uint32_t)other->bbr.delivered * BBR_MSS,
		.startup_rate = is_startup ? (uint32_t)(b->rate * BBR_MSS * 1e6) : 0,
	};
	uint64_t rate;

	if (!s->sends || !f.rtt_ms)
		return;
	b->room = (uint32_t)(unsent_limit((uint64_t)(b->sample_rate * BBR_MSS * 1e6), is_startup) /
			     BBR_MSS);
	if (choice_limit(&s->choice, &f, now_us / 1000, &rate))
		b->cap = rate;
}

static void deliver(struct way *w, uint64_t now_us)
{
	struct way_packet *p;

	while ((p = way_get(w, now_us * 1000))) {
		bbr_take(&sides[p->at[0] > 2].bbr, p, now_us);
		free(p);
	}
}

static void step(uint64_t now_us)
{
	for (int i = 0; i < 2; i++)
		deliver(&sides[i].way, now_us);
	for (int i = 0; i < 2; i++) {
		struct side *s = &sides[i];

		if (s->sends)
			bbr_send(&s->bbr, now_us);
		if (now_us % LOOK_US == 0)
			look(s, &sides[!i], now_us);
		s->queue_ms_sum += (double)s->way.queued_bytes * 8000 / s->way.cfg.rate;
	}
}

static void begin_to_measure(void)
{
	for (int i = 0; i < 2; i++) {
		sides[i].delivered = sides[i].bbr.delivered;
		sides[i].lost = sides[i].bbr.lost;
		sides[i].queue_ms_sum = 0;
	}
}

static void measure(struct side *s, uint64_t us)
{
	double delivered = (double)(s->bbr.delivered - s->delivered);
	double lost = (double)(s->bbr.lost - s->lost);

	s->mbit += delivered * BBR_MSS * 8 / (double)us / SEEDS;
	s->loss_percent += 100 * lost / (delivered + lost + 1) / SEEDS;
	s->queue_ms += s->queue_ms_sum * STEP_US / (double)us / SEEDS;
}

/* Seconds 1 to `seconds` after BBR begins. `window`: of the flows inside, packets. */
static void run(bool up, bool down, uint32_t window, unsigned seconds)
{
	uint64_t end_us = BEGIN_US * (seconds + 1ull);

	memset(sides, 0, sizeof(sides));
	sides[UP].sends = up;
	sides[DOWN].sends = down;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		set_up_sides(lte, seed, window);
		for (uint64_t now = BEGIN_US; now < end_us; now += STEP_US) {
			if (now == 2 * BEGIN_US)
				begin_to_measure();
			step(now);
		}
		for (int i = 0; i < 2; i++) {
			measure(&sides[i], end_us - 2 * BEGIN_US);
			way_free(&sides[i].way);
		}
	}
}

static void is_between(const char *what, double value, double low, double high)
{
	if (value < low || value > high)
		fail_msg("%s: %.2f, not %.2f to %.2f", what, value, low, high);
}

/* Else the startup goes on, with 220 ms in the queue. */
static void an_upload_leaves_the_startup(void **state)
{
	(void)state;
	run(true, false, 0, 8);
	assert_int_not_equal(sides[UP].bbr.mode, BBR_STARTUP);
	is_between("Mbit/s", sides[UP].mbit, 9.3, 10);
	is_between("queue, ms", sides[UP].queue_ms, 20, 130);
}

/* Else the download has 7 Mbit/s: its acknowledgments wait in the upload's queue, and 4 % of its packets are lost. */
static void a_download_beside_an_upload(void **state)
{
	(void)state;
	run(true, true, 0, 8);
	is_between("up, Mbit/s", sides[UP].mbit, 9, 10);
	is_between("down, Mbit/s", sides[DOWN].mbit, 9, 30);
	is_between("down, lost, %", sides[DOWN].loss_percent, 0, 1);
	is_between("queue, ms", sides[UP].queue_ms, 20, 150);
}

#define CASE(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_upload_leaves_the_startup),
		CASE(a_download_beside_an_upload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
