/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client_helper.h"

#include <errno.h>
#include <string.h>

#include "net/sockopt.h"

enum {
	OP_PLACE = HELPER_OP(HELPER_CLIENT, 1),  /* control_place_put */
	OP_OPTION = HELPER_OP(HELPER_CLIENT, 2), /* u16 option, u32 number, name; with the socket */
};
enum { SNDBUF_MAX = 64 << 20, NAME_SIZE = 16 /* TCP_CA_NAME_MAX */ };

/* ---- in the helper */

static int take_place(void *state, struct helper_call *c)
{
	struct client_helper *h = state;

	struct control_place place;

	if (!control_place_get(&c->in, &place))
		return -EBADMSG;
	h->place = place;
	return 0;
}

/* What a congestion control or a large buffer can do is only to the process' own connections. */
static int set_option(void *state, struct helper_call *c)
{
	char name[NAME_SIZE] = "";
	struct sockopt_value v = { .option = get_u16(&c->in),
				   .number = get_u32(&c->in),
				   .name = name };

	(void)state;
	if (c->in.bad || c->fd_in < 0 || c->in.left >= sizeof(name))
		return -EBADMSG;
	memcpy(name, c->in.at, c->in.left);
	if (v.option != SOCKOPT_CONGESTION && (v.option != SOCKOPT_SNDBUF || v.number > SNDBUF_MAX))
		return -EPERM;
	return sockopt_set(c->fd_in, &v);
}

static void remove_place(void *state)
{
	struct client_helper *h = state;

	control_place_close(&h->place);
}

/* The service that changes the host sets options itself, only with the user's values. */
enum { WITHOUT_OPTIONS = 1, WITH_OPTIONS };

static const struct helper_op ops[WITH_OPTIONS] = {
	{ .code = OP_PLACE, .only_before_seal = true, .handle = take_place },
	{ .code = OP_OPTION, .handle = set_option },
};

/* ---- the process that asks */

static int ask_for_option(void *arg, int fd, const struct sockopt_value *v)
{
	struct client_helper *h = arg;
	uint8_t in[64];
	struct writer w = writer_of(in, sizeof(in));
	struct helper_question q = { .op = OP_OPTION, .fd_in = fd };

	put_u16(&w, (uint16_t)v->option);
	put_u32(&w, v->number);
	if (v->name)
		put_bytes(&w, v->name, strlen(v->name));
	if (w.full)
		return -EINVAL;
	q.in = bytes_of(in, w.len);
	return helper_ask(h->helper, &q);
}

int client_helper_start(struct client_helper *h)
{
	struct helper_service files = helper_files_service(&h->files);
	const struct helper_service client = { .number = HELPER_CLIENT,
					       .ops = ops,
					       .op_count = h->host ? WITHOUT_OPTIONS : WITH_OPTIONS,
					       .state = h,
					       .end = remove_place };
	const struct helper_service *const services[] = { &files, &client, h->host };
	const struct helper_cfg cfg = { .services = services,
					.service_count = h->host ? 3 : 2,
					.keep = h->keep,
					.keep_count = h->keep_count,
					.needs_proc_self = h->needs_proc_self,
					.runs_command = h->runs_command,
					.runs_nothing = !h->host };
	int error = helper_start(&cfg, &h->helper);

	if (error)
		return error;
	helper_files_use(&h->agent, h->helper);
	sockopt_use_helper(ask_for_option, h);
	return 0;
}

int client_helper_seal(struct client_helper *h, const struct control_place *place)
{
	uint8_t in[CONTROL_PLACE_LEN];
	struct writer w = writer_of(in, sizeof(in));
	struct helper_question q = { .op = OP_PLACE };
	int error = 0;

	control_place_put(&w, place);
	q.in = bytes_of(in, w.len);
	if (*place->path)
		error = helper_ask(h->helper, &q);
	if (!error && h->pid_file)
		error = helper_files_permit(h->helper, h->pid_file, HELPER_FILE_REMOVE);
	if (!error)
		error = helper_seal(h->helper);
	if (!error)
		helper_files_sealed(&h->agent);
	return error;
}

void client_helper_close(struct client_helper *h)
{
	sockopt_use_helper(NULL, NULL);
	file_agent_use(NULL);
	helper_close(h->helper);
	h->helper = NULL;
}
