/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Digest scheme: the names A1, A2 and KD are those of RFC 7616 section 3.4. */
#include "upstream/digest_auth.h"

#include <stdio.h>

#include "crypto/digest.h"
#include "util/secret.h"
#include "util/text.h"

struct hex {
	char text[2 * SHA256_LEN + 1];
};

enum { PARTS_MAX = 6 };

/* H(a:b:c), as hexadecimal digits. */
static struct hex hash(enum challenge_hash kind, const char *const *texts, size_t count)
{
	struct bytes parts[2 * PARTS_MAX];
	uint8_t out[SHA256_LEN];
	size_t len = kind == CHALLENGE_SHA256 ? SHA256_LEN : MD5_LEN, n = 0;
	struct hex hex = { "" };

	for (size_t i = 0; i < count; i++) {
		if (i)
			parts[n++] = bytes_text(":");
		parts[n++] = bytes_text(texts[i]);
	}
	if (kind == CHALLENGE_SHA256)
		digest_sha256(parts, n, out);
	else
		digest_md5(parts, n, out);
	for (size_t i = 0; i < len; i++)
		snprintf(hex.text + 2 * i, 3, "%02x", out[i]);
	secret_wipe(out, sizeof(out));
	return hex;
}

#define HASH(kind, ...)                                  \
	hash(kind, (const char *const[]){ __VA_ARGS__ }, \
	     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static struct hex hash_a1(const struct challenge *c, const struct digest_auth *a)
{
	struct hex a1 = HASH(c->hash, a->user, c->realm.text, a->password);

	return c->is_session ? HASH(c->hash, a1.text, c->nonce.text, a->cnonce) : a1;
}

/* A request to open a tunnel has no body. */
static struct hex hash_a2(const struct challenge *c, const struct digest_auth *a)
{
	struct hex body = HASH(c->hash, "");

	return c->qop == CHALLENGE_QOP_AUTH_INT ? HASH(c->hash, a->method, a->uri, body.text)
						: HASH(c->hash, a->method, a->uri);
}

static const char *qop_name(const struct challenge *c)
{
	return c->qop == CHALLENGE_QOP_AUTH_INT ? "auth-int" : "auth";
}

static struct hex response(const struct challenge *c, const struct digest_auth *a,
			   const char *count)
{
	struct hex a1 = hash_a1(c, a), a2 = hash_a2(c, a);
	struct hex kd = c->qop == CHALLENGE_QOP_NONE
				? HASH(c->hash, a1.text, c->nonce.text, a2.text)
				: HASH(c->hash, a1.text, c->nonce.text, count, a->cnonce,
				       qop_name(c), a2.text);

	secret_wipe(&a1, sizeof(a1));
	return kd;
}

static void put_quoted(struct writer *w, const char *name, const char *value)
{
	put_text(w, name);
	put_text(w, "=\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			put_u8(w, '\\');
		put_u8(w, (uint8_t)*value);
	}
	put_text(w, "\"");
}

static bool is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

/* RFC 8187 section 3.2: username*=UTF-8''J%C3%A4s%C3%B8n */
static void put_extended(struct writer *w, const char *value)
{
	static const char digits[] = "0123456789ABCDEF";

	put_text(w, "username*=UTF-8''");
	for (; *value; value++) {
		uint8_t c = (uint8_t)*value;
		bool is_plain = (c >= '0' && c <= '9') ||
				((c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80) || c == '-' ||
				c == '.' || c == '_' || c == '~';

		if (is_plain) {
			put_u8(w, c);
			continue;
		}
		put_u8(w, '%');
		put_u8(w, (uint8_t)digits[c >> 4]);
		put_u8(w, (uint8_t)digits[c & 15]);
	}
}

static void put_user(const struct challenge *c, const struct digest_auth *a, struct writer *w)
{
	if (c->is_userhash)
		put_quoted(w, "username", HASH(c->hash, a->user, c->realm.text).text);
	else if (c->is_utf8 && !is_ascii(a->user))
		put_extended(w, a->user);
	else
		put_quoted(w, "username", a->user);
}

/* Also sent to a proxy that named none, which means MD5. */
static const char *algorithm(const struct challenge *c)
{
	if (c->hash == CHALLENGE_SHA256)
		return c->is_session ? "SHA-256-sess" : "SHA-256";
	return c->is_session ? "MD5-sess" : "MD5";
}

void digest_auth_put(const struct challenge *c, const struct digest_auth *a, struct writer *w)
{
	bool has_cnonce = c->qop != CHALLENGE_QOP_NONE || c->is_session;
	char count[9];

	snprintf(count, sizeof(count), "%08x", a->count);
	put_user(c, a, w);
	put_quoted(w, ", realm", c->realm.text);
	put_quoted(w, ", nonce", c->nonce.text);
	put_quoted(w, ", uri", a->uri);
	put_quoted(w, ", response", response(c, a, count).text);
	put_text(w, ", algorithm=");
	put_text(w, algorithm(c));
	if (has_cnonce)
		put_quoted(w, ", cnonce", a->cnonce);
	if (c->qop != CHALLENGE_QOP_NONE) {
		put_text(w, ", qop=");
		put_text(w, qop_name(c));
		put_text(w, ", nc=");
		put_text(w, count);
	}
	if (c->has_opaque)
		put_quoted(w, ", opaque", c->opaque.text);
	if (c->is_userhash)
		put_text(w, ", userhash=true");
}
