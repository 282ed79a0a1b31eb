/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known peers, as scripts: what each of them does beyond the specification, according to its source
 * or to traces.
 */
#include "sstp/end.h"

#include "sstp/states.h"

#define URI "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
#define ENDLESS "Content-Length: 18446744073709551615\r\n"
#define SHORT_ABORT_HEX "10 01 00 08 00 05 00 00"
#define SHORT_DISCONNECT_HEX "10 01 00 08 00 06 00 00"

static struct end e;

static void client(const char *answer)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);

	end_init(&e, &cfg);
	end_forget(&e);
	end_feed_text(&e, answer);
	assert_sent(&e, REQUEST_HEX);
	end_forget(&e);
}

static void server(const char *request)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);

	end_init(&e, &cfg);
	end_feed_text(&e, request);
	assert_int_equal(e.http_done, 1);
	end_forget(&e);
}

/* ---- servers, and our client */

/*
 * SHA-256 only; a hello every few seconds, none of ours ever gets a response; end messages of eight
 * bytes.
 */
static void softether(void **state)
{
	(void)state;
	client("HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\n" ENDLESS
	       "Date: Thu, 09 Nov 2006 00:51:09 GMT\r\n\r\n");
	end_feed_hex(&e, "10010030 00020001 00040028 00000002" NONCE_HEX);
	end_feed_hex(&e, ECHO_REQUEST_HEX); /* also before the call is connected */
	assert_sent(&e, ECHO_RESPONSE_HEX);
	end_authenticated(&e);
	end_forget(&e);
	for (int i = 0; i < 250; i++) {
		end_wait(&e, 2500);
		end_feed_hex(&e, ECHO_REQUEST_HEX);
	}
	assert_int_equal(e.sends, 250);
	assert_int_equal(e.tx_len, 250 * 8); /* only responses: its echo shows that it is alive */
	assert_true(sstp_is_connected(&e.s));
	end_wait(&e, 60000); /* ours gets no response, but data arrives */
	end_wait(&e, 30000);
	end_feed_hex(&e, "10 00 00 05 AA");
	end_wait(&e, 59999);
	assert_true(sstp_is_connected(&e.s));
	end_feed_hex(&e, SHORT_DISCONNECT_HEX);
	end_wait(&e, SSTP_DISCONNECT_2_MS);
	assert_closed(&e, SSTP_CLOSED_BY_PEER, 0);
}

/* A Nak whose Status Info has no value, three times and once more. */
static void softether_nak(void **state)
{
	(void)state;
	client(ANSWER_HTTP);
	for (int i = 0; i < 3; i++) {
		end_feed_hex(&e, NAK_HEX);
		assert_sent(&e, REQUEST_HEX);
		assert_int_equal(sstp_deadline(&e.s), e.now_ms + SSTP_NEGOTIATION_MS);
		end_forget(&e);
	}
	end_feed_hex(&e, NAK_HEX);
	assert_sent_abort(&e, SSTP_ATTR_STATUS_INFO, SSTP_STATUS_RETRY_COUNT_EXCEEDED);
	end_feed_hex(&e, SHORT_ABORT_HEX);
	end_wait(&e, SSTP_ABORT_2_MS);
	assert_closed(&e, SSTP_CLOSED_REFUSED, SSTP_STATUS_VALUE_NOT_SUPPORTED);
}

/* It reads Length as sixteen bits and byte 1 as a whole: what we send must have zeroes there. */
static void accel_ppp(void **state)
{
	(void)state;
	client("HTTP/1.1 200 OK\r\nDate: Thu, 09 Nov 2006 00:51:09 GMT\r\n" ENDLESS
	       "Connection: keep-alive\r\n\r\n");
	end_feed_hex(&e, ACK_HEX);
	end_authenticated(&e);
	end_wait(&e, SSTP_HELLO_MS);
	end_feed_hex(&e, ECHO_REQUEST_HEX);
	for (unsigned int i = 0; i < e.sends; i++) {
		const uint8_t *at = e.tx + e.sent_at[i];
		size_t len = (i + 1 < e.sends ? e.sent_at[i + 1] : e.tx_len) - e.sent_at[i];

		assert_int_equal(at[1], 0x01);
		assert_int_equal(load_u16(at + 2), len);
		assert_in_range(load_u16(at + 6), 0, 1); /* it reads only the first attribute */
	}
	/* it ends every call this way */
	end_feed_hex(&e, "10 01 00 14 00 05 00 01 00 02 00 0C 00 00 00 02 00 00 00 07");
	end_wait(&e, SSTP_ABORT_2_MS);
	assert_closed(&e, SSTP_CLOSED_ABORTED, SSTP_STATUS_INVALID_FRAME_RECEIVED);
}

/*
 * It aborts when we send a hello too early, sends early ones itself, and its Status Infos are too
 * short.
 */
