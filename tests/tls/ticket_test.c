/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions resumed by tickets: when they are, when they are not, and that neither weakens the trust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "pair.h"
#include "tls/der.h"
#include "tls/open.h"
#include "tls/ticket_keys.h"
#include "tls/tickets.h"
#include "util/clock.h"

enum { HOUR_S = 3600 };

static time_t clock_ahead;     /* of the machine's date */
static uint64_t boot_s = 1000; /* of tls_tickets_new */

/* In place of the C library's: the library and our checks of dates call it. */
time_t time(time_t *to)
{
	struct timespec ts;
	time_t now;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = ts.tv_sec + clock_ahead;
	if (to)
		*to = now;
	return now;
}

/* The same: the library dates tickets by it. */
int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	*to = (struct timeval){ ts.tv_sec + clock_ahead, ts.tv_nsec / 1000 };
	return 0;
}

static uint64_t our_boot_s(void)
{
	return boot_s;
}

/* A server, and a client with its tickets. */
struct lab {
	struct tls_ctx *client, *server;
	struct tls_tickets *tickets;
	bool is_resumed;                 /* the last handshake, by both ends, ... */
	bool ok;                         /* ... which succeeded, ... */
	struct error error;              /* ... or else the client's error */
	size_t from_client, from_server; /* bytes */
	uint8_t sha256[SHA256_LEN];
};

static struct tls_ctx *client_ctx(const struct tls_client_cfg *cfg)
{
	struct tls_ctx *ctx;
	struct error err;

	if (tls_ctx_client(cfg, &ctx, &err))
		fail_msg("%s", err.text);
	return ctx;
}

static struct tls_ctx *server_ctx(const struct tls_server_cfg *cfg)
{
	struct tls_ctx *ctx;
	struct error err;

	if (tls_ctx_server(cfg, &ctx, &err))
		fail_msg("%s", err.text);
	return ctx;
}

static void use_client(struct lab *l, const struct tls_client_cfg *cfg)
{
	tls_ctx_release(l->client);
	l->client = client_ctx(cfg);
}

static void use_server(struct lab *l, const struct tls_server_cfg *cfg)
{
	tls_ctx_release(l->server);
	l->server = server_ctx(cfg);
}

static void lab_open(struct lab *l)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server = pair_server_cfg(&pair_files);

	clock_ahead = 0;
	*l = (struct lab){ .client = client_ctx(&client), .server = server_ctx(&server) };
	l->tickets = tls_tickets_new(our_boot_s);
	assert_non_null(l->tickets);
}

static void lab_close(struct lab *l)
{
	tls_tickets_free(l->tickets);
	tls_ctx_release(l->client);
	tls_ctx_release(l->server);
}

static void exchange(struct pair *p)
{
	uint8_t data[8];
	int result;

	assert_int_equal(tls_write(p->client.tls, (const uint8_t *)"ping", 4), 0);
	assert_int_equal(pair_read(&p->server, data, sizeof(data), &result), 4);
	assert_int_equal(tls_write(p->server.tls, (const uint8_t *)"pong", 4), 0);
	assert_int_equal(pair_read(&p->client, data, sizeof(data), &result), 4);
	assert_memory_equal(data, "pong", 4);
}

static void compare(struct lab *l, struct pair *p)
{
	uint8_t sha1[SHA1_LEN], sha256[SHA256_LEN];

	l->is_resumed = tls_is_resumed(p->client.tls);
	assert_int_equal(tls_is_resumed(p->server.tls), l->is_resumed);
	assert_string_equal(tls_cipher(p->client.tls), tls_cipher(p->server.tls));
	assert_string_equal(tls_version(p->client.tls), tls_version(p->server.tls));
	tls_binding_hashes(p->client.tls, sha1, l->sha256);
	tls_binding_hashes(p->server.tls, sha1, sha256);
	assert_memory_equal(sha256, l->sha256, sizeof(sha256));
}

