/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread, and the inquiries that travel between it and the workers. */
#include "auth/radius.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/radius_listen.h"
#include "tls/open.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/secret.h"

enum { UNSIGNED_LINES = 5 /* a minute */ };

struct radius {
	const struct radius_cfg *cfg;
	struct radius_nas nas;
	struct loop *loop;
	struct tls_ctx *tls; /* NULL: no server is reached by TLS */
	pthread_t thread;
	struct radius_wire logins;
	struct radius_acct acct;
	struct radius_listen listen;
	pthread_mutex_t lock;
	struct inquiry *inquiries;              /* all, under the lock */
	struct radius_acct_entry *first, *last; /* new records, under the lock */
	struct loop_task take_records;
	struct loop_task stop;
	struct loop_timer stop_timer;
	bool is_started, is_stopping;
	bool has_address;         /* in nas; under the lock */
	struct histogram latency; /* under the lock, as is: */
	uint64_t unanswered;
};

/* Who has it. */
enum inquiry_state {
	INQUIRY_ASKED,    /* RADIUS' thread */
	INQUIRY_ANSWERED, /* the worker: `finish` is posted to it */
	INQUIRY_TALKING,  /* the worker: between the packets of an EAP conversation */
	INQUIRY_CANCELED, /* RADIUS' thread, which frees it */
};

struct inquiry {
	struct radius *radius;
	struct auth_question *q;
	enum inquiry_state state; /* under the lock */
	struct loop_task begin;   /* in RADIUS' loop; also for a cancellation */
	struct loop_task finish;  /* in the worker's */
	bool has_begun;           /* the wire has the request */
	int server;               /* of the conversation; RADIUS_ANY: not known yet */
	struct radius_conversation conversation;
	struct radius_request request;
	struct auth_result result;
	struct inquiry *next, *prev;
	uint64_t sent_us;
	size_t eap_len;
	uint8_t eap[PPP_EAP_MAX]; /* the peer's packet, then the server's */
	uint8_t packet[RADIUS_PACKET_MAX];
};

/* ---- the list of inquiries */

static void link_in(struct radius *r, struct inquiry *i)
{
	pthread_mutex_lock(&r->lock);
	i->next = r->inquiries;
	if (i->next)
		i->next->prev = i;
	r->inquiries = i;
	pthread_mutex_unlock(&r->lock);
}

static void free_inquiry(struct inquiry *i)
{
	struct radius *r = i->radius;

	pthread_mutex_lock(&r->lock);
	if (i->next)
		i->next->prev = i->prev;
	if (i->prev)
		i->prev->next = i->next;
	else
		r->inquiries = i->next;
	pthread_mutex_unlock(&r->lock);
	secret_wipe(i, sizeof(*i));
	free(i);
}

/* Changes the state from INQUIRY_ASKED; false: it was canceled. */
static bool hand_back(struct inquiry *i)
{
	struct radius *r = i->radius;
	bool is_asked;

	pthread_mutex_lock(&r->lock);
	is_asked = i->state == INQUIRY_ASKED;
	if (is_asked) {
		i->state = INQUIRY_ANSWERED;
		loop_async_post(i->q->loop, &i->finish);
	}
	pthread_mutex_unlock(&r->lock);
	return is_asked;
}

/* ---- in RADIUS' thread */

static void drop_canceled(struct inquiry *i)
{
	struct radius *r = i->radius;

	loop_async_unpost(r->loop, &i->begin);
	if (i->has_begun)
		radius_wire_cancel(&r->logins, &i->request);
	auth_drop(i->q);
	free_inquiry(i);
}

static void give_result(struct inquiry *i)
{
	i->has_begun = false;
	if (!hand_back(i))
		drop_canceled(i);
}

/* `is_answered`: by a response that counts. */
static void count_answer(struct inquiry *i, bool is_answered)
{
	struct radius *r = i->radius;

	pthread_mutex_lock(&r->lock);
	if (is_answered)
		histogram_add(&r->latency, histogram_logins, clock_now_us() - i->sent_us);
	else
		r->unanswered++;
	pthread_mutex_unlock(&r->lock);
}

