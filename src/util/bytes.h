/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes on the wire: a reader that never runs past its end and a writer that never runs past its
 * room. All integers are big-endian, as in PPP and SSTP.
 *
 * A reader past its end becomes `bad`, yields zeroes and stays bad; a writer that runs out of room
 * becomes `full`, writes nothing more and stays full. So code reads or writes without a check each time
 * and checks once, before it acts. Neither owns its memory.
 */
#ifndef SSTP_UTIL_BYTES_H
#define SSTP_UTIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A piece of memory that it does not own. */
struct bytes {
	const uint8_t *at;
	size_t len;
};

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

struct writer {
	uint8_t *at; /* start of the memory */
	size_t len;  /* written so far */
	size_t room; /* size of the memory */
	bool full;
};

static inline struct bytes bytes_of(const void *at, size_t len)
{
	return (struct bytes){ at, len };
}

static inline struct bytes bytes_text(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static inline struct reader reader_of(const void *at, size_t len)
{
	return (struct reader){ at, len, false };
}

/* Returns `len` bytes and moves the reader past them; NULL (and bad) when there are fewer. */
static inline const uint8_t *get_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->bad || len > r->left) {
		r->bad = true;
		r->left = 0;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

static inline uint8_t get_u8(struct reader *r)
{
	const uint8_t *at = get_bytes(r, 1);

	return at ? at[0] : 0;
}

static inline uint16_t get_u16(struct reader *r)
{
	const uint8_t *at = get_bytes(r, 2);

	return (uint16_t)(at ? at[0] << 8 | at[1] : 0);
}

static inline uint32_t get_u32(struct reader *r)
{
	const uint8_t *at = get_bytes(r, 4);

	return at ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
		  : 0;
}

static inline uint64_t get_u64(struct reader *r)
{
	uint64_t high = get_u32(r);

	return high << 32 | get_u32(r);
}

/* A reader over the next `len` bytes; empty and bad (as `r` then is) when there are fewer. */
static inline struct reader get_reader(struct reader *r, size_t len)
{
	const uint8_t *at = get_bytes(r, len);

	return (struct reader){ at, at ? len : 0, r->bad };
}

/* Copies `len` bytes out; zeroes when there are fewer. */
static inline void get_copy(struct reader *r, void *to, size_t len)
{
	const uint8_t *at = get_bytes(r, len);

	if (at)
		memcpy(to, at, len);
	else
		memset(to, 0, len);
}

/* What was read must be right, or the reader turns bad. */
static inline void reader_require(struct reader *r, bool is_right)
{
	if (is_right)
		return;
	r->bad = true;
	r->left = 0;
}

static inline struct writer writer_of(void *at, size_t room)
{
	return (struct writer){ at, 0, room, false };
}

/* Room for `len` bytes, counted as written and left for the caller to fill; NULL when full. */
static inline uint8_t *put_gap(struct writer *w, size_t len)
{
	uint8_t *at = w->at + w->len;

	if (w->full || len > w->room - w->len) {
		w->full = true;
		return NULL;
	}
	w->len += len;
	return at;
}

static inline void put_u8(struct writer *w, uint8_t v)
{
	uint8_t *at = put_gap(w, 1);

	if (at)
		at[0] = v;
}

static inline void store_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline void store_u32(uint8_t *at, uint32_t v)
{
	store_u16(at, (uint16_t)(v >> 16));
	store_u16(at + 2, (uint16_t)v);
}

static inline uint16_t load_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_u32(const uint8_t *at)
{
	return (uint32_t)load_u16(at) << 16 | load_u16(at + 2);
}

static inline void put_u16(struct writer *w, uint16_t v)
{
	uint8_t *at = put_gap(w, 2);

	if (at)
		store_u16(at, v);
}

static inline void put_u32(struct writer *w, uint32_t v)
{
	uint8_t *at = put_gap(w, 4);

	if (at)
		store_u32(at, v);
}

static inline void put_u64(struct writer *w, uint64_t v)
{
	put_u32(w, (uint32_t)(v >> 32));
	put_u32(w, (uint32_t)v);
}

static inline void put_bytes(struct writer *w, const void *from, size_t len)
{
	uint8_t *at = put_gap(w, len);

	if (at && len)
		memcpy(at, from, len);
}

/* Fills a two-byte gap left at offset `at` (a length known only at the end). */
static inline void put_u16_at(struct writer *w, size_t at, uint16_t v)
{
	if (!w->full && at + 2 <= w->len)
		store_u16(w->at + at, v);
}

#endif