static void count(void *arg, const uint8_t *at, size_t len)
{
	struct pair_end *to = ((struct pair_end *)arg)->other;

	assert_true(to->inbox_len + len <= sizeof(to->inbox));
	memcpy(to->inbox + to->inbox_len, at, len);
	to->inbox_len += len;
	((struct pair_end *)arg)->sends += len;
}

static struct pair *open_pair(struct lab *l, const char *name, const char *sni)
{
	struct pair *p = calloc(1, sizeof(*p));
	struct tls_session_cfg client = {
		.name = name, .sni = sni, .send = count, .arg = &p->client
	};
	struct tls_session_cfg server = { .send = count, .arg = &p->server };

	assert_non_null(p);
	tls_ctx_use_tickets(l->client, l->tickets);
	p->client.other = &p->server;
	p->server.other = &p->client;
	p->client.ctx = tls_ctx_hold(l->client);
	p->server.ctx = tls_ctx_hold(l->server);
	assert_int_equal(tls_open(l->client, &client, &p->client.tls), 0);
	assert_int_equal(tls_open(l->server, &server, &p->server.tls), 0);
	return p;
}

static void connect_as(struct lab *l, const char *name, const char *sni)
{
	struct pair *p = open_pair(l, name, sni);

	l->ok = pair_shake(p);
	l->is_resumed = false;
	l->from_client = p->client.sends;
	l->from_server = p->server.sends;
	l->error = *tls_error_of(p->client.tls);
	if (l->ok) {
		compare(l, p);
		exchange(p);
	}
	pair_free(p);
}

static void connect_to(struct lab *l)
{
	connect_as(l, "vpn.example.net", NULL);
}

static void full(struct lab *l)
{
	connect_to(l);
	if (!l->ok)
		fail_msg("%s", l->error.text);
	assert_false(l->is_resumed);
}

static void resumed(struct lab *l)
{
	connect_to(l);
	if (!l->ok)
		fail_msg("%s", l->error.text);
	assert_int_equal(l->is_resumed, TLS_HAS_TICKETS);
}

/* The certificate that the crypto binding hashes is that of the full handshake. */
static void a_session_is_resumed(void **state)
{
	uint8_t sha256[SHA256_LEN];
	struct lab l;
	size_t len;

	(void)state;
	lab_open(&l);
	full(&l);
	len = l.from_server;
	memcpy(sha256, l.sha256, sizeof(sha256));
	for (int i = 0; i < 3; i++) {
		resumed(&l);
		assert_memory_equal(l.sha256, sha256, sizeof(sha256));
		/* no certificate, no signature */
		assert_true(l.from_server + 400 < len || !TLS_HAS_TICKETS);
	}
	lab_close(&l);
}

/* A client that comes back all day long, each time by the ticket of the time before. */
static void many_times(void **state)
{
	enum { MORE_THAN_A_BYTE_COUNTS = 260 };
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	for (int i = 0; i < MORE_THAN_A_BYTE_COUNTS; i++)
		resumed(&l);
	lab_close(&l);
}

static void without_a_store(void **state)
{
	struct lab l;

	(void)state;
	lab_open(&l);
	tls_tickets_free(l.tickets);
	l.tickets = NULL;
	full(&l);
	full(&l);
	lab_close(&l);
}

/* Of two sessions that begin at the same time only one has the ticket. */
static void each_is_used_once(void **state)
{
	struct pair *first, *second;
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	first = open_pair(&l, "vpn.example.net", NULL);
	second = open_pair(&l, "vpn.example.net", NULL);
	assert_true(pair_shake(first));
	assert_true(pair_shake(second));
	assert_int_equal(tls_is_resumed(first->client.tls), TLS_HAS_TICKETS);
	assert_false(tls_is_resumed(second->client.tls));
	exchange(first);
	pair_free(second);
	pair_free(first);
	resumed(&l);
	lab_close(&l);
}

/* The server has sent no new one: there is none to use. */
static void a_used_ticket_is_not_kept(void **state)
{
	struct lab l;
	struct pair *p;

	(void)state;
	lab_open(&l);
	full(&l);
	p = open_pair(&l, "vpn.example.net", NULL);
	assert_true(pair_shake(p));
	assert_int_equal(tls_is_resumed(p->client.tls), TLS_HAS_TICKETS);
	pair_free(p); /* the new ticket waits in the inbox, not read */
	full(&l);
	lab_close(&l);
}

