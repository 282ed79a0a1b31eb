/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PKCS #12 files as openssl writes them; those that are damaged, and wrong passwords. */
#include "tls/pkcs12.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/private_key.h"
#include "support/vectors.h"
#include "tls/pem.h"

enum { PEM_SIZE = 8192 };

static uint8_t pem[PEM_SIZE], der[PEM_SIZE];

static const char *convert(struct bytes file, const char *password)
{
	struct writer w = writer_of(pem, sizeof(pem));
	const char *why = pkcs12_to_pem(file, password, &w);

	if (!why)
		assert_int_equal(pem[w.len - 1], '\0');
	return why;
}

static void check(const char *label, const char *want)
{
	struct bytes rest = bytes_text((const char *)pem), block,
		     value = vectors_hex("pkcs12", want);
	size_t len;

	assert_true(pem_next(&rest, label, &block));
	assert_true(pem_decode(block, der, sizeof(der), &len));
	assert_int_equal(len, value.len);
	assert_memory_equal(der, value.at, len);
}

static void files_of_openssl(void **state)
{
	static const char *const names[] = { "aes", "des3", "clear" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bytes file = vectors_hex("pkcs12", names[i]);
		const char *why;

		assert_true(private_key_is_pkcs12(file));
		why = convert(file, "x");
		if (why)
			fail_msg("%s: %s", names[i], why);
		check("CERTIFICATE", "certificate");
		check("PRIVATE KEY", "key");
		assert_string_equal(convert(file, "y"), "its password is wrong");
		assert_string_equal(convert(file, ""), "its password is wrong");
		assert_string_equal(convert(file, "\xff"),
				    "its password must be UTF-8 of at most 256 characters");
	}
	assert_false(private_key_is_pkcs12(vectors_hex("pkcs12", "certificate")));
	assert_false(private_key_is_pkcs12(bytes_of(NULL, 0)));
}

/*
 * The MAC's count, at the end of the file: INTEGER 2, in two SEQUENCEs. With another count
 * the MAC is that of another password.
 */
static void counts_that_take_long(void **state)
{
	enum { MAC_LEN = 2 + 0x40 };
	static const uint8_t mac[] = { 0x30, 0x40 }, count[] = { 2, 1, 2 };
	static const struct {
		uint8_t count[5];
		const char *why;
	} cases[] = {
		{ { 2, 3, 1, 0, 0 }, "its password is wrong" },
		{ { 2, 3, 0x1e, 0x84, 0x81 },
		  "it asks for more than 2000000 iterations in all, which would take too long" },
		{ { 2, 3, 0x7f, 0xff, 0xff },
		  "it asks for more than 2000000 iterations in all, which would take too long" },
	};
	struct bytes good = vectors_hex("pkcs12", "aes");
	uint8_t file[PEM_SIZE];

	(void)state;
	memcpy(file, good.at, good.len);
	assert_memory_equal(file + good.len - MAC_LEN, mac, sizeof(mac));
	assert_memory_equal(file + good.len - sizeof(count), count, sizeof(count));
	file[good.len - MAC_LEN + 1] += 2;
	store_u16(file + 2, (uint16_t)(load_u16(file + 2) + 2));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *why;

		memcpy(file + good.len - sizeof(count), cases[i].count, sizeof(cases[i].count));
		why = convert(bytes_of(file, good.len + 2), "x");
		assert_non_null(why);
		assert_string_equal(why, cases[i].why);
	}
}

/* Whatever is changed or missing is found, since the MAC is over all that is read after it. */
static void damaged_files(void **state)
{
	struct bytes good = vectors_hex("pkcs12", "aes");
	uint8_t *bad = malloc(good.len);

	(void)state;
	assert_non_null(bad);
	for (size_t at = 0; at < good.len; at++) {
		memcpy(bad, good.at, good.len);
		bad[at] ^= 1;
		if (convert(bytes_of(bad, good.len), "x"))
			continue;
		check("PRIVATE KEY", "key"); /* what does not count, such as the version */
	}
	free(bad);
	for (size_t len = 0; len < good.len; len++) {
		bad = malloc(len ? len : 1); /* so that ASan sees what is read after its end */
		assert_non_null(bad);
		memcpy(bad, good.at, len);
		assert_non_null(convert(bytes_of(bad, len), "x"));
		free(bad);
	}
}

static void too_little_room(void **state)
{
	struct writer w = writer_of(pem, 300);

	(void)state;
	assert_non_null(pkcs12_to_pem(vectors_hex("pkcs12", "clear"), "x", &w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_openssl),
		cmocka_unit_test(counts_that_take_long),
		cmocka_unit_test(damaged_files),
		cmocka_unit_test(too_little_room),
	};

	return cmocka_run_group_tests_name("tls/pkcs12", tests, NULL, NULL);
}
