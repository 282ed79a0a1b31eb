/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Challenges and their parameters are separated by the same comma: an element that is a word and a
 * value belongs to the challenge before it, any other begins with the name of the next scheme.
 */
#include "upstream/challenge.h"

#include <stdio.h>

#include "http/head.h"
#include "util/text.h"

/* ---- words, RFC 9110 sections 5.6.2 and 5.6.4 */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_token(uint8_t c)
{
	return http_is_token(bytes_of(&c, 1));
}

static struct bytes skip_blanks(struct bytes b)
{
	while (b.len && is_blank(b.at[0]))
		b = text_skip(b, 1);
	return b;
}

static struct bytes cut_token(struct bytes *b)
{
	struct bytes token = bytes_of(b->at, 0);

	while (token.len < b->len && is_token(b->at[token.len]))
		token.len++;
	*b = text_skip(*b, token.len);
	return token;
}

/* The length of the quoted-string at the start, with its quotes; 0: it has no end. */
static size_t quoted_len(struct bytes b)
{
	for (size_t i = 1; i < b.len; i++) {
		if (b.at[i] == '"')
			return i + 1;
		if (b.at[i] == '\\')
			i++;
	}
	return 0;
}

/* An element of the list, up to the next comma that is not in quotes. */
static struct bytes cut_element(struct bytes *rest)
{
	struct bytes element = bytes_of(rest->at, 0);

	while (element.len < rest->len && rest->at[element.len] != ',') {
		size_t quoted = rest->at[element.len] == '"'
					? quoted_len(text_skip(*rest, element.len))
					: 1;

		element.len += quoted ? quoted : rest->len - element.len;
	}
	*rest = text_skip(*rest, element.len < rest->len ? element.len + 1 : element.len);
	return text_trim(element);
}

/* A token, or a quoted-string without its quotes and escapes. False: it is neither, or too long. */
static bool get_value(struct bytes b, struct challenge_text *to)
{
	bool is_quoted = b.len && b.at[0] == '"';
	size_t len = 0;

	if (is_quoted ? quoted_len(b) != b.len : !http_is_token(b))
		return false;
	if (is_quoted)
		b = bytes_of(b.at + 1, b.len - 2);
	for (size_t i = 0; i < b.len; i++) {
		if (is_quoted && b.at[i] == '\\')
			i++;
		if (len == CHALLENGE_TEXT_MAX || (b.at[i] < ' ' && b.at[i] != '\t') ||
		    b.at[i] == 0x7f)
			return false;
		to->text[len++] = (char)b.at[i];
	}
	to->text[len] = '\0';
	return true;
}

/* ---- parameters, RFC 7616 section 3.3 */

static bool is_word(const struct challenge_text *t, const char *word)
{
	return text_is_nocase(bytes_text(t->text), word);
}

static void take_algorithm(struct challenge *c, const struct challenge_text *value)
{
	static const struct {
		const char *name;
		enum challenge_hash hash;
		bool is_session;
	} algorithms[] = {
		{ "MD5", CHALLENGE_MD5, false },
		{ "MD5-sess", CHALLENGE_MD5, true },
		{ "SHA-256", CHALLENGE_SHA256, false },
		{ "SHA-256-sess", CHALLENGE_SHA256, true },
	};

	c->hash = CHALLENGE_UNKNOWN_HASH;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (is_word(value, algorithms[i].name)) {
			c->hash = algorithms[i].hash;
			c->is_session = algorithms[i].is_session;
		}
}

/* A list: "auth,auth-int". */
static void take_qop(struct challenge *c, const struct challenge_text *value)
{
	struct bytes rest = bytes_text(value->text);

	c->qop = CHALLENGE_QOP_UNKNOWN;
	while (rest.len) {
		struct bytes word = cut_element(&rest);

		if (text_is_nocase(word, "auth"))
			c->qop = CHALLENGE_QOP_AUTH;
		else if (text_is_nocase(word, "auth-int") && c->qop != CHALLENGE_QOP_AUTH)
			c->qop = CHALLENGE_QOP_AUTH_INT;
	}
}

