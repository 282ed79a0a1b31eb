/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/helper_options.h"

#include <errno.h>
#include <string.h>

#include "net/congestion.h"
#include "net/sockopt.h"

/* ---- in the helper */

/* Not any name: for root the kernel loads a module of it. */
static int set_option(void *state, struct helper_call *c)
{
	const struct helper_options *o = state;
	char name[CONGESTION_NAME_MAX + 1] = "";
	struct sockopt_value v = { .option = (enum sockopt)get_u16(&c->in), .name = name };

	v.number = get_u32(&c->in);
	if (c->in.bad || c->in.left >= sizeof(name) || !sockopt_is_of_ip(c->fd_in))
		return -EBADMSG;
	get_copy(&c->in, name, c->in.left);
	switch (v.option) {
	case SOCKOPT_SNDBUF:
		return v.number <= SOCKOPT_SNDBUF_MAX ? sockopt_set(c->fd_in, &v) : -EPERM;
	case SOCKOPT_CONGESTION:
		return congestion_is_chosen(o->congestion, name) ? sockopt_set(c->fd_in, &v)
								 : -EPERM;
	default:
		return -EPERM;
	}
}

static const struct helper_op ops[] = {
	{ .code = HELPER_OPTIONS_SET, .handle = set_option },
};

struct helper_service helper_options_service(struct helper_options *o)
{
	return (struct helper_service){
		.number = HELPER_OPTIONS, .ops = ops, .op_count = 1, .state = o
	};
}

/* ---- the process that asks */

static int ask(void *helper, int fd, const struct sockopt_value *v)
{
	uint8_t in[2 + 4 + CONGESTION_NAME_MAX];
	struct writer w = writer_of(in, sizeof(in));
	struct helper_question q = { .op = HELPER_OPTIONS_SET, .fd_in = fd };

	put_u16(&w, (uint16_t)v->option);
	put_u32(&w, v->number);
	if (v->name)
		put_bytes(&w, v->name, strlen(v->name));
	if (w.full)
		return -EINVAL;
	q.in = bytes_of(in, w.len);
	return helper_ask(helper, &q);
}

void helper_options_use(struct helper *h)
{
	sockopt_use_helper(h ? ask : NULL, h);
}
