/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths of certificates: a table of the certificates that servers send, those that the user trusts,
 * and the result. Each letter is a certificate, described once below.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "support/pki.h"
#include "tls/der.h"
#include "tls/path.h"

#define DAY(n) (NOW + (n)*PKI_DAY_S)
#define NOW 1800000000

enum ca { CA_ABSENT, CA_NO, CA_YES };
enum alg { ECDSA_SHA256, ECDSA_SHA1, RSA_MD5 };

/* Keys are numbers; a certificate's signer is the key of `by`. All zero means absent or good. */
struct spec {
	char id;
	const char *subject, *issuer;
	int key, by;
	enum ca ca;
	int path_len;        /* pathLenConstraint plus one; 0: none */
	uint8_t usage;       /* keyUsage's byte */
	const char *purpose; /* last bytes of id-kp: "\1" is serverAuth, "\2" clientAuth */
	const char *dns;
	const char *permit, *exclude; /* DNS name constraints */
	int from, until;              /* days from now; 0: a year */
	enum alg alg;
	bool is_broken;    /* its signature does not match */
	bool has_critical; /* an unknown critical extension */
	const char *
		policy; /* policyConstraints: "\x80" requireExplicitPolicy, "\x81" inhibitPolicyMapping */
	bool is_policy_critical;
	bool is_v1; /* without extensions, and without a version */
};

