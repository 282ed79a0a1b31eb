/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of a certificate, and the names that it matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/pki.h"
#include "tls/cert.h"
#include "tls/cert_name.h"
#include "tls/der.h"
#include "tls/x509.h"

enum { NAMES_MAX = 4 };

static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static struct cert_key *key;

static int make_key(void **state)
{
	(void)state;
	key = key_make(false);
	return key ? 0 : -1;
}

static int drop_key(void **state)
{
	(void)state;
	key_free(key);
	return 0;
}

/* A certificate with this subject (a Name with its header) and these GeneralNames. */
static struct bytes certify(struct bytes subject, struct bytes san)
{
	static uint8_t der[PKI_DER_MAX];
	struct writer w = writer_of(der, sizeof(der));
	struct x509_draft d = {
		.issuer = subject,
		.subject = subject,
		.not_before = 1600000000,
		.not_after = 4000000000,
		.key = key,
		.signer = key,
		.san = san,
		.purpose = x509_server_auth,
	};

	assert_true(x509_write(&d, &w));
	return bytes_of(der, w.len);
}

static struct bytes named(const char *common_name, struct bytes san)
{
	uint8_t name[300];
	struct writer w = writer_of(name, sizeof(name));

	x509_put_name(&w, common_name);
	return certify(bytes_of(name, w.len), san);
}

static const struct {
	const char *san[NAMES_MAX]; /* dNSName entries */
	const char *name;
	bool ok;
} dns_cases[] = {
	{ { "vpn.example.net" }, "vpn.example.net", true },
	{ { "vpn.example.net" }, "VPN.eXample.NET", true },
	{ { "VPN.Example.Net" }, "vpn.example.net", true },
	{ { "vpn.example.net" }, "vpn.example.net.", true },
	{ { "a.example.net", "b.example.net" }, "b.example.net", true },
	{ { "vpn.example.net" }, "example.net", false },
	{ { "vpn.example.net" }, "x.vpn.example.net", false },
	{ { "vpn.example.net" }, "vpn.example.ne", false },
	{ { "vpn.example.net" }, "vpn.example.nett", false },
	{ { "vpn.example.net" }, "", false },
	{ { "vpn.example.net" }, ".", false },
	{ { "vpn.example.net" }, "vpn.example.net..", false },
	{ { "vpn.example.net." }, "vpn.example.net", false },
	/* a single label, as in companies' networks */
	{ { "vpn" }, "vpn", true },
	{ { "vpn" }, "vpx", false },
	{ { "localhost" }, "localhost", true },
	/* RFC 9525 section 6.3: one whole label, the leftmost */
	{ { "*.example.net" }, "vpn.example.net", true },
	{ { "*.EXAMPLE.net" }, "vpn.example.net", true },
	{ { "*.example.net" }, "example.net", false },
	{ { "*.example.net" }, "a.vpn.example.net", false },
	{ { "*.example.net" }, ".example.net", false },
	{ { "v*.example.net" }, "vpn.example.net", false },
	{ { "*pn.example.net" }, "vpn.example.net", false },
	{ { "vpn.*.net" }, "vpn.example.net", false },
	{ { "*.*.net" }, "vpn.example.net", false },
	{ { "*.net" }, "example.net", false },
	{ { "*" }, "vpn", false },
	{ { "*." }, "vpn", false },
	{ { "*.example.net" }, "*.example.net", false },
	{ { "**.example.net" }, "vpn.example.net", false },
	/* an address is never a name */
	{ { "192.0.2.1" }, "192.0.2.1", false },
	{ { "2001:db8::1" }, "2001:db8::1", false },
	{ { "*.0.2.1" }, "192.0.2.1", false },
	{ { "192.0.2.1" }, "192.0.2.1.", false },
	{ { "127.1" }, "127.1", false },
	{ { "0x7f.1" }, "0x7f.1", false },
	{ { "0x7f000001" }, "0x7f000001", false },
	{ { "2130706433" }, "2130706433", false },
	{ { "vpn1" }, "vpn1", true },
	{ { "1.example.net" }, "1.example.net", true },
	/* not DNS names */
	{ { "vpn example.net" }, "vpn example.net", false },
	{ { "vpn..example.net" }, "vpn..example.net", false },
	{ { ".example.net" }, ".example.net", false },
	{ { "" }, "", false },
	{ { "vpn_1.example.net" }, "vpn_1.example.net", true },
};

static void dns_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dns_cases) / sizeof(dns_cases[0]); i++) {
		uint8_t san[256];
		struct writer w = writer_of(san, sizeof(san));
		struct bytes cert;

		for (size_t n = 0; n < NAMES_MAX && dns_cases[i].san[n]; n++)
			x509_put_dns(&w, dns_cases[i].san[n]);
		/* the common name would match, and must not count */
		cert = named(dns_cases[i].name, bytes_of(san, w.len));
		if (cert_is_for(cert, dns_cases[i].name) != dns_cases[i].ok)
			fail_msg("%s for %s", dns_cases[i].san[0], dns_cases[i].name);
	}
}

