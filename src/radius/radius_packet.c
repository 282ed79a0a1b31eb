/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The format of packets, and what MD5 does in them. */
#include "radius/radius_packet.h"

#include "crypto/digest.h"
#include "util/secret.h"
#include "util/text.h"

enum {
	ATTR_HDR_LEN = 2,
	VENDOR_LEN = 4,
	AUTH_AT = 4, /* the Authenticator in the header */
	BLOCK = MD5_LEN,
	SALT_LEN = 2,
};

/* ---- attributes of a packet that was received */

bool radius_is_packet(struct bytes *packet)
{
	struct reader r = reader_of(packet->at, packet->len), attrs;
	uint16_t len;

	get_u16(&r); /* code, identifier */
	len = get_u16(&r);
	if (r.bad || len < RADIUS_HDR_LEN || len > RADIUS_PACKET_MAX || len > packet->len)
		return false;
	attrs = reader_of(packet->at + RADIUS_HDR_LEN, (size_t)len - RADIUS_HDR_LEN);
	while (attrs.left) {
		uint8_t n;

		get_u8(&attrs);
		n = get_u8(&attrs);
		if (n < ATTR_HDR_LEN)
			return false;
		get_bytes(&attrs, (size_t)n - ATTR_HDR_LEN);
		if (attrs.bad)
			return false;
	}
	packet->len = len;
	return true;
}

struct radius_walk radius_walk(struct bytes packet)
{
	return (struct radius_walk){
		.rest = reader_of(packet.at + RADIUS_HDR_LEN, packet.len - RADIUS_HDR_LEN),
	};
}

/* False at the end, and at a malformed attribute. */
static bool next_in(struct reader *r, struct radius_attr *a)
{
	uint8_t len;

	if (r->bad || !r->left)
		return false;
	a->type = get_u8(r);
	len = get_u8(r);
	if (len < ATTR_HDR_LEN) {
		r->bad = true;
		return false;
	}
	a->value.len = (size_t)len - ATTR_HDR_LEN;
	a->value.at = get_bytes(r, a->value.len);
	return !r->bad;
}

/*
 * A vendor may use any format inside; one that does not look like attributes (RFC 2865 section
 * 5.26) is left out from there on.
 */
bool radius_next(struct radius_walk *w, struct radius_attr *a)
{
	for (;;) {
		a->vendor = w->vendor;
		if (next_in(&w->in_vendor, a))
			return true;
		w->in_vendor = reader_of(NULL, 0);
		w->vendor = a->vendor = 0;
		if (!next_in(&w->rest, a))
			return false;
		if (a->type != RADIUS_VENDOR_SPECIFIC || a->value.len < VENDOR_LEN)
			return true;
		w->in_vendor = reader_of(a->value.at, a->value.len);
		w->vendor = get_u32(&w->in_vendor);
		if (!w->vendor) { /* nobody's: what is inside must not count as RADIUS' own */
			w->in_vendor = reader_of(NULL, 0);
			return true;
		}
	}
}

bool radius_find(struct bytes packet, uint32_t vendor, uint8_t type, struct bytes *value)
{
	struct radius_walk w = radius_walk(packet);
	struct radius_attr a;

	while (radius_next(&w, &a))
		if (a.vendor == vendor && a.type == type) {
			*value = a.value;
			return true;
		}
	return false;
}

uint32_t radius_number(struct bytes value)
{
	return value.len == sizeof(uint32_t) ? load_u32(value.at) : 0;
}

/* ---- building */

static void put_ma_gap(struct writer *w)
{
	static const uint8_t zero[RADIUS_AUTH_LEN];

	radius_put(w, RADIUS_MESSAGE_AUTHENTICATOR, zero, sizeof(zero));
}

static void put_header(struct writer *w, enum radius_code code, uint8_t id)
{
	uint8_t *rest;

	put_u8(w, (uint8_t)code);
	put_u8(w, id);
	rest = put_gap(w, RADIUS_HDR_LEN - 2);
	if (rest)
		memset(rest, 0, RADIUS_HDR_LEN - 2);
}

/* Servers disagree about a Message-Authenticator in accounting, so it is left out there. */
void radius_begin(struct writer *w, enum radius_code code)
{
	put_header(w, code, 0);
	if (code != RADIUS_ACCOUNTING_REQUEST)
		put_ma_gap(w);
}

void radius_put(struct writer *w, uint8_t type, const void *value, size_t len)
{
	if (len > RADIUS_VALUE_MAX)
		len = RADIUS_VALUE_MAX;
	put_u8(w, type);
	put_u8(w, (uint8_t)(len + ATTR_HDR_LEN));
	put_bytes(w, value, len);
}

void radius_put_number(struct writer *w, uint8_t type, uint32_t value)
{
	uint8_t bytes[sizeof(value)];

	store_u32(bytes, value);
	radius_put(w, type, bytes, sizeof(bytes));
}

