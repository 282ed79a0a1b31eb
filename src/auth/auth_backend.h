/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface of a backend of the authentication service, and the question as the backend sees
 * it.
 *
 * A question belongs to one loop: ask, cancel and auth_answer are all called in its thread. Several
 * loops ask at the same time, so state that a backend shares between them needs a lock. A backend
 * that works in another thread returns to the question's loop by net/job.h or loop_async_post.
 */
#ifndef SSTP_AUTH_AUTH_BACKEND_H
#define SSTP_AUTH_AUTH_BACKEND_H

#include "auth/service.h"

struct auth_question {
	struct loop *loop;
	struct auth_request request; /* a deep copy, owned by the question */
	void *state;                 /* the backend's, for this question */
	/* private to the service: */
	struct auth_service *service;
	uint64_t id;
	void (*done)(void *arg, const struct auth_result *result);
	void *arg;
	struct auth_question *next;
	struct ppp_attempt attempt;
	size_t len;
	uint8_t bytes[];
};

struct auth_backend {
	const char *name;
	/*
	 * Starts the check; the result is given by auth_answer, after this call has returned. 0 or
	 * -errno; after an error auth_answer is not called.
	 */
	int (*ask)(void *self, struct auth_question *q);
	/*
	 * The next packet of an EAP conversation, whose last answer was AUTH_RESULT_CONTINUE; as
	 * `ask`, except that the packet is not copied. NULL: this backend does not support EAP.
	 */
	int (*go_on)(void *self, struct auth_question *q, struct bytes eap);
	/*
	 * The session has ended. In place of auth_answer the backend calls auth_drop, now or when
	 * its thread has finished with the question.
	 */
	void (*cancel)(void *self, struct auth_question *q);
};

/* ---- service.c */

/* Ends the question and frees it, unless the result is AUTH_RESULT_CONTINUE. */
void auth_answer(struct auth_question *q, const struct auth_result *result);
/* Frees a question that was canceled; from any thread. */
void auth_drop(struct auth_question *q);

#endif
