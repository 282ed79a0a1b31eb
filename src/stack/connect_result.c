/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack/connect_result.h"

const char *stack_result_text(enum stack_result r)
{
	static const char *const texts[] = {
		[STACK_OK] = "connected",
		[STACK_REFUSED] = "connection refused",
		[STACK_UNREACHABLE] = "host unreachable",
		[STACK_TIMED_OUT] = "no answer",
		[STACK_NO_NAME] = "no such name",
		[STACK_NO_ADDRESS] = "the name has no address",
		[STACK_DNS_SILENT] = "the name server does not answer",
		[STACK_DNS_REFUSED] = "the name server refuses",
		[STACK_DNS_FAILED] = "the name server reports a failure",
		[STACK_NO_DNS] = "the VPN has no name server",
		[STACK_DOWN] = "the tunnel is down",
		[STACK_FORBIDDEN] = "no VPN leads to this address",
		[STACK_FULL] = "too many connections",
	};

	return texts[r];
}
