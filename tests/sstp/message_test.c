/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Control messages byte for byte, and the handling of malformed ones. Call-Connect-Request has its
 * own table, because it is the only one that gets a Call-Connect-Nak.
 */
#include "sstp/end.h"

#include "sstp/states.h"

#define CERT_HEX "c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2"
#define ZERO_HEX "0000000000000000000000000000000000000000000000000000000000000000"

static void assert_hex(const struct writer *w, const char *hex)
{
	uint8_t want[SSTP_PACKET_MAX];
	size_t len = from_hex(hex, want, sizeof(want));

	assert_false(w->full);
	assert_int_equal(w->len, len);
	assert_memory_equal(w->at, want, len);
}

/* The messages of an ordinary call */
static void layouts(void **state)
{
	uint8_t room[256], nonce[SSTP_NONCE_LEN], cert[SHA256_LEN];
	struct writer w;

	(void)state;
	from_hex(NONCE_HEX, nonce, sizeof(nonce));
	memset(cert, 0xc2, sizeof(cert));

	w = writer_of(room, sizeof(room));
	sstp_put_request(&w);
	assert_hex(&w, REQUEST_HEX);
	w = writer_of(room, sizeof(room));
	sstp_put_ack(&w, 3, nonce);
	assert_hex(&w, ACK_HEX);
	w = writer_of(room, sizeof(room));
	sstp_put_connected(&w, SSTP_HASH_SHA256, nonce, cert, SHA256_LEN);
	assert_hex(&w, "10010070 00040001 00030068 00000002" NONCE_HEX CERT_HEX ZERO_HEX);
	w = writer_of(room, sizeof(room));
	sstp_put_connected(&w, SSTP_HASH_SHA1, nonce, cert, SHA1_LEN);
	assert_hex(&w, "10010070 00040001 00030068 00000001" NONCE_HEX
		       "c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2"
		       "000000000000000000000000" ZERO_HEX);
	w = writer_of(room, sizeof(room));
	sstp_put_end(&w, SSTP_MSG_CALL_ABORT, SSTP_ATTR_CRYPTO_BINDING, 4);
	assert_hex(&w, "10 01 00 14 00 05 00 01 00 02 00 0C 00 00 00 03 00 00 00 04");
	w = writer_of(room, sizeof(room));
	sstp_put_end(&w, SSTP_MSG_CALL_DISCONNECT, 0, 0);
	assert_hex(&w, DISCONNECT_HEX);
	w = writer_of(room, sizeof(room));
	sstp_put_bare(&w, SSTP_MSG_CALL_DISCONNECT_ACK);
	assert_hex(&w, DISCONNECT_ACK_HEX);
	w = writer_of(room, sizeof(room));
	sstp_put_bare(&w, SSTP_MSG_ECHO_REQUEST);
	assert_hex(&w, ECHO_REQUEST_HEX);
	w = writer_of(room, sizeof(room));
	sstp_put_bare(&w, SSTP_MSG_ECHO_RESPONSE);
	assert_hex(&w, ECHO_RESPONSE_HEX);
}

/*
 * The reaction of a server to a Call-Connect-Request: an Ack, a Nak, an Abort, or a closed
 * connection.
 */
#define OK ACK_HEX
#define A7 "10 01 00 14 00 05 00 01 00 02 00 0C 00 00 00 02 00 00 00 07"
#define NAK(len, attr_len, rest) "10 01 00 " len " 00 03 00 01 00 02 00 " attr_len " 00 00 00 " rest
#define GONE NULL
#define NOTHING ""