void radius_latency(struct radius *r, struct histogram *to, uint64_t *unanswered)
{
	pthread_mutex_lock(&r->lock);
	*to = r->latency;
	*unanswered = r->unanswered;
	pthread_mutex_unlock(&r->lock);
}

static void give_unavailable(struct inquiry *i, const char *why)
{
	const struct bytes name = i->q->request.attempt->user;

	memset(&i->result, 0, sizeof(i->result));
	i->result.outcome = AUTH_RESULT_UNAVAILABLE;
	snprintf(i->result.name, sizeof(i->result.name), "%.*s",
		 (int)(name.len < PPP_NAME_MAX ? name.len : PPP_NAME_MAX), (const char *)name.at);
	snprintf(i->result.reason, sizeof(i->result.reason), "%s", why);
	give_result(i);
}

static const char unsigned_text[] =
	"the RADIUS server's response has no Message-Authenticator, so it may be forged "
	"(CVE-2024-3596)";

static void log_unsigned(const struct radius *r, unsigned server)
{
	static struct log_limit limit = { .about = "responses without a Message-Authenticator",
					  .max = UNSIGNED_LINES };

	if (log_limit_passes(&limit))
		log_error(NULL,
			  "RADIUS server %s: %s. FreeRADIUS: version 3.2.5 or later, or "
			  "Message-Authenticator := 0x00 in post-auth's `update reply`; NPS: the "
			  "update of July 2024, and \"Access-Request messages must contain the "
			  "Message-Authenticator attribute\" of the RADIUS client. Until then: "
			  "--radius-message-authenticator auto",
			  r->cfg->servers[server].host, unsigned_text);
}

static void take_answer(struct radius *r, struct inquiry *i, const struct radius_out *out)
{
	struct radius_response response = { .packet = out->packet,
					    .request = i->packet + 4,
					    .secret = radius_wire_secret(&r->logins, out->server) };

	i->server = (int)out->server;
	radius_login_result(&response, &i->q->request, &i->conversation, i->eap, &i->result);
	give_result(i);
}

static void on_event(void *arg, const struct radius_out *out)
{
	struct radius *r = arg;
	struct inquiry *i = container_of(out->request, struct inquiry, request);

	switch (out->type) {
	case RADIUS_OUT_ANSWER:
		count_answer(i, true);
		take_answer(r, i, out);
		break;
	case RADIUS_OUT_UNSIGNED:
		count_answer(i, false);
		log_unsigned(r, out->server);
		give_unavailable(i, unsigned_text);
		break;
	default:
		count_answer(i, false);
		give_unavailable(i, "no RADIUS server answers");
	}
}

/* Known once the first server's address is, which a look-up may have to find. */
static void find_address(struct radius *r)
{
	struct ip_addr local;

	if (r->has_address)
		return;
	local = radius_wire_local(r->cfg->server_count ? &r->logins : &r->acct.wire);
	if (!local.family)
		return;
	pthread_mutex_lock(&r->lock);
	r->nas.address = local;
	r->has_address = true;
	pthread_mutex_unlock(&r->lock);
}

static void send_request(struct radius *r, struct inquiry *i)
{
	struct writer w = writer_of(i->packet, sizeof(i->packet));
	const struct auth_request *rq = &i->q->request;
	size_t password_at;

	find_address(r);
	if (!radius_login_put(&w, &r->nas, rq, bytes_of(i->eap, i->eap_len), &i->conversation,
			      &password_at)) {
		give_unavailable(i, "the login does not fit into a RADIUS packet");
		return;
	}
	i->request = (struct radius_request){
		.packet = i->packet,
		.len = w.len,
		.password_at = password_at,
		.password = rq->attempt->password,
		.server = i->server,
		.must_be_signed = rq->attempt->method == PPP_AUTH_EAP,
	};
	i->has_begun = true;
	i->sent_us = clock_now_us();
	radius_wire_send(&r->logins, &i->request);
}

