/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads, compares and prints pins. */
#include "tls/pin.h"

#include <stdio.h>
#include <strings.h>

#include "tls/wolf.h"

static const char key_prefix[] = "pin-sha256:";
static const char cert_prefix[] = "sha256:";

enum { BASE64_LEN = 44 }; /* of 32 bytes */

static bool parse_base64(const char *text, uint8_t hash[SHA256_LEN])
{
	uint8_t raw[SHA256_LEN + 4];
	word32 len = sizeof(raw);

	if (strlen(text) != BASE64_LEN)
		return false;
	if (Base64_Decode((const byte *)text, BASE64_LEN, raw, &len) || len != SHA256_LEN)
		return false;
	memcpy(hash, raw, SHA256_LEN);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *text, uint8_t hash[SHA256_LEN])
{
	for (unsigned i = 0; i < SHA256_LEN; i++) {
		int high, low;

		if (i && *text == ':')
			text++;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		hash[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return !*text;
}

bool pin_parse(const char *text, struct pin *p)
{
	p->is_of_key = !strncasecmp(text, key_prefix, strlen(key_prefix));
	if (p->is_of_key)
		return parse_base64(text + strlen(key_prefix), p->hash);
	if (strncasecmp(text, cert_prefix, strlen(cert_prefix)))
		return false;
	return parse_hex(text + strlen(cert_prefix), p->hash);
}

struct pin pin_of(const struct x509 *x, bool is_of_key)
{
	struct pin p = { .is_of_key = is_of_key };

	digest_sha256(is_of_key ? &x->spki : &x->whole, 1, p.hash);
	return p;
}

bool pin_equal(const struct pin *a, const struct pin *b)
{
	return a->is_of_key == b->is_of_key && !memcmp(a->hash, b->hash, sizeof(a->hash));
}

struct pin_text pin_print(const struct pin *p)
{
	struct pin_text t = { "" };
	size_t n = (size_t)sprintf(t.text, "%s", p->is_of_key ? key_prefix : cert_prefix);
	word32 room = (word32)(sizeof(t.text) - n - 1);

	if (p->is_of_key)
		Base64_Encode_NoNl(p->hash, sizeof(p->hash), (byte *)t.text + n, &room);
	else
		for (size_t i = 0; i < sizeof(p->hash); i++)
			sprintf(t.text + n + 2 * i, "%02x", p->hash[i]);
	return t;
}
