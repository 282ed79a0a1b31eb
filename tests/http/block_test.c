/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header block's length, fields and status line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/block.h"

#define START "POST / HTTP/1.1\r\n"

static void lengths(void **state)
{
	static const struct {
		const char *name, *block;
		size_t len;
	} cases[] = {
		{ "nothing", "", 0 },
		{ "no empty line", START "Host: a\r\n", 0 },
		{ "a line without end", START "\r", 0 },
		{ "CRLF", START "\r\n", 19 },
		{ "LF alone", "GET / HTTP/1.1\n\n", 16 },
		{ "more after it", START "\r\nabc\r\n\r\n", 19 },
		{ "the empty line is the first", "\r\n", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes block = bytes_text(cases[i].block);

		print_message("# %s\n", cases[i].name);
		assert_int_equal(http_block_len(block.at, block.len), cases[i].len);
	}
}

/* The value, trimmed; the first of two; a name that is only a prefix does not match. */
static void fields(void **state)
{
	static const struct {
		const char *block, *value;
	} cases[] = {
		{ START "SSTPCORRELATIONID: {a}\r\n\r\n", "{a}" },
		{ START "sstpcorrelationid:{a}\r\n\r\n", "{a}" },
		{ START "Host: b\r\nSstpCorrelationId: \t {a} \t\r\n\r\n", "{a}" },
		{ START "SSTPCORRELATIONID: 1\r\nSSTPCORRELATIONID: 2\r\n\r\n", "1" },
		{ START "SSTPCORRELATIONID:\r\n\r\n", "" },
		{ START "SSTPCORRELATIONID\r\n\r\n", "" },
		{ START "SSTPCORRELATIONIDX: 1\r\n\r\n", "" },
		{ "SSTPCORRELATIONID: 1\r\n\r\n", "" },
		{ START "\r\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes is = http_block_field(bytes_text(cases[i].block), "SSTPCORRELATIONID");

		assert_int_equal(is.len, strlen(cases[i].value));
		if (is.len)
			assert_memory_equal(is.at, cases[i].value, is.len);
	}
}

static void status_lines(void **state)
{
	static const struct {
		const char *block;
		int status, minor;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n", 200, 1 },
		{ "HTTP/1.0 407 Proxy Authentication Required\r\n\r\n", 407, 0 },
		{ "HTTP/1.1 200\r\n\r\n", 200, 1 },
		{ "HTTP/1.1 2000 OK\r\n\r\n", 0, -1 },
		{ "HTTP/1.1 20\r\n\r\n", 0, -1 },
		{ "HTTP/1.1 2x0 OK\r\n\r\n", 0, -1 },
		{ "HTTP/1.1\r\n\r\n", 0, -1 },
		{ "HTTP/1.x 200 OK\r\n\r\n", 0, -1 },
		{ "HTTP/1.11 200 OK\r\n\r\n", 0, -1 },
		{ "HTTP/2 200\r\n\r\n", 0, -1 },
		{ "http/1.1 200 OK\r\n\r\n", 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int minor = 7;

		print_message("# %s\n", cases[i].block);
		assert_int_equal(http_block_status(bytes_text(cases[i].block), &minor),
				 cases[i].status);
		assert_int_equal(minor, cases[i].minor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(fields),
		cmocka_unit_test(status_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
