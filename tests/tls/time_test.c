/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates of certificates: RFC 5280 section 4.1.2.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls/der.h"
#include "tls/x509.h"

static const struct {
	uint8_t tag;
	const char *text;
	bool ok;
	int64_t time;
} cases[] = {
	{ DER_UTC_TIME, "700101000000Z", true, 0 },
	{ DER_UTC_TIME, "500101000000Z", true, -631152000 },
	{ DER_UTC_TIME, "491231235959Z", true, 2524607999 },
	{ DER_UTC_TIME, "380119031408Z", true, 2147483648 }, /* one more than 31 bits */
	{ DER_GENERALIZED_TIME, "20500101000000Z", true, 2524608000 },
	{ DER_GENERALIZED_TIME, "21060207062816Z", true, 4294967296 }, /* 32 bits */
	{ DER_GENERALIZED_TIME, "99991231235959Z", true, 253402300799 },
	{ DER_GENERALIZED_TIME, "00000101000000Z", true, -62167219200 },
	/* the calendar */
	{ DER_UTC_TIME, "240229000000Z", true, 1709164800 },
	{ DER_UTC_TIME, "230229000000Z", false, 0 },
	{ DER_GENERALIZED_TIME, "20000229000000Z", true, 951782400 },
	{ DER_GENERALIZED_TIME, "21000229000000Z", false, 0 },
	{ DER_UTC_TIME, "490231000000Z", false, 0 },
	{ DER_UTC_TIME, "490431000000Z", false, 0 },
	{ DER_UTC_TIME, "490430000000Z", true, 2503353600 },
	{ DER_UTC_TIME, "491200000000Z", false, 0 },
	{ DER_UTC_TIME, "491232000000Z", false, 0 },
	{ DER_UTC_TIME, "490001000000Z", false, 0 },
	{ DER_UTC_TIME, "491301000000Z", false, 0 },
	{ DER_UTC_TIME, "491231240000Z", false, 0 },
	{ DER_UTC_TIME, "491231236000Z", false, 0 },
	{ DER_UTC_TIME, "491231235960Z", false, 0 },
	/* the form */
	{ DER_UTC_TIME, "4912312359Z", false, 0 },
	{ DER_UTC_TIME, "491231235959+0100", false, 0 },
	{ DER_UTC_TIME, "20491231235959Z", false, 0 },
	{ DER_GENERALIZED_TIME, "491231235959Z", false, 0 },
	{ DER_GENERALIZED_TIME, "20491231235959.5Z", false, 0 },
	{ DER_GENERALIZED_TIME, "20491231235959", false, 0 },
	{ DER_UTC_TIME, "49-231235959Z", false, 0 },
	{ DER_UTC_TIME, "", false, 0 },
	{ DER_PRINTABLE_STRING, "491231235959Z", false, 0 },
};

static void times(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t der[64];
		struct writer w = writer_of(der, sizeof(der));
		struct reader r;
		int64_t time;

		der_put(&w, cases[i].tag, cases[i].text, strlen(cases[i].text));
		r = reader_of(der, w.len);
		time = x509_get_time(&r);
		if (r.bad == cases[i].ok || time != cases[i].time)
			fail_msg("%s: %lld", cases[i].text, (long long)time);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(times) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
