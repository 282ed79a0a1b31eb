/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a backend of the authentication service does, and the question as it sees it.
 *
 * A question belongs to one loop: ask, cancel and auth_answer are all called in its thread. Several
 * loops ask at the same time, so what a backend has for all of them needs a lock. A backend that
 * works in another thread comes back to the question's loop by net/job.h or loop_async_post.
 */
#ifndef SSTP_AUTH_BACKEND_H
#define SSTP_AUTH_BACKEND_H

#include "auth/service.h"

struct auth_question {
	struct loop *loop;
	struct auth_request request; /* it and what it points at are the question's own copy */
	void *state;                 /* the backend's, for this question */
	/* the service's own */
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
	 * Answers by auth_answer, but not from within this call. 0; or -errno: it will not answer.
	 */
	int (*ask)(void *self, struct auth_question *q);
	/*
	 * The next packet of an EAP conversation, whose last answer was AUTH_RESULT_CONTINUE; as
	 * `ask`, except that the packet is not copied. NULL: this backend converses with nobody.
	 */
	int (*go_on)(void *self, struct auth_question *q, struct bytes eap);
	/*
	 * Nobody waits for the answer any more. In place of auth_answer the backend calls
	 * auth_drop, now or when its thread has finished with the question.
	 */
	void (*cancel)(void *self, struct auth_question *q);
};

/* The end of the question, which is freed, unless the result is AUTH_RESULT_CONTINUE. */
void auth_answer(struct auth_question *q, const struct auth_result *result);
/* The same for one that was canceled; from any thread. */
void auth_drop(struct auth_question *q);

#endif
