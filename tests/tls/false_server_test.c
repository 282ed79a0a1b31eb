/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server that has another's certificate and not its key, and so leaves out, repeats or reorders
 * what would show that. The library verifies no certificate here (open.c), so this is what trust.c
 * needs of it: no handshake is done without a signature by the key of the certificate that was
 * checked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "pair.h"
#include "support/pki.h"
#include "tls/cert.h"
#include "tls/der.h"
#include "tls/open.h"
#include "tls/tickets.h"
#include "tls/tls.h"
#include "tls/wolf.h"
#include "util/clock.h"

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/curve25519.h>

enum {
	ROOM = 16 * 1024,
	KEY_LEN = 16,
	NONCE_LEN = 12,
	TAG_LEN = 16,
	SHARE_LEN = 32, /* of X25519 */
	X25519 = 29,
};

/* RFC 8446 appendix B; those of TLS 1.2 are in RFC 5246 section 7.4. */
enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	ENCRYPTED_EXTENSIONS = 8,
	CERTIFICATE = 11,
	SERVER_KEY_EXCHANGE = 12,
	CERTIFICATE_REQUEST = 13,
	SERVER_HELLO_DONE = 14,
	CERTIFICATE_VERIFY = 15,
	CLIENT_KEY_EXCHANGE = 16,
	FINISHED = 20,
};
enum { ECDSA_P256_SHA256 = 0x0403, RSA_PSS_SHA256 = 0x0804, ED25519 = 0x0807 };
enum { EXT_PRE_SHARED_KEY = 41, EXT_SUPPORTED_VERSIONS = 43, EXT_KEY_SHARE = 51 };

static struct pki pki;
static struct pki_files files; /* of the genuine server that gives tickets */
/* The thief has a certificate for the name too, signed by itself alone. */
static struct owner {
	struct cert_key *key;
	uint8_t der[PKI_DER_MAX];
	size_t der_len;
	char pin[80];
} genuine, thief;
static struct tls_tickets *tickets; /* that the client has from a genuine server; NULL: none */
static bool takes_ticket;           /* the thief says so, without the secret */

struct server {
	struct tls_ctx *ctx;
	struct tls *client;
	struct writer received;   /* from the client */
	struct writer transcript; /* handshake messages of both */
	struct writer records;    /* to the client */
	bool is_tls13, is_sealed;
	uint8_t client_random[32], client_share[SHARE_LEN], session_id[32];
	uint8_t session_id_len;
	bool has_client_share;
	WC_RNG rng;
	curve25519_key own;
	uint8_t share[SHARE_LEN], random[32];
	uint8_t secret[SHA256_LEN], key[KEY_LEN], nonce[NONCE_LEN];
	uint8_t count; /* of sealed records */
	uint8_t received_bytes[ROOM], transcript_bytes[ROOM], records_bytes[ROOM];
};

static void make_owner(struct owner *o, bool is_signed)
{
	uint8_t name[64], san[64];
	struct writer cert = writer_of(o->der, sizeof(o->der));
	struct writer nw = writer_of(name, sizeof(name)), sw = writer_of(san, sizeof(san));
	struct x509_draft d = { .purpose = x509_server_auth };
	struct cert_info info;

	o->key = key_make(false);
	assert_non_null(o->key);
	x509_put_name(&nw, "vpn.example.net");
	x509_put_dns(&sw, "vpn.example.net");
	d.not_before = time(NULL) - PKI_DAY_S;
	d.not_after = time(NULL) + PKI_DAY_S;
	d.key = o->key;
	d.signer = is_signed ? pki.ca_key : o->key;
	d.subject = bytes_of(name, nw.len);
	d.issuer = is_signed ? bytes_of(pki.ca_name, pki.ca_name_len) : d.subject;
	d.san = bytes_of(san, sw.len);
	assert_true(x509_write(&d, &cert));
	o->der_len = cert.len;
	assert_true(cert_read(bytes_of(o->der, o->der_len), &info));
	snprintf(o->pin, sizeof(o->pin), "%s", info.pin);
}

static int make_owners(void **state)
{
	(void)state;
	pki_init(&pki, "Test Authority");
	make_owner(&genuine, true);
	make_owner(&thief, false);
	pki_issue(&pki, &(struct pki_leaf){ 0 }, &files);
	return 0;
}

