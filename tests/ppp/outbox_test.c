/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outbox: order, what is lost when it is full, and that events never are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ppp/frame.h"
#include "ppp/outbox.h"

static void order_is_kept(void **state)
{
	struct outbox b = { .count = 0 };
	struct ppp_out out;

	(void)state;
	assert_false(outbox_next(&b, &out));
	assert_true(outbox_send(&b, PPP_PROTO_LCP, 1, 7, bytes_text("ab")));
	outbox_emit(&b, PPP_OUT_OFFER, PPP_AUTH_PAP);
	outbox_emit(&b, PPP_OUT_LCP_UP, PPP_AUTH_NONE);
	assert_true(outbox_next(&b, &out));
	assert_int_equal(out.type, PPP_OUT_FRAME);
	assert_int_equal(out.frame.len, 10);
	assert_memory_equal(out.frame.at,
			    "\xff\x03\xc0\x21\x01\x07\x00\x06"
			    "ab",
			    10);
	assert_true(outbox_next(&b, &out));
	assert_int_equal(out.type, PPP_OUT_OFFER);
	assert_int_equal(out.offer, PPP_AUTH_PAP);
	assert_true(outbox_next(&b, &out));
	assert_int_equal(out.type, PPP_OUT_LCP_UP);
	assert_false(outbox_next(&b, &out));
}

/* Small frames fill it by number, large ones by bytes; there is still room for events. */
static void events_always_fit(void **state)
{
	static const uint8_t body[PPP_FRAME_MAX - PPP_HDR_LEN - CP_HDR_LEN];
	static const size_t sizes[] = { 0, 100, sizeof(body) };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct outbox b = { .count = 0 };
		struct ppp_out out;
		size_t frames = 0;

		while (outbox_send(&b, PPP_PROTO_LCP, 9, 0, bytes_of(body, sizes[i])))
			frames++;
		assert_in_range(frames, 1, OUTBOX_ITEMS - OUTBOX_EVENTS);
		for (size_t n = 0; n < OUTBOX_EVENTS; n++)
			outbox_emit(&b, PPP_OUT_IPV4_DOWN, PPP_AUTH_NONE);
		for (size_t n = 0; n < frames + OUTBOX_EVENTS; n++) {
			assert_true(outbox_next(&b, &out));
			assert_int_equal(out.type, n < frames ? PPP_OUT_FRAME : PPP_OUT_IPV4_DOWN);
		}
		assert_false(outbox_next(&b, &out));
		assert_true(outbox_send(&b, PPP_PROTO_LCP, 9, 0, bytes_of(body, sizes[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(events_always_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
