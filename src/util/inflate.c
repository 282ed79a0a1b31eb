/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DEFLATE, RFC 1951. A code of Huffman is canonical: the codes of one length are consecutive numbers, in
 * the order of their symbols, so how many there are of each length is enough to decode it (3.2.2).
 */
#include "util/inflate.h"

#include <string.h>

enum {
	GZIP_HEADER = 10,
	GZIP_TRAILER = 8, /* CRC-32, length */
	CODE_LEN_MAX = 15,
	LITERALS = 288,
	DISTANCES = 32,
	END_OF_BLOCK = 256,
};

struct code {
	uint16_t count[CODE_LEN_MAX + 1]; /* of codes of each length */
	uint16_t symbol[LITERALS];        /* in the order of their codes */
};

struct state {
	struct reader in;
	unsigned bits, bit_count; /* read and not used yet */
	uint8_t *to;
	size_t len, room;
	bool is_bad;
};

/* The next bits, the least significant one first. */
static unsigned take(struct state *s, unsigned count)
{
	unsigned value;

	while (s->bit_count < count) {
		s->bits |= (unsigned)get_u8(&s->in) << s->bit_count;
		s->bit_count += 8;
	}
	s->is_bad |= s->in.bad;
	value = s->bits & ((1u << count) - 1);
	s->bits >>= count;
	s->bit_count -= count;
	return value;
}

static void make_code(struct code *c, const uint8_t *lens, unsigned count)
{
	uint16_t at[CODE_LEN_MAX + 2] = { 0 };

	memset(c, 0, sizeof(*c));
	for (unsigned i = 0; i < count; i++)
		c->count[lens[i]]++;
	c->count[0] = 0;
	for (unsigned len = 1; len <= CODE_LEN_MAX; len++)
		at[len + 1] = (uint16_t)(at[len] + c->count[len]);
	for (unsigned i = 0; i < count; i++)
		if (lens[i])
			c->symbol[at[lens[i]]++] = (uint16_t)i;
}

static unsigned decode(struct state *s, const struct code *c)
{
	unsigned code = 0, first = 0, index = 0;

	for (unsigned len = 1; len <= CODE_LEN_MAX && !s->is_bad; len++) {
		code |= take(s, 1);
		if (code < first + c->count[len])
			return c->symbol[index + code - first];
		index += c->count[len];
		first = (first + c->count[len]) << 1;
		code <<= 1;
	}
	s->is_bad = true;
	return 0;
}

static void put(struct state *s, uint8_t byte)
{
	if (s->len == s->room)
		s->is_bad = true;
	else
		s->to[s->len++] = byte;
}

static void copy(struct state *s, size_t distance, size_t len)
{
	if (distance > s->len)
		s->is_bad = true;
	while (len-- && !s->is_bad)
		put(s, s->to[s->len - distance]);
}

/* A length or a distance: steps of 2^extra, where `extra` grows after each `run` symbols. 3.2.5 */
static size_t take_long(struct state *s, unsigned symbol, unsigned run)
{
	unsigned extra = symbol < 2 * run ? 0 : symbol / run - 1;
	size_t base = extra ? (size_t)(run + symbol % run) << extra : symbol;

	return base + take(s, extra);
}

static void take_block(struct state *s, const struct code *literals, const struct code *distances)
{
	while (!s->is_bad) {
		unsigned symbol = decode(s, literals);
		size_t len;

		if (symbol == END_OF_BLOCK)
			return;
		if (symbol < END_OF_BLOCK) {
			put(s, (uint8_t)symbol);
			continue;
		}
		symbol -= END_OF_BLOCK + 1;
		len = symbol == 28 ? 258 : 3 + take_long(s, symbol, 4);
		symbol = decode(s, distances);
		s->is_bad |= symbol >= 30;
		if (!s->is_bad)
			copy(s, 1 + take_long(s, symbol, 2), len);
	}
}

static void take_stored(struct state *s)
{
	size_t len;

	s->bits = s->bit_count = 0; /* fewer than eight: the rest of a byte */
	len = get_u8(&s->in);
	len |= (size_t)get_u8(&s->in) << 8;
	get_u16(&s->in); /* its complement */
	while (len-- && !s->is_bad) {
		put(s, get_u8(&s->in));
		s->is_bad |= s->in.bad;
	}
}

static void take_fixed(struct state *s)
{
	uint8_t lens[LITERALS];
	struct code literals, distances;

	memset(lens, 8, LITERALS);
	memset(lens + 144, 9, 112);
	memset(lens + 256, 7, 24);
	make_code(&literals, lens, LITERALS);
	memset(lens, 5, DISTANCES);
	make_code(&distances, lens, DISTANCES);
	take_block(s, &literals, &distances);
}

/* The lengths of both codes, with a code of their own. 3.2.7 */
static void take_lens(struct state *s, const struct code *c, uint8_t *lens, unsigned count)
{
	unsigned n = 0;

	while (n < count && !s->is_bad) {
		unsigned symbol = decode(s, c), repeat = 1;
		uint8_t len = (uint8_t)symbol;

		if (symbol >= 16) {
			s->is_bad |= symbol == 16 && !n;
			len = symbol == 16 && n ? lens[n - 1] : 0;
			repeat = symbol == 18 ? 11 + take(s, 7) : 3 + take(s, symbol == 16 ? 2 : 3);
		}
		s->is_bad |= repeat > count - n;
		while (repeat-- && !s->is_bad)
			lens[n++] = len;
	}
}

static void take_dynamic(struct state *s)
{
	static const uint8_t order[] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
					 11, 4,  12, 3, 13, 2, 14, 1, 15 };
	uint8_t lens[LITERALS + DISTANCES] = { 0 };
	unsigned literal_count = 257 + take(s, 5), distance_count = 1 + take(s, 5);
	unsigned order_count = 4 + take(s, 4);
	struct code literals, distances;

	for (unsigned i = 0; i < order_count; i++)
		lens[order[i]] = (uint8_t)take(s, 3);
	make_code(&literals, lens, sizeof(order));
	memset(lens, 0, sizeof(lens));
	s->is_bad |= literal_count > LITERALS;
	if (s->is_bad)
		return;
	take_lens(s, &literals, lens, literal_count + distance_count);
	make_code(&literals, lens, literal_count);
	make_code(&distances, lens + literal_count, distance_count);
	take_block(s, &literals, &distances);
}

size_t inflate_len(struct bytes member)
{
	const uint8_t *end = member.at + member.len;

	if (member.len < GZIP_HEADER + GZIP_TRAILER || memcmp(member.at, "\x1f\x8b\x08\0", 4))
		return 0;
	return end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
}

size_t inflate(struct bytes member, uint8_t *to, size_t room)
{
	struct state s = { .to = to, .room = room };
	size_t len = inflate_len(member);
	unsigned is_last;

	if (!len || len > room)
		return 0;
	s.in = reader_of(member.at + GZIP_HEADER, member.len - GZIP_HEADER - GZIP_TRAILER);
	do {
		is_last = take(&s, 1);
		switch (take(&s, 2)) {
		case 0:
			take_stored(&s);
			break;
		case 1:
			take_fixed(&s);
			break;
		case 2:
			take_dynamic(&s);
			break;
		default:
			s.is_bad = true;
		}
	} while (!is_last && !s.is_bad);
	return s.is_bad || s.len != len ? 0 : len;
}