static int drop_owners(void **state)
{
	(void)state;
	key_free(genuine.key);
	key_free(thief.key);
	pki_free(&pki);
	return 0;
}

/* ---- TLS 1.3's keys (RFC 8446 section 7.1) */

static void expand(const uint8_t secret[SHA256_LEN], const char *label, struct bytes context,
		   uint8_t *to, size_t len)
{
	uint8_t info[128], out[SHA256_LEN];
	struct writer w = writer_of(info, sizeof(info));
	struct bytes all;

	put_u16(&w, (uint16_t)len);
	put_u8(&w, (uint8_t)(6 + strlen(label)));
	put_bytes(&w, "tls13 ", 6);
	put_bytes(&w, label, strlen(label));
	put_u8(&w, (uint8_t)context.len);
	put_bytes(&w, context.at, context.len);
	put_u8(&w, 1);
	all = bytes_of(w.at, w.len);
	hmac_sha256(bytes_of(secret, SHA256_LEN), &all, 1, out);
	memcpy(to, out, len);
}

static void transcript_hash(const struct server *s, uint8_t hash[SHA256_LEN])
{
	struct bytes all = bytes_of(s->transcript.at, s->transcript.len);

	digest_sha256(&all, 1, hash);
}

static void agree(struct server *s, uint8_t shared[SHARE_LEN])
{
	curve25519_key theirs;
	word32 len = SHARE_LEN;

	assert_int_equal(wc_curve25519_init(&theirs), 0);
	assert_int_equal(wc_curve25519_import_public_ex(s->client_share, SHARE_LEN, &theirs,
							EC25519_LITTLE_ENDIAN),
			 0);
	assert_int_equal(wc_curve25519_shared_secret_ex(&s->own, &theirs, shared, &len,
							EC25519_LITTLE_ENDIAN),
			 0);
	wc_curve25519_free(&theirs);
}

static void seal_from_here(struct server *s)
{
	static const uint8_t zeroes[SHA256_LEN];
	uint8_t early[SHA256_LEN], derived[SHA256_LEN], shared[SHARE_LEN], hash[SHA256_LEN];
	struct bytes ikm = bytes_of(zeroes, sizeof(zeroes));

	hmac_sha256(bytes_of(zeroes, sizeof(zeroes)), &ikm, 1, early);
	digest_sha256(NULL, 0, hash);
	expand(early, "derived", bytes_of(hash, sizeof(hash)), derived, sizeof(derived));
	agree(s, shared);
	ikm = bytes_of(shared, sizeof(shared));
	hmac_sha256(bytes_of(derived, sizeof(derived)), &ikm, 1, early);
	transcript_hash(s, hash);
	expand(early, "s hs traffic", bytes_of(hash, sizeof(hash)), s->secret, sizeof(s->secret));
	expand(s->secret, "key", bytes_of(NULL, 0), s->key, sizeof(s->key));
	expand(s->secret, "iv", bytes_of(NULL, 0), s->nonce, sizeof(s->nonce));
	s->is_sealed = true;
}

/* ---- what the server sends */

static void put_sealed(struct server *s, uint8_t type, struct bytes body)
{
	uint8_t plain[ROOM], nonce[NONCE_LEN], *header, *to;
	struct writer w = writer_of(plain, sizeof(plain));
	Aes aes;

	put_bytes(&w, body.at, body.len);
	put_u8(&w, type);
	memcpy(nonce, s->nonce, sizeof(nonce));
	nonce[NONCE_LEN - 1] ^= s->count++;
	header = s->records.at + s->records.len;
	put_u8(&s->records, APPLICATION_DATA);
	put_u16(&s->records, 0x0303);
	put_u16(&s->records, (uint16_t)(w.len + TAG_LEN));
	to = put_gap(&s->records, w.len + TAG_LEN);
	assert_non_null(to);
	assert_int_equal(wc_AesInit(&aes, NULL, INVALID_DEVID), 0);
	assert_int_equal(wc_AesGcmSetKey(&aes, s->key, KEY_LEN), 0);
	assert_int_equal(wc_AesGcmEncrypt(&aes, to, plain, (word32)w.len, nonce, NONCE_LEN,
					  to + w.len, TAG_LEN, header, 5),
			 0);
	wc_AesFree(&aes);
}

