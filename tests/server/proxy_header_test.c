/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers of the PROXY protocol, good and bad, cut at every byte; and those that are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/proxy_header.h"

#define BYTES(text) text, sizeof(text) - 1
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define ADDRS4 "\xc0\x00\x02\x07\xc0\x00\x02\x01\xc3\x50\x01\xbb"
#define ADDR6 "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
#define ADDRS6 ADDR6 "\x07" ADDR6 "\x01\xc3\x50\x01\xbb"
#define ZEROES16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZEROES64 ZEROES16 ZEROES16 ZEROES16 ZEROES16

static const struct {
	const char *name, *at;
	size_t len;
	const char *source, *destination; /* NULL: none */
} good[] = {
	{ "v1, IPv4", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 50000 443\r\n"), "192.0.2.7:50000",
	  "192.0.2.1:443" },
	{ "v1, IPv6", BYTES("PROXY TCP6 2001:db8::7 2001:db8::1 50000 443\r\n"),
	  "[2001:db8::7]:50000", "[2001:db8::1]:443" },
	{ "v1, port 0", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 0 65535\r\n"), "192.0.2.7:0",
	  "192.0.2.1:65535" },
	{ "v1, unknown", BYTES("PROXY UNKNOWN\r\n"), NULL, NULL },
	{ "v1, unknown, the longest",
	  BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	  NULL, NULL },
	{ "v2, IPv4", BYTES(SIGNATURE "\x21\x11\x00\x0c" ADDRS4), "192.0.2.7:50000",
	  "192.0.2.1:443" },
	{ "v2, IPv6", BYTES(SIGNATURE "\x21\x21\x00\x24" ADDRS6), "[2001:db8::7]:50000",
	  "[2001:db8::1]:443" },
	{ "v2, with an authority, a NOOP and an unknown TLV",
	  BYTES(SIGNATURE "\x21\x11\x00\x1c" ADDRS4 "\x02\x00\x03vpn\x04\x00\x01\x00\xea\x00\x03"
			  "abc"),
	  "192.0.2.7:50000", "192.0.2.1:443" },
	{ "v2, with the checksum",
	  BYTES(SIGNATURE "\x21\x11\x00\x13" ADDRS4 "\x03\x00\x04\x2a\xb2\xe8\x11"),
	  "192.0.2.7:50000", "192.0.2.1:443" },
	{ "v2, local", BYTES(SIGNATURE "\x20\x00\x00\x00"), NULL, NULL },
	{ "v2, local, with addresses", BYTES(SIGNATURE "\x20\x11\x00\x0c" ADDRS4), NULL, NULL },
	{ "v2, local, with what is no list", BYTES(SIGNATURE "\x20\x00\x00\x02\xff\xff"), NULL,
	  NULL },
	{ "v2, unspecified", BYTES(SIGNATURE "\x21\x00\x00\x00"), NULL, NULL },
	{ "v2, UDP", BYTES(SIGNATURE "\x21\x12\x00\x0c" ADDRS4), NULL, NULL },
	{ "v2, Unix",
	  BYTES(SIGNATURE "\x21\x31\x00\xd8" ZEROES64 ZEROES64 ZEROES64 ZEROES16
			  "\0\0\0\0\0\0\0\0"),
	  NULL, NULL },
};