/* The better one of two names counts, in any order. */
static void how_names_match(void **state)
{
	static const char *const order[2][2] = { { "vpn.example.net", "*.example.net" },
						 { "*.example.net", "vpn.example.net" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t san[256];
		struct writer w = writer_of(san, sizeof(san));
		struct bytes cert;

		x509_put_dns(&w, order[i][0]);
		x509_put_dns(&w, order[i][1]);
		cert = named("other", bytes_of(san, w.len));
		assert_int_equal(cert_match(cert, "vpn.example.net"), CERT_MATCH_EXACT);
		assert_int_equal(cert_match(cert, "a.example.net"), CERT_MATCH_WILDCARD);
		assert_int_equal(cert_match(cert, "example.net"), CERT_MATCH_NONE);
	}
}

/* Names of any case; addresses byte for byte: 'A' and 'a' are two of them. */
static void shared_names(void **state)
{
	uint8_t a[64], b[64];
	struct writer w = writer_of(a, sizeof(a)), v = writer_of(b, sizeof(b));
	static uint8_t first[PKI_DER_MAX];
	struct bytes one, other;

	(void)state;
	x509_put_dns(&w, "VPN.example.net");
	one = named("x", bytes_of(a, w.len));
	memcpy(first, one.at, one.len);
	x509_put_dns(&v, "a.example.net");
	x509_put_dns(&v, "vpn.example.net");
	other = named("x", bytes_of(b, v.len));
	assert_true(cert_shares_name(bytes_of(first, one.len), other));
	assert_false(cert_shares_name(other, bytes_of(first, one.len)));

	w = writer_of(a, sizeof(a));
	v = writer_of(b, sizeof(b));
	x509_put_ip(&w, (const uint8_t *)"AAAA", 4);
	one = named("x", bytes_of(a, w.len));
	memcpy(first, one.at, one.len);
	x509_put_ip(&v, (const uint8_t *)"aaaa", 4);
	other = named("x", bytes_of(b, v.len));
	assert_false(cert_shares_name(bytes_of(first, one.len), other));
	assert_true(cert_shares_name(other, other));
}

static void addresses(void **state)
{
	uint8_t san[256];
	struct writer w = writer_of(san, sizeof(san));
	struct bytes cert;

	(void)state;
	x509_put_dns(&w, "vpn.example.net");
	x509_put_ip(&w, (const uint8_t[]){ 192, 0, 2, 1 }, 4);
	x509_put_ip(&w, v6, 16);
	cert = named("10.0.0.1", bytes_of(san, w.len));
	assert_true(cert_is_for(cert, "192.0.2.1"));
	assert_true(cert_is_for(cert, "2001:db8::1"));
	assert_true(cert_is_for(cert, "2001:0DB8:0:0::1"));
	assert_true(cert_is_for(cert, "vpn.example.net"));
	assert_false(cert_is_for(cert, "192.0.2.2"));
	assert_false(cert_is_for(cert, "192.0.2.1."));
	assert_false(cert_is_for(cert, "192.0.2.01"));
	assert_false(cert_is_for(cert, "::ffff:192.0.2.1"));
	assert_false(cert_is_for(cert, "2001:db8::2"));
	assert_false(cert_is_for(cert, "2001:db8::1%eth0"));
	assert_false(cert_is_for(cert, "10.0.0.1"));
}

/* An address of five bytes, and a dNSName whose bytes are an address. */
static void malformed_addresses(void **state)
{
	uint8_t san[64];
	struct writer w = writer_of(san, sizeof(san));
	struct bytes cert;

	(void)state;
	x509_put_ip(&w, (const uint8_t[]){ 192, 0, 2, 1, 0 }, 5);
	x509_put_dns(&w, "\xc0\x01\x02\x01");
	cert = named("x", bytes_of(san, w.len));
	assert_false(cert_is_for(cert, "192.0.2.1"));
	assert_false(cert_is_for(cert, "192.1.2.1"));
}

static void common_name(void **state)
{
	static const uint8_t email[] = { 0x81, 3, 'a', '@', 'b' };
	const struct bytes none = bytes_of(NULL, 0);

	(void)state;
	assert_true(cert_is_for(named("vpn.example.net", none), "vpn.example.net"));
	assert_true(cert_is_for(named("*.example.net", none), "vpn.example.net"));
	assert_false(cert_is_for(named("vpn.example.net", none), "example.net"));
	assert_false(cert_is_for(named("192.0.2.1", none), "192.0.2.1"));
	assert_false(cert_is_for(named("2001:db8::1", none), "2001:db8::1"));
	/* with any subjectAltName the common name is ignored */
	assert_false(cert_is_for(named("vpn.example.net", bytes_of(email, sizeof(email))),
				 "vpn.example.net"));
}

/* One RDN: an attribute of type 2.5.4.`type`. */
static void put_rdn_of(struct writer *w, struct bytes oid, uint8_t tag, const char *text,
		       size_t len)
{
	size_t rdn = der_begin(w, DER_SET), pair = der_begin(w, DER_SEQUENCE);

	der_put(w, DER_OID, oid.at, oid.len);
	der_put(w, tag, text, len);
	der_end(w, pair);
	der_end(w, rdn);
}

static void put_rdn(struct writer *w, uint8_t type, uint8_t tag, const char *text, size_t len)
{
	put_rdn_of(w, bytes_of((const uint8_t[]){ 0x55, 4, type }, 3), tag, text, len);
}

static void odd_common_names(void **state)
{
	static const struct {
		uint8_t tag;
		const char *text;
		size_t len;
		bool ok;
	} cases[] = {
		{ DER_PRINTABLE_STRING, "a.b", 3, true },
		{ DER_IA5_STRING, "a.b", 3, true },
		{ DER_T61_STRING, "a.b", 3, true },
		{ DER_BMP_STRING, "\0a\0.\0b", 6, false },
		{ DER_OCTET_STRING, "a.b", 3, false },
		{ DER_UTF8_STRING, "a.b\0.evil.example", 17, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t name[128];
		struct writer w = writer_of(name, sizeof(name));
		size_t at = der_begin(&w, DER_SEQUENCE);

		put_rdn(&w, 3, DER_UTF8_STRING, "c.d", 3); /* the last one counts */
		put_rdn(&w, 3, cases[i].tag, cases[i].text, cases[i].len);
		der_end(&w, at);
		assert_int_equal(cert_is_for(certify(bytes_of(name, w.len), bytes_of(NULL, 0)),
					     "a.b"),
				 cases[i].ok);
		assert_false(cert_is_for(certify(bytes_of(name, w.len), bytes_of(NULL, 0)), "c.d"));
	}
}

/* The attack of 2009: a zero byte ends the name for C, but not for the authority that signed it. */
static void embedded_zero(void **state)
{
	static const char trick[] = "vpn.example.net\0.evil.example";
	uint8_t san[64];
	struct writer w = writer_of(san, sizeof(san));
	struct cert_info info;
	struct bytes cert;

	(void)state;
	der_put(&w, X509_NAME_DNS, trick, sizeof(trick) - 1);
	cert = named("x", bytes_of(san, w.len));
	assert_false(cert_is_for(cert, "vpn.example.net"));
	assert_true(cert_read(cert, &info));
	assert_string_equal(info.names[0], "vpn.example.net\\x00.evil.example");
}

/* An empty or malformed subjectAltName matches nothing. */
static void broken_san(void **state)
{
	static const uint8_t broken[] = { 0x82, 3, 'a', '.', 'b', 0x82, 9, 'x' };
	struct bytes cert = named("a.b", bytes_of(broken, sizeof(broken)));

	(void)state;
	assert_false(cert_is_for(cert, "a.b"));
	cert = named("a.b", bytes_of(broken, 0));
	assert_false(cert_is_for(cert, "a.b"));
	assert_false(cert_is_for(cert, ""));
}

/* 5000 names: only the first are shown, but all of them match. */
static void many_names(void **state)
{
	uint8_t san[6000];
	struct writer w = writer_of(san, sizeof(san));
	struct cert_info info;
	struct bytes cert;
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "h%u.example", i);
		x509_put_dns(&w, name);
	}
	assert_false(w.full);
	cert = named("x", bytes_of(san, w.len));
	assert_true(cert_read(cert, &info));
	assert_int_equal(info.name_count, CERT_NAMES_MAX);
	assert_true(cert_is_for(cert, "h299.example"));
	assert_false(cert_is_for(cert, "h300.example"));
}

