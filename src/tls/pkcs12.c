/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PFX holds safes, each encrypted as a whole or not at all, and these hold bags: certificates, and
 * keys, which are encrypted by themselves. The whole is authenticated, so what it contains is
 * read only after the password was found to be right.
 */
#include "tls/pkcs12.h"

#include <stdlib.h>
#include <string.h>

#include "tls/der.h"
#include "tls/wolf.h"
#include "util/secret.h"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/des3.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/pwdbased.h>

enum {
	/* of all together: a key and its certificates, with the MAC, take three times what the file says */
	ITERATIONS_MAX = 2 * 1000 * 1000,
	SALT_MAX = 128,
	BMP_MAX = 2 * 257, /* of a password, as UTF-16 with its zero */
	CERTS_MAX = 32,
	KEY_ID_MAX = 64,
	HASH_BLOCK_MAX = 128,
	KEY_MAX = 32,
	DES3_KEY_LEN = 24,
	KDF_KEY = 1, /* RFC 7292 appendix B.3 */
	KDF_IV = 2,
	KDF_MAC = 3,
	AES_BLOCK_LEN = 16,
};

static const char damaged[] = "it is damaged, or of a kind that sstp does not read";
static const char unknown_cipher[] =
	"it is encrypted with an algorithm that sstp does not read (RC2, as old programs write it?)";
static const char wrong_password[] = "its password is wrong";
static const char no_memory[] = "out of memory";
static const char too_long[] =
	"it asks for more than 2000000 iterations in all, which would take too long";

/* Object identifiers, without tag and length. */
#define PKCS "\x2a\x86\x48\x86\xf7\x0d\1"
static const char oid_data[] = PKCS "\7\1", oid_encrypted[] = PKCS "\7\6",
		  oid_key_bag[] = PKCS "\x0c\x0a\1\1", oid_shrouded_bag[] = PKCS "\x0c\x0a\1\2",
		  oid_cert_bag[] = PKCS "\x0c\x0a\1\3", oid_x509[] = PKCS "\x09\x16\1",
		  oid_key_id[] = PKCS "\x09\x15", oid_pbes2[] = PKCS "\5\x0d",
		  oid_pbkdf2[] = PKCS "\5\x0c", oid_des3[] = PKCS "\x0c\1\3";

static bool is_oid(struct bytes oid, const char *want)
{
	return oid.len == strlen(want) && !memcmp(oid.at, want, oid.len);
}

struct hash {
	const char *oid;
	enum wc_HashType type;
	size_t len, block;
};

static const struct hash digests[] = {
	{ "\x2b\x0e\3\2\x1a", WC_HASH_TYPE_SHA, 20, 64 },
	{ "\x60\x86\x48\1\x65\3\4\2\1", WC_HASH_TYPE_SHA256, 32, 64 },
	{ "\x60\x86\x48\1\x65\3\4\2\2", WC_HASH_TYPE_SHA384, 48, 128 },
	{ "\x60\x86\x48\1\x65\3\4\2\3", WC_HASH_TYPE_SHA512, 64, 128 },
};

/* HMACs, for PBKDF2 */
#define RSADSI "\x2a\x86\x48\x86\xf7\x0d\2"
static const struct hash prfs[] = {
	{ RSADSI "\7", WC_HASH_TYPE_SHA, 20, 64 },
	{ RSADSI "\x09", WC_HASH_TYPE_SHA256, 32, 64 },
	{ RSADSI "\x0a", WC_HASH_TYPE_SHA384, 48, 128 },
	{ RSADSI "\x0b", WC_HASH_TYPE_SHA512, 64, 128 },
};

static const struct hash *find_hash(const struct hash *list, struct bytes oid)
{
	for (size_t i = 0; i < 4; i++)
		if (is_oid(oid, list[i].oid))
			return &list[i];
	return NULL;
}

/* What the readers collect. */
struct pfx {
	const char *password;
	uint8_t bmp[BMP_MAX]; /* the same as UTF-16, big-endian, terminated */
	size_t bmp_len;
	struct bytes certs[CERTS_MAX], cert_ids[CERTS_MAX];
	size_t cert_count;
	struct bytes key, key_id; /* PrivateKeyInfo */
	uint32_t iterations;      /* so far */
	/* decrypted safes and keys, which the above point into */
	uint8_t *room;
	size_t room_len, used;
};

/* ---- passwords */

static bool put_unit(struct pfx *p, uint32_t unit)
{
	if (p->bmp_len + 4 > sizeof(p->bmp)) /* leaves room for the zero */
		return false;
	store_u16(p->bmp + p->bmp_len, (uint16_t)unit);
	p->bmp_len += 2;
	return true;
}

