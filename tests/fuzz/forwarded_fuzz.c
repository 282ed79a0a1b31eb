/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X-Forwarded-For in a header block: the result is no trusted address. */
#include <stdlib.h>

#include "server/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ip_prefix own = { ip_from_v4(INADDR_LOOPBACK), 8 };
	const struct source_list trusted = { .at = &own, .count = 1 };
	struct ip_addr a = forwarded_client(bytes_of(data, len), &trusted);

	if (a.family && ip_prefix_has(&own, &a))
		abort();
	return 0;
}