static void what_it_says(void **state)
{
	static const uint8_t dc[] = { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 };
	static const uint8_t email[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 };
	uint8_t name[256], san[64];
	struct writer w = writer_of(name, sizeof(name)), sw = writer_of(san, sizeof(san));
	size_t at = der_begin(&w, DER_SEQUENCE);
	struct cert_info info;

	(void)state;
	put_rdn_of(&w, bytes_of(dc, sizeof(dc)), DER_IA5_STRING, "net", 3);
	put_rdn_of(&w, bytes_of(email, sizeof(email)), DER_IA5_STRING, "a@b", 3);
	put_rdn(&w, 6, DER_PRINTABLE_STRING, "DE", 2);
	put_rdn(&w, 10, DER_UTF8_STRING, "Ex\x1b[31m\\", 8);
	put_rdn(&w, 3, DER_UTF8_STRING, "vpn.example.net", 15);
	put_rdn(&w, 99, DER_UTF8_STRING, "?", 1);
	der_end(&w, at);
	x509_put_dns(&sw, "vpn.example.net");
	x509_put_ip(&sw, (const uint8_t[]){ 192, 0, 2, 1 }, 4);
	x509_put_ip(&sw, v6, 16);
	assert_true(cert_read(certify(bytes_of(name, w.len), bytes_of(san, sw.len)), &info));
	assert_string_equal(info.subject, "?=?, CN=vpn.example.net, O=Ex\\x1b[31m\\x5c, C=DE, "
					  "emailAddress=a@b, DC=net");
	assert_string_equal(info.issuer, info.subject);
	assert_int_equal(info.name_count, 3);
	assert_string_equal(info.names[0], "vpn.example.net");
	assert_string_equal(info.names[1], "192.0.2.1");
	assert_string_equal(info.names[2], "2001:db8::1");
	assert_int_equal(info.not_before, 1600000000);
	assert_int_equal(info.not_after, 4000000000);
	assert_string_equal(info.key, "ECDSA P-256");
	assert_int_equal(strlen(info.pin), strlen("pin-sha256:") + 44);
	assert_int_equal(strlen(info.fingerprint), 95);
	assert_true(info.is_self_signed);
	assert_true(info.is_for_servers);
}

