/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A failure in words for the user. */
#ifndef SSTP_TLS_ERROR_H
#define SSTP_TLS_ERROR_H

#include <stdbool.h>

struct tls_error {
	char text[384];
	bool is_trust; /* it was the peer's certificate: issuer, name, date, purpose or pin */
};

#endif
