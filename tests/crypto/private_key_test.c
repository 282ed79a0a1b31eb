/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How files with keys begin, as openssl writes them, and others that begin with the same character. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/private_key.h"

#define START(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct {
	const char *name;
	struct bytes start;
	bool is_key, is_pkcs12;
} cases[] = {
	{ "PKCS #12", START("\x30\x82\x0a\x3f\x02\x01\x03\x30\x82"), true, true },
	{ "PKCS #12, indefinite length", START("\x30\x80\x02\x01\x03\x30\x80"), true, true },
	{ "PKCS #12, four bytes of length", START("\x30\x84\x00\x00\x0a\x3f\x02\x01\x03\x30"), true,
	  true },
	{ "PKCS #8, RSA", START("\x30\x82\x04\xbe\x02\x01\x00\x30\x0d"), true, false },
	{ "PKCS #8, EC", START("\x30\x81\x87\x02\x01\x00\x30\x13"), true, false },
	{ "PKCS #8, Ed25519", START("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65"), true, false },
	{ "SEC 1", START("\x30\x77\x02\x01\x01\x04\x20"), true, false },
	{ "PKCS #1", START("\x30\x82\x04\xa3\x02\x01\x00\x02\x82"), true, false },
	{ "PKCS #8, encrypted", START("\x30\x81\xec\x30\x57\x06\x09\x2a"), true, false },
	{ "a certificate", START("\x30\x82\x03\x21\x30\x82\x02\x09\xa0\x03\x02\x01\x02"), false,
	  false },
	{ "nothing", { NULL, 0 }, false, false },
	{ "0", START("0"), false, false },
	{ "text", START("0secret\n"), false, false },
	{ "an address", START("00:02:01"), false, false },
	{ "UTF-8", START("0\xc3\xa4\x62"), false, false },
	{ "lines", START("0\n\x30\n192.0.2.1"), false, false },
	{ "five bytes of length", START("0\x85\x02\x01"), false, false },
	{ "a cut length", START("0\x82"), false, false },
	{ "a cut version", START("\x30\x77\x02\x01"), false, false },
};

static void by_its_beginning(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (private_key_is_der(cases[i].start) != cases[i].is_key ||
		    private_key_is_pkcs12(cases[i].start) != cases[i].is_pkcs12)
			fail_msg("%s", cases[i].name);
}

/* `text`, `at` bytes from the beginning of a file of `len` bytes. */
static bool is_found(const char *text, size_t at, size_t len)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	bool found;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	assert_int_equal(pwrite(fd, text, strlen(text), (off_t)at), strlen(text));
	found = private_key_is_in(fd);
	close(fd);
	return found;
}

/* Wherever it is: a file is read in pieces. */
static void anywhere_in_a_file(void **state)
{
	enum { PIECE = 32 * 1024 };
	static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\n";

	(void)state;
	for (size_t at = PIECE - sizeof(pem); at <= PIECE; at++)
		if (!is_found(pem, at, 3 * PIECE))
			fail_msg("%zu", at);
	assert_true(is_found(pem, 3 * PIECE - sizeof(pem), 3 * PIECE));
	assert_false(is_found("-----BEGIN PUBLIC KEY-----\n", 0, PIECE));
	assert_false(is_found("PRIVATE KEY----", PIECE - 5, 2 * PIECE));
	assert_true(is_found("\x30\x77\x02\x01\x01\x04\x20", 0, PIECE));
	assert_false(is_found("\x30\x77\x02\x01\x01\x04\x20", 1, PIECE)); /* DER is a whole file */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_its_beginning),
		cmocka_unit_test(anywhere_in_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