/* Names that do not fit are cut, but not within an escape. */
static void long_names(void **state)
{
	uint8_t name[1024];
	struct writer w = writer_of(name, sizeof(name));
	size_t at = der_begin(&w, DER_SEQUENCE);
	struct cert_info info;
	char text[400];

	(void)state;
	memset(text, 1, sizeof(text));
	put_rdn(&w, 3, DER_UTF8_STRING, text, sizeof(text));
	der_end(&w, at);
	assert_true(cert_read(certify(bytes_of(name, w.len), bytes_of(NULL, 0)), &info));
	assert_int_equal(strlen(info.subject), 3 + 63 * 4);
}

static void cut_anywhere(void **state)
{
	struct bytes cert = named("vpn.example.net", bytes_of(NULL, 0));
	struct cert_info info;

	(void)state;
	for (size_t len = 0; len < cert.len; len++) {
		uint8_t *copy = malloc(
			len ? len
			    : 1); /* of exact size, so that the sanitizer finds a read past its end */

		memcpy(copy, cert.at, len);
		assert_false(cert_read(bytes_of(copy, len), &info));
		assert_false(cert_is_for(bytes_of(copy, len), "vpn.example.net"));
		free(copy);
	}
}

static void a_byte_after_the_end(void **state)
{
	struct bytes cert = named("vpn.example.net", bytes_of(NULL, 0));
	uint8_t copy[PKI_DER_MAX] = { 0 };
	struct cert_info info;

	(void)state;
	memcpy(copy, cert.at, cert.len);
	assert_true(cert_read(bytes_of(copy, cert.len), &info));
	assert_false(cert_read(bytes_of(copy, cert.len + 1), &info));
}

/* Every byte changed in turn: any result is fine, but no crash. */
static void any_byte_changed(void **state)
{
	uint8_t san[32];
	struct writer w = writer_of(san, sizeof(san));
	struct bytes cert;
	uint8_t copy[PKI_DER_MAX];
	struct cert_info info;

	(void)state;
	x509_put_dns(&w, "vpn.example.net");
	cert = named("vpn.example.net", bytes_of(san, w.len));
	for (size_t i = 0; i < cert.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(copy, cert.at, cert.len);
			copy[i] ^= (uint8_t)(1 << bit);
			cert_read(bytes_of(copy, cert.len), &info);
			cert_is_for(bytes_of(copy, cert.len), "vpn.example.net");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dns_names),           cmocka_unit_test(how_names_match),
		cmocka_unit_test(shared_names),        cmocka_unit_test(addresses),
		cmocka_unit_test(malformed_addresses), cmocka_unit_test(common_name),
		cmocka_unit_test(odd_common_names),    cmocka_unit_test(embedded_zero),
		cmocka_unit_test(broken_san),          cmocka_unit_test(many_names),
		cmocka_unit_test(what_it_says),        cmocka_unit_test(long_names),
		cmocka_unit_test(cut_anywhere),        cmocka_unit_test(a_byte_after_the_end),
		cmocka_unit_test(any_byte_changed),
	};

	return cmocka_run_group_tests(tests, make_key, drop_key);
}
