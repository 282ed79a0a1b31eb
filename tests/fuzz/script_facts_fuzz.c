/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process that was taken over says of a session: either it is refused, or the same bytes say it again. */
#include <stdlib.h>

#include "server/script_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t again[SCRIPT_FACTS_MAX];
	struct writer w = writer_of(again, sizeof(again));
	struct reader r = reader_of(data, len);
	char user[PPP_NAME_MAX + 1];
	struct script_facts f;

	if (!script_facts_get(&r, &f, user))
		return 0;
	script_facts_put(&w, &f);
	if (w.full || w.len != len || memcmp(again, data, len) != 0)
		abort();
	return 0;
}