static void put_record(struct server *s, uint8_t type, struct bytes body)
{
	if (s->is_sealed) {
		put_sealed(s, type, body);
		return;
	}
	put_u8(&s->records, type);
	put_u16(&s->records, 0x0303);
	put_u16(&s->records, (uint16_t)body.len);
	put_bytes(&s->records, body.at, body.len);
}

static void put_u24(struct writer *w, size_t n)
{
	put_u8(w, (uint8_t)(n >> 16));
	put_u16(w, (uint16_t)n);
}

static void send_message(struct server *s, uint8_t type, const struct writer *body)
{
	size_t at = s->transcript.len;

	assert_false(body->full);
	put_u8(&s->transcript, type);
	put_u24(&s->transcript, body->len);
	put_bytes(&s->transcript, body->at, body->len);
	assert_false(s->transcript.full);
	put_record(s, HANDSHAKE, bytes_of(s->transcript_bytes + at, s->transcript.len - at));
}

static void send_hello(struct server *s, bool echoes_id)
{
	uint8_t bytes[256];
	struct writer w = writer_of(bytes, sizeof(bytes));

	put_u16(&w, 0x0303);
	put_bytes(&w, s->random, sizeof(s->random));
	put_u8(&w, echoes_id ? s->session_id_len : 0);
	put_bytes(&w, s->session_id, echoes_id ? s->session_id_len : 0);
	put_u16(&w, s->is_tls13 ? 0x1301 : 0xc02b); /* AES-128-GCM; with ECDHE and ECDSA */
	put_u8(&w, 0);
	if (s->is_tls13) {
		put_u16(&w, (takes_ticket ? 6 : 0) + 6 + 8 + SHARE_LEN);
		put_u16(&w, EXT_SUPPORTED_VERSIONS);
		put_u16(&w, 2);
		put_u16(&w, 0x0304);
		put_u16(&w, EXT_KEY_SHARE);
		put_u16(&w, 4 + SHARE_LEN);
		put_u16(&w, X25519);
		put_u16(&w, SHARE_LEN);
		put_bytes(&w, s->share, SHARE_LEN);
		if (takes_ticket) {
			put_u16(&w, EXT_PRE_SHARED_KEY);
			put_u16(&w, 2);
			put_u16(&w, 0); /* the first */
		}
	}
	send_message(s, SERVER_HELLO, &w);
	if (s->is_tls13)
		seal_from_here(s);
}

static void send_certificates(struct server *s, const struct owner *first,
			      const struct owner *second)
{
	const struct owner *list[] = { first, second };
	uint8_t bytes[3 * PKI_DER_MAX], entries[2 * PKI_DER_MAX + 16];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct writer e = writer_of(entries, sizeof(entries));

	for (size_t i = 0; i < 2 && list[i]; i++) {
		put_u24(&e, list[i]->der_len);
		put_bytes(&e, list[i]->der, list[i]->der_len);
		if (s->is_tls13)
			put_u16(&e, 0); /* no extensions */
	}
	if (s->is_tls13)
		put_u8(&w, 0); /* no context */
	put_u24(&w, e.len);
	put_bytes(&w, e.at, e.len);
	send_message(s, CERTIFICATE, &w);
}

/* What TLS 1.2 signs is also what it sends: a point of X25519. */
static void put_params(struct server *s, struct writer *w)
{
	put_u8(w, 3); /* named_curve */
	put_u16(w, X25519);
	put_u8(w, SHARE_LEN);
	put_bytes(w, s->share, SHARE_LEN);
}

static void put_signed(struct server *s, struct writer *w)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";
	uint8_t hash[SHA256_LEN];

	if (!s->is_tls13) {
		put_bytes(w, s->client_random, sizeof(s->client_random));
		put_bytes(w, s->random, sizeof(s->random));
		put_params(s, w);
		return;
	}
	for (int i = 0; i < 64; i++)
		put_u8(w, ' ');
	put_bytes(w, context, sizeof(context)); /* with its zero */
	transcript_hash(s, hash);
	put_bytes(w, hash, sizeof(hash));
}