static bool put_char(struct pfx *p, uint32_t c)
{
	if (c < 0x10000)
		return put_unit(p, c);
	c -= 0x10000;
	return put_unit(p, 0xd800 | c >> 10) && put_unit(p, 0xdc00 | (c & 0x3ff));
}

/* False: not UTF-8, or too long. */
static bool make_bmp(struct pfx *p)
{
	const uint8_t *c = (const uint8_t *)p->password;

	while (*c) {
		unsigned more = *c < 0x80 ? 0 : *c < 0xc2 ? 4 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : 3;
		uint32_t value = more ? *c & (0x3fu >> more) : *c;

		if (more > 3 || *c > 0xf4)
			return false;
		for (c++; more; more--, c++) {
			if ((*c & 0xc0) != 0x80)
				return false;
			value = value << 6 | (*c & 0x3f);
		}
		if (!put_char(p, value))
			return false;
	}
	store_u16(p->bmp + p->bmp_len, 0);
	p->bmp_len += 2;
	return true;
}

/* ---- keys from passwords */

struct salt {
	struct bytes salt;
	uint32_t iterations;
};

static bool takes_too_long(const struct pfx *p)
{
	return p->iterations > ITERATIONS_MAX;
}

/* False: longer than all that is written, or takes_too_long. */
static bool get_salt(struct pfx *p, struct reader *r, struct salt *s)
{
	struct bytes n;

	s->salt = der_get(r, DER_OCTET_STRING).body;
	s->iterations = 1; /* the default of a MAC's */
	if (der_is_next(r, DER_INTEGER)) {
		n = der_get_natural(r);
		s->iterations = 0;
		for (size_t i = 0; i < n.len && s->iterations <= ITERATIONS_MAX; i++)
			s->iterations = s->iterations << 8 | n.at[i];
	}
	p->iterations += s->iterations;
	return !r->bad && s->salt.len && s->salt.len <= SALT_MAX && s->iterations &&
	       !takes_too_long(p);
}

/* Fills whole blocks with copies of `from`; returns their length. */
static size_t repeat_to_blocks(struct bytes from, size_t block, uint8_t *to)
{
	size_t len = (from.len + block - 1) / block * block;

	for (size_t i = 0; i < len; i++)
		to[i] = from.at[i % from.len];
	return len;
}

/* One block of `in` plus `add` plus one, as numbers. */
static void add_block(uint8_t *in, const uint8_t *add, size_t block)
{
	unsigned carry = 1;

	for (size_t i = block; i-- > 0; carry >>= 8) {
		carry += (unsigned)in[i] + add[i];
		in[i] = (uint8_t)carry;
	}
}

/* RFC 7292 appendix B.2 */
static bool derive(const struct pfx *p, const struct hash *h, const struct salt *s, uint8_t purpose,
		   uint8_t *out, size_t len)
{
	uint8_t in[HASH_BLOCK_MAX + 2 * HASH_BLOCK_MAX + BMP_MAX + HASH_BLOCK_MAX],
		a[WC_MAX_DIGEST_SIZE], b[HASH_BLOCK_MAX];
	size_t n;
	int rc = 0;

	memset(in, purpose, h->block);
	n = h->block;
	n += repeat_to_blocks(s->salt, h->block, in + n);
	n += repeat_to_blocks(bytes_of(p->bmp, p->bmp_len), h->block, in + n);
	while (!rc && len) {
		size_t part = len < h->len ? len : h->len;

		rc = wc_Hash(h->type, in, (word32)n, a, (word32)h->len);
		for (uint32_t i = 1; !rc && i < s->iterations; i++)
			rc = wc_Hash(h->type, a, (word32)h->len, a, (word32)h->len);
		memcpy(out, a, part);
		out += part;
		len -= part;
		repeat_to_blocks(bytes_of(a, h->len), h->block, b);
		for (size_t at = h->block; at < n; at += h->block)
			add_block(in + at, b, h->block);
	}
	secret_wipe(in, sizeof(in));
	secret_wipe(a, sizeof(a));
	secret_wipe(b, sizeof(b));
	return !rc;
}

/* ---- decryption */

struct cipher {
	size_t key_len; /* 24 with is_des3: triple DES */
	bool is_des3;
	uint8_t key[KEY_MAX], iv[AES_BLOCK_LEN];
};

