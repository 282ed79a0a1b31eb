/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the handler of a question and frames its reply. */
#include "proc/helper_message.h"

#include <errno.h>

void helper_head_put(struct writer *w, const struct helper_head *h)
{
	put_u16(w, h->op);
	put_u16(w, h->number);
	put_u32(w, h->len);
	put_u32(w, (uint32_t)h->error);
}

bool helper_head_get(struct helper_head *h, const uint8_t *message, size_t len)
{
	struct reader r = reader_of(message, len);

	h->op = get_u16(&r);
	h->number = get_u16(&r);
	h->len = get_u32(&r);
	h->error = (int32_t)get_u32(&r);
	return !r.bad && r.left == h->len && h->len <= HELPER_PAYLOAD_MAX;
}

static const struct helper_op *find_op(const struct helper_service *s, uint16_t code)
{
	for (size_t i = 0; i < s->op_count; i++)
		if (s->ops[i].code == code)
			return &s->ops[i];
	return NULL;
}

static int handle(struct helper_engine *e, uint16_t code, struct helper_call *c)
{
	if (code == HELPER_OP_SEAL) {
		e->is_sealed = true;
		return 0;
	}
	for (size_t i = 0; i < e->service_count; i++) {
		const struct helper_service *s = e->services[i];
		const struct helper_op *op = s->number == code >> 8 ? find_op(s, code) : NULL;

		if (op)
			return op->only_before_seal && e->is_sealed ? -EPERM
								    : op->handle(s->state, c);
	}
	return -ENOSYS;
}

size_t helper_answer(struct helper_engine *e, const uint8_t *in, size_t len, uint8_t *out,
		     struct helper_call *c)
{
	struct writer w = writer_of(out, HELPER_HEAD_LEN);
	struct helper_head h;

	c->fd_out = -1;
	c->in = reader_of(in, 0);
	c->out = writer_of(out + HELPER_HEAD_LEN, HELPER_PAYLOAD_MAX);
	if (helper_head_get(&h, in, len)) {
		c->in = reader_of(in + HELPER_HEAD_LEN, h.len);
		h.error = handle(e, h.op, c);
	} else {
		h.error = -EBADMSG;
	}
	if (c->out.full) {
		c->out.len = 0;
		h.error = -EMSGSIZE;
	}
	h.len = (uint32_t)c->out.len;
	helper_head_put(&w, &h);
	return HELPER_HEAD_LEN + c->out.len;
}
