/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP exchange: the requests of known clients, other traffic from the internet, and limits. */
#include "http/block.h"
#include "sstp/end.h"
#include "sstp/http.h"
#include "sstp/states.h"

#define URI "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
#define POST "SSTP_DUPLEX_POST " URI " HTTP/1.1\r\n"
#define ENDLESS "Content-Length: 18446744073709551615\r\n"
#define REFUSAL "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

static const struct {
	const char *name, *request;
	int status;
} requests[] = {
	{ "Windows",
	  POST "SSTPCORRELATIONID: {48B82435-099A-4158-A987-052E7570CFAA}\r\n" ENDLESS
	       "Host: vpn.example.net\r\n\r\n",
	  200 },
	{ "Windows with a tenant",
	  "SSTP_DUPLEX_POST " URI "?tenantid=0f2a HTTP/1.1\r\n" ENDLESS
	  "Host: vpn.example.net\r\n\r\n",
	  200 },
	{ "sstp-client",
	  POST "Host: vpn.example.net\r\n"
	       "SSTPCORRELATIONID: 48b82435-099a-4158-a987-052e7570cfaa\r\n" ENDLESS "\r\n",
	  200 },
	{ "kittoku",
	  POST ENDLESS "Host: vpn.example.net\r\n"
		       "SSTPCORRELATIONID: {48B82435-099A-4158-A987-052E7570CFAA}\r\n\r\n",
	  200 },
	{ "RouterOS", POST ENDLESS "Host: 192.0.2.1:8443\r\n\r\n", 200 },
	{ "no header at all", POST "\r\n", 200 },
	{ "header names in capitals", POST "CONTENT-LENGTH: 18446744073709551615\r\n\r\n", 200 },
	{ "another length", POST "Content-Length: 0\r\n\r\n", 200 },
	{ "path in lower case",
	  "SSTP_DUPLEX_POST /sra_{ba195980-cd49-458b-9e23-c84ee0adcd75}/ HTTP/1.1\r\n\r\n", 200 },
	{ "absolute form", "SSTP_DUPLEX_POST https://vpn.example.net" URI " HTTP/1.1\r\n\r\n",
	  200 },
	{ "absolute form, port, query",
	  "SSTP_DUPLEX_POST HTTPS://[2001:db8::1]:443" URI "?a=/b HTTP/1.1\r\n\r\n", 200 },
	{ "lines end in LF", "SSTP_DUPLEX_POST " URI " HTTP/1.1\nHost: a\n\n", 200 },
	{ "HTTP/1.2", "SSTP_DUPLEX_POST " URI " HTTP/1.2\r\n\r\n", 200 },
	{ "wrong path", "SSTP_DUPLEX_POST / HTTP/1.1\r\n\r\n", 404 },
	{ "path cut",
	  "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75} HTTP/1.1\r\n\r\n", 404 },
	{ "path with more", "SSTP_DUPLEX_POST " URI "x HTTP/1.1\r\n\r\n", 404 },
	{ "absolute form, no path", "SSTP_DUPLEX_POST https://vpn.example.net HTTP/1.1\r\n\r\n",
	  404 },
	{ "only a query", "SSTP_DUPLEX_POST ?" URI " HTTP/1.1\r\n\r\n", 404 },
	{ "browser", "GET / HTTP/1.1\r\nHost: vpn.example.net\r\nAccept: */*\r\n\r\n", 404 },
	{ "browser at our path", "GET " URI " HTTP/1.1\r\n\r\n", 404 },
	{ "health check", "HEAD / HTTP/1.0\r\n\r\n", 404 },
	{ "form", "POST /login HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b", 404 },
	{ "OPTIONS", "OPTIONS * HTTP/1.1\r\n\r\n", 501 },
	{ "CONNECT", "CONNECT a:443 HTTP/1.1\r\n\r\n", 501 },
	{ "method in lower case", "sstp_duplex_post " URI " HTTP/1.1\r\n\r\n", 501 },
	{ "method cut", "SSTP_DUPLEX_POS " URI " HTTP/1.1\r\n\r\n", 501 },
	{ "HTTP/1.0", "SSTP_DUPLEX_POST " URI " HTTP/1.0\r\n\r\n", 400 },
	{ "HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400 },
	{ "HTTP/0.9", "GET /\r\n\r\n", 400 },
	{ "no version", "SSTP_DUPLEX_POST " URI "\r\n\r\n", 400 },
	{ "version cut", "SSTP_DUPLEX_POST " URI " HTTP/1.\r\n\r\n", 400 },
	{ "version too long", "SSTP_DUPLEX_POST " URI " HTTP/1.11\r\n\r\n", 400 },
	{ "two spaces", "SSTP_DUPLEX_POST  " URI " HTTP/1.1\r\n\r\n", 400 },
	{ "space in front", " SSTP_DUPLEX_POST " URI " HTTP/1.1\r\n\r\n", 400 },
	{ "space after", "SSTP_DUPLEX_POST " URI " HTTP/1.1 \r\n\r\n", 400 },
	{ "empty first line", "\r\nSSTP_DUPLEX_POST " URI " HTTP/1.1\r\n\r\n", 400 },
	{ "one word", "HELLO\r\n\r\n", 400 },
	{ "SOCKS and other garbage", "\x05\x01\xff \x80 HTTP/1.1\r\n\r\n", 400 },
};

static const char *answer_of(int status)
{
	switch (status) {
	case 200:
		return "HTTP/1.1 200 OK\r\n" ENDLESS "Server: Microsoft-HTTPAPI/2.0\r\n\r\n";
	case 400:
		return "HTTP/1.1 400 Bad Request" REFUSAL;
	case 404:
		return "HTTP/1.1 404 Not Found" REFUSAL;
	case 501:
		return "HTTP/1.1 501 Not Implemented" REFUSAL;
	default:
		return "HTTP/1.1 503 Service Unavailable" REFUSAL;
	}
}

static void assert_answer(const struct end *e, int status)
{
	const char *want = answer_of(status);

	assert_int_equal(e->sends, 1);
	assert_int_equal(e->tx_len, strlen(want));
	assert_memory_equal(e->tx, want, strlen(want));
	if (status == 200) {
		assert_int_equal(e->http_done, 1);
		assert_int_equal(e->closed, 0);
		assert_int_equal(sstp_deadline(&e->s), e->now_ms + SSTP_NEGOTIATION_MS);
	} else {
		assert_int_equal(e->http_done, 0);
		assert_closed(e, SSTP_CLOSED_NOT_SSTP, 0);
		assert_int_equal(e->http_status, status);
	}
}

static void server_answers(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		print_message("# %s\n", requests[i].name);
		end_init(&e, &cfg);
		end_feed_text(&e, requests[i].request);
		assert_answer(&e, requests[i].status);
	}
}

