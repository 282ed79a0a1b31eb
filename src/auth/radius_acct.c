/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of accounting records, and their attributes. */
#include "auth/radius_acct.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/log.h"

enum {
	AUTHENTIC_RADIUS = 1, /* RFC 2866 section 5.6 */
	AUTHENTIC_LOCAL = 2,
	INTERIM_OLD_MS = 60 * 1000, /* a newer one has followed or follows soon */
	RECORD_SIZE = 2048,         /* four Classes of 255 bytes, names, addresses */
};

struct radius_acct_entry {
	struct radius_request request;
	struct radius_acct_entry *next;
	enum radius_status status;
	uint64_t session;
	bool is_waiting; /* for the next try */
	uint8_t packet[];
};

/* ---- attributes */

/* The low 32 bits and, if there are more, the high ones (RFC 2869 section 5.1). */
static void put_octets(struct writer *w, uint8_t low, uint8_t high, uint64_t octets)
{
	radius_put_number(w, low, (uint32_t)octets);
	if (octets >> 32)
		radius_put_number(w, high, (uint32_t)(octets >> 32));
}

static void put_counters(struct writer *w, const struct radius_record *r)
{
	radius_put_number(w, RADIUS_ACCT_SESSION_TIME, (uint32_t)r->duration_s);
	put_octets(w, RADIUS_ACCT_INPUT_OCTETS, RADIUS_ACCT_INPUT_GIGAWORDS, r->rx_bytes);
	put_octets(w, RADIUS_ACCT_OUTPUT_OCTETS, RADIUS_ACCT_OUTPUT_GIGAWORDS, r->tx_bytes);
	radius_put_number(w, RADIUS_ACCT_INPUT_PACKETS, (uint32_t)r->rx_packets);
	radius_put_number(w, RADIUS_ACCT_OUTPUT_PACKETS, (uint32_t)r->tx_packets);
}

static void put_prefix(struct writer *w, uint8_t type, const struct ip_prefix *p)
{
	uint8_t value[18] = { 0, (uint8_t)p->len };

	if (p->addr.family != AF_INET6)
		return;
	memcpy(value + 2, p->addr.bytes, sizeof(p->addr.bytes));
	radius_put(w, type, value, 2 + (p->len + 7) / 8);
}

static void put_grant(struct writer *w, const struct auth_grant *g)
{
	put_prefix(w, RADIUS_FRAMED_IPV6_PREFIX, &g->ipv6_prefix);
	put_prefix(w, RADIUS_DELEGATED_IPV6_PREFIX, &g->ipv6_delegated);
	if (g->ipv6.family == AF_INET6)
		radius_put(w, RADIUS_FRAMED_IPV6_ADDRESS, g->ipv6.bytes, sizeof(g->ipv6.bytes));
	for (size_t i = 0; i < g->class_count; i++)
		radius_put(w, RADIUS_CLASS, g->class[i].bytes, g->class[i].len);
}

static void put_about_session(struct writer *w, const struct radius_nas *nas,
			      const struct radius_record *r)
{
	radius_put_text(w, RADIUS_USER_NAME, r->user);
	radius_put_session(w, nas, r->session, &r->source, &r->local);
	radius_put_number(w, RADIUS_ACCT_AUTHENTIC,
			  nas->is_local ? AUTHENTIC_LOCAL : AUTHENTIC_RADIUS);
	if (r->ipv4)
		radius_put_number(w, RADIUS_FRAMED_IP_ADDRESS, r->ipv4);
	put_grant(w, r->grant);
	if (r->connect_info)
		radius_put_text(w, RADIUS_CONNECT_INFO, r->connect_info);
	if (r->status != RADIUS_START)
		put_counters(w, r);
	if (r->status == RADIUS_STOP)
		radius_put_number(w, RADIUS_ACCT_TERMINATE_CAUSE, r->cause);
}

static void put_about_server(struct writer *w, const struct radius_nas *nas)
{
	char id[RADIUS_SESSION_ID_SIZE];

	radius_put_nas(w, nas);
	radius_session_id(nas, 0, id);
	radius_put_text(w, RADIUS_ACCT_SESSION_ID, id);
}

static bool is_about_server(enum radius_status status)
{
	return status == RADIUS_ON || status == RADIUS_OFF;
}

struct radius_acct_entry *radius_acct_encode(const struct radius_nas *nas,
					     const struct radius_record *record, uint64_t at_ms)
{
	uint8_t packet[RECORD_SIZE];
	struct writer w = writer_of(packet, sizeof(packet));
	struct radius_acct_entry *e;
	size_t delay_at;

	radius_begin(&w, RADIUS_ACCOUNTING_REQUEST);
	radius_put_number(&w, RADIUS_ACCT_STATUS_TYPE, record->status);
	delay_at = w.len + 2;
	radius_put_number(&w, RADIUS_ACCT_DELAY_TIME, 0);
	radius_put_number(&w, RADIUS_EVENT_TIMESTAMP, (uint32_t)time(NULL));
	if (is_about_server(record->status))
		put_about_server(&w, nas);
	else
		put_about_session(&w, nas, record);
	e = w.full ? NULL : calloc(1, sizeof(*e) + w.len);
	if (!e)
		return NULL;
	memcpy(e->packet, packet, w.len);
	e->request = (struct radius_request){ .packet = e->packet,
					      .len = w.len,
					      .delay_at = delay_at,
					      .born_ms = at_ms,
					      .server = RADIUS_ANY };
	e->status = record->status;
	e->session = record->session;
	return e;
}

