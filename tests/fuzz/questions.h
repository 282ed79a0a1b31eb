/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inputs that are lists of questions to one service of a helper: a byte with the low half of what is asked, two with
 * the length of what goes with it, and that. The heads of the messages are made here, so that a corpus is good
 * also after the services got other numbers.
 */
#ifndef SSTP_TESTS_FUZZ_QUESTIONS_H
#define SSTP_TESTS_FUZZ_QUESTIONS_H

#include "fuzz/mutate.h"
#include "proc/helper_message.h"

struct question {
	uint8_t op;
	struct bytes in;
	int fd; /* goes with it; -1: none. Closed after the reply */
};

bool question_next(struct reader *r, struct question *q);

/*
 * Asks; what comes is one whole reply. Returns its error, and what is in it as `out` if it is not NULL, good until the
 * next question. A descriptor that comes is closed, if `may_give`; else none may come.
 */
int question_ask(struct helper_engine *e, enum helper_service_number service,
		 const struct question *q, bool may_give, struct bytes *out);

/* head_len: the bytes before the first question */
size_t questions_mutate(size_t head_len, uint8_t *data, size_t len, size_t max, unsigned int seed);

#endif
