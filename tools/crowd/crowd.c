/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Orders. A login's time is from the first SYN to the first packet that may pass. An answer is
 * printed as soon as its order is done; the clients stay, and the loop answers echoes meanwhile.
 */
#include "crowd.h"
#include "tls/open.h"
#include "tls/tickets.h"
#include "util/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	TICK_MS = 100,
	REPEAT_US = 1000 * 1000, /* an echo that takes this long is lost */
};

uint64_t crowd_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- SSTP's echoes, which only the debug log reports */

static struct crowd *hello_counter;

static void count_hello(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	if (strstr(line, "got Echo-Request"))
		hello_counter->hellos++;
	else if (strstr(line, "got Echo-Response"))
		hello_counter->answered_hellos++;
}

static void count_hellos(struct crowd *crowd)
{
	hello_counter = crowd;
	crowd->hellos = crowd->answered_hellos = 0;
	log_set_sink(count_hello);
	log_set_level(LOG_LEVEL_DEBUG);
}

static void stop_counting_hellos(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	log_set_sink(NULL);
}

/* ---- replies */

/* The distribution of replies a second over the clients. */
static void print_fairness(struct crowd *crowd, double seconds)
{
	struct samples rates = { NULL, 0, 0 };
	uint64_t answers = 0;

	for (struct client *c = crowd->first; c; c = c->next) {
		if (!c->is_echoing)
			continue;
		samples_note(&rates, (uint64_t)(c->echo_answers / seconds));
		answers += c->echo_answers;
		c->is_echoing = false;
	}
	printf(", \"answers\": %" PRIu64 ", \"repeats\": %zu, \"clients\": %zu", answers,
	       crowd->repeats, rates.count);
	samples_print(&rates, "client_rate");
	free(rates.at);
}

/* The reason is ours or was quoted by the log: no quote, no control character. */
static void answer(struct crowd *crowd)
{
	double seconds = (double)(crowd_now_us() - crowd->begun_us) / 1e6;

	printf("{\"seconds\": %.3f, \"done\": %zu, \"resumed\": %zu, \"failed\": %zu, \"lost\": %zu, "
	       "\"up\": %zu",
	       seconds, crowd->done, crowd->resumed, crowd->failed, crowd->lost, crowd->up);
	if (crowd->order.what == ORDER_ECHO)
		print_fairness(crowd, seconds);
	if (crowd->order.what == ORDER_IDLE)
		printf(", \"hellos_from_server\": %zu, \"hellos_answered\": %zu", crowd->hellos,
		       crowd->answered_hellos);
	samples_print(&crowd->times, "us");
	for (char *at = crowd->reason; *at; at++)
		if (*at == '"' || *at == '\\')
			*at = '\'';
	printf(", \"reason\": \"%s\"}\n", crowd->reason);
	fflush(stdout);
}

static void finish(struct crowd *crowd)
{
	loop_timer_stop(crowd->loop, &crowd->timer);
	answer(crowd);
	stop_counting_hellos();
	crowd->done = crowd->resumed = crowd->failed = crowd->lost =
		0; /* a session may be lost between two orders */
	crowd->reason[0] = '\0';
	crowd->order.what = ORDER_NONE;
	crowd_is_done(crowd);
}

/* ---- clients come and go */

static void add(struct crowd *crowd, struct client *c)
{
	c->next = NULL;
	c->prev = crowd->last;
	if (crowd->last)
		crowd->last->next = c;
	else
		crowd->first = c;
	crowd->last = c;
}

static void remove_client(struct crowd *crowd, struct client *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		crowd->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		crowd->last = c->prev;
}

/* How many clients may have been started by now. */
static size_t allowed(const struct crowd *crowd)
{
	const struct order *o = &crowd->order;
	uint64_t us = crowd_now_us() - crowd->begun_us;

	if (!o->rate || us / 1000000 > o->count)
		return o->count;
	return us * o->rate / 1000000 < o->count ? (size_t)(us * o->rate / 1000000) : o->count;
}

/* `count`: the counter of failed logins or of lost sessions. */
static void complain(struct crowd *crowd, size_t *count, const char *why)
{
	++*count;
	if (!crowd->reason[0])
		snprintf(crowd->reason, sizeof(crowd->reason), "%s", why);
}

static void hold(struct crowd *crowd, struct client *c)
{
	c->is_in_flight = true;
	crowd->in_flight++;
}

static void let_go(struct crowd *crowd, struct client *c)
{
	if (!c->is_in_flight)
		return;
	c->is_in_flight = false;
	crowd->in_flight--;
	loop_post(crowd->loop, &crowd->refill);
}

static bool is_churning(const struct crowd *crowd)
{
	return crowd->order.what == ORDER_CHURN || crowd->order.what == ORDER_RESUME;
}

/* Clients at the same time have one each. */
static void take_store(struct crowd *crowd, struct client *c)
{
	if (crowd->order.what != ORDER_RESUME)
		return;
	c->tickets = crowd->store_count ? crowd->stores[--crowd->store_count]
					: tls_tickets_new(clock_boot_s);
}

static void give_store_back(struct crowd *crowd, struct client *c)
{
	if (c->tickets && crowd->store_count < STORES_MAX)
		crowd->stores[crowd->store_count++] = c->tickets;
	else
		tls_tickets_free(c->tickets);
}