/* The same, byte by byte: the response is sent after the last byte and not before. */
static void server_answers_in_pieces(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const char *at = requests[i].request;

		print_message("# %s\n", requests[i].name);
		end_init(&e, &cfg);
		for (; *at; at++) {
			if (e.closed || e.http_done)
				break;
			assert_int_equal(e.sends, 0);
			end_feed(&e, at, 1);
		}
		assert_answer(&e, requests[i].status);
	}
}

/* The owner decides what to do with it: nothing is sent, and the call is not over. */
static void what_is_not_sstp_is_the_owners(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		print_message("# %s\n", requests[i].name);
		end_init(&e, &cfg);
		e.keeps_other_http = true;
		end_feed_text(&e, requests[i].request);
		assert_int_equal(e.other_http, requests[i].status != 200);
		if (!e.other_http)
			continue;
		assert_int_equal(e.other_len, http_block_len((const void *)requests[i].request,
							     strlen(requests[i].request)));
		assert_int_equal(e.sends + e.closed + e.http_done, 0);
		sstp_refuse_http(&e.s, requests[i].status);
		sstp_refuse_http(&e.s, requests[i].status);
		end_drain(&e);
		assert_answer(&e, requests[i].status);
	}
}

static void server_is_busy(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	cfg.busy = true;
	end_init(&e, &cfg);
	end_feed_text(&e, REQUEST_HTTP);
	assert_answer(&e, 503);
	end_init(&e, &cfg);
	end_feed_text(&e, "GET / HTTP/1.1\r\n\r\n");
	assert_answer(&e, 404);
}

/* A header block of `len` bytes, the empty line included. */
static void make_block(char *block, size_t len)
{
	memset(block, 'x', len);
	memcpy(block, POST "X: ", strlen(POST "X: "));
	memcpy(block + len - 4, "\r\n\r\n", 4);
}

