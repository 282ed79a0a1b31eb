/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the control socket: what is accepted, which route and which variables it has. */
#include "control/control_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int parse(const char *text, struct control_request *rq)
{
	return control_request_parse(bytes_text(text), rq);
}

static void start_lines(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{ "GET /v1/status HTTP/1.1\r\nHost: sstp\r\n\r\n", 0 },
		{ "GET http://sstp/v1/status HTTP/1.1\r\n\r\n", 0 },
		{ "GET /v1/status HTTP/1.0\r\n\r\n", 0 },
		{ "GET /v1/status HTTP/2.0\r\n\r\n", 505 },
		{ "GET /v1/status\r\n\r\n", 400 },
		{ "GET  HTTP/1.1\r\n\r\n", 400 },
		{ "GET v1 HTTP/1.1\r\n\r\n", 400 },
		{ "GET http://sstp HTTP/1.1\r\n\r\n", 400 },
		{ "G{T / HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 0 },
		{ "POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413 },
		{ "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400 },
		{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411 },
	};
	struct control_request rq;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(parse(cases[i].text, &rq), cases[i].status);
}

/* Requests of a web page have the name that it was loaded by. */
static void hosts(void **state)
{
	static const struct {
		const char *text;
		bool is_by_address;
	} cases[] = {
		{ "GET /metrics HTTP/1.1\r\n\r\n", true },
		{ "GET /metrics HTTP/1.1\r\nHost:\r\n\r\n", true },
		{ "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9100\r\n\r\n", true },
		{ "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", true },
		{ "GET /metrics HTTP/1.1\r\nHost: [::1]:9100\r\n\r\n", true },
		{ "GET /metrics HTTP/1.1\r\nHost: [::1]\r\n\r\n", true },
		{ "GET /metrics HTTP/1.1\r\nHost: LocalHost:9100\r\n\r\n", true },
		{ "GET /metrics HTTP/1.1\r\nHost: vpn.localhost\r\n\r\n", true },
		{ "GET http://127.0.0.1/metrics HTTP/1.1\r\nHost: a.example\r\n\r\n", true },
		{ "GET http://a.example/metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", false },
		{ "GET /metrics HTTP/1.1\r\nHost: a.example:9100\r\n\r\n", false },
		{ "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.a.example\r\n\r\n", false },
		{ "GET /metrics HTTP/1.1\r\nHost: notlocalhost\r\n\r\n", false },
		{ "GET /metrics HTTP/1.1\r\nHost: localhost.a.example\r\n\r\n", false },
		{ "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1 a.example\r\n\r\n", false },
	};
	struct control_request rq;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parse(cases[i].text, &rq), 0);
		if (control_request_is_by_address(&rq) != cases[i].is_by_address)
			fail_msg("%s", cases[i].text);
	}
}

static void connections(void **state)
{
	struct control_request rq;

	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\n\r\n", &rq), 0);
	assert_false(rq.is_last);
	assert_int_equal(parse("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", &rq), 0);
	assert_true(rq.is_last);
	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", &rq), 0);
	assert_true(rq.is_last && rq.is_http10);
	assert_int_equal(parse("POST / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n", &rq), 0);
	assert_int_equal(rq.body_len, 65536);
}

static void routes(void **state)
{
	static const struct {
		const char *path, *route, *word; /* NULL: no match */
	} cases[] = {
		{ "/v1/status", "/v1/status", "" },
		{ "/v1/status?x=y", "/v1/status", "" },
		{ "/v1/status/", "/v1/status", NULL },
		{ "/v1/statu", "/v1/status", NULL },
		{ "/v1", "/v1/status", NULL },
		{ "/v1/sessions/7/kick", "/v1/sessions/*/kick", "7" },
		{ "/v1/sessions//kick", "/v1/sessions/*/kick", NULL },
		{ "/v1/sessions/7", "/v1/sessions/*/kick", NULL },
		{ "/v1/sessions/7/kick/x", "/v1/sessions/*/kick", NULL },
		{ "/v1/bans/2001%3adb8%3A%3a1/lift", "/v1/bans/*/lift", "2001:db8::1" },
		{ "/v1/bans/2001:db8::1/lift", "/v1/bans/*/lift", "2001:db8::1" },
		{ "/v1/bans/a%00b/lift", "/v1/bans/*/lift", NULL },
		{ "/v1/bans/a%4/lift", "/v1/bans/*/lift", NULL },
		{ "/v1/bans/a%/lift", "/v1/bans/*/lift", NULL },
	};
	struct control_request rq;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n\r\n", cases[i].path);
		assert_int_equal(parse(text, &rq), 0);
		assert_int_equal(control_request_matches(&rq, cases[i].route),
				 cases[i].word != NULL);
		if (cases[i].word)
			assert_string_equal(rq.word, cases[i].word);
	}
}

static void a_word_that_is_too_long_matches_nothing(void **state)
{
	char text[300];
	struct control_request rq;

	(void)state;
	snprintf(text, sizeof(text), "GET /a/%0127d HTTP/1.1\r\n\r\n", 1);
	assert_int_equal(parse(text, &rq), 0);
	assert_true(control_request_matches(&rq, "/a/*"));
	snprintf(text, sizeof(text), "GET /a/%0128d HTTP/1.1\r\n\r\n", 1);
	assert_int_equal(parse(text, &rq), 0);
	assert_false(control_request_matches(&rq, "/a/*"));
}

static void queries(void **state)
{
	static const char request[] =
		"GET /?user=b%6fb&n=1&empty=&bad=%z&long=12345678&bare HTTP/1.1\r\n\r\n";
	struct control_request rq;
	char value[8];

	(void)state;
	assert_int_equal(parse(request, &rq), 0);
	assert_true(control_request_query(&rq, "user", value, sizeof(value)));
	assert_string_equal(value, "bob");
	assert_true(control_request_query(&rq, "n", value, sizeof(value)));
	assert_string_equal(value, "1");
	assert_true(control_request_query(&rq, "empty", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_false(control_request_query(&rq, "bad", value, sizeof(value)));
	assert_false(control_request_query(&rq, "long", value, sizeof(value)));
	assert_false(control_request_query(&rq, "use", value, sizeof(value)));
	assert_false(control_request_query(&rq, "", value, sizeof(value)));
	assert_true(control_request_has(&rq, "bad"));
	assert_true(control_request_has(&rq, "long"));
	assert_true(control_request_has(&rq, "empty"));
	assert_true(control_request_query(&rq, "bare", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_false(control_request_has(&rq, "use"));
	assert_false(control_request_has(&rq, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_lines),
		cmocka_unit_test(hosts),
		cmocka_unit_test(connections),
		cmocka_unit_test(routes),
		cmocka_unit_test(a_word_that_is_too_long_matches_nothing),
		cmocka_unit_test(queries),
	};

	return cmocka_run_group_tests_name("control/control_request", tests, NULL, NULL);
}
