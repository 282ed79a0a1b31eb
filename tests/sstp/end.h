/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One end of a call for the tests: an engine, its input that was not yet taken, and all its output.
 * The test sets the time.
 */
#ifndef SSTP_TESTS_SSTP_END_H
#define SSTP_TESTS_SSTP_END_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sstp/call.h"
#include "sstp/sstp.h"
#include "sstp/message.h"

enum {
	END_T0 = 1000000, /* start time of each test */
	END_SENDS_MAX = 256,
};

struct end {
	struct sstp s;
	struct sstp_keys keys;
	struct sstp_outbox out;
	uint64_t now_ms;
	uint8_t rx[3 * SSTP_HTTP_MAX]; /* fed, not taken */
	size_t rx_len;
	uint8_t tx[64 * 1024]; /* sent since end_forget */
	size_t tx_len;
	unsigned int sends;
	size_t sent_at[END_SENDS_MAX]; /* offset in tx of each send */
	uint8_t ppp[64 * 1024];        /* the received frames, one after another */
	size_t ppp_len;
	unsigned int frames, other_http, http_done, start_ppp, connected, closed; /* events */
	bool keeps_other_http; /* keeps such a request instead of refusing it at once */
	size_t other_len;
	uint8_t offered;      /* with start_ppp */
	enum sstp_closed why; /* with closed */
	uint32_t status;
	int http_status;
};

extern const uint8_t end_hlak[SSTP_HLAK_LEN];

/* A working cfg; the certificate is the same for both roles. */
struct sstp_cfg end_cfg(enum sstp_role role);

void end_init(struct end *e, const struct sstp_cfg *cfg); /* and sstp_open */
void end_drain(struct end *e);
void end_feed(struct end *e, const void *at, size_t len);
void end_feed_hex(struct end *e, const char *hex);
void end_feed_text(struct end *e, const char *text);
void end_authenticated(struct end *e);
void end_close(struct end *e);
/* The owner of the engine sends a PPP frame, as a tunnel would. */
void end_send_frame(struct end *e, const char *text);
/* Advances the clock to `now_ms`; the engine ticks at each deadline on the way. */
void end_turn(struct end *e, uint64_t now_ms);
void end_wait(struct end *e, uint64_t ms);
/* Discards what was sent so far. */
void end_forget(struct end *e);

/* Brings an end to a state through the messages of an ordinary call, and discards them. */
void end_bring(struct end *e, const struct sstp_cfg *cfg, enum sstp_state state);

/* Asserts that exactly these bytes were sent (hex; spaces are ignored). */
void assert_sent(const struct end *e, const char *hex);
/* Asserts that the only message sent has this type and, if it is an Abort, this status. */
void assert_sent_abort(const struct end *e, uint8_t attr_id, uint32_t status);
void assert_closed(const struct end *e, enum sstp_closed why, uint32_t status);
size_t from_hex(const char *hex, uint8_t *to, size_t room);

/* The Call-Connected for the nonce of this server and end_hlak. */
void end_build_connected(const struct end *server, uint8_t hash,
			 uint8_t msg[SSTP_CALL_CONNECTED_LEN]);

#define REQUEST_HTTP                                                                 \
	"SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n" \
	"SSTPCORRELATIONID: {48B82435-099A-4158-A987-052E7570CFAA}\r\n"              \
	"Content-Length: 18446744073709551615\r\n"                                   \
	"Host: vpn.example.net\r\n\r\n"
#define ANSWER_HTTP "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"
#define REQUEST_HEX "10 01 00 0E 00 01 00 01 00 01 00 06 00 01"
#define NONCE_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ACK_HEX "10 01 00 30 00 02 00 01 00 04 00 28 00 00 00 03" NONCE_HEX
#define NAK_HEX "10 01 00 14 00 03 00 01 00 02 00 0C 00 00 00 01 00 00 00 04"
#define DISCONNECT_HEX "10 01 00 14 00 06 00 01 00 02 00 0C 00 00 00 00 00 00 00 00"
#define DISCONNECT_ACK_HEX "10 01 00 08 00 07 00 00"
#define ECHO_REQUEST_HEX "10 01 00 08 00 08 00 00"
#define ECHO_RESPONSE_HEX "10 01 00 08 00 09 00 00"

#endif