static void a_failed_session_keeps_none(void **state)
{
	struct lab l;
	struct pair *p;
	uint8_t data[8];
	int result;

	(void)state;
	lab_open(&l);
	p = open_pair(&l, "vpn.example.net", NULL);
	assert_true(pair_shake(p));
	exchange(p);
	assert_int_equal(tls_write(p->server.tls, (const uint8_t *)"pong", 4), 0);
	p->client.inbox[p->client.inbox_len - 1] ^= 1;
	assert_int_equal(pair_read(&p->client, data, sizeof(data), &result), 0);
	assert_int_equal(result, TLS_FAILED);
	pair_free(p);
	full(&l);
	lab_close(&l);
}

static void another_name(void **state)
{
	uint8_t san[64];
	struct writer w = writer_of(san, sizeof(san));
	struct tls_server_cfg server;
	struct pki_files f;
	struct lab l;

	(void)state;
	x509_put_dns(&w, "vpn.example.net");
	x509_put_dns(&w, "b.example.net");
	pki_issue(&pair_pki, &(struct pki_leaf){ .has_san = true, .san = bytes_of(san, w.len) },
		  &f);
	server = pair_server_cfg(&f);
	lab_open(&l);
	use_server(&l, &server);
	full(&l);
	connect_as(&l, "b.example.net", NULL);
	assert_true(l.ok);
	assert_false(l.is_resumed);
	connect_as(&l, "vpn.example.net", "b.example.net");
	assert_true(l.ok);
	assert_false(l.is_resumed);
	/* the tickets of each are still there */
	resumed(&l);
	connect_as(&l, "b.example.net", NULL);
	assert_int_equal(l.is_resumed, TLS_HAS_TICKETS);
	connect_as(&l, "vpn.example.net", "b.example.net");
	assert_int_equal(l.is_resumed, TLS_HAS_TICKETS);
	lab_close(&l);
}

static void many_names(void **state)
{
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	for (const char *n = "abcdefgh"; *n; n++) { /* as many as are kept */
		char sni[] = { *n, '.', 'e', 'x', '\0' };

		connect_as(&l, "vpn.example.net", sni);
		assert_true(l.ok);
	}
	full(&l); /* the oldest was dropped */
	connect_as(&l, "vpn.example.net", "h.ex");
	assert_int_equal(l.is_resumed, TLS_HAS_TICKETS);
	lab_close(&l);
}

/* A pin in place of an authority, another pin, and back: nothing is used across. */
static void another_trust(void **state)
{
	static const char wrong[] = "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	const char *pins[] = { pair_files.pin, wrong };
	struct tls_client_cfg by_ca = pair_client_cfg(&pair_pki),
			      by_pin = { .pins = pins, .pin_count = 1 },
			      by_two = { .pins = pins, .pin_count = 2 },
			      by_wrong = { .pins = pins + 1, .pin_count = 1 };
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	use_client(&l, &by_pin);
	full(&l);
	resumed(&l);
	use_client(&l, &by_two);
	full(&l);
	use_client(&l, &by_wrong);
	connect_to(&l);
	assert_false(l.ok);
	assert_non_null(strstr(l.error.text, "but the pin given is"));
	use_client(&l, &by_ca);
	full(&l);
	use_client(&l, &by_ca); /* read again, and the same */
	resumed(&l);
	by_ca.allow_cn = true;
	use_client(&l, &by_ca);
	full(&l);
	lab_close(&l);
}

static void another_authority(void **state)
{
	struct tls_client_cfg client;
	struct pki other;
	struct lab l;

	(void)state;
	pki_init(&other, "Somebody Else");
	client = pair_client_cfg(&other);
	lab_open(&l);
	full(&l);
	use_client(&l, &client);
	connect_to(&l);
	assert_false(l.ok);
	assert_non_null(strstr(l.error.text, "not signed by an authority"));
	lab_close(&l);
	pki_free(&other);
}

