/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may reach a kernel: packets whose own length is right, as the tunnel gives them. */
#include <stdint.h>
#include <stdlib.h>

#include "tun/headers.h"
#include "tun/ingress.h"
#include "util/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	bool is_v6 = len && data[0] >> 4 == 6;
	enum ingress found;

	if (len < (is_v6 ? IPV6_HDR_LEN : IPV4_HDR_LEN))
		return 0;
	found = ingress_of(data, len);
	/* only what is in the clear goes to the end of the tunnel itself */
	if (found == INGRESS_NEIGHBOR && (!is_v6 || data[6] != IPPROTO_ICMPV6))
		abort();
	return 0;
}
