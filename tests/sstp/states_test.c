/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two state tables, cell for cell: each message, call and timer in each state, and the expected
 * result. The expectations are written independently of the source, in shorthand:
 *
 *	-   nothing is sent, nothing changes     A5  Call-Abort with status 5, wait for the peer's
 *	A'  Call-Abort, wait one second          T   the peer's Abort was received, wait one second
 *	D   Call-Disconnect, wait for its Ack    D'  Call-Disconnect-Ack, wait one second
 *	X   the call is over                     E   Echo-Response
 *	H   Echo-Request (hello)                 R   Call-Connect-Request again
 *	2   to the state after the ACK           3   connected
 */

#include "sstp/end.h"
#include "sstp/states.h"

enum { CELLS = SSTP_STATES - SSTP_ST_REQUEST };

#define ABORT_HEX "10 01 00 14 00 05 00 01 00 02 00 0C 00 00 00 02 00 00 00 05"
#define UNKNOWN_HEX "10 01 00 08 00 0A 00 00"
#define TOO_MANY_HEX "10 01 00 08 00 08 00 01" /* Num Attributes is 1, but there is none */

struct row {
	const char *name;
	const char *hex;       /* a message, or NULL and */
	enum sstp_event event; /* what else happens */
	const char *client[CELLS], *server[CELLS];
};

/* columns: 1, 2, 3, Abort pending, Abort timeout, Disconnect pending, Disconnect timeout */
static const struct row rows[] = {
	{ "Call-Connect-Request",
	  REQUEST_HEX,
	  0,
	  { "A5", "A5", "A5", "-", "-", "-", "-" },
	  { "2", "A5", "A5", "-", "-", "-", "-" } },
	{ "Call-Connect-Ack",
	  ACK_HEX,
	  0,
	  { "2", "A5", "A5", "-", "-", "-", "-" },
	  { "A5", "A5", "A5", "-", "-", "-", "-" } },
	{ "Call-Connect-Nak",
	  NAK_HEX,
	  0,
	  { "R", "A5", "A5", "-", "-", "-", "-" },
	  { "A5", "A5", "A5", "-", "-", "-", "-" } },
	{ "Call-Connected",
	  "connected",
	  0,
	  { "A5", "A5", "A5", "-", "-", "-", "-" },
	  { "A5", "-", "A5", "-", "-", "-", "-" } },
	{ "Call-Abort",
	  ABORT_HEX,
	  0,
	  { "A'", "A'", "A'", "T", "-", "A'", "-" },
	  { "A'", "A'", "A'", "T", "-", "A'", "-" } },
	{ "Call-Disconnect",
	  DISCONNECT_HEX,
	  0,
	  { "D'", "D'", "D'", "-", "-", "D'", "-" },
	  { "D'", "D'", "D'", "-", "-", "D'", "-" } },
	{ "Call-Disconnect-Ack",
	  DISCONNECT_ACK_HEX,
	  0,
	  { "A5", "A5", "A5", "-", "-", "X", "X" },
	  { "A5", "A5", "A5", "-", "-", "X", "X" } },
	{ "Echo-Request",
	  ECHO_REQUEST_HEX,
	  0,
	  { "A5", "E", "E", "-", "-", "-", "-" },
	  { "A5", "E", "E", "-", "-", "-", "-" } },
	{ "Echo-Response",
	  ECHO_RESPONSE_HEX,
	  0,
	  { "A5", "-", "-", "-", "-", "-", "-" },
	  { "A5", "-", "-", "-", "-", "-", "-" } },
	{ "unknown message",
	  UNKNOWN_HEX,
	  0,
	  { "A7", "A7", "A7", "-", "-", "-", "-" },
	  { "A7", "A7", "A7", "-", "-", "-", "-" } },
	{ "malformed message",
	  TOO_MANY_HEX,
	  0,
	  { "A7", "A7", "A7", "-", "-", "-", "-" },
	  { "A7", "A7", "A7", "-", "-", "-", "-" } },
	{ "authenticated",
	  NULL,
	  SSTP_ON_AUTHENTICATED,
	  { "-", "3", "-", "-", "-", "-", "-" },
	  { "-", "-", "-", "-", "-", "-", "-" } },
	{ "close",
	  NULL,
	  SSTP_ON_CLOSE,
	  { "D", "D", "D", "-", "-", "-", "-" },
	  { "D", "D", "D", "-", "-", "-", "-" } },
	{ "timer",
	  NULL,
	  SSTP_ON_TIMER,
	  { "A8", "A8", "H", "X", "X", "X", "X" },
	  { "A8", "A8", "H", "X", "X", "X", "X" } },
};