static const struct spec specs[] = {
	{ 'R', "root", "root", 1, 1, CA_YES, .usage = 4 },
	{ 'I', "int", "root", 2, 1, CA_YES, .usage = 4 },
	{ 'J', "sub", "int", 3, 2, .ca = CA_YES },
	{ 'L', "leaf", "int", 4, 2, CA_NO, .usage = 0x80, .purpose = "\1", .dns = "a.example" },
	{ 'M', "leaf", "sub", 4, 3, CA_ABSENT, .purpose = "\1", .dns = "a.example" },
	{ 'D', "leaf", "root", 4, 1, CA_ABSENT, .dns = "a.example" },
	/* other roots, and the same authority by another root (a cross-signed one) */
	{ 'S', "other", "other", 5, 5, .ca = CA_YES },
	{ 'X', "root", "other", 1, 5, .ca = CA_YES },
	{ 'N', "root", "root", 6, 6, .ca = CA_YES }, /* a namesake with another key */
	{ 'Y', "int", "other", 2, 5, .ca = CA_YES },
	/* faults of intermediates: all are "int", so that L follows */
	{ 'a', "int", "root", 2, 1, CA_YES, .purpose = "\2" },
	{ 'b', "int", "root", 2, 1, .ca = CA_NO },
	{ 'c', "int", "root", 2, 1, .ca = CA_ABSENT },
	{ 'd', "int", "root", 2, 1, CA_YES, .usage = 0x80 },
	{ 'e', "int", "root", 2, 1, CA_YES, .until = -1 },
	{ 'f', "int", "root", 2, 1, CA_YES, .from = 1 },
	{ 'g', "int", "root", 2, 1, CA_YES, .has_critical = true },
	{ 'h', "int", "root", 2, 1, CA_YES, .alg = ECDSA_SHA1 },
	{ 'i', "int", "root", 2, 1, CA_YES, .is_broken = true },
	{ 'j', "int", "root", 2, 1, CA_YES, .path_len = 1 },
	{ 'k', "int", "root", 2, 1, CA_YES, .permit = "b.example" },
	{ 'l', "int", "root", 2, 1, CA_YES, .exclude = "example" },
	{ 'm', "int", "root", 2, 1, CA_YES, .permit = "example" },
	{ 'n', "int", "root", 2, 1, CA_YES, .purpose = "\1" },
	{ 'o', "int", "root", 2, 1, CA_YES, .purpose = "\2\1" },
	/* faults of anchors: "root" with the right key */
	{ 'p', "root", "root", 1, 1, .ca = CA_NO },
	{ 'q', "root", "root", 1, 1, .ca = CA_ABSENT },
	{ 'r', "root", "root", 1, 1, CA_YES, .until = -1 },
	{ 's', "root", "root", 1, 1, CA_YES, .path_len = 1 },
	{ 't', "root", "root", 1, 1, CA_YES, .usage = 0x80 },
	{ 'u', "root", "root", 1, 1, CA_YES, .permit = "b.example" },
	{ 'v', "root", "root", 1, 1, CA_YES, .alg = RSA_MD5 },
	{ 'w', "root", "root", 1, 1, CA_YES, .path_len = 2 },
	{ 'x', "root", "root", 1, 1, CA_YES, .purpose = "\2" },
	{ 'y', "root", "root", 1, 1, CA_YES, .purpose = "\2\1" },
	/* leaves */
	{ '0', "leaf", "root", 4, 1, CA_ABSENT, .purpose = "\2" },
	{ '1', "leaf", "root", 4, 1, CA_ABSENT, .usage = 4 },
	{ '2', "leaf", "root", 4, 1, CA_ABSENT, .until = -1 },
	{ '3', "leaf", "root", 4, 1, CA_ABSENT, .from = 1 },
	{ '4', "leaf", "root", 4, 1, CA_ABSENT, .alg = ECDSA_SHA1 },
	{ '5', "leaf", "root", 4, 1, CA_ABSENT, .has_critical = true },
	{ '6', "leaf", "leaf", 4, 4, .ca = CA_ABSENT },
	{ '7', "leaf", "leaf", 4, 4, CA_ABSENT, .alg = ECDSA_SHA1 },
	{ '8', "root", "root", 4, 1, CA_ABSENT, .alg = ECDSA_SHA1 }, /* subject = issuer */
	{ '9', "leaf", "root", 4, 1, CA_ABSENT, .is_broken = true },
	{ 'z', "leaf", "root", 4, 1, CA_ABSENT, .alg = RSA_MD5 },
	{ 'P', "leaf", "selfish", 4, 7, .ca = CA_ABSENT },
	{ 'Q', "selfish", "selfish", 7, 7, .ca = CA_ABSENT },
	{ 'T', "selfish", "selfish", 7, 7, .ca = CA_NO },
	{ '!', "int", "root", 2, 1, CA_YES, .policy = "\x80", .is_policy_critical = true },
	{ '"', "int", "root", 2, 1, CA_YES, .policy = "\x81", .is_policy_critical = true },
	{ '#', "int", "root", 2, 1, CA_YES, .policy = "\x80" },
	{ '$', "leaf", "INT ", 4, 2, CA_ABSENT, .dns = "a.example" }, /* the same name */
	/* version 1: nothing restricts their use */
	{ 'U', "root", "root", 1, 1, .is_v1 = true },
	{ 'V', "int", "root", 2, 1, .is_v1 = true },
	{ 'K', "root", "other", 1, 5, .is_v1 = true }, /* cross-signed */
	{ 'W', "leaf", "root", 4, 1, .is_v1 = true },
	/* a leaf that is an authority too, and one of its own */
	{ 'E', "leaf", "root", 4, 1, CA_YES, .usage = 0x84, .dns = "a.example" },
	{ 'F', "leaf2", "leaf", 3, 4, .ca = CA_ABSENT },
	/*
	 * an intermediate that is renewed with its own old key: self-issued, so it does not count
	 */
	{ 'G', "int", "int", 7, 2, .ca = CA_YES },
	{ 'H', "leaf", "int", 4, 7, .ca = CA_ABSENT },
	/* two that sign each other */
	{ 'A', "one", "two", 8, 9, .ca = CA_YES },
	{ 'B', "two", "one", 9, 8, .ca = CA_YES },
	{ 'C', "leaf", "one", 4, 8, .ca = CA_ABSENT },
};