/* ---- the queue */

void radius_acct_append(struct radius_acct_entry **first, struct radius_acct_entry **last,
			struct radius_acct_entry *e)
{
	if (*last)
		(*last)->next = e;
	else
		*first = e;
	*last = e;
}

struct radius_acct_entry *radius_acct_next(struct radius_acct_entry *e)
{
	struct radius_acct_entry *next = e->next;

	e->next = NULL;
	return next;
}

static struct radius_acct_entry *pop(struct radius_acct *a)
{
	struct radius_acct_entry *e = a->first;

	a->first = e->next;
	if (!a->first)
		a->last = NULL;
	e->next = NULL;
	return e;
}

/* A Stop waits for its Start; Accounting-On and -Off pass nothing, and nothing passes them. */
static bool may_start(const struct radius_acct *a, const struct radius_acct_entry *e)
{
	if (is_about_server(e->status) && a->window_count)
		return false;
	for (size_t i = 0; i < a->window_count; i++)
		if (is_about_server(a->window[i]->status) || a->window[i]->session == e->session)
			return false;
	return a->window_count < RADIUS_ACCT_WINDOW;
}

static bool is_outdated(const struct radius_acct *a, const struct radius_acct_entry *e)
{
	return e->status == RADIUS_INTERIM &&
	       loop_now(a->wire.loop) > e->request.born_ms + INTERIM_OLD_MS;
}

static void drop(struct radius_acct *a, struct radius_acct_entry *e)
{
	a->count--;
	free(e);
}

static void pump(struct radius_acct *a)
{
	while (a->first) {
		struct radius_acct_entry *e = a->first;

		if (is_outdated(a, e)) {
			drop(a, pop(a));
			continue;
		}
		if (!may_start(a, e))
			return;
		a->window[a->window_count++] = pop(a);
		radius_wire_send(&a->wire, &e->request);
	}
}

static void remove_from_window(struct radius_acct *a, const struct radius_acct_entry *e)
{
	size_t i = 0;

	while (a->window[i] != e)
		i++;
	a->window[i] = a->window[--a->window_count];
}

/* No server has answered in time: again after a pause, in its place of the window. */
static void fail(struct radius_acct *a, struct radius_acct_entry *e)
{
	if (e->status == RADIUS_INTERIM) {
		remove_from_window(a, e);
		drop(a, e);
		return;
	}
	e->is_waiting = true;
	if (!a->retry.slot)
		loop_timer_set(a->wire.loop, &a->retry,
			       loop_now(a->wire.loop) + RADIUS_ACCT_PAUSE_MS);
}

static void on_event(void *arg, const struct radius_out *out)
{
	struct radius_acct *a = arg;
	struct radius_acct_entry *e = container_of(out->request, struct radius_acct_entry, request);

	if (out->type == RADIUS_OUT_ANSWER) {
		remove_from_window(a, e);
		drop(a, e);
	} else {
		fail(a, e);
	}
	pump(a);
	if (!a->count && a->empty)
		a->empty(a->arg);
}

static void on_retry(struct loop_timer *timer)
{
	struct radius_acct *a = container_of(timer, struct radius_acct, retry);

	for (size_t i = 0; i < a->window_count; i++) {
		struct radius_acct_entry *e = a->window[i];

		if (!e->is_waiting)
			continue;
		e->is_waiting = false;
		radius_wire_send(&a->wire, &e->request);
	}
}

static void log_full(void)
{
	static struct log_limit limit = { .about = "accounting records that were lost", .max = 5 };
	static const struct log log = { .limit = &limit };

	log_warn(&log, "RADIUS accounting: %d records wait for the server; one was dropped",
		 RADIUS_ACCT_MAX);
}

void radius_acct_add(struct radius_acct *a, struct radius_acct_entry *e)
{
	size_t max = e->status == RADIUS_INTERIM ? RADIUS_ACCT_MAX / 2 : RADIUS_ACCT_MAX;

	if (a->count >= max) {
		if (e->status != RADIUS_INTERIM)
			log_full();
		free(e);
		return;
	}
	radius_acct_append(&a->first, &a->last, e);
	a->count++;
	pump(a);
}

void radius_acct_open(struct radius_acct *a, struct loop *loop, const struct radius_cfg *cfg,
		      struct tls_ctx *tls)
{
	a->wire.event = on_event;
	a->wire.arg = a;
	a->retry.expired = on_retry;
	radius_wire_open(&a->wire, loop, cfg, cfg->acct, cfg->acct_count, "accounting", tls);
}

void radius_acct_close(struct radius_acct *a)
{
	if (a->count)
		log_error(NULL,
			  "RADIUS accounting: %zu records were not acknowledged by a server and "
			  "are lost",
			  a->count);
	if (a->wire.loop)
		loop_timer_stop(a->wire.loop, &a->retry);
	radius_wire_close(&a->wire);
	for (size_t i = 0; i < a->window_count; i++)
		free(a->window[i]);
	while (a->first)
		free(pop(a));
}
