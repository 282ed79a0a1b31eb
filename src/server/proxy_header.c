/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Version 1 is a line of text, version 2 is binary. Both are parsed strictly: who sends them is
 * configured, and a header that is not exactly of the specification's form comes from somebody else.
 */
#include "server/proxy_header.h"

#include <stdio.h>

#include "util/text.h"

static const uint8_t signature[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
				     0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };
static const char v1_start[] = "PROXY ";

enum {
	V2_FIXED_LEN = 16,
	V2_VERSION = 2,
	V2_LOCAL = 0, /* commands */
	V2_PROXY = 1,
	V2_TCP4 = 0x11, /* family and transport */
	V2_TCP6 = 0x21,
	V2_TRANSPORT_MAX = 2,
	TLV_CRC32C = 0x03,
	CRC_LEN = 4,
};

/* Whether the bytes so far are the start of `what`. */
static bool may_be(const uint8_t *at, size_t len, const void *what, size_t what_len)
{
	return !memcmp(at, what, len < what_len ? len : what_len);
}

/* ---- version 1 */

static bool take_address(struct bytes *line, sa_family_t family, struct ip_addr *a)
{
	char text[64];
	struct bytes word;

	if (!text_cut(line, ' ', &word) || word.len >= sizeof(text) ||
	    memchr(word.at, '\0', word.len))
		return false;
	memcpy(text, word.at, word.len);
	text[word.len] = '\0';
	return ip_parse(text, a) && a->family == family;
}

/* A decimal number without leading zeros. */
static bool take_port(struct bytes word, uint16_t *port)
{
	unsigned value = 0;

	if (!word.len || word.len > 5 || (word.at[0] == '0' && word.len > 1))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] < '0' || word.at[i] > '9')
			return false;
		value = value * 10 + (unsigned)(word.at[i] - '0');
	}
	*port = (uint16_t)value;
	return value <= UINT16_MAX;
}

/* "TCP4 192.0.2.1 192.0.2.2 50000 443" */
static bool take_line(struct proxy_header *h, struct bytes line)
{
	struct bytes word;
	sa_family_t family;

	if (text_is(line, "UNKNOWN"))
		return true;
	if (!text_cut(&line, ' ', &word))
		return false;
	if (text_is(word, "UNKNOWN")) /* what follows must be ignored */
		return true;
	if (text_is(word, "TCP4"))
		family = AF_INET;
	else if (text_is(word, "TCP6"))
		family = AF_INET6;
	else
		return false;
	return take_address(&line, family, &h->source) &&
	       take_address(&line, family, &h->destination) && text_cut(&line, ' ', &word) &&
	       take_port(word, &h->source_port) && take_port(line, &h->destination_port);
}

static enum proxy_header_result read_v1(struct proxy_header *h, const uint8_t *at, size_t len)
{
	size_t room = len < PROXY_HEADER_V1_MAX ? len : PROXY_HEADER_V1_MAX;
	const uint8_t *end = memchr(at, '\n', room);
	size_t start = sizeof(v1_start) - 1;

	if (!end)
		return room < PROXY_HEADER_V1_MAX ? PROXY_HEADER_INCOMPLETE : PROXY_HEADER_BAD;
	h->len = (size_t)(end - at) + 1;
	if (h->len < start + 2 || end[-1] != '\r' ||
	    !take_line(h, bytes_of(at + start, h->len - start - 2)))
		return PROXY_HEADER_BAD;
	return PROXY_HEADER_OK;
}

/* ---- version 2 */

