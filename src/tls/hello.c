/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 8446 section 4.1.2, which applies to TLS 1.2 as well. A ClientHello may be split over several
 * records, so it is joined first. No length in it can be trusted.
 */
#include "tls/hello.h"

#include <string.h>

#include "tls/cert_name.h"

enum {
	RECORD_HANDSHAKE = 22, /* RFC 8446 section 5.1 */
	RECORD_HDR_LEN = 5,
	RECORD_MAJOR = 3,
	RECORD_LEN_MAX = 16384,
	CLIENT_HELLO = 1, /* section 4 */
	HANDSHAKE_HDR_LEN = 4,
	RANDOM_LEN = 32,
	EXT_SERVER_NAME = 0, /* RFC 6066 section 3 */
	NAME_HOST = 0,
};

/* The length of this ClientHello with its header; of the header alone while that is incomplete. */
static size_t whole_len(const struct writer *hello)
{
	struct reader r = reader_of(hello->at, hello->len);
	size_t high;

	if (hello->len < HANDSHAKE_HDR_LEN)
		return HANDSHAKE_HDR_LEN;
	get_u8(&r);
	high = get_u8(&r);
	return HANDSHAKE_HDR_LEN + (high << 16 | get_u16(&r));
}

/*
 * Joins the handshake bytes of the records in `from`, up to the end of the first message. False on
 * other data.
 */
static bool join(struct reader from, struct writer *hello)
{
	while (from.left && hello->len < whole_len(hello)) {
		uint8_t type = get_u8(&from), major = get_u8(&from);
		size_t len;

		get_u8(&from);
		len = get_u16(&from);
		if (type != RECORD_HANDSHAKE)
			return false;
		if (from.bad) /* an incomplete header */
			break;
		if (major != RECORD_MAJOR || !len || len > RECORD_LEN_MAX)
			return false;
		if (len > from.left)
			len = from.left;
		put_bytes(hello, get_bytes(&from, len), len);
	}
	return !hello->len || hello->at[0] == CLIENT_HELLO;
}

static void take_name(struct hello *h, struct reader name)
{
	struct bytes b = bytes_of(name.at, name.left);

	if (!b.len || b.len > HELLO_NAME_MAX || !is_dns_name(b))
		return;
	memcpy(h->server_name, b.at, b.len);
	h->server_name[b.len] = '\0';
}

/* The first host name of a ServerNameList, which must not have more than one. */
static void take_server_name(struct hello *h, struct reader ext)
{
	struct reader list = get_reader(&ext, get_u16(&ext));

	while (list.left && !ext.bad) {
		uint8_t type = get_u8(&list);
		struct reader name = get_reader(&list, get_u16(&list));

		if (list.bad)
			return;
		if (type == NAME_HOST) {
			take_name(h, name);
			return;
		}
	}
}

static void take_hello(struct hello *h, struct reader r)
{
	struct reader exts;

	get_reader(&r, 2 + RANDOM_LEN); /* legacy_version, random */
	get_reader(&r, get_u8(&r));     /* legacy_session_id */
	get_reader(&r, get_u16(&r));    /* cipher_suites */
	get_reader(&r, get_u8(&r));     /* legacy_compression_methods */
	exts = get_reader(&r, get_u16(&r));
	while (exts.left && !r.bad) {
		uint16_t type = get_u16(&exts);
		struct reader ext = get_reader(&exts, get_u16(&exts));

		if (exts.bad)
			return;
		if (type == EXT_SERVER_NAME) {
			take_server_name(h, ext);
			return;
		}
	}
}

bool hello_read(struct hello *h, const uint8_t *at, size_t len)
{
	uint8_t joined[HELLO_MAX];
	struct writer w = writer_of(joined, sizeof(joined));
	bool is_all_read = len >= HELLO_MAX;
	struct reader r;

	h->server_name[0] = '\0';
	if (!join(reader_of(at, is_all_read ? HELLO_MAX : len), &w))
		return true;
	if (w.len < whole_len(&w))
		return is_all_read || whole_len(&w) > HELLO_MAX;
	r = reader_of(joined, whole_len(&w));
	get_bytes(&r, HANDSHAKE_HDR_LEN);
	take_hello(h, r);
	return true;
}
