/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request to the control socket. */
#include <stdlib.h>

#include "control/control_request.h"
#include "http/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t block = http_block_len(data, len);
	struct control_request rq;
	char value[32];

	if (!block || control_request_parse(bytes_of(data, block), &rq))
		return 0;
	control_request_matches(&rq, "/v1/status");
	control_request_matches(&rq, "/v1/sessions/*/kick");
	control_request_query(&rq, "user", value, sizeof(value));
	return 0;
}
