/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each timer on a clock set by the test: when it runs, what restarts it, what happens when it
 * expires.
 */
#include "sstp/end.h"

#include "sstp/states.h"

static struct end e;

static const enum sstp_role roles[] = { SSTP_CLIENT, SSTP_SERVER };

/* Closed exactly `ms` from now, not before. */
static void assert_closes_after(uint64_t ms, enum sstp_closed why, uint32_t status)
{
	end_wait(&e, ms - 1);
	assert_int_equal(e.closed, 0);
	end_wait(&e, 1);
	assert_closed(&e, why, status);
}

static void http(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_HTTP);
	assert_closes_after(60000, SSTP_CLOSED_NO_RESPONSE, 0);
	cfg.role = SSTP_SERVER;
	end_bring(&e, &cfg, SSTP_ST_HTTP);
	assert_closes_after(10000, SSTP_CLOSED_NO_REQUEST, 0);
}

/* Both negotiation timers at both ends: 60 s, Abort with status 8, then 3 s for the peer's. */
static void negotiation(void **state)
{
	(void)state;
	for (size_t r = 0; r < 2; r++) {
		const struct sstp_cfg cfg = end_cfg(roles[r]);

		for (int st = SSTP_ST_REQUEST; st <= SSTP_ST_ACK; st++) {
			end_bring(&e, &cfg, (enum sstp_state)st);
			end_wait(&e, 59999);
			assert_int_equal(e.sends, 0);
			end_wait(&e, 1);
			assert_sent_abort(&e, SSTP_ATTR_STATUS_INFO,
					  SSTP_STATUS_NEGOTIATION_TIMEOUT);
			assert_closes_after(3000, SSTP_CLOSED_NEGOTIATION,
					    SSTP_STATUS_NEGOTIATION_TIMEOUT);
		}
	}
}

/* Traffic does not extend the negotiation timer. */
static void negotiation_with_traffic(void **state)
{
	(void)state;
	for (size_t r = 0; r < 2; r++) {
		const struct sstp_cfg cfg = end_cfg(roles[r]);

		end_bring(&e, &cfg, SSTP_ST_ACK);
		for (int i = 0; i < 59; i++) {
			end_wait(&e, 1000);
			end_feed_hex(&e, "10 00 00 05 AA");
			end_feed_hex(&e, ECHO_RESPONSE_HEX);
			sstp_note_traffic(&e.s, e.now_ms);
		}
		assert_int_equal(e.sends, 0);
		end_wait(&e, 1000);
		assert_sent_abort(&e, SSTP_ATTR_STATUS_INFO, SSTP_STATUS_NEGOTIATION_TIMEOUT);
	}
}

/* The second timer starts again with the ACK. */
static void negotiation_restarts_with_the_ack(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_REQUEST);
	end_wait(&e, 50000);
	end_feed_hex(&e, ACK_HEX);
	end_wait(&e, 59999);
	assert_int_equal(e.sends, 0);
	end_wait(&e, 1);
	assert_int_equal(e.sends, 1);
	cfg.role = SSTP_SERVER;
	end_bring(&e, &cfg, SSTP_ST_REQUEST);
	end_wait(&e, 50000);
	end_feed_hex(&e, REQUEST_HEX);
	end_forget(&e);
	end_wait(&e, 59999);
	assert_int_equal(e.sends, 0);
	end_wait(&e, 1);
	assert_int_equal(e.sends, 1);
}

static void hello(void **state)
{
	(void)state;
	for (size_t r = 0; r < 2; r++) {
		const struct sstp_cfg cfg = end_cfg(roles[r]);

		end_bring(&e, &cfg, SSTP_ST_CONNECTED);
		end_wait(&e, 59999);
		assert_int_equal(e.sends, 0);
		end_wait(&e, 1);
		assert_sent(&e, ECHO_REQUEST_HEX);
		assert_closes_after(60000, SSTP_CLOSED_SILENT, 0);
		assert_int_equal(e.sends, 1); /* without an Abort */
	}
}

/* For a proxy that ends idle connections after less: the next hello is earlier, its wait the same. */
static void hello_is_earlier(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);

	(void)state;
	cfg.hello_ms = 25000;
	end_bring(&e, &cfg, SSTP_ST_CONNECTED);
	end_wait(&e, 24999);
	assert_int_equal(e.sends, 0);
	end_wait(&e, 1);
	assert_sent(&e, ECHO_REQUEST_HEX);
	end_wait(&e, 59999);
	end_feed_hex(&e, ECHO_RESPONSE_HEX);
	assert_int_equal(sstp_deadline(&e.s), e.now_ms + 25000);
	end_wait(&e, 25000);
	assert_closes_after(60000, SSTP_CLOSED_SILENT, 0);
}

static const struct {
	const char *name, *hex; /* NULL: sstp_note_traffic */
} signs_of_life[] = {
	{ "Echo-Response", ECHO_RESPONSE_HEX }, { "Echo-Request", ECHO_REQUEST_HEX },
	{ "data", "10 00 00 05 AA" },           { "empty data", "10 00 00 04" },
	{ "packets past the engine", NULL },
};