static const struct path_case {
	const char *sent, *trusted;
	enum path_fault fault;
	char at;
} cases[] = {
	{ "D", "R", PATH_GOOD, 'R' },
	{ "LI", "R", PATH_GOOD, 'R' },
	{ "MJI", "R", PATH_GOOD, 'R' },
	{ "$I", "R", PATH_GOOD, 'R' },
	/* any order, extra and duplicate certificates, the root too */
	{ "MIJ", "R", PATH_GOOD, 'R' },
	{ "MRIJ", "R", PATH_GOOD, 'R' },
	{ "MIRJ", "R", PATH_GOOD, 'R' },
	{ "MJIR", "R", PATH_GOOD, 'R' },
	{ "MSJXI", "R", PATH_GOOD, 'R' },
	{ "LIIII", "R", PATH_GOOD, 'R' },
	{ "LLI", "R", PATH_GOOD, 'R' },
	{ "LIS", "R", PATH_GOOD, 'R' },
	{ "LSI", "R", PATH_GOOD, 'R' },
	{ "LIv", "R", PATH_GOOD, 'R' }, /* a root's own signature means nothing */
	{ "LI", "v", PATH_GOOD, 'v' },
	{ "LIa", "R", PATH_GOOD, 'R' },
	{ "LaI", "R", PATH_GOOD, 'R' },
	{ "LeI", "R", PATH_GOOD, 'R' },
	{ "LiI", "R", PATH_GOOD, 'R' },
	/* cross-signed, and namesakes */
	{ "LIX", "S", PATH_GOOD, 'S' },
	{ "LXI", "S", PATH_GOOD, 'S' },
	{ "LIX", "NS", PATH_GOOD, 'S' },
	{ "LI", "NR", PATH_GOOD, 'R' },
	{ "LIY", "S", PATH_GOOD, 'S' },
	{ "LI", "N", PATH_SIGNATURE, 'I' },
	{ "D", "N", PATH_SIGNATURE, 'D' },
	/* an intermediate that the user trusts */
	{ "L", "I", PATH_GOOD, 'I' },
	{ "LI", "I", PATH_GOOD, 'I' },
	/* no trusted authority */
	{ "L", "R", PATH_NO_ISSUER, 'L' },
	{ "M", "R", PATH_NO_ISSUER, 'M' },
	{ "MJ", "R", PATH_NO_ISSUER, 'J' },
	{ "LI", "S", PATH_NO_ISSUER, 'I' },
	{ "LIR", "S", PATH_NO_ISSUER, 'R' },
	{ "LI", "", PATH_NO_ISSUER, 'I' },
	{ "6", "R", PATH_NO_ISSUER, '6' },
	{ "CAB", "R", PATH_NO_ISSUER, 'B' },
	/* every certificate of the path */
	{ "La", "R", PATH_PURPOSE, 'a' },
	{ "Lb", "R", PATH_NOT_CA, 'b' },
	{ "Lc", "R", PATH_NOT_CA, 'c' },
	{ "Ld", "R", PATH_NOT_CA, 'd' },
	{ "Le", "R", PATH_EXPIRED, 'e' },
	{ "Lf", "R", PATH_EARLY, 'f' },
	{ "Lg", "R", PATH_CRITICAL, 'g' },
	{ "Lh", "R", PATH_ALGORITHM, 'h' },
	{ "Li", "R", PATH_SIGNATURE, 'i' },
	{ "Lj", "R", PATH_GOOD, 'R' },
	{ "MJj", "R", PATH_LENGTH, 'j' },
	{ "Lk", "R", PATH_NAMES, 'k' },
	{ "Ll", "R", PATH_NAMES, 'l' },
	{ "Lm", "R", PATH_GOOD, 'R' },
	{ "Ln", "R", PATH_GOOD, 'R' },
	{ "Lo", "R", PATH_GOOD, 'R' },
	{ "MJk", "R", PATH_NAMES, 'k' },
	/* a policy is required, or not */
	{ "L!", "R", PATH_POLICY, '!' },
	{ "L\"", "R", PATH_GOOD, 'R' },
	{ "L#", "R", PATH_GOOD, 'R' },
	/* anchors */
	{ "D", "p", PATH_NOT_CA, 'p' },
	{ "D", "q", PATH_NOT_CA, 'q' },
	{ "LI", "q", PATH_NOT_CA, 'q' },
	{ "D", "r", PATH_EXPIRED, 'r' },
	{ "D", "s", PATH_GOOD, 's' },
	{ "LI", "s", PATH_LENGTH, 's' },
	{ "LI", "w", PATH_GOOD, 'w' },
	{ "MJI", "w", PATH_LENGTH, 'w' },
	{ "D", "t", PATH_NOT_CA, 't' },
	{ "D", "u", PATH_NAMES, 'u' },
	{ "LI", "u", PATH_NAMES, 'u' },
	{ "D", "pqR", PATH_GOOD, 'R' },
	{ "D", "x", PATH_PURPOSE, 'x' },
	{ "LI", "x", PATH_PURPOSE, 'x' },
	{ "LI", "xR", PATH_GOOD, 'R' },
	{ "LI", "y", PATH_GOOD, 'y' },
	/* leaves */
	{ "0", "R", PATH_PURPOSE, '0' },
	{ "1", "R", PATH_PURPOSE, '1' },
	{ "2", "R", PATH_EXPIRED, '2' },
	{ "3", "R", PATH_EARLY, '3' },
	{ "4", "R", PATH_ALGORITHM, '4' },
	{ "5", "R", PATH_CRITICAL, '5' },
	{ "8", "R", PATH_ALGORITHM, '8' },
	{ "9", "R", PATH_SIGNATURE, '9' },
	{ "z", "R", PATH_ALGORITHM, 'z' },
	/* one that the user gave is trusted itself, and no other by it */
	{ "6", "6", PATH_GOOD, '6' },
	{ "7", "7", PATH_GOOD, '7' },
	{ "D", "D", PATH_GOOD, 'D' },
	{ "2", "2", PATH_EXPIRED, '2' },
	{ "0", "0", PATH_PURPOSE, '0' },
	{ "6", "7", PATH_NOT_CA, '7' },
	{ "P", "Q", PATH_NOT_CA, 'Q' },
	{ "PQ", "Q", PATH_NOT_CA, 'Q' },
	{ "P", "T", PATH_NOT_CA, 'T' },
	/* version 1 */
	{ "W", "R", PATH_GOOD, 'R' },
	{ "D", "U", PATH_GOOD, 'U' }, /* the user gave it as an authority */
	{ "LI", "U", PATH_GOOD, 'U' },
	{ "LI", "V", PATH_NOT_CA, 'V' }, /* not self-signed */
	{ "W", "U", PATH_GOOD, 'U' },
	{ "LIU", "S", PATH_NOT_CA, 'U' },
	{ "LIK", "S", PATH_NOT_CA, 'K' },
	{ "LI", "K", PATH_NOT_CA, 'K' },
	{ "LV", "R", PATH_NOT_CA, 'V' },
	{ "LVI", "R", PATH_GOOD, 'R' },
	{ "W", "W", PATH_GOOD, 'W' },
	/* a server that is an authority */
	{ "E", "R", PATH_GOOD, 'R' },
	{ "FE", "R", PATH_GOOD, 'R' },
	{ "FD", "R", PATH_NOT_CA, 'D' },
	{ "F", "E", PATH_GOOD, 'E' },
	{ "F", "D", PATH_NOT_CA, 'D' },
	/* self-issued ones, under a path length of none */
	{ "HGj", "R", PATH_GOOD, 'R' },
	{ "HjG", "R", PATH_GOOD, 'R' },
	/* a bad issuer next to a good one */
	{ "LabcdefghI", "R", PATH_GOOD, 'R' },
	{ "LIabcdefgh", "R", PATH_GOOD, 'R' },
	{ "LX", "R", PATH_NO_ISSUER, 'L' },
	{ "LYX", "R", PATH_NO_ISSUER, 'Y' },
	{ "LYI", "rR", PATH_GOOD, 'R' },
	{ "LI", "rXR", PATH_GOOD, 'X' },
};