static void send_signature(struct server *s, const struct owner *by, uint16_t algorithm)
{
	uint8_t what_bytes[256], sig_bytes[256], bytes[512];
	struct writer what = writer_of(what_bytes, sizeof(what_bytes));
	struct writer sig = writer_of(sig_bytes, sizeof(sig_bytes));
	struct reader in_bits;
	struct bytes signature;
	struct writer w = writer_of(bytes, sizeof(bytes));

	put_signed(s, &what);
	if (by)
		key_put_signature(by->key, bytes_of(what.at, what.len), &sig);
	assert_false(what.full || sig.full);
	in_bits = reader_of(sig.at, sig.len);
	signature = der_get(&in_bits, DER_BIT_STRING).body; /* with the count of unused bits */
	if (!s->is_tls13)
		put_params(s, &w);
	put_u16(&w, algorithm);
	put_u16(&w, by ? (uint16_t)(signature.len - 1) : 0);
	if (by)
		put_bytes(&w, signature.at + 1, signature.len - 1);
	send_message(s, s->is_tls13 ? CERTIFICATE_VERIFY : SERVER_KEY_EXCHANGE, &w);
}

/* It needs no key but those of the handshake, so anybody can make it. */
static void send_finished(struct server *s)
{
	uint8_t key[SHA256_LEN], hash[SHA256_LEN], mac[SHA256_LEN];
	struct writer w = writer_of(mac, sizeof(mac));
	struct bytes all = bytes_of(hash, sizeof(hash));

	expand(s->secret, "finished", bytes_of(NULL, 0), key, sizeof(key));
	transcript_hash(s, hash);
	hmac_sha256(bytes_of(key, sizeof(key)), &all, 1, mac);
	w.len = sizeof(mac);
	send_message(s, FINISHED, &w);
}

static void send_fixed(struct server *s, uint8_t type, const void *body, size_t len)
{
	uint8_t bytes[64];
	struct writer w = writer_of(bytes, sizeof(bytes));

	put_bytes(&w, body, len);
	send_message(s, type, &w);
}

/* One letter is one message. */
static void send_step(struct server *s, char step)
{
	static const uint8_t one_algorithm[] = { 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3 };

	switch (step) {
	case 'E':
		send_fixed(s, ENCRYPTED_EXTENSIONS, "\0", 2);
		break;
	case 'G':
		send_certificates(s, &genuine, NULL);
		break;
	case 'T':
		send_certificates(s, &thief, NULL);
		break;
	case 'B':
		send_certificates(s, &genuine, &thief);
		break;
	case 'R':
		send_certificates(s, &thief, &genuine);
		break;
	case 'N':
		send_certificates(s, NULL, NULL);
		break;
	case 'S':
		send_signature(s, &genuine, ECDSA_P256_SHA256);
		break;
	case 's':
		send_signature(s, &thief, ECDSA_P256_SHA256);
		break;
	case 'n':
		send_signature(s, NULL, ECDSA_P256_SHA256);
		break;
	case 'p':
		send_signature(s, &thief, RSA_PSS_SHA256);
		break;
	case 'e':
		send_signature(s, &thief, ED25519);
		break;
	case '0':
		send_signature(s, NULL, 0);
		break;
	case 'Q':
		send_fixed(s, CERTIFICATE_REQUEST, one_algorithm, sizeof(one_algorithm));
		break;
	case 'F':
		send_finished(s);
		break;
	case 'D':
		send_fixed(s, SERVER_HELLO_DONE, "", 0);
		break;
	case 'C':
		put_record(s, CHANGE_CIPHER_SPEC, bytes_of("\1", 1));
		break;
	default:
		fail_msg("no step %c", step);
	}
}

/* ---- a handshake */

static void receive(void *arg, const uint8_t *at, size_t len)
{
	struct server *s = arg;

	put_bytes(&s->received, at, len);
	assert_false(s->received.full);
}

static void find_share(struct server *s, struct reader extensions)
{
	while (extensions.left) {
		uint16_t type = get_u16(&extensions);
		struct reader body = get_reader(&extensions, get_u16(&extensions));

		if (type != EXT_KEY_SHARE)
			continue;
		get_u16(&body);
		while (body.left) {
			uint16_t group = get_u16(&body);
			struct reader share = get_reader(&body, get_u16(&body));

			if (group != X25519)
				continue;
			get_copy(&share, s->client_share, SHARE_LEN);
			s->has_client_share = !share.bad && !share.left;
		}
	}
}