static bool get_des3(struct pfx *p, struct reader *params, struct cipher *c)
{
	struct salt s;

	c->is_des3 = true;
	c->key_len = DES3_KEY_LEN;
	return get_salt(p, params, &s) &&
	       derive(p, &digests[0], &s, KDF_KEY, c->key, DES3_KEY_LEN) &&
	       derive(p, &digests[0], &s, KDF_IV, c->iv, DES_BLOCK_SIZE);
}

static size_t aes_key_len(struct bytes oid)
{
	static const char aes[] = "\x60\x86\x48\1\x65\3\4\1";

	if (oid.len != sizeof(aes) || memcmp(oid.at, aes, sizeof(aes) - 1) != 0)
		return 0;
	switch (oid.at[oid.len - 1]) { /* in CBC mode */
	case 2:
		return 16;
	case 22:
		return 24;
	case 42:
		return 32;
	default:
		return 0;
	}
}

/* RFC 8018 section 6.2: PBKDF2, then AES */
static bool get_pbes2(struct pfx *p, struct reader *params, struct cipher *c)
{
	struct reader kdf = der_enter(params, DER_SEQUENCE), enc = der_enter(params, DER_SEQUENCE),
		      kdf_params, prf;
	bool is_pbkdf2 = is_oid(der_get(&kdf, DER_OID).body, oid_pbkdf2);
	const struct hash *h = &prfs[0];
	struct bytes iv;
	struct salt s;

	kdf_params = der_enter(&kdf, DER_SEQUENCE);
	c->key_len = aes_key_len(der_get(&enc, DER_OID).body);
	iv = der_get(&enc, DER_OCTET_STRING).body;
	if (!is_pbkdf2 || !get_salt(p, &kdf_params, &s) || !c->key_len || iv.len != sizeof(c->iv))
		return false;
	if (der_is_next(&kdf_params, DER_INTEGER)) /* the length of the key */
		der_get(&kdf_params, DER_INTEGER);
	if (der_is_next(&kdf_params, DER_SEQUENCE)) {
		prf = der_enter(&kdf_params, DER_SEQUENCE);
		h = find_hash(prfs, der_get(&prf, DER_OID).body);
	}
	if (!h || kdf_params.bad || enc.bad)
		return false;
	memcpy(c->iv, iv.at, iv.len);
	return !wc_PBKDF2(c->key, (const byte *)p->password, (int)strlen(p->password), s.salt.at,
			  (int)s.salt.len, (int)s.iterations, (int)c->key_len, (int)h->type);
}

static bool decipher_des3(const struct cipher *c, struct bytes in, uint8_t *out)
{
	Des3 des;
	bool ok = !wc_Des3Init(&des, NULL, INVALID_DEVID) &&
		  !wc_Des3_SetKey(&des, c->key, c->iv, DES_DECRYPTION) &&
		  !wc_Des3_CbcDecrypt(&des, out, in.at, (word32)in.len);

	wc_Des3Free(&des);
	return ok;
}

static bool decipher_aes(const struct cipher *c, struct bytes in, uint8_t *out)
{
	Aes aes;
	bool ok = !wc_AesInit(&aes, NULL, INVALID_DEVID) &&
		  !wc_AesSetKey(&aes, c->key, (word32)c->key_len, c->iv, AES_DECRYPTION) &&
		  !wc_AesCbcDecrypt(&aes, out, in.at, (word32)in.len);

	wc_AesFree(&aes);
	return ok;
}

/* The padding is checked: the safes are authentic, but the key in them may have another password. */
static bool remove_padding(struct bytes *out, size_t block)
{
	uint8_t pad = out->at[out->len - 1];

	if (!pad || pad > block)
		return false;
	for (size_t i = 1; i <= pad; i++)
		if (out->at[out->len - i] != pad)
			return false;
	out->len -= pad;
	return true;
}

/* `r` is at an AlgorithmIdentifier. NULL, or why not. */
static const char *decrypt(struct pfx *p, struct reader *r, struct bytes in, struct bytes *out)
{
	struct reader alg = der_enter(r, DER_SEQUENCE), params;
	struct bytes oid = der_get(&alg, DER_OID).body;
	struct cipher c = { .key_len = 0 };
	uint8_t *to = p->room + p->used;
	size_t block;
	bool ok;

	params = der_enter(&alg, DER_SEQUENCE);
	if (alg.bad)
		return damaged;
	ok = is_oid(oid, oid_pbes2)  ? get_pbes2(p, &params, &c)
	     : is_oid(oid, oid_des3) ? get_des3(p, &params, &c)
				     : false;
	if (!ok)
		return unknown_cipher;
	block = c.is_des3 ? DES_BLOCK_SIZE : AES_BLOCK_LEN;
	if (!in.len || in.len % block || in.len > p->room_len - p->used)
		return damaged;
	ok = c.is_des3 ? decipher_des3(&c, in, to) : decipher_aes(&c, in, to);
	secret_wipe(&c, sizeof(c));
	p->used += in.len;
	*out = bytes_of(to, in.len);
	return ok && remove_padding(out, block) ? NULL : wrong_password;
}