/* [MS-SSTP] 3.1.2.3: any packet counts as a response to the hello and delays the next one. */
static void hello_is_put_off(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);

	(void)state;
	for (size_t i = 0; i < sizeof(signs_of_life) / sizeof(signs_of_life[0]); i++) {
		print_message("# %s\n", signs_of_life[i].name);
		end_bring(&e, &cfg, SSTP_ST_CONNECTED);
		for (int turn = 0; turn < 10; turn++) {
			end_wait(&e, 60000 + 59999); /* a hello goes out on the way */
			if (signs_of_life[i].hex)
				end_feed_hex(&e, signs_of_life[i].hex);
			else
				sstp_note_traffic(&e.s, e.now_ms);
			assert_int_equal(e.closed, 0);
			assert_int_equal(sstp_deadline(&e.s), e.now_ms + 60000);
		}
	}
}

/* An incomplete packet does not count as traffic. */
static void half_a_packet(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_CONNECTED);
	end_wait(&e, 119999);
	end_feed_hex(&e, "10 00 0F FF AA");
	end_wait(&e, 1);
	assert_closed(&e, SSTP_CLOSED_SILENT, 0);
}

static void aborts(void **state)
{
	(void)state;
	for (size_t r = 0; r < 2; r++) {
		const struct sstp_cfg cfg = end_cfg(roles[r]);

		end_bring(&e, &cfg, SSTP_ST_ABORT_PENDING);
		assert_closes_after(3000, SSTP_CLOSED_BAD_MESSAGE,
				    SSTP_STATUS_INVALID_FRAME_RECEIVED);
		/* the peer aborts too: one second from then */
		end_bring(&e, &cfg, SSTP_ST_ABORT_PENDING);
		end_wait(&e, 2500);
		end_feed_hex(&e, "10 01 00 08 00 05 00 00");
		assert_closes_after(1000, SSTP_CLOSED_BAD_MESSAGE,
				    SSTP_STATUS_INVALID_FRAME_RECEIVED);
		end_bring(&e, &cfg, SSTP_ST_ABORT_TIMEOUT);
		assert_closes_after(1000, SSTP_CLOSED_ABORTED, 0);
		assert_int_equal(e.sends, 0);
	}
}

static void disconnects(void **state)
{
	(void)state;
	for (size_t r = 0; r < 2; r++) {
		const struct sstp_cfg cfg = end_cfg(roles[r]);

		end_bring(&e, &cfg, SSTP_ST_DISCONNECT_PENDING);
		assert_closes_after(5000, SSTP_CLOSED_BY_US, 0);
		end_bring(&e, &cfg, SSTP_ST_DISCONNECT_PENDING);
		end_feed_hex(&e, DISCONNECT_ACK_HEX);
		assert_closed(&e, SSTP_CLOSED_BY_US, 0);
		/* both at once */
		end_bring(&e, &cfg, SSTP_ST_DISCONNECT_PENDING);
		end_feed_hex(&e, DISCONNECT_HEX);
		assert_sent(&e, DISCONNECT_ACK_HEX);
		assert_closes_after(1000, SSTP_CLOSED_BY_US, 0);
		end_bring(&e, &cfg, SSTP_ST_DISCONNECT_PENDING);
		end_feed_hex(&e, DISCONNECT_HEX);
		end_feed_hex(&e, DISCONNECT_ACK_HEX);
		assert_closed(&e, SSTP_CLOSED_BY_US, 0);
		end_bring(&e, &cfg, SSTP_ST_DISCONNECT_TIMEOUT);
		assert_closes_after(1000, SSTP_CLOSED_BY_PEER, 0);
	}
}

/* Traffic does not extend the timers of the end. */
static void no_end_is_put_off(void **state)
{
	static const char *const noise[] = { ECHO_REQUEST_HEX, "10 00 00 05 AA", REQUEST_HEX,
					     ACK_HEX, "10 01 00 08 00 63 00 00" };
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);

	(void)state;
	for (int st = SSTP_ST_ABORT_PENDING; st <= SSTP_ST_DISCONNECT_TIMEOUT; st++) {
		uint64_t deadline;

		end_bring(&e, &cfg, (enum sstp_state)st);
		deadline = sstp_deadline(&e.s);
		for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
			end_wait(&e, 100);
			end_feed_hex(&e, noise[i]);
			sstp_note_traffic(&e.s, e.now_ms);
		}
		assert_int_equal(sstp_deadline(&e.s), deadline);
		assert_int_equal(e.sends, 0);
		end_turn(&e, deadline);
		assert_int_equal(e.closed, 1);
	}
}

/* A tick before the deadline does nothing; one long after it does the same as one in time. */
static void ticks(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_CONNECTED);
	sstp_tick(&e.s, 0);
	sstp_tick(&e.s, e.now_ms);
	end_drain(&e);
	assert_int_equal(e.sends, 0);
	sstp_tick(&e.s, e.now_ms + 10000000);
	end_drain(&e);
	assert_sent(&e, ECHO_REQUEST_HEX);
	assert_int_equal(sstp_deadline(&e.s), e.now_ms + 10000000 + SSTP_HELLO_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http),
		cmocka_unit_test(negotiation),
		cmocka_unit_test(negotiation_with_traffic),
		cmocka_unit_test(negotiation_restarts_with_the_ack),
		cmocka_unit_test(hello),
		cmocka_unit_test(hello_is_earlier),
		cmocka_unit_test(hello_is_put_off),
		cmocka_unit_test(half_a_packet),
		cmocka_unit_test(aborts),
		cmocka_unit_test(disconnects),
		cmocka_unit_test(no_end_is_put_off),
		cmocka_unit_test(ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