static const struct {
	const char *name, *request, *answer;
} requests[] = {
	{ "as it should be", REQUEST_HEX, OK },
	{ "reserved bits set", "10 FF F0 0E 00 01 00 01 FF 01 F0 06 00 01", OK },
	{ "bytes after the attribute", "10 01 00 10 00 01 00 01 00 01 00 06 00 01 AB CD", OK },
	{ "attribute of 8 bytes", "10 01 00 10 00 01 00 01 00 01 00 08 00 01 00 00", OK },
	{ "Status Info without an error",
	  "10 01 00 1A 00 01 00 02 00 02 00 0C 00 00 00 00 00 00 00 00 00 01 00 06 00 01", OK },
	{ "another protocol", "10 01 00 0E 00 01 00 01 00 01 00 06 00 02",
	  NAK("16", "0E", "01 00 00 00 04 00 02") },
	{ "attribute of 4 bytes", "10 01 00 0C 00 01 00 01 00 01 00 04",
	  NAK("14", "0C", "01 00 00 00 03") },
	{ "attribute of 5 bytes", "10 01 00 0D 00 01 00 01 00 01 00 05 00",
	  NAK("15", "0D", "01 00 00 00 03 00") },
	{ "attribute twice", "10 01 00 14 00 01 00 02 00 01 00 06 00 01 00 01 00 06 00 01",
	  NAK("16", "0E", "01 00 00 00 01 00 01") },
	{ "unknown attribute", "10 01 00 14 00 01 00 02 00 01 00 06 00 01 00 63 00 06 AA BB",
	  NAK("14", "0C", "63 00 00 00 02") },
	{ "attribute of another message",
	  "10 01 00 14 00 01 00 02 00 04 00 06 00 01 00 01 00 06 00 01",
	  NAK("14", "0C", "04 00 00 00 02") },
	{ "no attribute", "10 01 00 08 00 01 00 00", NAK("14", "0C", "01 00 00 00 0A") },
	{ "no attribute counted", "10 01 00 0E 00 01 00 00 00 01 00 06 00 01",
	  NAK("14", "0C", "01 00 00 00 0A") },
	{ "Status Info with an error",
	  "10 01 00 1A 00 01 00 02 00 01 00 06 00 01 00 02 00 0C 00 00 00 01 00 00 00 04",
	  NAK("1C", "14", "02 00 00 00 0B 00 00 00 01 00 00 00 04") },
	{ "Status Info too short",
	  "10 01 00 16 00 01 00 02 00 01 00 06 00 01 00 02 00 08 00 00 00 01",
	  NAK("18", "10", "02 00 00 00 03 00 00 00 01") },
	{ "three faults", "10 01 00 12 00 01 00 02 00 63 00 04 00 01 00 06 00 02",
	  "10 01 00 22 00 03 00 02 00 02 00 0C 00 00 00 63 00 00 00 02"
	  "00 02 00 0E 00 00 00 01 00 00 00 04 00 02" },
	{ "more attributes counted than there are", "10 01 00 0E 00 01 00 02 00 01 00 06 00 01",
	  A7 },
	{ "65535 attributes counted", "10 01 00 0E 00 01 FF FF 00 01 00 06 00 01", A7 },
	{ "attribute longer than the packet", "10 01 00 0E 00 01 00 01 00 01 00 07 00 01", A7 },
	{ "attribute of 4095 bytes", "10 01 00 0E 00 01 00 01 00 01 0F FF 00 01", A7 },
	{ "attribute of 0 bytes", "10 01 00 0E 00 01 00 01 00 01 00 00 00 01", A7 },
	{ "attribute of 1 byte", "10 01 00 0E 00 01 00 01 00 01 00 01 00 01", A7 },
	{ "attribute of 3 bytes", "10 01 00 0E 00 01 00 01 00 01 00 03 00 01", A7 },
	{ "attribute's header cut", "10 01 00 0A 00 01 00 01 00 01", A7 },
	{ "type 0", "10 01 00 0E 00 00 00 01 00 01 00 06 00 01", A7 },
	{ "type 10", "10 01 00 0E 00 0A 00 01 00 01 00 06 00 01", A7 },
	{ "type 0x0101", "10 01 00 0E 01 01 00 01 00 01 00 06 00 01", A7 },
	{ "Length 0", "10 01 00 00 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "Length 1", "10 01 00 01 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "Length 3", "10 01 00 03 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "Length 4", "10 01 00 04 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "Length 7", "10 01 00 07 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "Length 0, R bits set", "10 01 F0 00 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "Length too long: more is waited for", "10 01 0F FF 00 01 00 01 00 01 00 06 00 01",
	  NOTHING },
	{ "version 0x11", "11 01 00 0E 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "version 0x00", "00 01 00 0E 00 01 00 01 00 01 00 06 00 01", GONE },
	{ "data of 4 bytes", "10 00 00 04", NOTHING },
	{ "data of 3 bytes", "10 00 00 03", GONE },
	{ "data before its time", "10 00 00 0E FF 03 C0 21 01 00 00 04 00 00", NOTHING },
};

static void request_table(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		print_message("# %s\n", requests[i].name);
		end_bring(&e, &cfg, SSTP_ST_REQUEST);
		end_feed_hex(&e, requests[i].request);
		if (requests[i].answer) {
			assert_sent(&e, requests[i].answer);
			assert_int_equal(e.closed, 0);
		} else {
			assert_int_equal(e.sends, 0);
			assert_closed(&e, SSTP_CLOSED_BAD_STREAM, 0);
			assert_int_equal(e.rx_len, 0);
		}
		assert_int_equal(e.frames, 0);
	}
}

