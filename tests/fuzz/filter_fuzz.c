/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of filters up to the first zero byte, then a packet, which is judged by the file's filter "f"
 * in both directions.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/filters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void judge(const struct filter *f, const uint8_t *data, size_t len)
{
	uint8_t *at = malloc(len ? len : 1);
	struct packet p;

	if (!at)
		abort();
	memcpy(at, data, len);
	if (packet_parse(&p, at, len)) {
		filter_passes(f, &p, true);
		filter_passes(f, &p, false);
		if (!f->count && filter_passes(f, &p, true))
			abort();
	}
	free(at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = len ? memchr(data, '\0', len) : NULL;
	size_t text_len = end ? (size_t)(end - data) : len;
	struct filter_use use = { NULL, NULL };
	struct filter_store store;
	struct filters *filters;
	struct error err;

	if (filters_parse("filters", bytes_of(data, text_len), &filters, &err))
		return 0;
	filter_store_open(&store, filters);
	if (end && filter_store_use(&store, "f", &use))
		judge(use.filter, end + 1, len - text_len - 1);
	if (filter_store_has(&store, "f") != filters_have(filters, "f") ||
	    (use.filter && !filters_count(filters)))
		abort();
	filter_store_replace(&store, NULL);
	if (filter_store_has(&store, "f"))
		abort();
	filter_use_end(&use);
	filter_store_close(&store);
	return 0;
}
