/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See questions.h. */
#include "fuzz/questions.h"

#include <unistd.h>

#include "fuzz/target.h"

enum { OPS = 16 }; /* no service has more */

bool question_next(struct reader *r, struct question *q)
{
	size_t len;

	*q = (struct question){ .op = get_u8(r), .fd = -1 };
	len = get_u16(r);
	if (len > r->left)
		len = r->left;
	q->in = bytes_of(get_bytes(r, len), len);
	return !r->bad;
}

int question_ask(struct helper_engine *e, enum helper_service_number service,
		 const struct question *q, bool may_give, struct bytes *out)
{
	static uint8_t message[HELPER_MESSAGE_MAX], reply[HELPER_MESSAGE_MAX];
	static uint16_t number;
	struct helper_head h = { .op = HELPER_OP(service, q->op),
				 .number = number,
				 .len = (uint32_t)q->in.len };
	struct helper_call c = { .fd_in = q->fd };
	struct writer w = writer_of(message, sizeof(message));
	size_t len;

	helper_head_put(&w, &h);
	put_bytes(&w, q->in.at, q->in.len);
	must(!w.full);
	len = helper_answer(e, message, w.len, reply, &c);
	must(helper_head_get(&h, reply, len) && h.error <= 0 && h.number == number);
	number++;
	must(c.fd_out == -1 || may_give);
	if (c.fd_out >= 0)
		close(c.fd_out);
	if (c.fd_in >= 0)
		close(c.fd_in);
	if (out)
		*out = bytes_of(reply + HELPER_HEAD_LEN, h.len);
	return h.error;
}

static bool get_record(struct reader *r, struct mutate_record *out)
{
	struct question q;

	if (!question_next(r, &q))
		return false;
	*out = (struct mutate_record){ .what = q.op, .kind = MUTATE_RAW, .bytes = q.in };
	return true;
}

static void put_record(struct writer *w, const struct mutate_record *in)
{
	put_u8(w, (uint8_t)in->what);
	put_u16(w, (uint16_t)in->bytes.len);
	put_bytes(w, in->bytes.at, in->bytes.len);
}

static struct mutate_record make_record(uint32_t random)
{
	return (struct mutate_record){ .what = (uint16_t)(random % OPS), .kind = MUTATE_RAW };
}

size_t questions_mutate(size_t head_len, uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	const struct mutate_format format = {
		.head_len = head_len,
		.payload_max = 2048,
		.get = get_record,
		.put = put_record,
		.make = make_record,
	};

	return mutate_list(&format, data, len, max, seed);
}