static void start_more(struct crowd *crowd)
{
	size_t most = allowed(crowd);

	while (crowd->asked < most && crowd->in_flight < crowd->order.in_flight) {
		struct client *c;
		int error = client_start(crowd, &c);

		crowd->asked++;
		crowd->started++;
		if (error) {
			complain(crowd, &crowd->failed, strerror(-error));
		} else {
			take_store(crowd, c);
			hold(crowd, c);
			add(crowd, c);
		}
	}
	if (crowd->asked == crowd->order.count && !crowd->in_flight)
		finish(crowd);
}

/* A leaving client moves to the end of the list: when the first is leaving, all are. */
static void close_more(struct crowd *crowd)
{
	struct client *c;

	while ((c = crowd->first) && !c->is_in_flight &&
	       crowd->in_flight < crowd->order.in_flight) {
		remove_client(crowd, c);
		add(crowd, c);
		hold(crowd, c);
		client_leave(c);
	}
	if (!crowd->first)
		finish(crowd);
}

static void refill(struct loop_task *task)
{
	struct crowd *crowd = container_of(task, struct crowd, refill);

	if (crowd->order.what == ORDER_CLOSE)
		close_more(crowd);
	else if (crowd->order.what == ORDER_OPEN || is_churning(crowd))
		start_more(crowd);
}

void client_is_up(struct client *c)
{
	struct crowd *crowd = c->crowd;

	crowd->up++;
	crowd->done++;
	samples_note(&crowd->times, crowd_now_us() - c->started_us);
	if (is_churning(crowd))
		client_leave(c);
	else
		let_go(crowd, c);
}

void client_is_over(struct client *c, const char *why)
{
	struct crowd *crowd = c->crowd;

	crowd->up -= c->is_up;
	if (!c->is_up)
		complain(crowd, &crowd->failed, why);
	else if (!c->tunnel.is_shutting_down)
		complain(crowd, &crowd->lost, why);
	let_go(crowd, c);
	remove_client(crowd, c);
	give_store_back(crowd, c);
	free(c);
}

/* ---- echoes */

static void deliver(struct packet_sink *sink, struct tunnel *from, const struct packet *p)
{
	struct crowd *crowd = container_of(sink, struct crowd, sink);
	struct client *c = container_of(from, struct client, tunnel);

	if (!c->is_echoing || !client_takes_echo(c, p))
		return;
	c->echo_answers++;
	samples_note(&crowd->times, crowd_now_us() - c->echo_sent_us);
	client_echo(c, crowd->order.len);
}

static void flush(struct packet_sink *sink)
{
	(void)sink; /* nothing is queued */
}

static void begin_echoes(struct crowd *crowd)
{
	size_t left = crowd->order.count;

	for (struct client *c = crowd->first; c && left; c = c->next) {
		if (!c->is_up)
			continue;
		left--;
		c->is_echoing = true;
		c->echo_answers = 0;
		client_echo(c, crowd->order.len);
	}
}

static void repeat_echoes(struct crowd *crowd)
{
	uint64_t now = crowd_now_us();

	for (struct client *c = crowd->first; c; c = c->next)
		if (c->is_echoing && now - c->echo_sent_us > REPEAT_US) {
			crowd->repeats++;
			client_echo(c, crowd->order.len);
		}
}

/* ---- orders */

static void on_timer(struct loop_timer *timer)
{
	struct crowd *crowd = container_of(timer, struct crowd, timer);
	bool is_timed = crowd->order.what == ORDER_IDLE || crowd->order.what == ORDER_ECHO;

	if (is_timed && crowd_now_us() - crowd->begun_us >= crowd->order.seconds * 1000000) {
		finish(crowd);
		return;
	}
	if (crowd->order.what == ORDER_ECHO)
		repeat_echoes(crowd);
	loop_post(crowd->loop, &crowd->refill);
	loop_timer_set(crowd->loop, &crowd->timer, loop_now(crowd->loop) + TICK_MS);
}

void crowd_begin(struct crowd *crowd, const struct order *order)
{
	crowd->order = *order;
	crowd->begun_us = crowd_now_us();
	crowd->asked = crowd->in_flight = crowd->repeats = 0;
	loop_timer_set(crowd->loop, &crowd->timer, loop_now(crowd->loop) + TICK_MS);
	switch (order->what) {
	case ORDER_OPEN:
	case ORDER_CHURN:
	case ORDER_RESUME:
	case ORDER_CLOSE:
		loop_post(crowd->loop, &crowd->refill);
		break;
	case ORDER_ECHO:
		begin_echoes(crowd);
		break;
	case ORDER_IDLE:
		count_hellos(crowd);
		break;
	case ORDER_NONE:
		break;
	}
}

int crowd_open(struct crowd *crowd, const struct crowd_cfg *cfg, struct loop *loop)
{
	struct tls_client_cfg tls = { .pins = &cfg->pin, .pin_count = 1 };
	struct error err;
	int error = tls_ctx_client(&tls, &crowd->tls, &err);

	if (error) {
		fprintf(stderr, "load: %s\n", err.text);
		return error;
	}
	crowd->cfg = cfg;
	crowd->loop = loop;
	crowd->sink = (struct packet_sink){ .deliver = deliver, .flush = flush };
	crowd->timer.expired = on_timer;
	crowd->refill.run = refill;
	return pump_open(&crowd->pump, loop);
}