enum { SPECS = sizeof(specs) / sizeof(specs[0]), KEYS = 10 };

static struct cert_key *keys[KEYS];
static uint8_t ders[SPECS][1024];
static struct x509 certs[SPECS];

static void put_ext(struct writer *w, uint8_t id, bool critical, const uint8_t *value, size_t len)
{
	size_t at = der_begin(w, DER_SEQUENCE);

	der_put(w, DER_OID, (const uint8_t[]){ 0x55, 0x1d, id }, 3);
	if (critical)
		der_put(w, DER_BOOLEAN, "\xff", 1);
	der_put(w, DER_OCTET_STRING, value, len);
	der_end(w, at);
}

static void put_ca(struct writer *w, const struct spec *s)
{
	uint8_t value[16];
	struct writer v = writer_of(value, sizeof(value));
	size_t at = der_begin(&v, DER_SEQUENCE);

	if (s->ca == CA_YES)
		der_put(&v, DER_BOOLEAN, "\xff", 1);
	if (s->path_len)
		der_put(&v, DER_INTEGER, (const uint8_t[]){ (uint8_t)(s->path_len - 1) }, 1);
	der_end(&v, at);
	put_ext(w, 0x13, true, value, v.len);
}

static void put_purposes(struct writer *w, const char *purposes)
{
	uint8_t value[64];
	struct writer v = writer_of(value, sizeof(value));
	size_t at = der_begin(&v, DER_SEQUENCE);

	for (; *purposes; purposes++)
		der_put(&v, DER_OID,
			(const uint8_t[]){ 0x2b, 6, 1, 5, 5, 7, 3, (uint8_t)*purposes }, 8);
	der_end(&v, at);
	put_ext(w, 0x25, false, value, v.len);
}