/* Our own certificate is part of what a session is. */
static void another_client_certificate(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	client.cert_file = pair_files.cert;
	client.key_file = pair_files.key;
	use_client(&l, &client);
	full(&l);
	resumed(&l);
	lab_close(&l);
}

/* A ticket of the server's is good for twelve hours, by its own date and by the client's. */
static void an_old_ticket(void **state)
{
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	clock_ahead = TICKET_LIFE_S + 1;
	full(&l);
	clock_ahead = 0;
	lab_close(&l);
}

/* New tickets do not make the check of the certificate any younger. */
static void an_old_proof(void **state)
{
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	for (int i = 0; i < 3; i++) {
		boot_s += 7 * HOUR_S;
		resumed(&l);
	}
	boot_s += 3 * HOUR_S;
	full(&l);
	boot_s += HOUR_S;
	resumed(&l);
	lab_close(&l);
}

/* Someone sets the machine's date: the next call succeeds, resumed or not, and the one after it is resumed. */
static void the_date_is_set(void **state)
{
	static const time_t ahead[] = { 1,       -1,          60,           -60,        HOUR_S,
					-HOUR_S, 11 * HOUR_S, -11 * HOUR_S, 20 * HOUR_S };
	struct lab l;

	(void)state;
	for (size_t i = 0; i < sizeof(ahead) / sizeof(*ahead); i++) {
		lab_open(&l);
		full(&l);
		clock_ahead = ahead[i];
		connect_to(&l);
		assert_true(l.ok);
		print_message("# %ld s: %s\n", (long)ahead[i], l.is_resumed ? "resumed" : "full");
		resumed(&l);
		clock_ahead = 0;
		connect_to(&l);
		assert_true(l.ok);
		resumed(&l);
		lab_close(&l);
	}
}

/*
 * One ticket in 2,400 is refused once the date is set back by half an hour: the library reckons a ticket's
 * age, which both ends add a random number to modulo 2^32, without that modulo.
 */
static bool live_for_a_day(struct lab *l)
{
	full(l);
	for (int i = 0; i < 24; i++) {
		connect_to(l);
		assert_true(l->ok);
		if (l->is_resumed != TLS_HAS_TICKETS)
			return false;
		boot_s += HOUR_S;
		clock_ahead -= HOUR_S / 2;
	}
	return true;
}

/* It does not live for longer when the date is set back again and again. */
static void an_old_proof_with_the_date_set_back(void **state)
{
	bool has_lived = false;
	struct lab l;

	(void)state;
	for (int i = 0; i < 5 && !has_lived; i++) {
		lab_open(&l);
		has_lived = live_for_a_day(&l);
		if (has_lived)
			full(&l);
		lab_close(&l);
	}
	assert_true(has_lived);
	clock_ahead = 0;
}

/* It expires between the full handshake and the next, at which the dates are compared again. */
static void an_expired_certificate(void **state)
{
	struct tls_server_cfg server;
	struct pki_files f;
	struct lab l;

	(void)state;
	lab_open(&l);
	clock_ahead = -HOUR_S;
	pki_issue(&pair_pki, &(struct pki_leaf){ .from_day = -2, .until_day = 1 }, &f);
	clock_ahead = PKI_DAY_S - 2 * HOUR_S;
	server = pair_server_cfg(&f);
	use_server(&l, &server);
	full(&l);
	resumed(&l);
	clock_ahead += 2 * HOUR_S;
	connect_to(&l);
	assert_false(l.ok);
	assert_non_null(strstr(l.error.text, "expired on"));
	clock_ahead = 0;
	lab_close(&l);
}

static void put_day(struct writer *w, int days)
{
	time_t t = time(NULL) + days * PKI_DAY_S;
	char text[20];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	der_put(w, DER_UTC_TIME, text + 2, strlen(text) - 2);
}