/* The refused value is returned, but at most 64 bytes of it. */
static void nak_cuts_the_value(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t msg[8 + 4 + 100] = { 0x10, 0x01, 0, sizeof(msg), 0, 1, 0, 1, 0, 1, 0, 104, 0, 9 };
	static struct end e;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_REQUEST);
	end_feed(&e, msg, sizeof(msg));
	assert_int_equal(e.tx_len, 8 + 12 + SSTP_STATUS_VALUE_MAX);
	assert_int_equal(load_u16(e.tx + 10), 12 + SSTP_STATUS_VALUE_MAX);
	assert_memory_equal(e.tx + 20, msg + 12, SSTP_STATUS_VALUE_MAX);
}

/* A thousand wrong attributes with values: the reply stays small. */
static void nak_is_bounded(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t msg[SSTP_PACKET_MAX];
	struct writer w = writer_of(msg, sizeof(msg));
	static struct end e;

	(void)state;
	put_u32(&w, 0x10010000);
	put_u32(&w, 0x00010000);
	for (uint16_t n = 1; w.room - w.len >= 100; n++) {
		put_u32(&w, 0x00020064); /* Status Info, 100 bytes */
		memset(put_gap(&w, 96), 0xff, 96);
		store_u16(msg + 6, n);
	}
	store_u16(msg + 2, (uint16_t)w.len);
	end_bring(&e, &cfg, SSTP_ST_REQUEST);
	end_feed(&e, msg, w.len);
	assert_int_equal(load_u16(e.tx + 4), SSTP_MSG_CALL_CONNECT_NAK);
	assert_int_equal(load_u16(e.tx + 6), SSTP_FAULTS_MAX);
	assert_int_equal(e.tx_len, 8 + SSTP_FAULTS_MAX * (12 + SSTP_STATUS_VALUE_MAX));
}

/* Three bad requests get a Nak each, the fourth ends the call; a good one may follow. */
static void nak_limit(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (int bad = 0; bad <= 4; bad++) {
		end_bring(&e, &cfg, SSTP_ST_REQUEST);
		for (int i = 0; i < bad; i++) {
			end_forget(&e);
			end_feed_hex(&e, "10 01 00 08 00 01 00 00");
		}
		end_forget(&e);
		end_feed_hex(&e, REQUEST_HEX);
		if (bad <= 3)
			assert_sent(&e, ACK_HEX);
		else
			assert_int_equal(e.sends, 0);
	}
	end_bring(&e, &cfg, SSTP_ST_REQUEST);
	for (int i = 0; i < 4; i++) {
		end_forget(&e);
		end_feed_hex(&e, "10 01 00 08 00 01 00 00");
	}
	assert_sent_abort(&e, SSTP_ATTR_STATUS_INFO, SSTP_STATUS_RETRY_COUNT_EXCEEDED);
	end_wait(&e, SSTP_ABORT_1_MS);
	assert_closed(&e, SSTP_CLOSED_BAD_MESSAGE, SSTP_STATUS_RETRY_COUNT_EXCEEDED);
}