static void put_trees(struct writer *w, uint8_t number, const char *dns)
{
	size_t list = der_begin(w, DER_CONTEXT_CONSTRUCTED | number), tree;

	tree = der_begin(w, DER_SEQUENCE);
	der_put(w, X509_NAME_DNS, dns, strlen(dns));
	der_end(w, tree);
	der_end(w, list);
}

static void put_constraints(struct writer *w, const struct spec *s)
{
	uint8_t value[128];
	struct writer v = writer_of(value, sizeof(value));
	size_t at = der_begin(&v, DER_SEQUENCE);

	if (s->permit)
		put_trees(&v, 0, s->permit);
	if (s->exclude)
		put_trees(&v, 1, s->exclude);
	der_end(&v, at);
	put_ext(w, 0x1e, true, value, v.len);
}

static void put_dns(struct writer *w, const char *dns)
{
	uint8_t value[128];
	struct writer v = writer_of(value, sizeof(value));
	size_t at = der_begin(&v, DER_SEQUENCE);

	der_put(&v, X509_NAME_DNS, dns, strlen(dns));
	der_end(&v, at);
	put_ext(w, 0x11, false, value, v.len);
}

static void put_exts(struct writer *w, const struct spec *s)
{
	size_t outer = der_begin(w, DER_CONTEXT_CONSTRUCTED | 3), at = der_begin(w, DER_SEQUENCE);

	if (s->ca)
		put_ca(w, s);
	if (s->usage)
		put_ext(w, 0x0f, true, (const uint8_t[]){ 3, 2, 0, s->usage }, 4);
	if (s->purpose)
		put_purposes(w, s->purpose);
	if (s->dns)
		put_dns(w, s->dns);
	if (s->permit || s->exclude)
		put_constraints(w, s);
	if (s->has_critical)
		put_ext(w, 0x55, true, (const uint8_t[]){ 5, 0 }, 2);
	if (s->policy)
		put_ext(w, 0x24, s->is_policy_critical,
			(const uint8_t[]){ 0x30, 3, (uint8_t)*s->policy, 1, 0 }, 5);
	der_end(w, at);
	der_end(w, outer);
}

static void put_alg(struct writer *w, enum alg alg)
{
	static const uint8_t ecdsa_sha1[] = { 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 };
	static const uint8_t rsa_md5[] = { 0x30, 13,   6, 9, 0x2a, 0x86, 0x48, 0x86,
					   0xf7, 0x0d, 1, 1, 4,    5,    0 };

	if (alg == ECDSA_SHA1)
		put_bytes(w, ecdsa_sha1, sizeof(ecdsa_sha1));
	else if (alg == RSA_MD5)
		put_bytes(w, rsa_md5, sizeof(rsa_md5));
	else
		key_put_signature_alg(keys[1], w);
}

