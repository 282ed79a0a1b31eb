/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/date.h"

struct tls_date_text tls_date_print(time_t t)
{
	struct tls_date_text d = { "?" };
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(d.text, sizeof(d.text), "%Y-%m-%d %H:%M UTC", &tm);
	return d;
}