static void read_hello(struct server *s)
{
	struct reader r = reader_of(s->received.at, s->received.len);

	get_bytes(&r, 5);
	put_bytes(&s->transcript, r.at, r.left);
	assert_int_equal(get_u8(&r), CLIENT_HELLO);
	get_bytes(&r, 3 + 2);
	get_copy(&r, s->client_random, sizeof(s->client_random));
	s->session_id_len = get_u8(&r);
	assert_true(s->session_id_len <= sizeof(s->session_id));
	get_copy(&r, s->session_id, s->session_id_len);
	get_bytes(&r, get_u16(&r)); /* cipher suites */
	get_bytes(&r, get_u8(&r));  /* compression */
	find_share(s, get_reader(&r, get_u16(&r)));
	assert_false(r.bad);
	assert_true(s->has_client_share);
}

static void make_share(struct server *s)
{
	word32 len = SHARE_LEN;

	assert_int_equal(wc_InitRng(&s->rng), 0);
	assert_int_equal(wc_curve25519_init(&s->own), 0);
	assert_int_equal(wc_curve25519_make_key(&s->rng, SHARE_LEN, &s->own), 0);
#ifdef WOLFSSL_CURVE25519_BLINDING /* where the library has no assembly for it */
	assert_int_equal(wc_curve25519_set_rng(&s->own, &s->rng), 0);
#endif
	assert_int_equal(
		wc_curve25519_export_public_ex(&s->own, s->share, &len, EC25519_LITTLE_ENDIAN), 0);
}

/* A session with a genuine server, of the group that the thief has too. */
static void get_ticket(struct tls_ctx *client)
{
	int group = WOLFSSL_ECC_X25519, result;
	struct tls_server_cfg cfg = pair_server_cfg(&files);
	struct tls_ctx *server;
	struct error err;
	struct pair *p;
	uint8_t none;

	assert_int_equal(tls_ctx_server(&cfg, &server, &err), 0);
	p = pair_new(tls_ctx_hold(client), server, "vpn.example.net");
	assert_int_equal(wolfSSL_set_groups(p->server.tls->ssl, &group, 1), WOLFSSL_SUCCESS);
	assert_true(pair_shake(p));
	assert_int_equal(pair_read(&p->client, &none, 1, &result), 0);
	pair_free(p);
}

/* What the client makes of those messages. `received` then has what it sent after its hello. */
static int answer_to(struct server *s, const char *steps, const struct tls_client_cfg *cfg,
		     bool is_tls13, bool echoes_id)
{
	struct tls_session_cfg session = { .name = "vpn.example.net", .send = receive, .arg = s };
	struct error err;

	memset(s, 0, sizeof(*s));
	s->received = writer_of(s->received_bytes, ROOM);
	s->transcript = writer_of(s->transcript_bytes, ROOM);
	s->records = writer_of(s->records_bytes, ROOM);
	s->is_tls13 = is_tls13;
	memset(s->random, 0x5a, sizeof(s->random));
	assert_int_equal(tls_ctx_client(cfg, &s->ctx, &err), 0);
	tls_ctx_use_tickets(s->ctx, tickets);
	if (tickets)
		get_ticket(s->ctx);
	assert_int_equal(tls_open(s->ctx, &session, &s->client), 0);
	assert_int_equal(tls_handshake(s->client), TLS_WANT_INPUT);
	make_share(s);
	read_hello(s);
	send_hello(s, echoes_id);
	while (*steps)
		send_step(s, *steps++);
	assert_false(s->records.full);
	s->received = writer_of(s->received_bytes, ROOM);
	tls_input(s->client, s->records.at, s->records.len);
	return tls_handshake(s->client);
}

static void drop(struct server *s)
{
	tls_close(s->client);
	tls_ctx_release(s->ctx);
	wc_curve25519_free(&s->own);
	wc_FreeRng(&s->rng);
}

/* By its authority, and by its pin. */
static void for_each_trust(void (*test)(const struct tls_client_cfg *cfg))
{
	const char *pin[] = { genuine.pin };
	struct tls_client_cfg by_authority = { .ca_file = pki.ca_file };
	struct tls_client_cfg by_pin = { .pins = pin, .pin_count = 1 };

	test(&by_authority);
	test(&by_pin);
}

/* Nothing of a client that went on: neither a ClientKeyExchange nor data. */
static void assert_only_alerts(struct reader received)
{
	while (received.left) {
		assert_int_equal(get_u8(&received), ALERT);
		get_u16(&received);
		get_bytes(&received, get_u16(&received));
		assert_false(received.bad);
	}
}