static void put_day(struct writer *w, time_t t)
{
	char text[20];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	der_put(w, DER_UTC_TIME, text + 2, strlen(text) - 2);
}

static void put_tbs(struct writer *w, const struct spec *s)
{
	static const uint8_t v3[] = { DER_CONTEXT_CONSTRUCTED | 0, 3, DER_INTEGER, 1, 2 };
	size_t tbs = der_begin(w, DER_SEQUENCE), at;

	if (!s->is_v1)
		put_bytes(w, v3, sizeof(v3));
	der_put(w, DER_INTEGER, &s->id, 1);
	put_alg(w, s->alg);
	x509_put_name(w, s->issuer);
	at = der_begin(w, DER_SEQUENCE);
	put_day(w, DAY(s->from ? s->from : -300));
	put_day(w, DAY(s->until ? s->until : 300));
	der_end(w, at);
	x509_put_name(w, s->subject);
	key_put_spki(keys[s->key], w);
	if (!s->is_v1)
		put_exts(w, s);
	der_end(w, tbs);
}

static void make_cert(const struct spec *s, uint8_t *der, struct x509 *x)
{
	struct writer w = writer_of(der, sizeof(ders[0]));
	size_t at = der_begin(&w, DER_SEQUENCE), tbs = w.len;
	struct bytes what;

	put_tbs(&w, s);
	what = bytes_of(der + tbs, w.len - tbs - s->is_broken);
	put_alg(&w, s->alg);
	key_put_signature(keys[s->by], what, &w);
	der_end(&w, at);
	assert_false(w.full);
	if (!x509_read(bytes_of(der, w.len), x))
		fail_msg("certificate %c cannot be read", s->id);
}

static int make_all(void **state)
{
	(void)state;
	for (int i = 1; i < KEYS; i++)
		if (!(keys[i] = key_make(false)))
			return -1;
	for (size_t i = 0; i < SPECS; i++)
		make_cert(&specs[i], ders[i], &certs[i]);
	return 0;
}

static int drop_all(void **state)
{
	(void)state;
	for (int i = 1; i < KEYS; i++)
		key_free(keys[i]);
	return 0;
}

static size_t pick(const char *ids, struct x509 *to)
{
	size_t n = 0;

	for (; *ids; ids++)
		for (size_t i = 0; i < SPECS; i++)
			if (specs[i].id == *ids)
				to[n++] = certs[i];
	return n;
}

static char id_of(const struct x509 *at)
{
	for (size_t i = 0; i < SPECS; i++)
		if (certs[i].whole.at == at->whole.at)
			return specs[i].id;
	return '?';
}

static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct path_case *c = &cases[i];
		struct x509 sent[PATH_MAX_CERTS], trusted[PATH_MAX_CERTS];
		struct path_cfg cfg = {
			.certs = sent, .anchors = trusted, .now = NOW, .check = signature_check
		};
		struct path_end end;
		enum path_fault fault;

		cfg.cert_count = pick(c->sent, sent);
		cfg.anchor_count = pick(c->trusted, trusted);
		assert_int_equal(cfg.cert_count, strlen(c->sent));
		fault = path_find(&cfg, &end);
		if (fault != c->fault || id_of(end.at) != c->at)
			fail_msg("sent %s, trusted %s: fault %d at %c, want %d at %c", c->sent,
				 c->trusted, fault, id_of(end.at), c->fault, c->at);
	}
}

static unsigned checks;

static enum signature_result count_checks(const struct x509 *cert, const struct x509 *issuer)
{
	(void)cert;
	(void)issuer;
	checks++;
	return SIGNATURE_GOOD;
}

