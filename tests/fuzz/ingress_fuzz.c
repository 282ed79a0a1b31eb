/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may reach a kernel: whole packets, as the tunnel gives them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tun/ingress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *at = malloc(len ? len : 1);
	struct packet p;

	if (!at)
		abort();
	memcpy(at, data, len);
	/* only what is in the clear goes to the end of the tunnel itself */
	if (packet_parse(&p, at, len) && ingress_of(&p) == INGRESS_NEIGHBOR &&
	    (!p.h.is_v6 || data[IPV6_NEXT_AT] != IPPROTO_ICMPV6))
		abort();
	free(at);
	return 0;
}