static void server_limits_the_block(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	char block[SSTP_HTTP_MAX + 1];
	static struct end e;

	(void)state;
	make_block(block, SSTP_HTTP_MAX);
	end_init(&e, &cfg);
	end_feed(&e, block, SSTP_HTTP_MAX);
	assert_answer(&e, 200);

	make_block(block, SSTP_HTTP_MAX + 1);
	end_init(&e, &cfg);
	end_feed(&e, block, SSTP_HTTP_MAX + 1);
	assert_answer(&e, 400);

	end_init(&e, &cfg);
	end_feed(&e, block, SSTP_HTTP_MAX - 1);
	assert_int_equal(e.sends, 0);
	end_feed(&e, "x", 1);
	assert_answer(&e, 400);
}

/* A slow client does not get more time by sending a byte now and then. */
static void server_limits_the_time(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	end_init(&e, &cfg);
	for (int i = 0; i < 9; i++) {
		end_feed(&e, &POST[i], 1);
		end_wait(&e, 1000);
	}
	end_wait(&e, 999);
	assert_int_equal(e.closed, 0);
	end_wait(&e, 1);
	assert_closed(&e, SSTP_CLOSED_NO_REQUEST, 0);
	assert_int_equal(e.sends, 0);
}

/* In one segment, with R bits in the Length and an attribute of eight bytes. */
static void request_and_call_in_one_read(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t bytes[1024];
	size_t len = strlen(REQUEST_HTTP);
	static struct end e;

	(void)state;
	memcpy(bytes, REQUEST_HTTP, len);
	len += from_hex("10 01 80 10 00 01 00 01 00 01 00 08 00 01 00 00", bytes + len, 64);
	end_init(&e, &cfg);
	end_feed(&e, bytes, len);
	assert_int_equal(e.http_done, 1);
	assert_int_equal(e.start_ppp, 1);
	assert_int_equal(e.sends, 2);
}

static const struct {
	const char *name, *answer;
	enum sstp_closed why; /* 0: accepted */
	int status;
} answers[] = {
	{ "ours", ANSWER_HTTP, 0, 200 },
	{ "[MS-SSTP] 4.1",
	  "HTTP/1.1 200 OK\r\n" ENDLESS "Server: Microsoft-HTTPAPI/2.0\r\n"
	  "Date: Thu, 09 Nov 2006 00:51:09 GMT\r\n\r\n",
	  0, 200 },
	{ "accel-ppp",
	  "HTTP/1.1 200 OK\r\nDate: Thu, 09 Nov 2006 00:51:09 GMT\r\n" ENDLESS
	  "Connection: keep-alive\r\n\r\n",
	  0, 200 },
	{ "no reason phrase", "HTTP/1.1 200\r\n\r\n", 0, 200 },
	{ "empty reason phrase", "HTTP/1.1 200 \r\n\r\n", 0, 200 },
	{ "LF alone", "HTTP/1.1 200 OK\nServer: a\n\n", 0, 200 },
	{ "not found", "HTTP/1.1 404 Not Found\r\n\r\n<html>", SSTP_CLOSED_HTTP_STATUS, 404 },
	{ "busy", "HTTP/1.1 503 Service Unavailable\r\n\r\n", SSTP_CLOSED_HTTP_STATUS, 503 },
	{ "old proxy", "HTTP/1.0 502 Bad Gateway\r\n\r\n", SSTP_CLOSED_HTTP_STATUS, 502 },
	{ "redirect", "HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", SSTP_CLOSED_HTTP_STATUS, 301 },
	{ "100 before it", "HTTP/1.1 100 Continue\r\n\r\n" ANSWER_HTTP, 0, 200 },
	{ "102, 103 and 199 before it",
	  "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	  "HTTP/1.1 199 X\r\nA: b\r\n\r\n" ANSWER_HTTP,
	  0, 200 },
	{ "100 before a refusal", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n",
	  SSTP_CLOSED_HTTP_STATUS, 403 },
	{ "100 before nonsense", "HTTP/1.1 100 Continue\r\n\r\nHello", SSTP_CLOSED_NOT_SSTP, 100 },
	{ "another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", SSTP_CLOSED_HTTP_STATUS,
	  101 },
	{ "HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", SSTP_CLOSED_NOT_SSTP, 200 },
	{ "HTTP/2", "HTTP/2 200\r\n\r\n", SSTP_CLOSED_NOT_SSTP, 0 },
	{ "four digits", "HTTP/1.1 2000 OK\r\n\r\n", SSTP_CLOSED_NOT_SSTP, 0 },
	{ "two digits", "HTTP/1.1 20\r\n\r\n", SSTP_CLOSED_NOT_SSTP, 0 },
	{ "letters", "HTTP/1.1 2x0 OK\r\n\r\n", SSTP_CLOSED_NOT_SSTP, 0 },
	{ "no status", "HTTP/1.1\r\n\r\n", SSTP_CLOSED_NOT_SSTP, 0 },
	{ "ssh", "SSH-2.0-OpenSSH_9.2\r\n", SSTP_CLOSED_NOT_SSTP, 0 },
	{ "one wrong byte", "\n", SSTP_CLOSED_NOT_SSTP, 0 },
	{ "a page after 200", "HTTP/1.1 200 OK\r\n\r\n<html>", SSTP_CLOSED_WEB_PAGE, 200 },
	{ "a page in chunks",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\ncontent-type: TEXT/html\r\n\r\n6\r\n<html>",
	  SSTP_CLOSED_WEB_PAGE, 200 },
	{ "other bytes after 200", "HTTP/1.1 200 OK\r\n\r\nhello", SSTP_CLOSED_NOT_SSTP, 200 },
};