/* Sixteen certificates that all have one name: every order of them would be a path to try. */
static void the_search_is_bounded(void **state)
{
	static uint8_t more[PATH_MAX_CERTS][1024];
	struct x509 sent[PATH_MAX_CERTS];
	struct path_cfg cfg = {
		.certs = sent, .cert_count = PATH_MAX_CERTS, .now = NOW, .check = count_checks
	};
	struct spec s = { 'A', "one", "one", 8, 8, .ca = CA_YES };
	struct path_end end;

	(void)state;
	for (int i = 0; i < PATH_MAX_CERTS; i++) {
		s.id = (char)i;
		make_cert(&s, more[i], &sent[i]);
	}
	checks = 0;
	assert_int_not_equal(path_find(&cfg, &end), PATH_GOOD);
	assert_in_range(checks, PATH_MAX_DEPTH, PATH_MAX_CHECKS);
}

/* A machine whose clock starts in 1970: the date is reported, not a missing authority. */
static void a_clock_in_1970(void **state)
{
	struct x509 sent[2], trusted[1];
	struct path_cfg cfg = { .certs = sent,
				.cert_count = 2,
				.anchors = trusted,
				.anchor_count = 1,
				.check = signature_check };
	struct path_end end;

	(void)state;
	pick("LI", sent);
	pick("R", trusted);
	assert_int_equal(path_find(&cfg, &end), PATH_EARLY);
	assert_int_equal(id_of(end.at), 'L');
}

/* RFC 5280 section 4.1.2.1: only version 3 has extensions; other programs may ignore them. */
static void extensions_without_version_3(void **state)
{
	uint8_t copy[1024];
	struct x509 x;
	size_t at = 0;

	(void)state;
	pick("I", &x);
	memcpy(copy, x.whole.at, x.whole.len);
	while (memcmp(copy + at, (const uint8_t[]){ 0xa0, 3, 2, 1, 2 }, 5) != 0)
		at++;
	assert_true(x509_read(bytes_of(copy, x.whole.len), &x));
	for (uint8_t version = 0; version < 5; version++) {
		copy[at + 4] = version;
		assert_int_equal(x509_read(bytes_of(copy, x.whole.len), &x), version == 2);
	}
}

/* A good path after many dead ends: each signature of these is verified once. */
static void a_signature_is_verified_once(void **state)
{
	struct x509 sent[PATH_MAX_CERTS];
	struct path_cfg cfg = { .certs = sent, .now = NOW, .check = count_checks };
	struct path_end end;

	(void)state;
	cfg.cert_count = pick("CAB", sent); /* A and B sign each other */
	checks = 0;
	assert_int_equal(path_find(&cfg, &end), PATH_NO_ISSUER);
	assert_int_equal(checks, 2);
	/* three of one name: six pairs, and the leaf with each, in more paths than that */
	cfg.cert_count = pick("LIab", sent);
	for (size_t i = 1; i < cfg.cert_count; i++) {
		sent[i].issuer = sent[i].subject;
		sent[i].is_ca = true;
		sent[i].is_for_servers = true;
	}
	checks = 0;
	assert_int_not_equal(path_find(&cfg, &end), PATH_GOOD);
	assert_int_equal(checks, 9);
}

/* With any byte of a certificate changed there is no path. */
static void nothing_is_forged(void **state)
{
	uint8_t copy[1024];
	struct x509 sent[2], trusted[1];
	struct path_cfg cfg = { .certs = sent,
				.cert_count = 2,
				.anchors = trusted,
				.anchor_count = 1,
				.now = NOW,
				.check = signature_check };
	size_t len;

	(void)state;
	pick("LI", sent);
	pick("R", trusted);
	len = sent[1].whole.len;
	for (size_t i = 0; i < len; i++) {
		struct path_end end;

		memcpy(copy, sent[1].whole.at, len);
		copy[i] ^= 1;
		pick("LI", sent);
		if (x509_read(bytes_of(copy, len), &sent[1]))
			if (path_find(&cfg, &end) == PATH_GOOD)
				fail_msg("byte %zu does not count", i);
		pick("LI", sent);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(the_search_is_bounded),
		cmocka_unit_test(a_signature_is_verified_once),
		cmocka_unit_test(nothing_is_forged),
		cmocka_unit_test(a_clock_in_1970),
		cmocka_unit_test(extensions_without_version_3),
	};

	return cmocka_run_group_tests(tests, make_all, drop_all);
}