/* ---- bags */

/* The localKeyId attribute, which a key and its certificate share; empty: none. */
static struct bytes get_key_id(struct reader *bag)
{
	struct reader attrs, attr, values;

	if (!der_is_next(bag, DER_SET))
		return bytes_of(NULL, 0);
	attrs = der_enter(bag, DER_SET);
	while (attrs.left && !attrs.bad) {
		struct bytes oid;

		attr = der_enter(&attrs, DER_SEQUENCE);
		oid = der_get(&attr, DER_OID).body;
		values = der_enter(&attr, DER_SET);
		if (is_oid(oid, oid_key_id))
			return der_get(&values, DER_OCTET_STRING).body;
	}
	return bytes_of(NULL, 0);
}

static const char *take_cert(struct pfx *p, struct reader *value, struct reader *bag)
{
	struct reader cert = der_enter(value, DER_SEQUENCE), x509;
	bool is_x509 = is_oid(der_get(&cert, DER_OID).body, oid_x509);

	x509 = der_enter(&cert, DER_CONTEXT_CONSTRUCTED);
	if (!is_x509 || p->cert_count == CERTS_MAX)
		return NULL;
	p->certs[p->cert_count] = der_get(&x509, DER_OCTET_STRING).body;
	p->cert_ids[p->cert_count++] = get_key_id(bag);
	return x509.bad ? damaged : NULL;
}

static const char *take_shrouded(struct pfx *p, struct reader *value)
{
	struct reader info = der_enter(value, DER_SEQUENCE), alg = info;
	struct bytes in;

	der_get(&info, DER_SEQUENCE);
	in = der_get(&info, DER_OCTET_STRING).body;
	return info.bad ? damaged : decrypt(p, &alg, in, &p->key);
}

/* The first key counts. */
static const char *take_bag(struct pfx *p, struct reader *bag)
{
	struct bytes oid = der_get(bag, DER_OID).body;
	struct reader value = der_enter(bag, DER_CONTEXT_CONSTRUCTED);
	const char *why = NULL;

	if (bag->bad)
		return damaged;
	if (is_oid(oid, oid_cert_bag))
		return take_cert(p, &value, bag);
	if (p->key.len || (!is_oid(oid, oid_key_bag) && !is_oid(oid, oid_shrouded_bag)))
		return NULL;
	if (is_oid(oid, oid_shrouded_bag))
		why = take_shrouded(p, &value);
	else
		p->key = der_get(&value, DER_SEQUENCE).whole;
	p->key_id = get_key_id(bag);
	return why;
}

static const char *take_safe(struct pfx *p, struct bytes content)
{
	struct reader r = reader_of(content.at, content.len), safe = der_enter(&r, DER_SEQUENCE);
	const char *why = NULL;

	while (!why && safe.left && !safe.bad) {
		struct reader bag = der_enter(&safe, DER_SEQUENCE);

		why = safe.bad ? NULL : take_bag(p, &bag);
	}
	return safe.bad ? damaged : why;
}

/* A ContentInfo of the data: in clear, or encrypted. */
static const char *take_content(struct pfx *p, struct reader *info)
{
	struct bytes oid = der_get(info, DER_OID).body, in, out;
	struct reader content = der_enter(info, DER_CONTEXT_CONSTRUCTED), alg;
	const char *why;

	if (info->bad)
		return damaged;
	if (is_oid(oid, oid_data))
		return take_safe(p, der_get(&content, DER_OCTET_STRING).body);
	if (!is_oid(oid, oid_encrypted))
		return unknown_cipher; /* for the owner of a key */
	content = der_enter(&content, DER_SEQUENCE);
	der_get(&content, DER_INTEGER);
	content = der_enter(&content, DER_SEQUENCE);
	der_get(&content, DER_OID);
	alg = content;
	der_get(&content, DER_SEQUENCE);
	in = der_get(&content, DER_CONTEXT).body;
	if (content.bad)
		return damaged;
	why = decrypt(p, &alg, in, &out);
	return why ? why : take_safe(p, out);
}

/* ---- the whole */

