/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which server a ClientHello asks for, if it comes whole, byte by byte, in many records, cut short,
 * with wrong lengths, or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tls/hello.h"
#include "util/text.h"

enum { ROOM = 40 * 1024, TLS_1_2 = 0x0303 };

static uint8_t bytes[ROOM];

/* The content of a ClientHello; the rest of it is similar to that of Windows. */
struct made {
	const char *name; /* NULL: no extension of server names */
	size_t name_len;  /* 0: of `name` */
	uint8_t name_type;
	size_t padding; /* bytes of another extension before the name */
	bool no_extensions;
	size_t record_len;      /* of each record; 0: one record */
	uint16_t suite;         /* 0: 1301 */
	uint16_t signatures[4]; /* all zero: no such extension */
	bool has_two_lists;     /* another one, of ecdsa_secp256r1_sha256, after it */
	const char *protocols;  /* names with their lengths; NULL: no such extension */
};

static void put_server_name(struct writer *w, const struct made *m)
{
	size_t len = m->name_len ? m->name_len : strlen(m->name);

	put_u16(w, 0);
	put_u16(w, (uint16_t)(len + 5));
	put_u16(w, (uint16_t)(len + 3));
	put_u8(w, m->name_type);
	put_u16(w, (uint16_t)len);
	put_bytes(w, m->name, len);
}

static void put_extensions(struct writer *w, const struct made *m)
{
	size_t at = w->len;

	put_gap(w, 2);
	if (m->padding) {
		put_u16(w, 21);
		put_u16(w, (uint16_t)m->padding);
		memset(put_gap(w, m->padding), 0, m->padding);
	}
	if (m->signatures[0]) {
		put_u16(w, 13);
		put_u16(w, 10);
		put_u16(w, 8);
		for (size_t i = 0; i < 4; i++)
			put_u16(w, m->signatures[i]);
	}
	if (m->has_two_lists) {
		put_u16(w, 13);
		put_u16(w, 4);
		put_u16(w, 2);
		put_u16(w, 0x0403);
	}
	if (m->protocols) {
		put_u16(w, 16);
		put_u16(w, (uint16_t)(strlen(m->protocols) + 2));
		put_u16(w, (uint16_t)strlen(m->protocols));
		put_text(w, m->protocols);
	}
	if (m->name)
		put_server_name(w, m);
	put_u16_at(w, at, (uint16_t)(w->len - at - 2));
}

static size_t make_message(uint8_t *to, const struct made *m)
{
	struct writer w = writer_of(to, ROOM);

	put_u8(&w, 1);
	put_u8(&w, 0);
	put_gap(&w, 2);
	put_u16(&w, TLS_1_2);
	memset(put_gap(&w, 32), 0xab, 32);
	put_u8(&w, 0); /* session id */
	put_u16(&w, 2);
	put_u16(&w, m->suite ? m->suite : 0x1301);
	put_u8(&w, 1);
	put_u8(&w, 0);
	if (!m->no_extensions)
		put_extensions(&w, m);
	put_u16_at(&w, 2, (uint16_t)(w.len - 4));
	assert_false(w.full);
	return w.len;
}

static size_t make(const struct made *m)
{
	static uint8_t message[ROOM];
	size_t len = make_message(message, m), record = m->record_len ? m->record_len : len;
	struct writer w = writer_of(bytes, sizeof(bytes));

	for (size_t at = 0; at < len; at += record) {
		size_t n = len - at < record ? len - at : record;

		put_u8(&w, 22);
		put_u16(&w, 0x0301);
		put_u16(&w, (uint16_t)n);
		put_bytes(&w, message + at, n);
	}
	assert_false(w.full);
	return w.len;
}

#define TEN "a23456789."
#define FIFTY TEN TEN TEN TEN TEN
#define NAME_253 FIFTY FIFTY FIFTY FIFTY FIFTY "abc"