void radius_put_text(struct writer *w, uint8_t type, const char *text)
{
	if (*text)
		radius_put(w, type, text, strlen(text));
}

void radius_put_vendor(struct writer *w, uint32_t vendor, uint8_t type, const void *value,
		       size_t len)
{
	put_u8(w, RADIUS_VENDOR_SPECIFIC);
	put_u8(w, (uint8_t)(ATTR_HDR_LEN + VENDOR_LEN + ATTR_HDR_LEN + len));
	put_u32(w, vendor);
	radius_put(w, type, value, len);
}

void radius_put_long(struct writer *w, uint8_t type, struct bytes value)
{
	while (value.len) {
		size_t n = value.len < RADIUS_VALUE_MAX ? value.len : RADIUS_VALUE_MAX;

		radius_put(w, type, value.at, n);
		value = text_skip(value, n);
	}
}

static size_t padded(size_t len)
{
	return len ? (len + BLOCK - 1) / BLOCK * BLOCK : BLOCK;
}

size_t radius_put_password_gap(struct writer *w, size_t password_len)
{
	static const uint8_t zero[RADIUS_PASSWORD_MAX];
	size_t at = w->len + ATTR_HDR_LEN;

	radius_put(w, RADIUS_USER_PASSWORD, zero, padded(password_len));
	return at;
}

/* ---- hidden values */

/* One step of RFC 2865 section 5.2: the pad is MD5(secret | before). */
static void pad_of(struct bytes secret, struct bytes before, struct bytes salt,
		   uint8_t pad[MD5_LEN])
{
	struct bytes parts[] = { secret, before, salt };

	digest_md5(parts, 3, pad);
}

/* `to` has padded(password.len) bytes. */
static void hide_password(uint8_t *to, struct bytes password, const uint8_t auth[RADIUS_AUTH_LEN],
			  struct bytes secret)
{
	struct bytes before = bytes_of(auth, RADIUS_AUTH_LEN);
	size_t len = padded(password.len);
	uint8_t pad[MD5_LEN];

	memset(to, 0, len);
	if (password.len)
		memcpy(to, password.at, password.len);
	for (size_t at = 0; at < len; at += BLOCK) {
		pad_of(secret, before, bytes_of(NULL, 0), pad);
		for (size_t i = 0; i < BLOCK; i++)
			to[at + i] ^= pad[i];
		before = bytes_of(to + at, BLOCK);
	}
	secret_wipe(pad, sizeof(pad));
}

/* Any length that a 16- or 32-byte key can have with its padding. */
size_t radius_mppe_key(struct bytes value, const uint8_t request[RADIUS_AUTH_LEN],
		       struct bytes secret, uint8_t key[RADIUS_KEY_MAX])
{
	uint8_t plain[RADIUS_VALUE_MAX] = { 0 }, pad[MD5_LEN];
	struct bytes before = bytes_of(request, RADIUS_AUTH_LEN), salt, hidden;
	size_t len;

	if (value.len < SALT_LEN + BLOCK || value.len > sizeof(plain) ||
	    (value.len - SALT_LEN) % BLOCK)
		return 0;
	salt = bytes_of(value.at, SALT_LEN);
	hidden = text_skip(value, SALT_LEN);
	for (size_t at = 0; at < hidden.len; at += BLOCK) {
		pad_of(secret, before, salt, pad);
		for (size_t i = 0; i < BLOCK; i++)
			plain[at + i] = hidden.at[at + i] ^ pad[i];
		before = bytes_of(hidden.at + at, BLOCK);
		salt.len = 0;
	}
	len = plain[0];
	if (len >= hidden.len || len > RADIUS_KEY_MAX)
		len = 0;
	memcpy(key, plain + 1, len);
	secret_wipe(plain, sizeof(plain));
	secret_wipe(pad, sizeof(pad));
	return len;
}

/* ---- signing and checking */

static const uint8_t zeros[RADIUS_AUTH_LEN];

/* MD5(Code, Identifier, Length | auth | attributes | secret) */
static void authenticator(struct bytes packet, const uint8_t auth[RADIUS_AUTH_LEN],
			  struct bytes secret, uint8_t out[RADIUS_AUTH_LEN])
{
	struct bytes parts[] = { bytes_of(packet.at, AUTH_AT), bytes_of(auth, RADIUS_AUTH_LEN),
				 text_skip(packet, RADIUS_HDR_LEN), secret };

	digest_md5(parts, 4, out);
}

