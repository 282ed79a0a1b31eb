/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tun/ecn.h"

#include "util/bytes.h"
#include "util/checksum.h"

/* RFC 3168 section 5: the lower two bits of IPv4's TOS and of IPv6's traffic class */
enum {
	NOT_ECT = 0,
	CE = 3,
	V6_SHIFT = 4, /* the traffic class begins in the lower half of the first byte */
	V4_CHECKSUM_AT = 10,
};

/* RFC 1624, equation 3. */
static void set_v4_tos(uint8_t *at, uint8_t tos)
{
	uint32_t sum = (uint16_t)~load_u16(at + V4_CHECKSUM_AT);

	sum += (uint16_t)~load_u16(at);
	at[1] = tos;
	sum += load_u16(at);
	store_u16(at + V4_CHECKSUM_AT, (uint16_t)~checksum_fold(sum));
}

bool ecn_mark(const struct packet *p)
{
	unsigned shift = p->h.is_v6 ? V6_SHIFT : 0;
	uint8_t marked = (uint8_t)(p->at[1] | CE << shift);

	if ((p->at[1] >> shift & CE) == NOT_ECT)
		return false;
	if (p->h.is_v6)
		p->at[1] = marked;
	else if (p->at[1] != marked)
		set_v4_tos(p->at, marked);
	return true;
}