static const struct {
	const char *name;
	struct made made;
	const char *wanted;
} cases[] = {
	{ "a name", { .name = "vpn.example.net" }, "vpn.example.net" },
	{ "in capitals", { .name = "VPN.Example.NET" }, "VPN.Example.NET" },
	{ "of 253 bytes", { .name = NAME_253 }, NAME_253 },
	{ "of 254 bytes", { .name = NAME_253 "d" }, "" },
	{ "of 255 bytes", { .name = NAME_253 "de" }, "" },
	{ "of 256 bytes", { .name = NAME_253 "def" }, "" },
	{ "of one byte", { .name = "a" }, "a" },
	{ "no name", { .name = NULL }, "" },
	{ "no name, but another extension", { .padding = 9 }, "" },
	{ "no extensions at all", { .no_extensions = true }, "" },
	{ "after another extension", { .name = "a.b", .padding = 500 }, "a.b" },
	{ "another type of name", { .name = "a.b", .name_type = 1 }, "" },
	{ "with a zero byte", { .name = "a.b\0c", .name_len = 5 }, "" },
	{ "with a slash", { .name = "../a" }, "" },
	{ "records of one byte", { .name = "a.b", .record_len = 1 }, "a.b" },
	{ "two records", { .name = "vpn.example.net", .record_len = 50 }, "vpn.example.net" },
	{ "as long as can be", { .name = "a.b", .padding = 16200 }, "a.b" },
	{ "oversize", { .name = "a.b", .padding = 17000, .record_len = 16384 }, "" },
	{ "oversize by record headers", { .name = "a.b", .padding = 4000, .record_len = 1 }, "" },
};

static void a_whole_one(void **state)
{
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("# %s\n", cases[i].name);
		assert_true(hello_read(&h, bytes, make(&cases[i].made)));
		assert_string_equal(h.server_name, cases[i].wanted);
	}
}

static const struct {
	const char *name;
	struct made made;
	uint8_t takes;
} keys[] = {
	{ "no list", { .name = "a.b" }, HELLO_RSA },
	{ "no extensions", { .no_extensions = true }, HELLO_RSA },
	{ "all",
	  { .name = "a.b", .signatures = { 0x0403, 0x0804, 0x0807 } },
	  HELLO_RSA | HELLO_ECDSA | HELLO_ED25519 },
	{ "PKCS #1 and SHA-1", { .signatures = { 0x0201, 0x0203, 0x0401 } }, HELLO_RSA },
	{ "SHA-1 alone", { .signatures = { 0x0201, 0x0203 } }, 0 },
	{ "DSA, and a key for PSS alone", { .signatures = { 0x0402, 0x0809 } }, 0 },
	{ "P-384", { .signatures = { 0x0503 } }, HELLO_ECDSA },
	{ "P-521 and PSS", { .signatures = { 0x0603, 0x0806 } }, HELLO_ECDSA | HELLO_RSA },
	{ "two lists", { .signatures = { 0x0401 }, .has_two_lists = true }, HELLO_RSA },
	{ "a suite of RSA in TLS 1.2",
	  { .suite = 0xc02f, .signatures = { 0x0403, 0x0401 } },
	  HELLO_RSA },
	{ "and of ECDSA", { .suite = 0xc02b, .signatures = { 0x0403, 0x0401 } }, HELLO_ECDSA },
	{ "ECDSA with CBC", { .suite = 0xc00a, .signatures = { 0x0403, 0x0401 } }, HELLO_ECDSA },
	{ "what is no list", { .name = "a.b", .padding = 9 }, HELLO_RSA },
};

static void keys_that_it_takes(void **state)
{
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		print_message("# %s\n", keys[i].name);
		assert_true(hello_read(&h, bytes, make(&keys[i].made)));
		assert_int_equal(h.takes, keys[i].takes);
		assert_string_equal(h.server_name, keys[i].made.name ? keys[i].made.name : "");
	}
}