static void happen(struct end *e, const struct row *row)
{
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];

	if (!row->hex) {
		if (row->event == SSTP_ON_AUTHENTICATED)
			end_authenticated(e);
		else if (row->event == SSTP_ON_CLOSE)
			end_close(e);
		else
			end_turn(e, sstp_deadline(&e->s));
	} else if (!strcmp(row->hex, "connected")) {
		end_build_connected(e, SSTP_HASH_SHA256, msg);
		end_feed(e, msg, sizeof(msg));
	} else {
		end_feed_hex(e, row->hex);
	}
}

static void assert_type_sent(const struct end *e, uint16_t type)
{
	assert_int_equal(e->sends, 1);
	assert_true(e->tx_len >= SSTP_MSG_HDR_LEN);
	assert_int_equal(load_u16(e->tx + 4), type);
}

static void assert_state(const struct end *e, enum sstp_state state, uint64_t ms)
{
	assert_int_equal(e->s.state, state);
	assert_int_equal(sstp_deadline(&e->s), e->now_ms + ms);
}

static void check_server_2(const struct end *e)
{
	if (e->s.cfg.role == SSTP_SERVER)
		assert_sent(e, ACK_HEX);
	else
		assert_int_equal(e->sends, 0);
}

static void check(const struct end *e, const char *want, enum sstp_state was, uint64_t deadline)
{
	if (!strcmp(want, "A'")) {
		assert_sent_abort(e, SSTP_ATTR_NO_ERROR, SSTP_STATUS_NO_ERROR);
		assert_state(e, SSTP_ST_ABORT_TIMEOUT, SSTP_ABORT_2_MS);
	} else if (want[0] == 'A') {
		assert_sent_abort(e, SSTP_ATTR_STATUS_INFO, (uint32_t)(want[1] - '0'));
		assert_state(e, SSTP_ST_ABORT_PENDING, SSTP_ABORT_1_MS);
	} else if (!strcmp(want, "D'")) {
		assert_sent(e, DISCONNECT_ACK_HEX);
		assert_state(e, SSTP_ST_DISCONNECT_TIMEOUT, SSTP_DISCONNECT_2_MS);
	} else if (!strcmp(want, "D")) {
		assert_sent(e, DISCONNECT_HEX);
		assert_state(e, SSTP_ST_DISCONNECT_PENDING, SSTP_DISCONNECT_1_MS);
	} else if (!strcmp(want, "T")) {
		assert_int_equal(e->sends, 0);
		assert_state(e, SSTP_ST_ABORT_TIMEOUT, SSTP_ABORT_2_MS);
	} else if (!strcmp(want, "X")) {
		assert_int_equal(e->sends, 0);
		assert_int_equal(e->closed, 1);
		assert_int_equal(e->s.state, SSTP_ST_NONE);
	} else if (!strcmp(want, "E")) {
		assert_sent(e, ECHO_RESPONSE_HEX);
		assert_int_equal(e->s.state, was);
	} else if (!strcmp(want, "H")) {
		assert_sent(e, ECHO_REQUEST_HEX);
		assert_state(e, was, SSTP_HELLO_MS);
	} else if (!strcmp(want, "R")) {
		assert_sent(e, REQUEST_HEX);
		assert_state(e, was, SSTP_NEGOTIATION_MS);
	} else if (!strcmp(want, "2")) {
		check_server_2(e);
		assert_int_equal(e->start_ppp, 1);
		assert_state(e, SSTP_ST_ACK, SSTP_NEGOTIATION_MS);
	} else if (!strcmp(want, "3")) {
		assert_type_sent(e, SSTP_MSG_CALL_CONNECTED);
		assert_int_equal(e->connected, 1);
		assert_state(e, SSTP_ST_CONNECTED, SSTP_HELLO_MS);
	} else {
		assert_string_equal(want, "-");
		assert_int_equal(e->sends, 0);
		assert_int_equal(e->s.state, was);
		if (was != SSTP_ST_CONNECTED) /* there, any packet restarts the Hello timer */
			assert_int_equal(sstp_deadline(&e->s), deadline);
	}
}