static const struct {
	const char *name, *at;
	size_t len;
} bad[] = {
	{ "TLS", BYTES("\x16\x03\x01") },
	{ "HTTP", BYTES("POST / HTTP/1.1\r\n\r\n") },
	{ "an empty line", BYTES("\r\nGET") },
	{ "v1, lower case", BYTES("proxy TCP4 192.0.2.7 192.0.2.1 50000 443\r\n") },
	{ "v1, LF alone", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 50000 443\n") },
	{ "v1, nothing", BYTES("PROXY \r\n") },
	{ "v1, LF at once", BYTES("PROXY \n") },
	{ "v1, TCP5", BYTES("PROXY TCP5 192.0.2.7 192.0.2.1 50000 443\r\n") },
	{ "v1, IPv6 as TCP4", BYTES("PROXY TCP4 ::1 ::1 50000 443\r\n") },
	{ "v1, IPv4 as TCP6", BYTES("PROXY TCP6 192.0.2.7 192.0.2.1 50000 443\r\n") },
	{ "v1, leading zeros", BYTES("PROXY TCP4 192.0.2.07 192.0.2.1 50000 443\r\n") },
	{ "v1, a port with a zero first", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 50000 0443\r\n") },
	{ "v1, a large port", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 65536 443\r\n") },
	{ "v1, a signed port", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 +1 443\r\n") },
	{ "v1, no port", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 50000\r\n") },
	{ "v1, two blanks", BYTES("PROXY TCP4  192.0.2.7 192.0.2.1 50000 443\r\n") },
	{ "v1, a word too many", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 50000 443 1\r\n") },
	{ "v1, a name", BYTES("PROXY TCP4 localhost 192.0.2.1 50000 443\r\n") },
	{ "v1, a zero byte", BYTES("PROXY TCP4 192.0.2.7\0 192.0.2.1 50000 443\r\n") },
	{ "v1, too long", BYTES("PROXY UNKNOWN " ZEROES64 ZEROES64 "\r\n") },
	{ "v2, version 1", BYTES(SIGNATURE "\x11\x11\x00\x0c" ADDRS4) },
	{ "v2, version 3", BYTES(SIGNATURE "\x31\x11\x00\x0c" ADDRS4) },
	{ "v2, another command", BYTES(SIGNATURE "\x22\x11\x00\x0c" ADDRS4) },
	{ "v2, another family", BYTES(SIGNATURE "\x21\x41\x00\x0c" ADDRS4) },
	{ "v2, another transport", BYTES(SIGNATURE "\x21\x13\x00\x0c" ADDRS4) },
	{ "v2, IPv4 in 11 bytes", BYTES(SIGNATURE "\x21\x11\x00\x0b" ADDRS4) },
	{ "v2, IPv6 in 12 bytes", BYTES(SIGNATURE "\x21\x21\x00\x0c" ADDRS4) },
	{ "v2, half a TLV", BYTES(SIGNATURE "\x21\x11\x00\x0e" ADDRS4 "\x04\x00") },
	{ "v2, a TLV past the end", BYTES(SIGNATURE "\x21\x11\x00\x10" ADDRS4 "\x04\x00\x02x") },
	{ "v2, a wrong checksum",
	  BYTES(SIGNATURE "\x21\x11\x00\x13" ADDRS4 "\x03\x00\x04\x2a\xb2\xe8\x12") },
	{ "v2, a checksum of three bytes",
	  BYTES(SIGNATURE "\x21\x11\x00\x12" ADDRS4 "\x03\x00\x03\x2a\xb2\xe8") },
	{ "v2, 64 KiB", BYTES(SIGNATURE "\x21\x11\xff\xff" ADDRS4) },
};

static void assert_address(const struct ip_addr *a, uint16_t port, const char *expected)
{
	if (expected)
		assert_string_equal(ip_print_port(a, port).text, expected);
	else
		assert_int_equal(a->family, AF_UNSPEC);
}

/* With the connection's own bytes after it, too. */
static void good_headers_are_read(void **state)
{
	uint8_t at[512] = { 0 };
	struct proxy_header h;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		print_message("# %s\n", good[i].name);
		memcpy(at, good[i].at, good[i].len);
		for (size_t len = 0; len < good[i].len; len++)
			assert_int_equal(proxy_header_read(&h, at, len), PROXY_HEADER_INCOMPLETE);
		for (size_t more = 0; more < 3; more++) {
			at[good[i].len + more] = 0x16;
			assert_int_equal(proxy_header_read(&h, at, good[i].len + more),
					 PROXY_HEADER_OK);
			assert_int_equal(h.len, good[i].len);
			assert_address(&h.source, h.source_port, good[i].source);
			assert_address(&h.destination, h.destination_port, good[i].destination);
		}
	}
}

static void bad_headers_are_refused(void **state)
{
	struct proxy_header h;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		bool is_refused = false;

		print_message("# %s\n", bad[i].name);
		for (size_t len = 0; len < bad[i].len; len++) {
			enum proxy_header_result r =
				proxy_header_read(&h, (const uint8_t *)bad[i].at, len);

			assert_int_not_equal(r, PROXY_HEADER_OK);
			assert_true(!is_refused || r == PROXY_HEADER_BAD);
			is_refused = r == PROXY_HEADER_BAD;
		}
		assert_int_equal(proxy_header_read(&h, (const uint8_t *)bad[i].at, bad[i].len),
				 PROXY_HEADER_BAD);
	}
}

static const struct {
	const char *source, *destination, *v1, *v2;
	size_t v2_len;
} written[] = {
	{ "192.0.2.7", "192.0.2.1", "PROXY TCP4 192.0.2.7 192.0.2.1 50000 443\r\n",
	  BYTES(SIGNATURE "\x21\x11\x00\x0c" ADDRS4) },
	{ "2001:db8::7", "2001:db8::1", "PROXY TCP6 2001:db8::7 2001:db8::1 50000 443\r\n",
	  BYTES(SIGNATURE "\x21\x21\x00\x24" ADDRS6) },
	{ "2001:db8::7", "192.0.2.1", "PROXY TCP6 2001:db8::7 ::ffff:192.0.2.1 50000 443\r\n",
	  BYTES(SIGNATURE "\x21\x21\x00\x24" ADDR6
			  "\x07\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01\xc3\x50\x01\xbb") },
	{ NULL, "192.0.2.1", "PROXY UNKNOWN\r\n", BYTES(SIGNATURE "\x20\x00\x00\x00") },
	{ "192.0.2.7", NULL, "PROXY UNKNOWN\r\n", BYTES(SIGNATURE "\x20\x00\x00\x00") },
};

static void headers_are_written(void **state)
{
	uint8_t at[PROXY_HEADER_PUT_MAX];
	struct writer w;

	(void)state;
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		struct proxy_header h = { .source_port = 50000, .destination_port = 443 };

		if (written[i].source)
			assert_true(ip_parse(written[i].source, &h.source));
		if (written[i].destination)
			assert_true(ip_parse(written[i].destination, &h.destination));
		w = writer_of(at, sizeof(at));
		proxy_header_put(&w, 1, &h);
		assert_int_equal(w.len, strlen(written[i].v1));
		assert_memory_equal(at, written[i].v1, w.len);
		w = writer_of(at, sizeof(at));
		proxy_header_put(&w, 2, &h);
		assert_int_equal(w.len, written[i].v2_len);
		assert_memory_equal(at, written[i].v2, w.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_headers_are_read),
		cmocka_unit_test(bad_headers_are_refused),
		cmocka_unit_test(headers_are_written),
	};

	return cmocka_run_group_tests_name("server/proxy_header", tests, NULL, NULL);
}