/* RFC 7292 section 4: the MAC shows whether the password is right. */
static const char *check_mac(struct pfx *p, struct reader *pfx, struct bytes data)
{
	struct reader mac = der_enter(pfx, DER_SEQUENCE), info = der_enter(&mac, DER_SEQUENCE),
		      alg = der_enter(&info, DER_SEQUENCE);
	const struct hash *h = find_hash(digests, der_get(&alg, DER_OID).body);
	struct bytes digest = der_get(&info, DER_OCTET_STRING).body;
	uint8_t key[WC_MAX_DIGEST_SIZE], made[WC_MAX_DIGEST_SIZE];
	struct salt s;
	bool ok;
	Hmac hmac;

	if (!h || digest.len != h->len || info.bad || !get_salt(p, &mac, &s))
		return damaged;
	ok = derive(p, h, &s, KDF_MAC, key, h->len) && !wc_HmacInit(&hmac, NULL, INVALID_DEVID);
	if (!ok)
		return no_memory;
	ok = !wc_HmacSetKey(&hmac, (int)h->type, key, (word32)h->len) &&
	     !wc_HmacUpdate(&hmac, data.at, (word32)data.len) && !wc_HmacFinal(&hmac, made) &&
	     ct_equal(made, digest.at, h->len);
	wc_HmacFree(&hmac);
	secret_wipe(key, sizeof(key));
	return ok ? NULL : wrong_password;
}

static const char *read_pfx(struct pfx *p, struct bytes file)
{
	struct reader r = reader_of(file.at, file.len), pfx = der_enter(&r, DER_SEQUENCE), info,
		      content, safes;
	struct bytes data;
	const char *why;

	der_get(&pfx, DER_INTEGER);
	info = der_enter(&pfx, DER_SEQUENCE);
	if (!is_oid(der_get(&info, DER_OID).body, oid_data))
		return damaged; /* signed by a public key, which nobody uses */
	content = der_enter(&info, DER_CONTEXT_CONSTRUCTED);
	data = der_get(&content, DER_OCTET_STRING).body;
	if (pfx.bad || content.bad)
		return damaged;
	why = check_mac(p, &pfx, data);
	safes = reader_of(data.at, data.len);
	safes = der_enter(&safes, DER_SEQUENCE);
	while (!why && safes.left && !safes.bad) {
		info = der_enter(&safes, DER_SEQUENCE);
		why = safes.bad ? NULL : take_content(p, &info);
	}
	if (!why && safes.bad)
		return damaged;
	return why;
}

/* ---- as PEM */

static bool put_pem(struct writer *w, struct bytes der, int type)
{
	int len = w->full ? 0
			  : wc_DerToPem(der.at, (word32)der.len, w->at + w->len,
					(word32)(w->room - w->len), type);

	if (len <= 0)
		return false;
	w->len += (size_t)len;
	return true;
}

/* That of the key, or the first. */
static size_t find_leaf(const struct pfx *p)
{
	for (size_t i = 0; p->key_id.len && i < p->cert_count; i++)
		if (bytes_equal(p->cert_ids[i], p->key_id))
			return i;
	return 0;
}

static const char *put_all(const struct pfx *p, struct writer *out)
{
	size_t leaf = find_leaf(p);
	bool ok;

	if (!p->cert_count)
		return "there is no certificate in it";
	if (!p->key.len)
		return "there is no private key in it";
	ok = put_pem(out, p->certs[leaf], CERT_TYPE);
	for (size_t i = 0; i < p->cert_count; i++)
		if (i != leaf)
			ok &= put_pem(out, p->certs[i], CERT_TYPE);
	ok &= put_pem(out, p->key, PKCS8_PRIVATEKEY_TYPE);
	put_u8(out, 0);
	return ok && !out->full ? NULL : no_memory;
}

const char *pkcs12_to_pem(struct bytes file, const char *password, struct writer *out)
{
	struct pfx *p = calloc(1, sizeof(*p));
	const char *why = no_memory;

	if (!p)
		return no_memory;
	p->password = password;
	p->room_len = 2 * file.len; /* a safe may be encrypted, and a key in it again */
	p->room = malloc(p->room_len ? p->room_len : 1);
	if (p->room)
		why = make_bmp(p) ? read_pfx(p, file)
				  : "its password must be UTF-8 of at most 256 characters";
	if (!why)
		why = put_all(p, out);
	else if (takes_too_long(p))
		why = too_long;
	if (p->room)
		secret_wipe(p->room, p->room_len);
	free(p->room);
	secret_wipe(p, sizeof(*p));
	free(p);
	return why;
}