static void keep(struct challenge *c, struct challenge_text *to, bool *has,
		 const struct challenge_text *value)
{
	c->is_malformed |= *has;
	*has = true;
	*to = *value;
}

static void take_parameter(struct challenge *c, struct bytes name, struct bytes text)
{
	struct challenge_text value = { "" };

	if (!get_value(text, &value))
		c->is_malformed = true;
	else if (text_is_nocase(name, "realm"))
		keep(c, &c->realm, &c->has_realm, &value);
	else if (text_is_nocase(name, "nonce"))
		keep(c, &c->nonce, &c->has_nonce, &value);
	else if (text_is_nocase(name, "opaque"))
		keep(c, &c->opaque, &c->has_opaque, &value);
	else if (text_is_nocase(name, "algorithm"))
		take_algorithm(c, &value);
	else if (text_is_nocase(name, "qop"))
		take_qop(c, &value);
	else if (text_is_nocase(name, "stale"))
		c->is_stale = is_word(&value, "true");
	else if (text_is_nocase(name, "userhash"))
		c->is_userhash = is_word(&value, "true");
	else if (text_is_nocase(name, "charset"))
		c->is_utf8 = is_word(&value, "UTF-8");
}

/* "name = value", with or without blanks. False: it is something else. */
static bool cut_parameter(struct bytes element, struct bytes *name, struct bytes *value)
{
	*name = cut_token(&element);
	element = skip_blanks(element);
	if (!name->len || !element.len || element.at[0] != '=')
		return false;
	*value = skip_blanks(text_skip(element, 1));
	return value->len && value->at[0] != '='; /* else: a token68 and its padding */
}

/* ---- challenges */

/* 0: not usable. */
static int strength(const struct challenge *c)
{
	if (c->is_malformed)
		return 0;
	switch (c->scheme) {
	case CHALLENGE_BASIC:
		return 1;
	case CHALLENGE_DIGEST:
		if (!c->has_realm || !c->has_nonce || c->qop == CHALLENGE_QOP_UNKNOWN ||
		    c->hash == CHALLENGE_UNKNOWN_HASH)
			return 0;
		return c->hash == CHALLENGE_SHA256 ? 3 : 2;
	case CHALLENGE_NONE:
	case CHALLENGE_OTHER:
		break;
	}
	return 0;
}

static void end_challenge(struct challenges *c)
{
	if (strength(&c->current) > strength(&c->best))
		c->best = c->current;
	c->current = (struct challenge){ .scheme = CHALLENGE_NONE };
}

/* Once each; those that do not fit are left out. */
static void add_name(struct challenges *c, struct bytes scheme)
{
	size_t used = strlen(c->names);
	struct bytes rest = bytes_text(c->names);

	if (used + scheme.len + sizeof(", ") > sizeof(c->names))
		return;
	while (rest.len) {
		struct bytes known = cut_element(&rest);

		if (known.len == scheme.len && !memcmp(known.at, scheme.at, known.len))
			return;
	}
	snprintf(c->names + used, sizeof(c->names) - used, "%s%.*s", used ? ", " : "",
		 (int)scheme.len, (const char *)scheme.at);
}

static void begin_challenge(struct challenges *c, struct bytes element)
{
	struct bytes scheme = cut_token(&element), name, value;

	end_challenge(c);
	if (!scheme.len)
		return;
	add_name(c, scheme);
	c->current.scheme = text_is_nocase(scheme, "Digest")  ? CHALLENGE_DIGEST
			    : text_is_nocase(scheme, "Basic") ? CHALLENGE_BASIC
							      : CHALLENGE_OTHER;
	if (cut_parameter(skip_blanks(element), &name, &value))
		take_parameter(&c->current, name, value);
}

void challenges_take(struct challenges *c, struct bytes value)
{
	struct bytes name, text;

	while (value.len) {
		struct bytes element = cut_element(&value);

		if (!element.len)
			continue;
		if (cut_parameter(element, &name, &text))
			take_parameter(&c->current, name, text);
		else
			begin_challenge(c, element);
	}
	end_challenge(c);
}
