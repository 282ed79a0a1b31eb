/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The response of what may be a captive portal: the text for the user is printable, whatever it sends. */
#include <assert.h>

#include "client/portal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct portal_result r;
	struct obstacle_text text;

	portal_judge(bytes_of(data, len), "vpn.example.net", &r);
	assert(memchr(r.url, '\0', sizeof(r.url)));
	if (!r.is_portal)
		return 0;
	text = portal_hint(&r, "vpn.example.net");
	assert(memchr(text.text, '\0', sizeof(text.text)));
	for (const char *c = text.text; *c; c++)
		assert((unsigned char)*c >= ' ' && *c != 0x7f);
	return 0;
}