/* A Nak does not give the client more time. */
static void nak_keeps_the_timer(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;
	uint64_t deadline;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_REQUEST);
	deadline = sstp_deadline(&e.s);
	end_wait(&e, 1000);
	end_feed_hex(&e, "10 01 00 08 00 01 00 00");
	assert_int_equal(sstp_deadline(&e.s), deadline);
}

/* The reaction of a client to an ACK: nothing yet (PPP starts), or an Abort with this status. */
#define BODY NONCE_HEX

static const struct {
	const char *name, *ack;
	uint8_t allowed, status; /* 0: accepted, 255: nothing */
	bool is_gone;
} acks[] = {
	{ "both hashes", ACK_HEX, 3, 0, false },
	{ "SoftEther: SHA-256 alone", "10010030 00020001 00040028 00000002" BODY, 3, 0, false },
	{ "SHA-1 alone", "10010030 00020001 00040028 00000001" BODY, 3, 0, false },
	{ "unknown hashes beside", "10010030 00020001 00040028 000000ff" BODY, 3, 0, false },
	{ "reserved bits set", "10FFF030 00020001 FF04F028 FFFFFF03" BODY, 3, 0, false },
	{ "unknown attribute in front", "10010034 00020002 00630004 00040028 00000003" BODY, 3, 0,
	  false },
	{ "SHA-1 alone, not allowed", "10010030 00020001 00040028 00000001" BODY, 2, 4, false },
	{ "no hash", "10010030 00020001 00040028 00000000" BODY, 3, 4, false },
	{ "unknown hash", "10010030 00020001 00040028 00000004" BODY, 3, 4, false },
	{ "no attribute", "10010008 00020000", 3, 9, false },
	{ "another attribute", "1001000E 00020001 00010006 0001", 3, 9, false },
	{ "attribute too short",
	  "1001002F 00020001 00040027 00000003"
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
	  3, 9, false },
	{ "attribute too long", "10010031 00020001 00040029 00000003" BODY "20", 3, 9, false },
	{ "attribute past the end", "10010030 00020001 00040029 00000003" BODY, 3, 7, false },
	{ "attribute of no length", "10010030 00020001 00040000 00000003" BODY, 3, 7, false },
	{ "two attributes counted", "10010030 00020002 00040028 00000003" BODY, 3, 7, false },
	{ "Length 7", "10010007 00020001 00040028 00000003" BODY, 3, 0, true },
};

static void ack_table(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < sizeof(acks) / sizeof(acks[0]); i++) {
		print_message("# %s\n", acks[i].name);
		cfg.hashes = acks[i].allowed;
		end_bring(&e, &cfg, SSTP_ST_REQUEST);
		end_feed_hex(&e, acks[i].ack);
		if (acks[i].is_gone) {
			assert_int_equal(e.sends, 0);
			assert_closed(&e, SSTP_CLOSED_NOT_SSTP, 0);
		} else if (acks[i].status) {
			assert_sent_abort(&e,
					  acks[i].status == 7 ? SSTP_ATTR_STATUS_INFO
							      : SSTP_ATTR_CRYPTO_BINDING_REQ,
					  acks[i].status);
			assert_int_equal(e.start_ppp, 0);
			end_wait(&e, SSTP_ABORT_1_MS);
			assert_closed(&e,
				      acks[i].status == SSTP_STATUS_VALUE_NOT_SUPPORTED
					      ? SSTP_CLOSED_NO_HASH
					      : SSTP_CLOSED_BAD_MESSAGE,
				      acks[i].status);
		} else {
			assert_int_equal(e.sends, 0);
			assert_int_equal(e.start_ppp, 1);
			assert_true(sstp_ppp_is_open(&e.s));
			assert_false(sstp_is_connected(&e.s));
		}
	}
}

