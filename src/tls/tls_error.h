/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of TLS errors. */
#ifndef SSTP_TLS_TLS_ERROR_H
#define SSTP_TLS_TLS_ERROR_H

#include "tls/wolf.h"
#include "util/bytes.h"
#include "util/error.h"

void tls_error_set(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* *at, allocated now if it is NULL. Without memory the caller's text is lost: *at stays NULL. */
struct error *tls_error_room(struct error **at);

/* wolfSSL's own text for one of its error codes. */
struct tls_strerror_text {
	char text[WOLFSSL_MAX_ERROR_SZ];
};
struct tls_strerror_text tls_strerror(int code);

/*
 * Sets why a session ended with the library's error `code`. `first` is the beginning of the peer's
 * bytes, which shows whether the peer speaks TLS at all.
 */
void tls_error_set_failure(struct error *err, WOLFSSL *ssl, int code, bool is_server,
			   struct bytes first);

#endif
