/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Punycode, following RFC 3492 section 6. */
#include "util/punycode.h"

#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

/* Section 5 */
enum {
	BASE = 36,
	TMIN = 1,
	TMAX = 26,
	SKEW = 38,
	DAMP = 700,
	INITIAL_BIAS = 72,
	INITIAL_N = 128,
};

enum { LABEL_MAX = 63 }; /* RFC 1035 section 2.3.4 */

static uint32_t lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	/* Latin Extended-A has pairs, each capital before its small letter */
	if ((c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c & 1 ? c + 1 : c;
	return c;
}

/* Section 6.1 */
static uint32_t adapt(uint32_t delta, uint32_t count, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	delta += delta / count;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static void put_digit(struct writer *w, uint32_t digit)
{
	put_u8(w, (uint8_t)(digit < 26 ? 'a' + digit : '0' + (digit - 26)));
}

static void put_delta(struct writer *w, uint32_t q, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;

		if (q < t)
			break;
		put_digit(w, t + (q - t) % (BASE - t));
		q = (q - t) / (BASE - t);
	}
	put_digit(w, q);
}

static uint32_t next_code(const uint32_t *codes, size_t count, uint32_t n)
{
	uint32_t next = UINT32_MAX;

	for (size_t i = 0; i < count; i++)
		if (codes[i] >= n && codes[i] < next)
			next = codes[i];
	return next;
}

/* Section 6.3. 63 letters of at most 21 bits do not overflow 32 bits. */
static void put_label(struct writer *w, const uint32_t *codes, size_t count)
{
	uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, basic = 0, done;

	for (size_t i = 0; i < count; i++)
		if (codes[i] < INITIAL_N) {
			put_u8(w, (uint8_t)codes[i]);
			basic++;
		}
	if (basic)
		put_u8(w, '-');
	for (done = basic; done < count; delta++, n++) {
		uint32_t next = next_code(codes, count, n);

		delta += (next - n) * (done + 1);
		n = next;
		for (size_t i = 0; i < count; i++) {
			if (codes[i] < n)
				delta++;
			if (codes[i] != n)
				continue;
			put_delta(w, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

static bool put_host_label(struct writer *w, struct bytes label)
{
	struct reader r = reader_of(label.at, label.len);
	uint32_t codes[LABEL_MAX];
	size_t count = 0, start = w->len;
	bool is_ascii = true;

	while (r.left) {
		if (count == LABEL_MAX || !utf8_get(&r, &codes[count]))
			return false;
		is_ascii = is_ascii && codes[count] < INITIAL_N;
		codes[count] = lower(codes[count]);
		count++;
	}
	if (is_ascii) {
		put_bytes(w, label.at, label.len);
	} else {
		put_bytes(w, "xn--", 4);
		put_label(w, codes, count);
	}
	return w->len - start <= LABEL_MAX;
}

bool punycode_host(const char *name, char *to, size_t size)
{
	struct writer w = writer_of(to, size);

	for (;;) {
		size_t len = strcspn(name, ".");

		if (!put_host_label(&w, bytes_of(name, len)))
			return false;
		name += len;
		if (!*name)
			break;
		put_u8(&w, '.');
		name++;
	}
	put_u8(&w, 0);
	return !w.full;
}

/*
 * Letters that no version of IDNA maps to others, refuses or drops, and that are not changed by
 * normalization: without the sharp s and the final sigma, whose treatment differs by version, and without
 * letters that Unicode calls compatible with others.
 */
static const struct {
	uint32_t first, last;
} certain[] = {
	{ '-', '-' },       { '0', '9' },       { 'a', 'z' },       { 0xe0, 0xf6 },
	{ 0xf8, 0x12f },    { 0x134, 0x13e },   { 0x141, 0x148 },   { 0x14a, 0x17e }, /* Latin */
	{ 0x3ac, 0x3c1 },   { 0x3c3, 0x3ce },                                         /* Greek */
	{ 0x430, 0x45f },                                                             /* Cyrillic */
	{ 0x5d0, 0x5ea },                                                             /* Hebrew */
	{ 0x621, 0x63a },   { 0x641, 0x64a },                                         /* Arabic */
	{ 0xe01, 0xe32 },   { 0xe34, 0xe3a },   { 0xe40, 0xe4e },                     /* Thai */
	{ 0x3041, 0x3096 }, { 0x30a1, 0x30fa }, { 0x30fc, 0x30fc },                   /* Japanese */
	{ 0x4e00, 0x9fa5 }, /* Chinese characters of Unicode 3.2 */
	{ 0xac00, 0xd7a3 }, /* Korean */
};

static bool is_certain(uint32_t c)
{
	for (size_t i = 0; i < sizeof(certain) / sizeof(*certain); i++)
		if (c >= certain[i].first && c <= certain[i].last)
			return true;
	return false;
}

bool punycode_is_certain(const char *name)
{
	struct reader r = reader_of((const uint8_t *)name, strlen(name));
	uint32_t c;

	while (r.left)
		if (!utf8_get(&r, &c) || (c != '.' && !is_certain(lower(c))))
			return false;
	return true;
}