static void check_answer(const struct end *e, size_t i)
{
	if (answers[i].why) {
		assert_closed(e, answers[i].why, 0);
		assert_int_equal(e->http_status, answers[i].status);
	} else {
		assert_int_equal(e->http_done, 1);
		assert_int_equal(e->closed, 0);
		assert_sent(e, REQUEST_HEX);
	}
}

static void client_judges(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		print_message("# %s\n", answers[i].name);
		end_init(&e, &cfg);
		end_forget(&e);
		end_feed_text(&e, answers[i].answer);
		check_answer(&e, i);
	}
}

static void client_judges_in_pieces(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		print_message("# %s\n", answers[i].name);
		end_init(&e, &cfg);
		end_forget(&e);
		for (const char *at = answers[i].answer; *at && !e.closed; at++)
			end_feed(&e, at, 1);
		check_answer(&e, i);
	}
}

static void client_limits_the_block(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static char block[SSTP_HTTP_MAX];
	static struct end e;

	(void)state;
	memset(block, 'x', sizeof(block));
	memcpy(block, "HTTP/1.1 200 OK\r\n", 17);
	end_init(&e, &cfg);
	end_forget(&e);
	end_feed(&e, block, sizeof(block) - 1);
	assert_int_equal(e.closed, 0);
	end_feed(&e, block, 1);
	assert_closed(&e, SSTP_CLOSED_NOT_SSTP, 0);
	assert_int_equal(e.sends, 0);
}

/* A server that sends interim responses without end is refused. */
static void client_limits_interim_responses(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (int more = 0; more < 2; more++) {
		end_init(&e, &cfg);
		end_forget(&e);
		for (int i = 0; i < SSTP_INTERIM_MAX; i++)
			end_feed_text(&e, "HTTP/1.1 100 Continue\r\n\r\n");
		assert_int_equal(e.closed, 0);
		if (more) {
			end_feed_text(&e, "HTTP/1.1 100 Continue\r\n\r\n");
			assert_closed(&e, SSTP_CLOSED_HTTP_STATUS, 0);
		} else {
			end_feed_text(&e, ANSWER_HTTP);
			assert_int_equal(e.http_done, 1);
		}
	}
}

/* Interim responses do not extend the deadline. */
static void interim_responses_win_no_time(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	end_init(&e, &cfg);
	end_wait(&e, SSTP_HTTP_RESPONSE_MS - 1);
	end_feed_text(&e, "HTTP/1.1 100 Continue\r\n\r\n");
	end_wait(&e, 1);
	assert_closed(&e, SSTP_CLOSED_NO_RESPONSE, 0);
}