/* RFC 3720 section 12.1: Castagnoli's polynomial, reflected. */
static uint32_t crc32c(uint32_t crc, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* Over the whole header, with zeroes in the place of the checksum. */
static bool is_checksum_right(const uint8_t *at, size_t len, const uint8_t *field)
{
	static const uint8_t zeroes[CRC_LEN];
	size_t before = (size_t)(field - at), after = len - before - CRC_LEN;
	uint32_t crc = crc32c(UINT32_MAX, at, before);

	crc = crc32c(crc, zeroes, CRC_LEN);
	return load_u32(field) == ~crc32c(crc, field + CRC_LEN, after);
}

/* The list must be well formed; of its items only the checksum means something here. */
static bool check_tlvs(struct reader r, const uint8_t *at, size_t len)
{
	while (r.left) {
		uint8_t type = get_u8(&r);
		uint16_t value_len = get_u16(&r);
		const uint8_t *value = get_bytes(&r, value_len);

		if (!value || (type == TLV_CRC32C &&
			       (value_len != CRC_LEN || !is_checksum_right(at, len, value))))
			return false;
	}
	return true;
}

static struct ip_addr get_address(struct reader *r, sa_family_t family)
{
	struct ip_addr a = { .family = family };

	get_copy(r, a.bytes, family == AF_INET ? 4 : 16);
	return a;
}

static void get_addresses(struct reader *r, sa_family_t family, struct proxy_header *h)
{
	h->source = get_address(r, family);
	h->destination = get_address(r, family);
	h->source_port = get_u16(r);
	h->destination_port = get_u16(r);
}

/* What follows the fixed part of the header at `at`. */
static bool take_v2(struct proxy_header *h, const uint8_t *at, uint8_t command, uint8_t family)
{
	static const uint8_t address_lens[] = { 0, 12, 36, 216 };
	struct reader r = reader_of(at + V2_FIXED_LEN, h->len - V2_FIXED_LEN);

	if (command == V2_LOCAL) /* the rest must be ignored, whatever it is */
		return true;
	if (command != V2_PROXY || family >> 4 >= sizeof(address_lens) ||
	    (family & 15) > V2_TRANSPORT_MAX)
		return false;
	if (family == V2_TCP4)
		get_addresses(&r, AF_INET, h);
	else if (family == V2_TCP6)
		get_addresses(&r, AF_INET6, h);
	else
		get_bytes(&r, address_lens[family >> 4]);
	return !r.bad && check_tlvs(r, at, h->len);
}

static enum proxy_header_result read_v2(struct proxy_header *h, const uint8_t *at, size_t len)
{
	struct reader r = reader_of(at, len);
	uint8_t version, family;

	get_bytes(&r, sizeof(signature));
	version = get_u8(&r);
	family = get_u8(&r);
	h->len = V2_FIXED_LEN + (size_t)get_u16(&r);
	if ((len > sizeof(signature) && version >> 4 != V2_VERSION) ||
	    (!r.bad && h->len > PROXY_HEADER_READ_MAX))
		return PROXY_HEADER_BAD;
	if (r.bad || len < h->len)
		return PROXY_HEADER_INCOMPLETE;
	return take_v2(h, at, version & 15, family) ? PROXY_HEADER_OK : PROXY_HEADER_BAD;
}

enum proxy_header_result proxy_header_read(struct proxy_header *h, const uint8_t *at, size_t len)
{
	*h = (struct proxy_header){ .source = { .family = AF_UNSPEC } };
	if (!len)
		return PROXY_HEADER_INCOMPLETE;
	if (may_be(at, len, signature, sizeof(signature)))
		return read_v2(h, at, len);
	if (may_be(at, len, v1_start, sizeof(v1_start) - 1))
		return len < sizeof(v1_start) - 1 ? PROXY_HEADER_INCOMPLETE : read_v1(h, at, len);
	return PROXY_HEADER_BAD;
}

/* ---- writing */

/* RFC 4291 section 2.5.5.2 */
static struct ip_addr mapped(const struct ip_addr *a)
{
	struct ip_addr six = { .family = AF_INET6, .bytes = { [10] = 0xff, [11] = 0xff } };

	if (a->family == AF_INET6)
		return *a;
	memcpy(six.bytes + 12, a->bytes, 4);
	return six;
}

static void put_v1(struct writer *w, const struct proxy_header *h)
{
	char line[PROXY_HEADER_V1_MAX + 1];

	if (!h->source.family) {
		put_text(w, "PROXY UNKNOWN\r\n");
		return;
	}
	snprintf(line, sizeof(line), "PROXY %s %.39s %.39s %u %u\r\n",
		 h->source.family == AF_INET ? "TCP4" : "TCP6", ip_print(&h->source).text,
		 ip_print(&h->destination).text, h->source_port, h->destination_port);
	put_text(w, line);
}

static void put_v2(struct writer *w, const struct proxy_header *h)
{
	size_t len = h->source.family == AF_INET ? 4 : 16;

	put_bytes(w, signature, sizeof(signature));
	put_u8(w, V2_VERSION << 4 | (h->source.family ? V2_PROXY : V2_LOCAL));
	if (!h->source.family) {
		put_u8(w, 0);
		put_u16(w, 0);
		return;
	}
	put_u8(w, h->source.family == AF_INET ? V2_TCP4 : V2_TCP6);
	put_u16(w, (uint16_t)(2 * len + 4));
	put_bytes(w, h->source.bytes, len);
	put_bytes(w, h->destination.bytes, len);
	put_u16(w, h->source_port);
	put_u16(w, h->destination_port);
}

void proxy_header_put(struct writer *w, unsigned version, const struct proxy_header *h)
{
	struct proxy_header same = *h;

	if (!h->destination.family)
		same.source.family = AF_UNSPEC;
	if (same.source.family != same.destination.family && same.source.family) {
		same.source = mapped(&h->source);
		same.destination = mapped(&h->destination);
	}
	if (version == 1)
		put_v1(w, &same);
	else
		put_v2(w, &same);
}
