/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-crypt; the step numbers are those of the specification. */
#include "auth/shacrypt.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/digest.h"
#include "util/secret.h"

static const char base64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char rounds_word[] = "rounds=";

enum {
	ROUNDS_DEFAULT = 5000,
	ROUNDS_MIN = 1000,                   /* fewer are raised to this number */
	PARTS_MAX = SHACRYPT_SALT_MAX + 255, /* step 19 has the most */
};

struct kind {
	char letter;
	size_t len;
	size_t text_len;
	void (*digest)(const struct bytes *parts, size_t count, uint8_t *out);
};

static const struct kind kinds[] = {
	{ '5', SHA256_LEN, 43, digest_sha256 },
	{ '6', SHA512_LEN, 86, digest_sha512 },
};

struct setting {
	const struct kind *kind;
	unsigned long rounds;
	bool has_rounds; /* the setting has "rounds=", which is then part of the hash's text */
	struct bytes salt;
	const char *rest; /* after the salt */
};

/* All that has to be wiped. */
struct work {
	uint8_t a[SHA512_LEN], b[SHA512_LEN];
	uint8_t p[SHACRYPT_PASSWORD_MAX]; /* P and S of the specification */
	uint8_t s[SHACRYPT_SALT_MAX];
};

/* A list of pieces to digest. */
struct parts {
	struct bytes part[PARTS_MAX];
	size_t count;
};

static void add(struct parts *l, const void *at, size_t len)
{
	l->part[l->count++] = bytes_of(at, len);
}

static void digest(const struct kind *kind, struct parts *l, uint8_t *out)
{
	kind->digest(l->part, l->count, out);
	l->count = 0;
}

static bool parse_rounds(struct setting *s, const char **at)
{
	char *end;

	if (strncmp(*at, rounds_word, strlen(rounds_word)) != 0)
		return true;
	*at += strlen(rounds_word);
	if (**at < '0' || **at > '9')
		return false;
	s->has_rounds = true;
	s->rounds = strtoul(*at, &end, 10);
	if (*end != '$' || s->rounds > SHACRYPT_ROUNDS_MAX)
		return false;
	if (s->rounds < ROUNDS_MIN)
		s->rounds = ROUNDS_MIN;
	*at = end + 1;
	return true;
}

static bool parse_setting(const char *text, struct setting *s)
{
	const char *at = text + 3;
	size_t len;

	*s = (struct setting){ .rounds = ROUNDS_DEFAULT };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text[0] == '$' && text[1] == kinds[i].letter && text[2] == '$')
			s->kind = &kinds[i];
	if (!s->kind || !parse_rounds(s, &at))
		return false;
	len = strcspn(at, "$");
	s->rest = at + len;
	s->salt = bytes_of(at, len < SHACRYPT_SALT_MAX ? len : SHACRYPT_SALT_MAX);
	return true;
}

bool shacrypt_is_valid(const char *hash)
{
	struct setting s;

	return parse_setting(hash, &s) && s.rest == (const char *)s.salt.at + s.salt.len &&
	       *s.rest == '$' && strlen(s.rest + 1) == s.kind->text_len &&
	       strspn(s.rest + 1, base64) == s.kind->text_len;
}

/* Steps 1 to 12: the first digest, of the password, the salt and another digest of both. */
static void start(const struct setting *s, struct bytes password, struct work *w)
{
	struct parts l = { .count = 0 };
	size_t len = s->kind->len, left;

	add(&l, password.at, password.len);
	add(&l, s->salt.at, s->salt.len);
	add(&l, password.at, password.len);
	digest(s->kind, &l, w->b);

	add(&l, password.at, password.len);
	add(&l, s->salt.at, s->salt.len);
	for (left = password.len; left > len; left -= len)
		add(&l, w->b, len);
	add(&l, w->b, left);
	for (size_t bits = password.len; bits; bits >>= 1)
		if (bits & 1)
			add(&l, w->b, len);
		else
			add(&l, password.at, password.len);
	digest(s->kind, &l, w->a);
}