static void begin(struct loop_task *task)
{
	struct inquiry *i = container_of(task, struct inquiry, begin);
	struct radius *r = i->radius;
	bool is_canceled;

	pthread_mutex_lock(&r->lock);
	is_canceled = i->state == INQUIRY_CANCELED;
	pthread_mutex_unlock(&r->lock);
	if (is_canceled)
		drop_canceled(i);
	else
		send_request(r, i);
}

/* ---- in a worker's thread */

static void finish(struct loop_task *task)
{
	struct inquiry *i = container_of(task, struct inquiry, finish);

	i->state = INQUIRY_TALKING; /* only this thread uses it now */
	if (i->result.outcome == AUTH_RESULT_CONTINUE) {
		auth_answer(i->q, &i->result); /* may cancel, which frees the inquiry */
		return;
	}
	auth_answer(i->q, &i->result);
	free_inquiry(i);
}

static void post(struct inquiry *i, struct bytes eap)
{
	i->eap_len = eap.len;
	if (eap.len)
		memcpy(i->eap, eap.at, eap.len);
	i->state = INQUIRY_ASKED;
	loop_async_post(i->radius->loop, &i->begin);
}

static int ask(void *self, struct auth_question *q)
{
	struct bytes eap = { NULL, 0 };
	struct inquiry *i;
	int error = loop_async_open(q->loop);

	if (q->request.attempt->method == PPP_AUTH_EAP)
		eap = q->request.attempt->response;
	if (error)
		return error;
	if (eap.len > sizeof(i->eap))
		return -EMSGSIZE;
	i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	i->radius = self;
	i->q = q;
	i->server = RADIUS_ANY;
	i->begin.run = begin;
	i->finish.run = finish;
	q->state = i;
	link_in(i->radius, i);
	post(i, eap);
	return 0;
}

static int go_on(void *self, struct auth_question *q, struct bytes eap)
{
	struct inquiry *i = q->state;

	(void)self;
	if (i->state != INQUIRY_TALKING || eap.len > sizeof(i->eap))
		return -EMSGSIZE;
	post(i, eap);
	return 0;
}

static void cancel(void *self, struct auth_question *q)
{
	struct radius *r = self;
	struct inquiry *i = q->state;
	bool is_asked;

	pthread_mutex_lock(&r->lock);
	is_asked = i->state == INQUIRY_ASKED;
	if (is_asked) {
		i->state = INQUIRY_CANCELED;
		loop_async_post(r->loop, &i->begin);
	}
	pthread_mutex_unlock(&r->lock);
	if (is_asked)
		return;
	loop_async_unpost(q->loop, &i->finish);
	auth_drop(q);
	free_inquiry(i);
}

const struct auth_backend radius_backend = {
	.name = "RADIUS",
	.ask = ask,
	.go_on = go_on,
	.cancel = cancel,
};

/* ---- accounting */

static void take_records(struct loop_task *task)
{
	struct radius *r = container_of(task, struct radius, take_records);
	struct radius_acct_entry *e, *next;

	find_address(r);
	pthread_mutex_lock(&r->lock);
	e = r->first;
	r->first = r->last = NULL;
	pthread_mutex_unlock(&r->lock);
	for (; e; e = next) {
		next = radius_acct_next(e);
		radius_acct_add(&r->acct, e);
	}
}

void radius_account(struct radius *r, const struct radius_record *record)
{
	struct radius_acct_entry *e;

	if (!r->cfg->acct_count)
		return;
	pthread_mutex_lock(&r->lock);
	e = radius_acct_encode(&r->nas, record, clock_now_ms());
	if (e) {
		radius_acct_append(&r->first, &r->last, e);
		loop_async_post(r->loop, &r->take_records);
	}
	pthread_mutex_unlock(&r->lock);
	if (!e)
		log_error(NULL, "RADIUS accounting: out of memory, a record is lost");
}

/* ---- start and end */

static void account_server(struct radius *r, enum radius_status status)
{
	struct radius_record record = { .status = status };

	radius_account(r, &record);
}

static void stop_now(struct loop_timer *timer)
{
	loop_stop(container_of(timer, struct radius, stop_timer)->loop);
}

