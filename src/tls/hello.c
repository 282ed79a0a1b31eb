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
	EXT_PROTOCOLS = 16,  /* RFC 7301 section 3.1 */
	NAME_HOST = 0,
	EXT_SIGNATURES = 13, /* signature_algorithms, section 4.2.3 */
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

/* SignatureScheme, and the pairs of a hash and an algorithm of RFC 5246 section 7.4.1.4.1. */
static uint8_t key_of_signature(uint16_t scheme)
{
	if (scheme >= 0x0804 && scheme <= 0x0806) /* rsa_pss_rsae_sha256, _sha384, _sha512 */
		return HELLO_RSA;
	if (scheme == 0x0807)
		return HELLO_ED25519;
	if (scheme >> 8 < 4 || scheme >> 8 > 6) /* SHA-256, SHA-384, SHA-512 */
		return 0;
	return (scheme & 0xff) == 1 ? HELLO_RSA : (scheme & 0xff) == 3 ? HELLO_ECDSA : 0;
}

static uint8_t take_signatures(struct reader ext)
{
	struct reader list = get_reader(&ext, get_u16(&ext));
	uint8_t keys = 0;

	while (list.left >= 2)
		keys |= key_of_signature(get_u16(&list));
	return keys;
}

/*
 * Suites of TLS 1.3 go with any key. In TLS 1.2 an ECDSA or Ed25519 key needs an ECDHE-ECDSA suite
 * (RFC 8422 section 2.2), and each of these has a suite with RSA beside it.
 */
static uint8_t keys_of_suite(uint16_t suite)
{
	switch (suite) {
	case 0xc009: /* RFC 8422: AES-CBC with SHA-1 */
	case 0xc00a:
	case 0xc023: /* RFC 5289: AES-CBC with SHA-2 */
	case 0xc024:
	case 0xc02b: /* and AES-GCM */
	case 0xc02c:
	case 0xcca9: /* RFC 7905: ChaCha20-Poly1305 */
		return HELLO_ECDSA | HELLO_ED25519;
	default:
		return suite >> 8 == 0x13 ? HELLO_RSA | HELLO_ECDSA | HELLO_ED25519 : HELLO_RSA;
	}
}

static uint8_t take_suites(struct reader list)
{
	uint8_t keys = 0;

	while (list.left >= 2)
		keys |= keys_of_suite(get_u16(&list));
	return keys;
}

static void take_protocols(struct hello *h, struct reader ext)
{
	struct reader list = get_reader(&ext, get_u16(&ext));

	if (list.bad || list.left > sizeof(h->protocols))
		return;
	h->protocols_len = list.left;
	get_copy(&list, h->protocols, h->protocols_len);
}

/* The first extension of a type counts. */
static void take_extensions(struct hello *h, struct reader exts, uint8_t suites)
{
	bool has_name = false, has_signatures = false;

	while (exts.left) {
		uint16_t type = get_u16(&exts);
		struct reader ext = get_reader(&exts, get_u16(&exts));

		if (exts.bad)
			return;
		if (type == EXT_SERVER_NAME && !has_name) {
			take_server_name(h, ext);
			has_name = true;
		} else if (type == EXT_SIGNATURES && !has_signatures) {
			h->takes = take_signatures(ext) & suites;
			has_signatures = true;
		} else if (type == EXT_PROTOCOLS && !h->protocols_len) {
			take_protocols(h, ext);
		}
	}
}

static void take_hello(struct hello *h, struct reader r)
{
	struct reader exts;
	uint8_t suites;

	get_reader(&r, 2 + RANDOM_LEN); /* legacy_version, random */
	get_reader(&r, get_u8(&r));     /* legacy_session_id */
	suites = take_suites(get_reader(&r, get_u16(&r)));
	get_reader(&r, get_u8(&r)); /* legacy_compression_methods */
	exts = get_reader(&r, get_u16(&r));
	if (!r.bad)
		take_extensions(h, exts, suites);
}

bool hello_read(struct hello *h, const uint8_t *at, size_t len)
{
	uint8_t joined[HELLO_MAX];
	struct writer w = writer_of(joined, sizeof(joined));
	bool is_all_read = len >= HELLO_MAX;
	struct reader r;

	*h = (struct hello){ .takes = HELLO_RSA };
	if (!join(reader_of(at, is_all_read ? HELLO_MAX : len), &w))
		return true;
	if (w.len < whole_len(&w))
		return is_all_read || whole_len(&w) > HELLO_MAX;
	r = reader_of(joined, whole_len(&w));
	get_bytes(&r, HANDSHAKE_HDR_LEN);
	take_hello(h, r);
	return true;
}