/* The hash that the client uses: the better one of those that both allow. */
static void hash_choice(void **state)
{
	static const struct {
		uint8_t allowed, offered, used;
	} cases[] = { { 3, 3, 2 }, { 3, 1, 1 }, { 3, 2, 2 },
		      { 1, 3, 1 }, { 2, 3, 2 }, { 3, 0xfe, 2 } };
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	uint8_t ack[48];
	static struct end e;

	(void)state;
	from_hex(ACK_HEX, ack, sizeof(ack));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cfg.hashes = cases[i].allowed;
		ack[15] = cases[i].offered;
		end_bring(&e, &cfg, SSTP_ST_REQUEST);
		end_feed(&e, ack, sizeof(ack));
		assert_int_equal(e.offered, cases[i].offered);
		end_authenticated(&e);
		assert_int_equal(e.tx_len, SSTP_CALL_CONNECTED_LEN);
		assert_int_equal(e.tx[15], cases[i].used);
	}
}

/* Messages that end the call do so even if they are malformed. */
static const struct {
	const char *name, *hex;
	uint16_t answer;
	enum sstp_closed why;
	uint32_t status;
} ends[] = {
	{ "Abort", "10 01 00 14 00 05 00 01 00 02 00 0C 00 00 00 02 00 00 00 05",
	  SSTP_MSG_CALL_ABORT, SSTP_CLOSED_ABORTED, 5 },
	{ "Abort without attribute", "10 01 00 08 00 05 00 00", SSTP_MSG_CALL_ABORT,
	  SSTP_CLOSED_ABORTED, 0 },
	{ "sorz: Abort with a Status Info of 8 bytes",
	  "10 01 00 10 00 05 00 01 00 02 00 08 00 00 00 02", SSTP_MSG_CALL_ABORT,
	  SSTP_CLOSED_ABORTED, 0 },
	{ "Abort, attribute missing", "10 01 00 08 00 05 00 01", SSTP_MSG_CALL_ABORT,
	  SSTP_CLOSED_ABORTED, 0 },
	{ "Abort, attribute past the end", "10 01 00 0C 00 05 00 01 00 02 00 0C",
	  SSTP_MSG_CALL_ABORT, SSTP_CLOSED_ABORTED, 0 },
	{ "Abort, attribute of no length", "10 01 00 0C 00 05 00 01 00 02 00 00",
	  SSTP_MSG_CALL_ABORT, SSTP_CLOSED_ABORTED, 0 },
	{ "Disconnect", DISCONNECT_HEX, SSTP_MSG_CALL_DISCONNECT_ACK, SSTP_CLOSED_BY_PEER, 0 },
	{ "Disconnect without attribute", "10 01 00 08 00 06 00 00", SSTP_MSG_CALL_DISCONNECT_ACK,
	  SSTP_CLOSED_BY_PEER, 0 },
	{ "Disconnect, attribute missing", "10 01 00 08 00 06 00 02", SSTP_MSG_CALL_DISCONNECT_ACK,
	  SSTP_CLOSED_BY_PEER, 0 },
};

static void end_table(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(ends) / sizeof(ends[0]); i++) {
		print_message("# %s\n", ends[i / 2].name);
		cfg.role = i % 2 ? SSTP_SERVER : SSTP_CLIENT;
		end_bring(&e, &cfg, SSTP_ST_CONNECTED);
		end_feed_hex(&e, ends[i / 2].hex);
		assert_int_equal(load_u16(e.tx + 4), ends[i / 2].answer);
		assert_false(sstp_is_connected(&e.s));
		end_wait(&e, 999);
		assert_int_equal(e.closed, 0);
		end_wait(&e, 1);
		assert_closed(&e, ends[i / 2].why, ends[i / 2].status);
	}
}