static void acct_is_empty(void *arg)
{
	struct radius *r = arg;

	if (r->is_stopping)
		loop_stop(r->loop);
}

/* Posted after all records. */
static void stop(struct loop_task *task)
{
	struct radius *r = container_of(task, struct radius, stop);

	r->is_stopping = true;
	take_records(&r->take_records);
	loop_timer_set(r->loop, &r->stop_timer, loop_now(r->loop) + RADIUS_STOP_MS);
	if (!r->acct.count)
		loop_stop(r->loop);
}

static void *run(void *arg)
{
	struct radius *r = arg;
	int error;

	pthread_setname_np(pthread_self(), "radius");
	radius_wire_open(&r->logins, r->loop, r->cfg, r->cfg->servers, r->cfg->server_count,
			 "logins", r->tls);
	radius_acct_open(&r->acct, r->loop, r->cfg, r->tls);
	find_address(r);
	account_server(r, RADIUS_ON);
	error = loop_run(r->loop);
	if (error)
		log_error(NULL, "RADIUS: %s", strerror(-error));
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct radius *r)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = -pthread_create(&r->thread, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void free_radius(struct radius *r)
{
	radius_listen_close(&r->listen);
	if (r->tls)
		tls_ctx_release(r->tls);
	loop_close(r->loop);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static bool uses_tls(const struct radius_cfg *cfg)
{
	for (size_t i = 0; i < RADIUS_SERVERS; i++)
		if (cfg->servers[i].is_tls || cfg->acct[i].is_tls)
			return true;
	return false;
}

static int make_tls(const struct radius_cfg *cfg, struct tls_ctx **out, struct error *err)
{
	return uses_tls(cfg) ? tls_ctx_client(&cfg->tls, out, err) : 0;
}

int radius_check(const struct radius_cfg *cfg, struct error *err)
{
	struct tls_ctx *tls = NULL;
	int error = make_tls(cfg, &tls, err);

	if (tls)
		tls_ctx_release(tls);
	return error;
}

static int open_tls(struct radius *r)
{
	struct error err;
	int error = make_tls(r->cfg, &r->tls, &err);

	if (error)
		log_error(NULL, "RADIUS by TLS: %s", err.text);
	return error;
}

int radius_open(const struct radius_cfg *cfg, const struct radius_orders *orders,
		struct radius **out)
{
	struct radius *r = calloc(1, sizeof(*r));
	int error;

	if (!r)
		return -ENOMEM;
	r->cfg = cfg;
	r->nas = (struct radius_nas){ .name = cfg->nas,
				      .start = radius_new_start(),
				      .is_local = !cfg->server_count };
	pthread_mutex_init(&r->lock, NULL);
	r->logins.event = on_event;
	r->logins.arg = r;
	r->acct.empty = acct_is_empty;
	r->acct.arg = r;
	r->take_records.run = take_records;
	r->stop.run = stop;
	r->stop_timer.expired = stop_now;
	error = loop_open(&r->loop);
	if (!error)
		error = loop_async_open(r->loop);
	if (!error)
		error = open_tls(r);
	if (!error)
		error = radius_listen_open(&r->listen, r->loop, cfg, &r->nas, orders);
	if (error)
		free_radius(r);
	else
		*out = r;
	return error;
}

int radius_start(struct radius *r)
{
	int error = start_thread(r);

	r->is_started = !error;
	return error;
}

/* What was canceled so late that the thread has not seen it. */
static void drop_rest(struct radius *r)
{
	struct inquiry *i, *next;

	for (i = r->inquiries; i; i = next) {
		next = i->next;
		auth_drop(i->q);
		free_inquiry(i);
	}
}

void radius_close(struct radius *r)
{
	if (!r)
		return;
	if (r->is_started) {
		account_server(r, RADIUS_OFF);
		loop_async_post(r->loop, &r->stop);
		pthread_join(r->thread, NULL);
		radius_wire_close(&r->logins);
		radius_acct_close(&r->acct);
	}
	drop_rest(r);
	free_radius(r);
}
