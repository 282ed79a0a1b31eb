/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client_helper.h"

#include <errno.h>
#include <string.h>

enum {
	OP_PLACE = HELPER_OP(HELPER_CLIENT, 1), /* control_place_put */
};

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

static void remove_place(void *state)
{
	struct client_helper *h = state;

	control_place_close(&h->place);
}

static const struct helper_op ops[] = {
	{ .code = OP_PLACE, .only_before_seal = true, .handle = take_place },
};

/* ---- the process that asks */

int client_helper_start(struct client_helper *h)
{
	struct helper_service files = helper_files_service(&h->files);
	struct helper_service options = helper_options_service(&h->options);
	const struct helper_service client = {
		.number = HELPER_CLIENT, .ops = ops, .op_count = 1, .state = h, .end = remove_place
	};
	/* the service that changes the host sets options itself: the mark, too */
	const struct helper_service *const services[] = { &files, &client,
							  h->host ? h->host : &options };
	const struct helper_cfg cfg = { .services = services,
					.service_count = 3,
					.keep = h->keep,
					.keep_count = h->keep_count,
					.needs_proc_self = h->needs_proc_self,
					.runs_command = h->runs_command,
					.runs_nothing = !h->host };
	int error = helper_start(&cfg, &h->helper);

	if (error)
		return error;
	helper_files_use(&h->agent, h->helper);
	if (!h->host)
		helper_options_use(h->helper);
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
	helper_options_use(NULL);
	file_agent_use(NULL);
	helper_close(h->helper);
	h->helper = NULL;
}