static void protocols_that_it_offers(void **state)
{
	static char long_list[302];
	const char *const lists[] = { "\x02h2\x08http/1.1",
				      "\x0a"
				      "acme-tls/1",
				      "" };
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct made m = { .name = "a.b", .protocols = lists[i], .record_len = 1 };

		assert_true(hello_read(&h, bytes, make(&m)));
		assert_int_equal(h.protocols_len, strlen(lists[i]));
		assert_memory_equal(h.protocols, lists[i], h.protocols_len);
		assert_string_equal(h.server_name, "a.b");
	}
	memset(long_list, 'x', sizeof(long_list) - 1);
	assert_true(hello_read(&h, bytes, make(&(struct made){ .protocols = long_list })));
	assert_int_equal(h.protocols_len, 0);
}

/* Each prefix is in a block of its exact size, so that the sanitizer finds a read past its end. */
static bool read_beginning(struct hello *h, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool done;

	memcpy(copy, bytes, len);
	done = hello_read(h, copy, len);
	free(copy);
	return done;
}

/* The result comes with the last byte and not before; more bytes do not change it. */
static void byte_by_byte(void **state)
{
	struct hello h;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = make(&cases[i].made), at = 0;

		print_message("# %s\n", cases[i].name);
		memset(bytes + len, 0x17, 64);
		while (!read_beginning(&h, at))
			at++;
		assert_string_equal(h.server_name, cases[i].wanted);
		if (len < HELLO_MAX)
			assert_int_equal(at, len);
		assert_true(at <= HELLO_MAX);
		assert_true(read_beginning(&h, len + 64));
		assert_string_equal(h.server_name, cases[i].wanted);
	}
}

static const struct {
	const char *name;
	const char *at;
	size_t len;
} others[] = {
	{ "plain HTTP", "GET / HTTP/1.1\r\n", 16 },
	{ "its first byte", "G", 1 },
	{ "SSLv2's hello", "\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10", 11 },
	{ "SSH", "SSH-2.0-OpenSSH_9.2\r\n", 21 },
	{ "an alert", "\x15\x03\x01\x00\x02\x02\x28", 7 },
	{ "another handshake message", "\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", 10 },
	{ "another message, byte by byte", "\x16\x03\x01\x00\x01\xff\x16\x03", 8 },
	{ "an empty record", "\x16\x03\x01\x00\x00", 5 },
	{ "a record that is too long", "\x16\x03\x01\x40\x01", 5 },
	{ "another version", "\x16\x02\x01\x00\x05", 5 },
	{ "a hello of 16 MiB", "\x16\x03\x01\x00\x05\x01\xff\xff\xff\x03", 10 },
	{ "a hello of no bytes", "\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9 },
	{ "zeroes", "\0\0\0\0\0\0\0\0", 8 },
};

static void what_is_no_hello(void **state)
{
	struct hello h;

	(void)state;
	assert_false(hello_read(&h, NULL, 0));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		print_message("# %s\n", others[i].name);
		strcpy(h.server_name, "left from before");
		assert_true(hello_read(&h, (const uint8_t *)others[i].at, others[i].len));
		assert_string_equal(h.server_name, "");
	}
}

/* Each length and each other byte changed in turn: any result is fine, but no crash. */
static void wrong_bytes(void **state)
{
	const struct made m = { .name = "vpn.example.net", .padding = 30 };
	size_t len = make(&m), names = 0;
	struct hello h;

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (unsigned change = 1; change < 256; change++) {
			bytes[i] ^= (uint8_t)change;
			h.server_name[0] = '\0'; /* a lie about a length may leave it as it was */
			read_beginning(&h, len);
			names += !strcmp(h.server_name, m.name);
			bytes[i] ^= (uint8_t)change;
		}
	assert_in_range(names, 1, len * 255 - 1); /* of the random bytes, for example */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_one),
		cmocka_unit_test(keys_that_it_takes),
		cmocka_unit_test(protocols_that_it_offers),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(what_is_no_hello),
		cmocka_unit_test(wrong_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