/* Data is passed on complete and in order while PPP is open, and in no other state. */
static void data(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (int role = SSTP_CLIENT; role <= SSTP_SERVER; role++) {
		cfg.role = (enum sstp_role)role;
		for (int st = SSTP_ST_REQUEST; st < SSTP_STATES; st++) {
			bool is_open = st == SSTP_ST_ACK || st == SSTP_ST_CONNECTED;

			end_bring(&e, &cfg, (enum sstp_state)st);
			end_feed_hex(&e, "10 00 00 06 AA BB"
					 "10 00 00 04"
					 "10 FE F0 05 CC");
			assert_int_equal(e.sends, 0);
			assert_int_equal(e.rx_len, 0);
			assert_int_equal(e.frames, is_open ? 2 : 0);
			if (is_open)
				assert_memory_equal(e.ppp, "\xaa\xbb\xcc", 3);
		}
	}
}

static void largest_packet(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t packet[SSTP_PACKET_MAX] = { 0x10, 0x00, 0x0f, 0xff };
	static struct end e;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_CONNECTED);
	end_feed(&e, packet, sizeof(packet) - 1);
	assert_int_equal(e.frames, 0);
	end_feed(&e, packet, 1);
	assert_int_equal(e.frames, 1);
	assert_int_equal(e.ppp_len, SSTP_PAYLOAD_MAX);
}

/* How the packet path reads the stream. */
static void data_header(void **state)
{
	static const struct {
		const char *hex;
		size_t len;
	} cases[] = {
		{ "10 00 00 06 AA BB CC", 6 }, { "10 00 00 06 AA BB", 6 }, { "10 00 00 06 AA", 0 },
		{ "10 00 00 04 AA", 0 },       { "10 00 00 03 AA", 0 },    { "10 00 00 00 AA", 0 },
		{ "10 00 F0 05 AA", 5 },       { "10 FE 00 05 AA", 5 },    { "10 01 00 05 AA", 0 },
		{ "11 00 00 05 AA", 0 },       { "10 00 00", 0 },          { "", 0 },
	};
	uint8_t at[16], header[SSTP_HDR_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t left = from_hex(cases[i].hex, at, sizeof(at));

		assert_int_equal(sstp_data_len(at, left), cases[i].len);
	}
	sstp_put_data_header(header, SSTP_PAYLOAD_MAX);
	assert_memory_equal(header, "\x10\x00\x0f\xff", 4);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(sstp_status_name(4), "VALUE_NOT_SUPPORTED");
	assert_string_equal(sstp_status_name(0xb), "STATUS_INFO_NOT_SUPPORTED_IN_MSG");
	assert_string_equal(sstp_status_name(0xc), "unknown status");
	assert_string_equal(sstp_status_name(UINT32_MAX), "unknown status");
	assert_string_equal(sstp_msg_name(0), "unknown message");
	assert_string_equal(sstp_msg_name(9), "Echo-Response");
	assert_string_equal(sstp_msg_name(10), "unknown message");
	for (int why = SSTP_CLOSED_BY_US; why <= SSTP_CLOSED_SILENT; why++)
		assert_string_not_equal(sstp_closed_text((enum sstp_closed)why), "unknown reason");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(request_table),
		cmocka_unit_test(nak_cuts_the_value),
		cmocka_unit_test(nak_is_bounded),
		cmocka_unit_test(nak_limit),
		cmocka_unit_test(nak_keeps_the_timer),
		cmocka_unit_test(ack_table),
		cmocka_unit_test(hash_choice),
		cmocka_unit_test(end_table),
		cmocka_unit_test(data),
		cmocka_unit_test(largest_packet),
		cmocka_unit_test(data_header),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