static void sorz(void **state)
{
	(void)state;
	client("HTTP/1.1 200 OK\r\n" ENDLESS "Server: SSTP-Server/0.7\r\n\r\n");
	end_feed_hex(&e, ACK_HEX);
	end_wait(&e, 59000);
	assert_int_equal(e.sends, 0);
	end_feed_hex(&e, ECHO_REQUEST_HEX);
	assert_sent(&e, ECHO_RESPONSE_HEX);
	end_feed_hex(&e, "10 01 00 10 00 05 00 01 00 02 00 08 00 00 00 00");
	end_wait(&e, SSTP_ABORT_2_MS);
	assert_closed(&e, SSTP_CLOSED_ABORTED, 0);
}

/*
 * It loses what it reads together with the HTTP request: nothing may follow the request before the
 * 200.
 */
static void sorz_and_kittoku_lose_bytes(void **state)
{
	const struct sstp_cfg c = end_cfg(SSTP_CLIENT), s = end_cfg(SSTP_SERVER);

	(void)state;
	end_init(&e, &c);
	end_wait(&e, SSTP_HTTP_RESPONSE_MS - 1);
	assert_int_equal(e.sends, 1);
	end_init(&e, &s);
	end_feed_text(&e, REQUEST_HTTP);
	end_wait(&e, SSTP_NEGOTIATION_MS - 1);
	assert_int_equal(e.sends, 1);
}

/*
 * Exact method, exact version, exact path; otherwise it closes the connection without a response.
 */
static void ogital(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);

	(void)state;
	end_init(&e, &cfg);
	assert_memory_equal(e.tx, URI, sizeof(URI) - 1);
	assert_memory_equal(e.tx + e.tx_len - 4, "\r\n\r\n", 4);
}

/* An old router: it offers only SHA-1. */
static void routeros_server(void **state)
{
	(void)state;
	client("HTTP/1.1 200\r\n" ENDLESS "Server: MikroTik-SSTP\r\n\r\n");
	end_feed_hex(&e, "10010030 00020001 00040028 00000001" NONCE_HEX);
	end_authenticated(&e);
	assert_int_equal(e.tx[15], SSTP_HASH_SHA1);
	assert_true(sstp_is_connected(&e.s));
}

/* ---- clients, and our server */

static void connect_client(uint8_t hash)
{
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];

	end_feed_hex(&e, REQUEST_HEX);
	assert_sent(&e, ACK_HEX);
	end_forget(&e);
	end_authenticated(&e);
	end_build_connected(&e, hash, msg);
	end_feed(&e, msg, sizeof(msg));
	assert_true(sstp_is_connected(&e.s));
	assert_int_equal(e.sends, 0);
}

static void windows(void **state)
{
	(void)state;
	server(URI "SSTPCORRELATIONID: {48B82435-099A-4158-A987-052E7570CFAA}\r\n" ENDLESS
		   "Host: vpn.example.net\r\n\r\n");
	connect_client(SSTP_HASH_SHA256);
	end_feed_hex(&e, DISCONNECT_HEX);
	assert_sent(&e, DISCONNECT_ACK_HEX);
	end_wait(&e, SSTP_DISCONNECT_2_MS);
	assert_closed(&e, SSTP_CLOSED_BY_PEER, 0);
}

/*
 * 1.0.18 exits when the response is there at its first read, so the response is delayed for it. It
 * is recognized by its correlation id, which has four groups and so is not a GUID.
 */
static void sstp_client_must_wait(void **state)
{
	static const char request[] = URI "Host: 127.0.0.1\r\n" ENDLESS
					  "SSTPCORRELATIONID: {D271E85-2A56-664F-30C53FD6}\r\n\r\n";
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);

	(void)state;
	end_init(&e, &cfg);
	end_feed_text(&e, request);
	end_wait(&e, SSTP_HTTP_HOLD_MS - 1);
	assert_int_equal(e.sends + e.http_done, 0);
	end_wait(&e, 1);
	assert_int_equal(e.sends, 1);
	assert_int_equal(e.http_done, 1);
	assert_memory_equal(e.tx, "HTTP/1.1 200 OK\r\n", 17);
	end_forget(&e);
	connect_client(SSTP_HASH_SHA256);

	end_init(&e, &cfg); /* a client that does not wait is another one */
	end_feed_text(&e, request);
	end_feed_hex(&e, REQUEST_HEX);
	assert_int_equal(e.http_done, 1);
	assert_int_equal(e.start_ppp, 1);

	end_init(&e, &cfg); /* the delay does not delay the end */
	end_feed_text(&e, request);
	end_close(&e);
	assert_int_equal(e.closed, 1);
}

/* As soon as the reason is known, before the response of the peer, which may just disconnect. */
static void a_reason_is_known_at_once(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	struct sstp_out out;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_ACK);
	assert_false(sstp_noted_end(&e.s, &out));
	end_wait(&e, SSTP_NEGOTIATION_MS);
	assert_int_equal(e.closed, 0);
	assert_true(sstp_noted_end(&e.s, &out));
	assert_int_equal(out.type, SSTP_OUT_CLOSED);
	assert_int_equal(out.closed.why, SSTP_CLOSED_NEGOTIATION);
	assert_int_equal(out.closed.status, SSTP_STATUS_NEGOTIATION_TIMEOUT);
}