static void run_cells(enum sstp_role role)
{
	const struct sstp_cfg cfg = end_cfg(role);
	static struct end e;

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		for (size_t c = 0; c < CELLS; c++) {
			const char *want =
				role == SSTP_CLIENT ? rows[r].client[c] : rows[r].server[c];
			enum sstp_state state = (enum sstp_state)(SSTP_ST_REQUEST + c);
			uint64_t deadline;

			print_message("# %s in state %zu: %s\n", rows[r].name, c + 1, want);
			end_bring(&e, &cfg, state);
			deadline = sstp_deadline(&e.s);
			end_wait(&e, 500);
			happen(&e, &rows[r]);
			check(&e, want, state, deadline);
		}
	}
}

static void client_cells(void **state)
{
	(void)state;
	run_cells(SSTP_CLIENT);
}

static void server_cells(void **state)
{
	(void)state;
	run_cells(SSTP_SERVER);
}

/* The state before the tables begin. */
static void http_cells(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (int role = SSTP_CLIENT; role <= SSTP_SERVER; role++) {
		cfg.role = (enum sstp_role)role;
		end_bring(&e, &cfg, SSTP_ST_HTTP);
		end_authenticated(&e);
		assert_int_equal(e.s.state, SSTP_ST_HTTP);
		end_close(&e);
		assert_closed(&e, SSTP_CLOSED_BY_US, 0);
		assert_int_equal(e.sends, 0);
		end_bring(&e, &cfg, SSTP_ST_HTTP);
		end_turn(&e, sstp_deadline(&e.s));
		assert_closed(
			&e, role == SSTP_CLIENT ? SSTP_CLOSED_NO_RESPONSE : SSTP_CLOSED_NO_REQUEST,
			0);
		assert_int_equal(e.sends, 0);
	}
}

/* After the end nothing changes: input is discarded and CLOSED is emitted only once. */
static void over(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_DISCONNECT_PENDING);
	end_feed_hex(&e, DISCONNECT_ACK_HEX);
	assert_closed(&e, SSTP_CLOSED_BY_US, 0);
	end_feed_text(&e, REQUEST_HTTP);
	assert_int_equal(e.rx_len, 0);
	end_close(&e);
	end_authenticated(&e);
	sstp_open(&e.s, e.now_ms);
	end_wait(&e, 1000000);
	assert_int_equal(e.closed, 1);
	assert_int_equal(e.sends, 0);
	assert_false(sstp_ppp_is_open(&e.s));
	assert_false(sstp_is_connected(&e.s));
}

/* Closed before it was opened; and fed before that. */
static void never_opened(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	struct sstp s;
	struct sstp_keys keys = { .nonce = { 0 } };
	struct sstp_outbox box = { .count = 0 };
	struct sstp_out out;

	(void)state;
	sstp_init(&s, &cfg, &keys);
	sstp_lend(&s, &box);
	assert_true(sstp_deadline(&s) == UINT64_MAX);
	assert_int_equal(sstp_input(&s, (const uint8_t *)"GET", 3, END_T0), 0);
	sstp_tick(&s, END_T0);
	assert_false(sstp_next(&s, &out));
	sstp_close(&s, END_T0);
	assert_true(sstp_next(&s, &out));
	assert_int_equal(out.type, SSTP_OUT_CLOSED);
	assert_int_equal(out.closed.why, SSTP_CLOSED_BY_US);
	assert_false(sstp_next(&s, &out));
	sstp_wipe(&s);
	assert_true(sstp_deadline(&s) == UINT64_MAX);
}

static void small(void **state)
{
	(void)state;
	assert_true(sizeof(struct sstp) < 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_cells), cmocka_unit_test(server_cells),
		cmocka_unit_test(http_cells),   cmocka_unit_test(over),
		cmocka_unit_test(never_opened), cmocka_unit_test(small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
