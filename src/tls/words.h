/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failures in words. */
#ifndef SSTP_TLS_WORDS_H
#define SSTP_TLS_WORDS_H

#include <time.h>

#include "tls/wolf.h"
#include "util/bytes.h"
#include "util/error.h"

void words_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* wolfSSL's own words for one of its errors. */
struct words_text {
	char text[WOLFSSL_MAX_ERROR_SZ];
};
struct words_text words_of_code(int code);

/* "2027-03-01 12:00 UTC" */
struct words_date {
	char text[32];
};
struct words_date words_of_date(time_t t);

/*
 * Why a session ended with the library's error `code`. `first` is how the peer's first bytes began:
 * they tell who does not speak TLS at all.
 */
void words_of_failure(struct error *err, WOLFSSL *ssl, int code, bool is_server,
		      struct bytes first);

#endif