static void refuse_each(const struct tls_client_cfg *cfg, const char *const *attacks, size_t count,
			bool is_tls13, bool echoes_id)
{
	static struct server s;

	for (size_t i = 0; i < count; i++) {
		if (answer_to(&s, attacks[i], cfg, is_tls13, echoes_id) != TLS_FAILED)
			fail_msg("%s was not refused", attacks[i]);
		if (!is_tls13) /* there an alert is sealed like the rest */
			assert_only_alerts(reader_of(s.received.at, s.received.len));
		assert_int_equal(tls_handshake(s.client), TLS_FAILED);
		drop(&s);
	}
}

static const char *const attacks_13[] = {
	"EGsF", "EGnF", "EGpF", "EGeF",  "EG0F", "EGF",  "EF",   "EsF",   "ENsF",
	"ENF",  "ETsF", "ERsF", "EBsF",  "ERSF", "EsGF", "EFGs", "EGTsF", "ETGsF",
	"EGQF", "EGQ",  "EGsS", "EGFSF", "GSF",  "EQGF", "F",    "EGCF",
};
static const char *const attacks_12[] = {
	"GsD", "GnD", "GpD",  "GeD",  "G0D", "GD",  "D",    "sD",   "SD", "NsD", "ND",  "TsD",
	"RsD", "BsD", "TGsD", "GTsD", "sGD", "GSG", "GSTD", "GsSD", "C",  "GC",  "GSC",
};
enum {
	ATTACKS_13 = sizeof(attacks_13) / sizeof(attacks_13[0]),
	ATTACKS_12 = sizeof(attacks_12) / sizeof(attacks_12[0]),
};

static void tls13_of(const struct tls_client_cfg *cfg)
{
	static struct server s;

	assert_int_equal(answer_to(&s, "EGSF", cfg, true, true), 1);
	drop(&s);
	assert_int_equal(answer_to(&s, "EBSF", cfg, true, true), 1);
	drop(&s);
	refuse_each(cfg, attacks_13, ATTACKS_13, true, true);
}

static void tls13(void **state)
{
	(void)state;
	for_each_trust(tls13_of);
}

static void tls12_of(const struct tls_client_cfg *cfg)
{
	static struct server s;

	assert_int_equal(answer_to(&s, "GSD", cfg, false, false), TLS_WANT_INPUT);
	assert_int_equal(s.received.at[0], HANDSHAKE);
	assert_int_equal(s.received.at[5], CLIENT_KEY_EXCHANGE);
	drop(&s);
	/* with the client's session id it is as if a session were resumed */
	for (int i = 0; i < 2; i++)
		refuse_each(cfg, attacks_12, ATTACKS_12, false, i);
}

static void tls12(void **state)
{
	(void)state;
	for_each_trust(tls12_of);
}

/*
 * A client that offers a ticket: the thief passes over it, or says that it takes it. Each attempt has a new
 * ticket.
 */
static void with_a_ticket(void **state)
{
	static const char *const taken[] = { "EGSF", "EF", "F", "EGF", "ESF", "EGSSF", "ETsF" };
	struct tls_client_cfg cfg = { .ca_file = pki.ca_file };
	static struct server s;

	(void)state;
	tickets = tls_tickets_new(clock_boot_s);
	assert_int_equal(answer_to(&s, "EGSF", &cfg, true, true), 1);
	assert_int_equal(tls_tickets_are_tried(tickets), TLS_HAS_TICKETS);
	assert_false(tls_is_resumed(s.client));
	drop(&s);
	refuse_each(&cfg, attacks_13, ATTACKS_13, true, true);
	for (int i = 0; i < 2; i++)
		refuse_each(&cfg, attacks_12, ATTACKS_12, false, i);
	takes_ticket = true;
	refuse_each(&cfg, attacks_13, ATTACKS_13, true, true);
	refuse_each(&cfg, taken, sizeof(taken) / sizeof(taken[0]), true, true);
	takes_ticket = false;
	tls_tickets_free(tickets);
	tickets = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls13),
		cmocka_unit_test(tls12),
		cmocka_unit_test(with_a_ticket),
	};

	return cmocka_run_group_tests(tests, make_owners, drop_owners);
}
