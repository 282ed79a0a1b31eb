/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See reads.h. */
#include "fuzz/reads.h"

static bool get_record(struct reader *r, struct mutate_record *out)
{
	uint8_t what = get_u8(r);
	size_t len = what >= READS_EVENT ? 0 : what < r->left ? what : r->left;

	*out = (struct mutate_record){
		.what = what >= READS_EVENT ? what : 0,
		.kind = what >= READS_EVENT ? MUTATE_RAW : MUTATE_SSTP,
		.bytes = bytes_of(get_bytes(r, len), len),
	};
	return !r->bad;
}

static void put_record(struct writer *w, const struct mutate_record *in)
{
	put_u8(w, (uint8_t)(in->what ? in->what : in->bytes.len));
	if (!in->what)
		put_bytes(w, in->bytes.at, in->bytes.len);
}

/* One of four is an event. */
static struct mutate_record make_record(uint32_t random)
{
	if (random % 4)
		return (struct mutate_record){ .kind = MUTATE_SSTP };
	return (struct mutate_record){ .what = (uint16_t)(READS_EVENT | (random >> 2 & 0x3f)) };
}

static const struct mutate_format format = {
	.head_len = 1,
	.payload_max = READS_EVENT - 1,
	.get = get_record,
	.put = put_record,
	.make = make_record,
};

size_t reads_mutate(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	return mutate_list(&format, data, len, max, seed);
}
