/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The content of a certificate as text. All of it is escaped, since it comes from strangers.
 */
#include "tls/cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "tls/der.h"
#include "tls/dn.h"
#include "tls/pin.h"
#include "tls/spki.h"
#include "tls/x509.h"
#include "util/ip.h"

enum { RDNS_MAX = 16 };

struct text {
	char *at;
	size_t len, room;
};

static void put_text(struct text *t, const char *s)
{
	while (*s && t->len + 1 < t->room)
		t->at[t->len++] = *s++;
	t->at[t->len] = '\0';
}

/* Writes bytes of a string from the certificate; those that could control a terminal as \xNN. */
static void put_escaped(struct text *t, struct bytes s)
{
	char hex[5];

	for (size_t i = 0; i < s.len; i++) {
		bool plain = s.at[i] >= 0x20 && s.at[i] < 0x7f && s.at[i] != '\\';

		snprintf(hex, sizeof(hex), plain ? "%c" : "\\x%02x", s.at[i]);
		if (t->len + strlen(hex) >= t->room)
			return;
		put_text(t, hex);
	}
}

/* RFC 4514 section 3, and other attributes that companies' authorities use. */
static const char *attr_label(struct bytes type)
{
	static const struct {
		uint8_t oid[10], len;
		const char *label;
	} labels[] = {
		{ { 0x55, 4, 3 }, 3, "CN" },
		{ { 0x55, 4, 5 }, 3, "serialNumber" },
		{ { 0x55, 4, 6 }, 3, "C" },
		{ { 0x55, 4, 7 }, 3, "L" },
		{ { 0x55, 4, 8 }, 3, "ST" },
		{ { 0x55, 4, 10 }, 3, "O" },
		{ { 0x55, 4, 11 }, 3, "OU" },
		{ { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 }, 10, "UID" },
		{ { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 }, 10, "DC" },
		{ { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 }, 9, "emailAddress" },
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (x509_is_oid(type, labels[i].oid, labels[i].len))
			return labels[i].label;
	return "?";
}

static void put_rdn(struct text *t, struct reader rdn)
{
	const char *between = "";
	struct x509_attr a;

	while (x509_next_attr(&rdn, &a)) {
		put_text(t, between);
		put_text(t, attr_label(a.type));
		put_text(t, "=");
		put_escaped(t, a.value);
		between = "+";
	}
}

/* Most specific first, as in RFC 4514: the reverse of the certificate's order. */
static void name_text(struct bytes name, char *to, size_t room)
{
	struct reader r = reader_of(name.at, name.len), rdns[RDNS_MAX];
	struct text t = { to, 0, room };
	size_t count = 0;

	to[0] = '\0';
	while (count < RDNS_MAX && x509_next_rdn(&r, &rdns[count]))
		count++;
	while (count--) {
		put_rdn(&t, rdns[count]);
		if (count)
			put_text(&t, ", ");
	}
}

static bool san_text(const struct der *d, char *to, size_t room)
{
	struct text t = { to, 0, room };
	int family = d->body.len == 4 ? AF_INET : AF_INET6;

	to[0] = '\0';
	if (d->tag == X509_NAME_DNS)
		put_escaped(&t, d->body);
	else if (d->tag == X509_NAME_IP && (d->body.len == 4 || d->body.len == 16))
		inet_ntop(family, d->body.at, to, (socklen_t)room);
	else
		return false;
	return true;
}

static void read_san(struct bytes san, struct cert_info *info)
{
	struct reader r = reader_of(san.at, san.len);
	struct der d;

	while (info->name_count < CERT_NAMES_MAX && der_next(&r, &d))
		if (san_text(&d, info->names[info->name_count], sizeof(info->names[0])))
			info->name_count++;
}

static void key_text(struct bytes spki, char *to, size_t room)
{
	struct spki k;

	if (!spki_read(spki, &k))
		k.kind = SPKI_OTHER;
	if (k.kind == SPKI_RSA || k.kind == SPKI_RSA_PSS)
		snprintf(to, room, "RSA %u bit", k.rsa_bits);
	else if (k.kind == SPKI_EC)
		snprintf(to, room, "ECDSA %s", k.curve ? k.curve : "of another curve");
	else
		snprintf(to, room, k.kind == SPKI_ED25519 ? "Ed25519" : "of an unknown kind");
}

static void fingerprint_text(struct bytes der, char to[SHA256_LEN * 3])
{
	uint8_t hash[SHA256_LEN];

	digest_sha256(&der, 1, hash);
	for (unsigned i = 0; i < SHA256_LEN; i++)
		sprintf(to + i * 3, i + 1 < SHA256_LEN ? "%02X:" : "%02X", hash[i]);
}

bool cert_read(struct bytes der, struct cert_info *info)
{
	struct pin key_pin;
	struct x509 x;

	memset(info, 0, sizeof(*info));
	if (!x509_read(der, &x))
		return false;
	name_text(x.subject, info->subject, sizeof(info->subject));
	name_text(x.issuer, info->issuer, sizeof(info->issuer));
	read_san(x.san, info);
	info->not_before = x.not_before;
	info->not_after = x.not_after;
	key_text(x.spki, info->key, sizeof(info->key));
	key_pin = pin_of(&x, true);
	snprintf(info->pin, sizeof(info->pin), "%.63s", pin_print(&key_pin).text);
	fingerprint_text(der, info->fingerprint);
	info->is_self_signed = dn_is_self_issued(&x);
	info->is_for_servers = x.is_for_servers;
	return true;
}
