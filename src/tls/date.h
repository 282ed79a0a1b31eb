/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dates of certificates as text. */
#ifndef SSTP_TLS_DATE_H
#define SSTP_TLS_DATE_H

#include <time.h>

/* "2027-03-01 12:00 UTC" */
struct tls_date_text {
	char text[32];
};
struct tls_date_text tls_date_print(time_t t);

#endif