/* HMAC-MD5 of the packet with `auth` in its header and zeros in the value at `ma`. */
static void message_authenticator(struct bytes packet, const uint8_t auth[RADIUS_AUTH_LEN],
				  const uint8_t *ma, struct bytes secret,
				  uint8_t out[RADIUS_AUTH_LEN])
{
	const uint8_t *attrs = packet.at + RADIUS_HDR_LEN;
	const uint8_t *after = ma + RADIUS_AUTH_LEN;
	struct bytes parts[] = {
		bytes_of(packet.at, AUTH_AT),
		bytes_of(auth, RADIUS_AUTH_LEN),
		bytes_of(attrs, (size_t)(ma - attrs)),
		bytes_of(zeros, sizeof(zeros)),
		bytes_of(after, (size_t)(packet.at + packet.len - after)),
	};

	hmac_md5(secret, parts, 5, out);
}

static bool has_random_authenticator(uint8_t code)
{
	return code == RADIUS_ACCESS_REQUEST || code == RADIUS_STATUS_SERVER;
}

/* The Message-Authenticator is the first attribute, if there is one. */
static uint8_t *first_ma(uint8_t *packet, size_t len)
{
	bool has_ma = len >= RADIUS_HDR_LEN + RADIUS_MA_LEN &&
		      packet[RADIUS_HDR_LEN] == RADIUS_MESSAGE_AUTHENTICATOR;

	return has_ma ? packet + RADIUS_HDR_LEN + ATTR_HDR_LEN : NULL;
}

void radius_sign_request(uint8_t *packet, size_t len, uint8_t id,
			 const uint8_t random[RADIUS_AUTH_LEN], size_t password_at,
			 struct bytes password, struct bytes secret)
{
	const uint8_t *auth = has_random_authenticator(packet[0]) ? random : zeros;
	uint8_t *ma = first_ma(packet, len);

	packet[1] = id;
	store_u16(packet + 2, (uint16_t)len);
	memcpy(packet + AUTH_AT, auth, RADIUS_AUTH_LEN);
	if (password_at)
		hide_password(packet + password_at, password, auth, secret);
	if (ma)
		message_authenticator(bytes_of(packet, len), auth, ma, secret, ma);
	if (auth == zeros)
		authenticator(bytes_of(packet, len), zeros, secret, packet + AUTH_AT);
}

/* `auth` is what the Message-Authenticator has in the header's place. */
static enum radius_check check_ma(struct bytes packet, const uint8_t auth[RADIUS_AUTH_LEN],
				  struct bytes secret)
{
	uint8_t want[RADIUS_AUTH_LEN];
	struct bytes ma;

	if (!radius_find(packet, 0, RADIUS_MESSAGE_AUTHENTICATOR, &ma))
		return RADIUS_CHECK_NO_MA;
	if (ma.len != RADIUS_AUTH_LEN)
		return RADIUS_CHECK_FORGED;
	message_authenticator(packet, auth, ma.at, secret, want);
	return ct_equal(want, ma.at, sizeof(want)) ? RADIUS_CHECK_OK : RADIUS_CHECK_FORGED;
}

static enum radius_check check(struct bytes packet, const uint8_t auth[RADIUS_AUTH_LEN],
			       struct bytes secret)
{
	uint8_t want[RADIUS_AUTH_LEN];

	authenticator(packet, auth, secret, want);
	if (!ct_equal(want, packet.at + AUTH_AT, sizeof(want)))
		return RADIUS_CHECK_FORGED;
	return check_ma(packet, auth, secret);
}

/* What a response to accounting has is not checked: see radius_begin. */
enum radius_check radius_check_response(struct bytes packet, const uint8_t request[RADIUS_AUTH_LEN],
					struct bytes secret)
{
	enum radius_check result = check(packet, request, secret);
	uint8_t want[RADIUS_AUTH_LEN];

	if (packet.at[0] != RADIUS_ACCOUNTING_RESPONSE)
		return result;
	authenticator(packet, request, secret, want);
	return ct_equal(want, packet.at + AUTH_AT, sizeof(want)) ? RADIUS_CHECK_OK
								 : RADIUS_CHECK_FORGED;
}

enum radius_check radius_check_request(struct bytes packet, struct bytes secret)
{
	return check(packet, zeros, secret);
}

void radius_begin_response(struct writer *w, enum radius_code code, uint8_t id, bool has_ma)
{
	put_header(w, code, id);
	if (has_ma)
		put_ma_gap(w);
}

void radius_sign_response(uint8_t *packet, size_t len, const uint8_t request[RADIUS_AUTH_LEN],
			  struct bytes secret)
{
	uint8_t *ma = first_ma(packet, len);

	store_u16(packet + 2, (uint16_t)len);
	memcpy(packet + AUTH_AT, request, RADIUS_AUTH_LEN);
	if (ma)
		message_authenticator(bytes_of(packet, len), request, ma, secret, ma);
	authenticator(bytes_of(packet, len), request, secret, packet + AUTH_AT);
}