/* A revocation list of the authority, DER; with a serial number that it revokes, or none. */
static void write_crl(const char *path, struct bytes revoked)
{
	uint8_t der[2048];
	struct writer w = writer_of(der, sizeof(der));
	size_t at = der_begin(&w, DER_SEQUENCE), tbs = w.len, in = der_begin(&w, DER_SEQUENCE);

	der_put(&w, DER_INTEGER, "\1", 1);
	key_put_signature_alg(pair_pki.ca_key, &w);
	put_bytes(&w, pair_pki.ca_name, pair_pki.ca_name_len);
	put_day(&w, -2);
	put_day(&w, 2);
	if (revoked.len) {
		size_t list = der_begin(&w, DER_SEQUENCE), entry = der_begin(&w, DER_SEQUENCE);

		der_put(&w, DER_INTEGER, revoked.at, revoked.len);
		put_day(&w, -1);
		der_end(&w, entry);
		der_end(&w, list);
	}
	der_end(&w, in);
	in = w.len;
	key_put_signature_alg(pair_pki.ca_key, &w);
	key_put_signature(pair_pki.ca_key, bytes_of(der + tbs, in - tbs), &w);
	der_end(&w, at);
	assert_false(w.full);
	pki_write(path, (const char *)der, w.len);
}

/* The client reads the lists again for each connection. */
static void a_revoked_certificate(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	char crl[128];
	struct x509 x;
	struct lab l;

	(void)state;
	lab_open(&l);
	pki_path(&pair_pki, "list.crl", crl);
	write_crl(crl, bytes_of(NULL, 0));
	client.crl_file = crl;
	use_client(&l, &client);
	full(&l);
	use_client(&l, &client);
	resumed(&l);
	assert_true(x509_read(bytes_of(pair_files.der, pair_files.der_len), &x));
	write_crl(crl, x.serial);
	use_client(&l, &client);
	connect_to(&l);
	assert_false(l.ok);
	assert_non_null(strstr(l.error.text, "was revoked on"));
	lab_close(&l);
}

/* A context made again has new keys: at a reload of certificates, and in a server started again. */
static void another_server(void **state)
{
	struct tls_server_cfg server = pair_server_cfg(&pair_files);
	uint8_t before[SHA256_LEN];
	struct pki_files f;
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	memcpy(before, l.sha256, sizeof(before));
	use_server(&l, &server);
	full(&l);
	assert_memory_equal(l.sha256, before, sizeof(before));
	pki_issue(&pair_pki, &(struct pki_leaf){ 0 }, &f);
	server = pair_server_cfg(&f);
	use_server(&l, &server);
	full(&l);
	assert_memory_not_equal(l.sha256, before, sizeof(before));
	resumed(&l);
	lab_close(&l);
}

/* Full handshakes without tickets, although the client offers one. */
static void an_older_server(void **state)
{
	struct tls_server_cfg server = pair_server_cfg(&pair_files);
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	server.only_tls12 = true;
	use_server(&l, &server);
	full(&l);
	full(&l);
	lab_close(&l);
}

static void an_impostor(void **state)
{
	struct tls_server_cfg server;
	struct pki_files f;
	struct pki other;
	struct lab l;

	(void)state;
	pki_init(&other, "Somebody Else");
	pki_issue(&other, &(struct pki_leaf){ 0 }, &f);
	server = pair_server_cfg(&f);
	lab_open(&l);
	full(&l);
	use_server(&l, &server);
	connect_to(&l);
	assert_false(l.ok);
	assert_non_null(strstr(l.error.text, "not signed by an authority"));
	lab_close(&l);
	pki_free(&other);
}

/* No session of EAP is resumed, nor one for which the client shows a certificate. */
static void not_in_eap(void **state)
{
	struct tls_client_cfg client = pair_client_cfg(&pair_pki);
	struct tls_server_cfg server = pair_server_cfg(&pair_files);
	struct lab l;

	(void)state;
	lab_open(&l);
	client.is_eap = server.is_eap = true;
	use_client(&l, &client);
	use_server(&l, &server);
	full(&l);
	full(&l);
	lab_close(&l);
}

static void cleared(void **state)
{
	struct lab l;

	(void)state;
	lab_open(&l);
	full(&l);
	tls_tickets_clear(l.tickets);
	full(&l);
	lab_close(&l);
}