/*
 * It ignores an Abort or Disconnect of eight bytes, so ours have twenty; its own have no attribute.
 * It limits the number of header fields, and expects the response to end with the read.
 */
static void sstp_client(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	int headers = 0;

	(void)state;
	end_init(&e, &cfg);
	end_feed_text(&e, URI "Host: vpn.example.net\r\n"
			      "SSTPCORRELATIONID: 48b82435-099a-4158-a987-052e7570cfaa\r\n" ENDLESS
			      "\r\n");
	assert_int_equal(e.sends, 1);
	assert_memory_equal(e.tx + 9, "200", 3);
	assert_int_equal(e.tx[e.tx_len - 1], '\n');
	for (size_t i = 0; i < e.tx_len; i++)
		headers += e.tx[i] == ':';
	assert_in_range(headers, 0, 7);
	end_forget(&e);
	connect_client(SSTP_HASH_SHA256);
	end_close(&e);
	assert_sent(&e, DISCONNECT_HEX);
	end_feed_hex(&e, DISCONNECT_ACK_HEX);
	assert_closed(&e, SSTP_CLOSED_BY_US, 0);

	server(REQUEST_HTTP);
	connect_client(SSTP_HASH_SHA256);
	end_feed_hex(&e, SHORT_DISCONNECT_HEX);
	assert_sent(&e, DISCONNECT_ACK_HEX);
	end_wait(&e, SSTP_DISCONNECT_2_MS);
	assert_closed(&e, SSTP_CLOSED_BY_PEER, 0);
}

/* With pppd before 2.4.9, Call-Connected is sent when IP is up: long after the authentication. */
static void sstp_client_with_an_old_pppd(void **state)
{
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];

	(void)state;
	server(REQUEST_HTTP);
	end_feed_hex(&e, REQUEST_HEX);
	end_forget(&e);
	end_authenticated(&e);
	for (int i = 0; i < 20; i++) { /* IPCP's frames pass meanwhile */
		end_wait(&e, 1000);
		end_feed_hex(&e, "10 00 00 0E FF 03 80 21 01 01 00 0A 03 06");
	}
	assert_int_equal(e.frames, 20);
	assert_false(sstp_is_connected(&e.s));
	end_build_connected(&e, SSTP_HASH_SHA256, msg);
	end_feed(&e, msg, sizeof(msg));
	assert_true(sstp_is_connected(&e.s));
}

/*
 * Another order of header fields; echoes every 20 s; it aborts without an attribute and
 * disconnects.
 */
static void kittoku(void **state)
{
	(void)state;
	server(URI ENDLESS "Host: vpn.example.net\r\n"
			   "SSTPCORRELATIONID: {48B82435-099A-4158-A987-052E7570CFAA}\r\n\r\n");
	connect_client(SSTP_HASH_SHA256);
	for (int i = 0; i < 30; i++) {
		end_forget(&e);
		end_wait(&e, 20000);
		end_feed_hex(&e, ECHO_REQUEST_HEX);
		assert_sent(&e, ECHO_RESPONSE_HEX);
	}
	end_forget(&e);
	end_feed_hex(&e, SHORT_ABORT_HEX);
	assert_sent_abort(&e, SSTP_ATTR_NO_ERROR, SSTP_STATUS_NO_ERROR);
	end_wait(&e, SSTP_ABORT_2_MS);
	assert_closed(&e, SSTP_CLOSED_ABORTED, 0);
}

/* It binds with SHA-1 although SHA-256 is offered. */
static void routeros_client(void **state)
{
	(void)state;
	server(URI ENDLESS "Host: 192.0.2.1\r\n\r\n");
	connect_client(SSTP_HASH_SHA1);
}

/* Everything at once, R bits set, an attribute of eight bytes. */
static void unknown_client_in_a_hurry(void **state)
{
	(void)state;
	server(URI ENDLESS "\r\n");
	end_feed_hex(&e, "10 01 80 10 00 01 00 01 00 01 00 08 00 01 00 00");
	assert_sent(&e, ACK_HEX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(softether),
		cmocka_unit_test(softether_nak),
		cmocka_unit_test(accel_ppp),
		cmocka_unit_test(sorz),
		cmocka_unit_test(sorz_and_kittoku_lose_bytes),
		cmocka_unit_test(ogital),
		cmocka_unit_test(routeros_server),
		cmocka_unit_test(windows),
		cmocka_unit_test(sstp_client),
		cmocka_unit_test(sstp_client_must_wait),
		cmocka_unit_test(a_reason_is_known_at_once),
		cmocka_unit_test(sstp_client_with_an_old_pppd),
		cmocka_unit_test(kittoku),
		cmocka_unit_test(routeros_client),
		cmocka_unit_test(unknown_client_in_a_hurry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
