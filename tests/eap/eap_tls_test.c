/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * EAP-TLS: both ends over PPP, with TLS 1.2 and 1.3, with faults of the wire; certificates and
 * names that each end refuses; fragments as other programs cut them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "eap/eap_link.h"
#include "eap/eap_tls.h"
#include "eap/tls_lab.h"
#include "tls/cert_user.h"

static struct {
	struct link link;
	struct eap_tls_peer peer;
	struct eap_tls_server server;
	bool is_refused; /* the owner of the certificate may not log in */
	char user[64];   /* the last certificate's name */
} t;

static const struct eap_choice peer_choice = { &eap_tls_peer, &t.peer };
static const struct eap_choice server_choice = { &eap_tls_server, &t.server };

static bool check(void *arg, struct bytes leaf)
{
	struct bytes names[CERT_USERS_MAX];
	size_t n = cert_user_names(leaf, names);

	(void)arg;
	assert_int_equal(n, 1);
	snprintf(t.user, sizeof(t.user), "%.*s", (int)names[0].len, (const char *)names[0].at);
	return !t.is_refused;
}

static void close_ends(void)
{
	eap_tls_peer_close(&t.peer);
	eap_tls_server_close(&t.server);
	tls_ctx_release(t.peer.end.ctx);
	tls_ctx_release(t.server.end.ctx);
	memset(&t, 0, sizeof(t));
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.peer.end.name = "radius.example.net";
	t.server.check = check;
	t.link.peer = (struct eap_peer){ .identity = bytes_text("ann"),
					 .choices = &peer_choice,
					 .choice_count = 1 };
	t.link.server = (struct eap_server){ .choices = &server_choice, .choice_count = 1 };
	t.link.random = link_draw;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_ends();
	return 0;
}

static void use(const struct tls_client_cfg *client, const struct tls_server_cfg *server)
{
	t.peer.end.ctx = tls_lab_client(client);
	t.server.end.ctx = tls_lab_server(server);
}

static void use_good(bool is_12)
{
	struct tls_client_cfg client = tls_lab_client_cfg(&lab.client);
	struct tls_server_cfg server = tls_lab_server_cfg(&lab.server);

	client.only_tls12 = is_12;
	use(&client, &server);
}

/* ---- good ends */

static void both_ends_agree(void **state)
{
	static const char *const names[] = { "radius.example.net", "RADIUS.example.net",
					     "example.net" };

	for (int is_12 = 0; is_12 < 2; is_12++)
		for (size_t i = 0; i < 3; i++) {
			set_up(state);
			t.peer.end.name = names[i];
			use_good(is_12);
			link_run(&t.link, 0);
			if (!link_is_good(&t.link))
				fail_msg("%s, TLS 1.%d: %s; %s", names[i], is_12 ? 2 : 3,
					 t.peer.end.error.text, t.server.end.error.text);
			assert_string_equal(t.user, "ann");
			assert_int_equal(tls_is_13(t.peer.end.pipe.tls), !is_12);
			close_ends();
		}
	set_up(state);
}

/* The certificates need more than one fragment in each direction. */
static void long_chains(void **state)
{
	struct pki_files files[2] = { lab.server, lab.client };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char path[128];

		pki_path(&lab.pki, "chain.pem", path);
		pki_append_pem(path, files[i].der, files[i].der_len, PKI_CERT);
		for (int n = 0; n < 8; n++)
			pki_append_pem(path, lab.pki.ca_der, lab.pki.ca_der_len, PKI_CERT);
		memcpy(files[i].cert, path, sizeof(path));
	}
	for (int is_12 = 0; is_12 < 2; is_12++) {
		struct tls_client_cfg client = tls_lab_client_cfg(&files[1]);
		struct tls_server_cfg server = tls_lab_server_cfg(&files[0]);

		client.only_tls12 = is_12;
		set_up(state);
		use(&client, &server);
		link_run(&t.link, 0);
		assert_true(link_is_good(&t.link));
		assert_in_range(t.link.client_end.rounds, 9, 50);
		close_ends();
	}
	set_up(state);
}

static void run_faulty(void **state, bool is_12, enum link_fault fault, size_t at, size_t cut_len)
{
	set_up(state);
	use_good(is_12);
	t.link.fault = fault;
	t.link.fault_at = at;
	t.link.cut_len = cut_len;
	link_run(&t.link, 120 * 1000);
	if (!link_is_good(&t.link))
		fail_msg("TLS 1.%d: fault %d at frame %zu, length %zu: %s; %s", is_12 ? 2 : 3,
			 (int)fault, at, cut_len, t.peer.end.error.text, t.server.end.error.text);
	close_ends();
}

static void faults_of_the_wire(void **state)
{
	static const size_t lengths[] = { 0, 5, 9, 10, 14, 100 };

	for (int is_12 = 0; is_12 < 2; is_12++) {
		size_t count;

		set_up(state);
		use_good(is_12);
		link_run(&t.link, 0);
		count = t.link.sent;
		close_ends();
		for (size_t at = 0; at < count; at++) {
			run_faulty(state, is_12, LINK_LOST, at, 0);
			run_faulty(state, is_12, LINK_DOUBLED, at, 0);
			run_faulty(state, is_12, LINK_LATE, at, 0);
			for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
				run_faulty(state, is_12, LINK_CUT, at, lengths[i]);
		}
	}
	set_up(state);
}