static void client_request(void **state)
{
	static const char want[] = POST "SSTPCORRELATIONID: {00010203-0405-4607-8809-0A0B0C0D0E0F}"
					"\r\n" ENDLESS "Host: vpn.example.net\r\n\r\n";
	const struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	end_init(&e, &cfg);
	assert_int_equal(e.sends, 1);
	assert_int_equal(e.tx_len, sizeof(want) - 1);
	assert_memory_equal(e.tx, want, sizeof(want) - 1);
	assert_int_equal(sstp_deadline(&e.s), END_T0 + SSTP_HTTP_RESPONSE_MS);
	end_wait(&e, SSTP_HTTP_RESPONSE_MS);
	assert_closed(&e, SSTP_CLOSED_NO_RESPONSE, 0);
}

static void longest_host(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	char host[SSTP_HOST_MAX + 1];
	static struct end e;

	(void)state;
	memset(host, 'h', SSTP_HOST_MAX);
	host[SSTP_HOST_MAX] = '\0';
	cfg.host = host;
	end_init(&e, &cfg);
	assert_int_equal(sstp_http_check(bytes_of(e.tx, e.tx_len)), 200);
}

static char logged[2048];

static void keep(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

/* A hostile correlation id: cut at 64 bytes, with control characters escaped. */
static void correlation_id_in_the_log(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	end_init(&e, &cfg);
	log_set_level(LOG_LEVEL_DEBUG);
	log_set_sink(keep);
	end_feed_text(&e, POST "SSTPCORRELATIONID: \x1b[31m0123456789012345678901234567890123456789"
			       "012345678901234567890123456789\r\n\r\n");
	assert_int_equal(e.http_done, 1);
	assert_null(strchr(logged, '\x1b'));
	assert_non_null(strstr(logged, "\"\\x1b[31m0123456789"));
	assert_null(strstr(logged, "012345678901234567890123456789"
				   "0123456789012345678901234567890"));
}

/*
 * Passes the request of a client with `correlation` to a server; returns the number by which the
 * server identifies that client.
 */
static uint64_t known_as(const uint8_t *correlation)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT), server_cfg = end_cfg(SSTP_SERVER);
	static struct end client, server;

	cfg.correlation = correlation;
	end_init(&client, &cfg);
	end_init(&server, &server_cfg);
	end_feed(&server, client.tx, client.tx_len);
	assert_int_equal(server.http_done, 1);
	return server.s.correlation;
}

static void a_client_that_keeps_its_guid_is_known(void **state)
{
	static const uint8_t ann[SSTP_GUID_LEN] = "0123456789abcdef",
			     bob[SSTP_GUID_LEN] = "0123456789abcdeX";

	(void)state;
	assert_int_equal(known_as(NULL), 0);
	assert_true(known_as(ann) != 0);
	assert_true(known_as(ann) == known_as(ann));
	assert_true(known_as(ann) != known_as(bob));
}

/* Some programs use the GUID of [MS-SSTP] 4.1 as a constant. */
static void other_guids_are_unknown(void **state)
{
	static const struct {
		const char *name, *id;
		bool is_lasting;
	} cases[] = {
		{ "ours", "{73737470-1234-8234-9234-123456789ABC}", true },
		{ "ours, but random", "{73737470-1234-4234-9234-123456789ABC}", false },
		{ "[MS-SSTP] 4.1", "{48B82435-099A-4158-A987-052E7570CFAA}", false },
		{ "another of version 8", "{48B82435-099A-8158-A987-052E7570CFAA}", false },
		{ "too short", "{73737470-1234-8", false },
		{ "none", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (sstp_http_is_persistent(bytes_text(cases[i].id)) != cases[i].is_lasting)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_answers),
		cmocka_unit_test(server_answers_in_pieces),
		cmocka_unit_test(what_is_not_sstp_is_the_owners),
		cmocka_unit_test(server_is_busy),
		cmocka_unit_test(server_limits_the_block),
		cmocka_unit_test(server_limits_the_time),
		cmocka_unit_test(request_and_call_in_one_read),
		cmocka_unit_test(client_judges),
		cmocka_unit_test(client_judges_in_pieces),
		cmocka_unit_test(client_limits_the_block),
		cmocka_unit_test(client_limits_interim_responses),
		cmocka_unit_test(interim_responses_win_no_time),
		cmocka_unit_test(client_request),
		cmocka_unit_test(longest_host),
		cmocka_unit_test(correlation_id_in_the_log),
		cmocka_unit_test(a_client_that_keeps_its_guid_is_known),
		cmocka_unit_test(other_guids_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