/* Steps 16 and 20: the digest, repeated up to `len` bytes. */
static void stretch(const uint8_t *from, size_t from_len, uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i % from_len];
}

/* Steps 13 to 20: the sequences that replace password and salt in step 21. */
static void make_sequences(const struct setting *s, struct bytes password, struct work *w)
{
	struct parts l = { .count = 0 };

	for (size_t i = 0; i < password.len; i++)
		add(&l, password.at, password.len);
	digest(s->kind, &l, w->b);
	stretch(w->b, s->kind->len, w->p, password.len);

	for (unsigned i = 0; i < 16u + w->a[0]; i++)
		add(&l, s->salt.at, s->salt.len);
	digest(s->kind, &l, w->b);
	stretch(w->b, s->kind->len, w->s, s->salt.len);
}

/* Step 21 */
static void run_rounds(const struct setting *s, size_t password_len, struct work *w)
{
	struct parts l = { .count = 0 };
	size_t len = s->kind->len;

	for (unsigned long i = 0; i < s->rounds; i++) {
		if (i % 2)
			add(&l, w->p, password_len);
		else
			add(&l, w->a, len);
		if (i % 3)
			add(&l, w->s, s->salt.len);
		if (i % 7)
			add(&l, w->p, password_len);
		if (i % 2)
			add(&l, w->a, len);
		else
			add(&l, w->p, password_len);
		digest(s->kind, &l, w->a);
	}
}

static char *put_base64(char *to, uint32_t bits, unsigned count)
{
	for (; count; count--, bits >>= 6)
		*to++ = base64[bits & 63];
	return to;
}

static uint32_t three(uint8_t a, uint8_t b, uint8_t c)
{
	return (uint32_t)a << 16 | (uint32_t)b << 8 | c;
}

/*
 * Step 22. The bytes are encoded in threes, one from each third of the digest. The specification
 * lists the threes; they are a rotation: (0, 21, 42), (22, 43, 1), (44, 2, 23) for SHA-512 and (0,
 * 10, 20), (21, 1, 11), (12, 22, 2) for SHA-256. One or two bytes are left over.
 */
static void put_digest(const struct kind *kind, const uint8_t *d, char *to)
{
	size_t third = kind->len / 3, at[3] = { 0, third, 2 * third };

	for (size_t i = 0; i < third; i++) {
		size_t a = at[0] + 1, b = at[1] + 1, c = at[2] + 1;

		to = put_base64(to, three(d[at[0]], d[at[1]], d[at[2]]), 4);
		at[0] = kind->len == SHA512_LEN ? b : c;
		at[1] = kind->len == SHA512_LEN ? c : a;
		at[2] = kind->len == SHA512_LEN ? a : b;
	}
	if (kind->len == SHA512_LEN)
		to = put_base64(to, d[63], 2);
	else
		to = put_base64(to, three(0, d[31], d[30]), 3);
	*to = '\0';
}

bool shacrypt(const char *setting, struct bytes password, char to[SHACRYPT_TEXT_MAX])
{
	struct setting s;
	struct work w;
	char rounds[32] = "";
	int n;

	if (!parse_setting(setting, &s) || password.len > SHACRYPT_PASSWORD_MAX)
		return false;
	start(&s, password, &w);
	make_sequences(&s, password, &w);
	run_rounds(&s, password.len, &w);
	if (s.has_rounds)
		snprintf(rounds, sizeof(rounds), "%s%lu$", rounds_word, s.rounds);
	n = snprintf(to, SHACRYPT_TEXT_MAX, "$%c$%s%.*s$", s.kind->letter, rounds, (int)s.salt.len,
		     (const char *)s.salt.at);
	put_digest(s.kind, w.a, to + n);
	secret_wipe(&w, sizeof(w));
	return true;
}