/* ---- what is refused */

static void expect_failure(bool by_client, const char *why)
{
	const char *text = by_client ? t.peer.end.error.text : t.server.end.error.text;

	link_run(&t.link, 120 * 1000);
	assert_true(link_is_over(&t.link));
	assert_false(t.link.client_end.is_up || t.link.server_end.is_up);
	assert_int_equal(t.peer.end.is_untrusted, by_client);
	if (!strstr(text, why))
		fail_msg("\"%s\" is not in \"%s\"", why, text);
	close_ends();
}

static void a_client_refuses_servers(void **state)
{
	struct pki_leaf leaf = { .purpose = tls_lab_client_auth };
	struct pki_files for_clients, of_other;

	pki_issue(&lab.pki, &leaf, &for_clients);
	pki_issue(&lab.other, &(struct pki_leaf){ 0 }, &of_other);
	for (int is_12 = 0; is_12 < 2; is_12++) {
		struct tls_client_cfg client = tls_lab_client_cfg(&lab.client);
		struct tls_server_cfg server = tls_lab_server_cfg(&lab.server);

		client.only_tls12 = is_12;
		set_up(state);
		t.peer.end.name = "another.example.net";
		use(&client, &server);
		expect_failure(true, "is not for another.example.net but for radius.example.net");
		set_up(state);
		t.peer.end.name = "ample.net"; /* no domain of it */
		use(&client, &server);
		expect_failure(true, "is not for ample.net");
		set_up(state);
		t.peer.end.name = "vpn.example.net";
		server = tls_lab_server_cfg(&of_other);
		use(&client, &server);
		expect_failure(true, "not signed by an authority that --eap-ca");
		set_up(state);
		t.peer.end.name = "vpn.example.net";
		server = tls_lab_server_cfg(&for_clients);
		use(&client, &server);
		expect_failure(true, "is not meant for servers");
	}
	set_up(state);
}

static void a_server_refuses_clients(void **state)
{
	struct pki_leaf leaf = { .has_no_san = true, .common_name = "ann" };
	struct pki_files for_servers, expired;

	pki_issue(&lab.pki, &leaf, &for_servers);
	leaf.purpose = tls_lab_client_auth;
	leaf.from_day = -20;
	leaf.until_day = -10;
	pki_issue(&lab.pki, &leaf, &expired);
	for (int is_12 = 0; is_12 < 2; is_12++) {
		const struct {
			const struct pki_files *files;
			const char *why;
		} cases[] = {
			{ NULL, "" },
			{ &lab.stranger, "not signed by an authority that --client-ca holds" },
			{ &for_servers, "is not meant for clients" },
			{ &expired, "expired" },
		};
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			struct tls_client_cfg client = tls_lab_client_cfg(cases[i].files);
			struct tls_server_cfg server = tls_lab_server_cfg(&lab.server);

			client.only_tls12 = is_12;
			set_up(state);
			use(&client, &server);
			expect_failure(false, cases[i].why);
			assert_string_equal(t.user, ""); /* the check was not asked */
		}
	}
	set_up(state);
}

static void an_owner_who_may_not_log_in(void **state)
{
	for (int is_12 = 0; is_12 < 2; is_12++) {
		set_up(state);
		use_good(is_12);
		t.is_refused = true;
		link_run(&t.link, 120 * 1000);
		assert_true(link_is_over(&t.link));
		assert_string_equal(t.user, "ann");
		assert_int_equal(t.link.client_end.why, PPP_CLOSED_REFUSED);
		close_ends();
	}
	set_up(state);
}

/* ---- fragments as others cut them */

struct cut {
	size_t fragment;
	bool has_total_always;
};

static uint8_t message[TLS_PIPE_MESSAGE_MAX];

/* Gives the peer a whole message in fragments, and expects a confirmation of each but the last. */
static enum eap_step give(struct bytes whole, const struct cut *cut, struct writer *out)
{
	struct eap_packet in = { .code = EAP_REQUEST, .type = EAP_TLS };
	uint8_t data[2048];
	enum eap_step step = EAP_STEP_DROP;

	for (size_t at = 0; at < whole.len;) {
		size_t left = whole.len - at, len = left < cut->fragment ? left : cut->fragment;
		struct writer w = writer_of(data, sizeof(data));
		bool has_more = len < left, has_total = cut->has_total_always || (!at && has_more);

		put_u8(&w, (uint8_t)(has_more << 6 | has_total << 7));
		if (has_total)
			put_u32(&w, (uint32_t)whole.len);
		put_bytes(&w, whole.at + at, len);
		in.data = bytes_of(data, w.len);
		out->len = 0;
		step = eap_tls_peer.input(&t.peer, &in, out);
		at += len;
		if (at == whole.len)
			break;
		assert_int_equal(step, EAP_STEP_SEND);
		assert_int_equal(out->len, 1);
		assert_int_equal(out->at[0], 0);
	}
	return step;
}