/* ---- the keys of a server */

static void seal(const struct ticket_key *k, struct ticket_parts *p, const char *text)
{
	p->len = strlen(text);
	memcpy(p->at, text, p->len);
	assert_true(ticket_seal(k, p));
}

static void keys_are_replaced(void **state)
{
	const uint64_t life = TICKET_LIFE_S * 1000ULL, start = 5000;
	uint8_t name[TICKET_NAME_LEN], iv[TICKET_IV_LEN], mac[TICKET_MAC_LEN], at[16];
	struct ticket_parts p = { name, iv, mac, at, 0 };
	struct ticket_keys k = { 0 };

	(void)state;
	ticket_keys_turn(&k, start);
	ticket_keys_turn(&k, start + life - 1);
	seal(ticket_keys_sealing(&k), &p, "the last one");
	assert_memory_not_equal(at, "the last one", p.len);
	ticket_keys_turn(&k, start + life);
	assert_memory_not_equal(ticket_keys_sealing(&k)->name, name, sizeof(name));
	/* as long as the ticket is good */
	ticket_keys_turn(&k, start + 2 * life - 1);
	assert_non_null(ticket_keys_opening(&k, name));
	assert_true(ticket_open(ticket_keys_opening(&k, name), &p));
	assert_memory_equal(at, "the last one", p.len);
	ticket_keys_turn(&k, start + 2 * life);
	assert_null(ticket_keys_opening(&k, name));
	/* nobody came for days */
	seal(ticket_keys_sealing(&k), &p, "a later one");
	ticket_keys_turn(&k, start + 9 * life);
	assert_null(ticket_keys_opening(&k, name));
	assert_false(k.before.is_made);
	ticket_keys_wipe(&k);
	for (size_t i = 0; i < sizeof(k); i++)
		assert_int_equal(((const uint8_t *)&k)[i], 0);
}

static void a_changed_ticket(void **state)
{
	uint8_t name[TICKET_NAME_LEN], iv[TICKET_IV_LEN], mac[TICKET_MAC_LEN], at[16];
	struct ticket_parts p = { name, iv, mac, at, 0 };
	struct ticket_keys k = { 0 }, other = { 0 };
	uint8_t *const changed[] = { name, iv, iv + 11, mac, mac + 15, at, at + 7 };

	(void)state;
	ticket_keys_turn(&k, 0);
	ticket_keys_turn(&other, 0);
	assert_null(ticket_keys_opening(&other, ticket_keys_sealing(&k)->name));
	for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); i++) {
		seal(&k.now, &p, "a ticket");
		*changed[i] ^= 1;
		assert_false(ticket_open(&k.now, &p));
	}
	seal(&k.now, &p, "a ticket");
	assert_false(ticket_open(&other.now, &p));
	seal(&k.now, &p, "a ticket");
	assert_true(ticket_open(&k.now, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_resumed),
		cmocka_unit_test(many_times),
		cmocka_unit_test(each_is_used_once),
		cmocka_unit_test(a_used_ticket_is_not_kept),
		cmocka_unit_test(a_failed_session_keeps_none),
		cmocka_unit_test(another_name),
		cmocka_unit_test(many_names),
		cmocka_unit_test(another_trust),
		cmocka_unit_test(another_client_certificate),
		cmocka_unit_test(an_old_proof),
		cmocka_unit_test(the_date_is_set),
		cmocka_unit_test(an_old_proof_with_the_date_set_back),
		cmocka_unit_test(an_expired_certificate),
		cmocka_unit_test(a_revoked_certificate),
		cmocka_unit_test(another_server),
		cmocka_unit_test(without_a_store),
		cmocka_unit_test(another_authority),
		cmocka_unit_test(an_old_ticket),
		cmocka_unit_test(an_older_server),
		cmocka_unit_test(an_impostor),
		cmocka_unit_test(not_in_eap),
		cmocka_unit_test(cleared),
		cmocka_unit_test(keys_are_replaced),
		cmocka_unit_test(a_changed_ticket),
	};

	return cmocka_run_group_tests(tests, pair_make_files, pair_drop_files);
}
