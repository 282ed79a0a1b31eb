/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process that an attacker has taken over may send to its helper: messages one after the other, each with its
 * length in two bytes before it. Each gets one whole reply; what needs the time before the seal is refused after it.
 */

#include "fuzz/target.h"
#include "proc/helper_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ECHO = HELPER_OP(HELPER_FILES, 1), PERMIT = HELPER_OP(HELPER_FILES, 2) };

static bool is_sealed;

static int echo(void *state, struct helper_call *c)
{
	size_t len = c->in.left;

	(void)state;
	put_bytes(&c->out, get_bytes(&c->in, len), len);
	return c->in.bad ? -1 : 0;
}

static int permit(void *state, struct helper_call *c)
{
	(void)state;
	(void)c;
	must(!is_sealed);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct helper_op ops[] = {
		{ .code = ECHO, .handle = echo },
		{ .code = PERMIT, .only_before_seal = true, .handle = permit },
	};
	static const struct helper_service service = { .number = HELPER_FILES,
						       .ops = ops,
						       .op_count = 2 };
	static const struct helper_service *const services[] = { &service };
	static uint8_t out[HELPER_MESSAGE_MAX];
	struct helper_engine e = { .services = services, .service_count = 1 };
	struct reader r = reader_of(data, len);

	is_sealed = false;
	while (r.left) {
		struct reader in = get_reader(&r, get_u16(&r));
		struct helper_call c = { .fd_in = -1 };
		struct helper_head h;
		size_t n;

		if (r.bad)
			break;
		n = helper_answer(&e, in.at, in.left, out, &c);
		must(helper_head_get(&h, out, n) && h.error <= 0 && c.fd_out == -1);
		is_sealed = e.is_sealed;
	}
	return 0;
}
