/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The open questions, by id. The askers' threads share the table, under a lock; a question itself
 * is only touched in the thread of its loop and by its backend.
 */
#include "auth/service.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_backend.h"
#include "util/secret.h"

enum { BUCKETS = 256 };

struct auth_service {
	const struct auth_backend *backend;
	void *self;
	pthread_mutex_t lock;
	uint64_t last_id;
	struct auth_question *bucket[BUCKETS];
};

int auth_open(const struct auth_backend *backend, void *self, struct auth_service **out)
{
	struct auth_service *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->backend = backend;
	s->self = self;
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return 0;
}

void auth_close(struct auth_service *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		assert(!s->bucket[i]);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- the table */

static void add(struct auth_service *s, struct auth_question *q)
{
	struct auth_question **at;

	pthread_mutex_lock(&s->lock);
	q->id = ++s->last_id;
	at = &s->bucket[q->id % BUCKETS];
	q->next = *at;
	*at = q;
	pthread_mutex_unlock(&s->lock);
}

static struct auth_question **place_of(struct auth_service *s, uint64_t id)
{
	struct auth_question **at = &s->bucket[id % BUCKETS];

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

/* NULL: the question has been answered or canceled. */
static struct auth_question *find(struct auth_service *s, uint64_t id)
{
	struct auth_question *q;

	pthread_mutex_lock(&s->lock);
	q = *place_of(s, id);
	pthread_mutex_unlock(&s->lock);
	return q;
}

/* Finds the question and removes it from the table. */
static struct auth_question *take(struct auth_service *s, uint64_t id)
{
	struct auth_question **at, *q;

	pthread_mutex_lock(&s->lock);
	at = place_of(s, id);
	q = *at;
	if (q)
		*at = q->next;
	pthread_mutex_unlock(&s->lock);
	return q;
}

/* ---- a question's copy of the request */

static size_t copied_len(const struct ppp_attempt *a)
{
	return a->user.len + a->password.len + a->challenge.len + a->response.len;
}

static void copy(struct bytes *b, struct writer *w)
{
	uint8_t *at = put_gap(w, b->len);

	if (b->len)
		memcpy(at, b->at, b->len);
	b->at = at;
}

static struct auth_question *make(const struct auth_request *rq)
{
	size_t len = copied_len(rq->attempt);
	struct auth_question *q = calloc(1, sizeof(*q) + len);
	struct writer w;

	if (!q)
		return NULL;
	q->len = len;
	q->request = *rq;
	q->request.attempt = &q->attempt;
	q->attempt = *rq->attempt;
	w = writer_of(q->bytes, len);
	copy(&q->attempt.user, &w);
	copy(&q->attempt.password, &w);
	copy(&q->attempt.challenge, &w);
	copy(&q->attempt.response, &w);
	return q;
}

void auth_drop(struct auth_question *q)
{
	secret_wipe(q, sizeof(*q) + q->len);
	free(q);
}

/* ---- questions and answers */

int auth_ask(struct auth_service *s, struct loop *l, const struct auth_request *rq,
	     void (*done)(void *arg, const struct auth_result *result), void *arg, uint64_t *id)
{
	struct auth_question *q = make(rq);
	int error;

	if (!q)
		return -ENOMEM;
	q->service = s;
	q->loop = l;
	q->done = done;
	q->arg = arg;
	add(s, q);
	error = s->backend->ask(s->self, q);
	if (error) {
		take(s, q->id);
		auth_drop(q);
		return error;
	}
	*id = q->id;
	return 0;
}

void auth_answer(struct auth_question *q, const struct auth_result *result)
{
	struct auth_question *found;

	if (result->outcome == AUTH_RESULT_CONTINUE) {
		q->done(q->arg, result); /* may call auth_cancel */
		return;
	}
	found = take(q->service, q->id);
	assert(found == q);
	(void)found;
	q->done(q->arg, result);
	auth_drop(q);
}

int auth_continue(struct auth_service *s, uint64_t id, struct bytes eap)
{
	struct auth_question *q = find(s, id);

	if (!q || !s->backend->go_on)
		return -ENOENT;
	return s->backend->go_on(s->self, q, eap);
}

void auth_cancel(struct auth_service *s, uint64_t id)
{
	struct auth_question *q = id ? take(s, id) : NULL;

	if (q)
		s->backend->cancel(s->self, q);
}