/* The server's whole first flight. */
static struct bytes flight(const uint8_t *hello, size_t len)
{
	struct eap_packet in = { .code = EAP_RESPONSE,
				 .type = EAP_TLS,
				 .data = bytes_of(hello, len) };
	uint8_t out[EAP_PACKET_MAX];
	struct writer w = writer_of(out, sizeof(out)), all = writer_of(message, sizeof(message));

	assert_int_equal(eap_tls_server.begin(&t.server, 1, &w), EAP_STEP_SEND);
	do {
		w = writer_of(out, sizeof(out));
		assert_int_equal(eap_tls_server.input(&t.server, &in, &w), EAP_STEP_SEND);
		put_bytes(&all, out + (out[0] & 0x80 ? 5 : 1), w.len - (out[0] & 0x80 ? 5 : 1));
		in.data = bytes_of("\0", 1);
	} while (out[0] & 0x40);
	return bytes_of(message, all.len);
}

static void fragments_of_any_size(void **state)
{
	static const struct cut cuts[] = {
		{ 1, false },  { 1, true },     { 7, false },
		{ 400, true }, { 1300, false }, { 1, true },
	};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		struct eap_packet start = { .code = EAP_REQUEST,
					    .type = EAP_TLS,
					    .data = bytes_of("\x20", 1) };
		uint8_t out[EAP_PACKET_MAX], hello[EAP_PACKET_MAX];
		struct writer w = writer_of(hello, sizeof(hello));

		set_up(state);
		use_good(i % 2);
		assert_int_equal(eap_tls_peer.input(&t.peer, &start, &w), EAP_STEP_SEND);
		assert_int_equal(hello[0], 0); /* one fragment, so without its length */
		assert_in_range(w.len, 100, 400);
		{
			struct writer answer = writer_of(out, sizeof(out));

			assert_int_equal(give(flight(hello, w.len), &cuts[i], &answer),
					 EAP_STEP_SEND);
			assert_in_range(answer.len, 400, 1005);
		}
		close_ends();
	}
	set_up(state);
}

static void what_is_no_fragment(void **state)
{
	static const struct {
		const char *name;
		const char *data;
		size_t len;
	} cases[] = {
		{ "no flags", "", 0 },
		{ "version 1", "\1\x16", 2 },
		{ "half a length", "\x80\0\0", 3 },
		{ "a length of zero", "\x80\0\0\0\0\x16", 6 },
		{ "more than 64 KiB", "\x80\0\1\0\1\x16", 6 },
		{ "more than 4 GiB minus one", "\xc0\xff\xff\xff\xff\x16", 6 },
		{ "more data than the length", "\x80\0\0\0\1\x16\3", 7 },
		{ "an empty fragment with more to come", "\x40", 1 },
		{ "an empty fragment with a length", "\xc0\0\0\0\5", 5 },
	};

	(void)state;
	use_good(false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct eap_packet in = { .code = EAP_REQUEST,
					 .type = EAP_TLS,
					 .data = bytes_of("\x20", 1) };
		uint8_t out[EAP_PACKET_MAX];
		struct writer w = writer_of(out, sizeof(out));

		assert_int_equal(eap_tls_peer.input(&t.peer, &in, &w), EAP_STEP_SEND);
		w.len = 0;
		in.data = bytes_of(cases[i].data, cases[i].len);
		if (eap_tls_peer.input(&t.peer, &in, &w) != EAP_STEP_DROP)
			fail_msg("%s", cases[i].name);
	}
}

static void a_message_that_ends_early(void **state)
{
	struct eap_packet in = { .code = EAP_REQUEST,
				 .type = EAP_TLS,
				 .data = bytes_of("\x20", 1) };
	uint8_t out[EAP_PACKET_MAX];
	struct writer w = writer_of(out, sizeof(out));

	(void)state;
	use_good(false);
	assert_int_equal(eap_tls_peer.input(&t.peer, &in, &w), EAP_STEP_SEND);
	w.len = 0;
	in.data = bytes_of("\xc0\0\0\0\x64\x16\3\3", 8);
	assert_int_equal(eap_tls_peer.input(&t.peer, &in, &w), EAP_STEP_SEND);
	w.len = 0;
	in.data = bytes_of("\xc0\0\0\0\x65\x16\3\3", 8); /* another total */
	assert_int_equal(eap_tls_peer.input(&t.peer, &in, &w), EAP_STEP_DROP);
	in.data = bytes_of("\0\0\5", 3);
	assert_int_equal(eap_tls_peer.input(&t.peer, &in, &w), EAP_STEP_FAIL);
	assert_string_not_equal(t.peer.end.error.text, "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(both_ends_agree),           CASE(long_chains),
		CASE(faults_of_the_wire),        CASE(a_client_refuses_servers),
		CASE(a_server_refuses_clients),  CASE(an_owner_who_may_not_log_in),
		CASE(fragments_of_any_size),     CASE(what_is_no_fragment),
		CASE(a_message_that_ends_early),
	};

	return cmocka_run_group_tests_name("eap/eap_tls", tests, tls_lab_open, tls_lab_close);
}
