/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PEAP: keys, TLVs and framing as captured from FreeRADIUS and hostapd; both ends over PPP with
 * either inner method, and with faults of the wire; what each end refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "eap/eap_link.h"
#include "eap/eap_mschapv2.h"
#include "eap/eap_tls.h"
#include "eap/peap.h"
#include "eap/tls_lab.h"
#include "support/vectors.h"

static struct {
	struct link link;
	struct peap_peer peer;
	struct peap_server server;
	struct eap_mschapv2_peer inner_peer;
	struct eap_mschapv2_server inner_server;
	struct eap_tls_peer tls_peer;
	struct eap_tls_server tls_server;
	const char *right; /* the password that the server knows */
} t;

static const struct eap_choice outer_peer = { &peap_peer, &t.peer };
static const struct eap_choice outer_server = { &peap_server, &t.server };
/* the server proposes EAP-TLS first, and the client takes the first that it has */
static const struct eap_choice peer_choices[] = { { &eap_mschapv2_peer, &t.inner_peer },
						  { &eap_tls_peer, &t.tls_peer } };
static const struct eap_choice server_choices[] = { { &eap_tls_server, &t.tls_server },
						    { &eap_mschapv2_server, &t.inner_server } };

static void check(void *arg, const struct ppp_attempt *a, struct ppp_auth_result *v)
{
	uint8_t hash[MSCHAP_HASH_LEN];

	(void)arg;
	assert_true(mschap_nt_hash(bytes_text(t.right), hash));
	v->ok = mschap_check(hash, a->challenge.at, a->response.at, a->user, v->message, v->hlak);
}

static bool check_certificate(void *arg, struct bytes leaf)
{
	(void)arg;
	return leaf.len;
}

static struct tls_ctx *client_ctx(const struct pki_files *f, bool is_12)
{
	struct tls_client_cfg cfg = tls_lab_client_cfg(f);

	cfg.only_tls12 = is_12;
	return tls_lab_client(&cfg);
}

static struct tls_ctx *server_ctx(bool wants_cert)
{
	struct tls_server_cfg cfg = tls_lab_server_cfg(&lab.server);

	cfg.only_tls12 = !wants_cert;
	if (!wants_cert)
		cfg.client_ca_file = NULL;
	return tls_lab_server(&cfg);
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.right = "s3cret";
	t.inner_peer = (struct eap_mschapv2_peer){ .user = "ann",
						   .password = "s3cret",
						   .random = link_draw };
	t.inner_server =
		(struct eap_mschapv2_server){ .name = "vpn", .random = link_draw, .check = check };
	t.tls_peer.end.name = "example.net";
	t.tls_server.check = check_certificate;
	t.peer.end.name = "radius.example.net";
	t.peer.end.ctx = client_ctx(NULL, true);
	t.peer.inner = (struct eap_peer){ .identity = bytes_text("ann"),
					  .choices = peer_choices,
					  .choice_count = 1 };
	t.server.end.ctx = server_ctx(false);
	t.server.inner = (struct eap_server){ .choices = server_choices + 1, .choice_count = 1 };
	t.server.random = link_draw;
	t.link.peer = (struct eap_peer){ .identity = bytes_text("anonymous"),
					 .choices = &outer_peer,
					 .choice_count = 1 };
	t.link.server = (struct eap_server){ .choices = &outer_server, .choice_count = 1 };
	t.link.random = link_draw;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	peap_peer_close(&t.peer);
	peap_server_close(&t.server);
	eap_tls_peer_close(&t.tls_peer);
	eap_tls_server_close(&t.tls_server);
	tls_ctx_release(t.peer.end.ctx);
	tls_ctx_release(t.server.end.ctx);
	tls_ctx_release(t.tls_peer.end.ctx);
	tls_ctx_release(t.tls_server.end.ctx);
	memset(&t, 0, sizeof(t));
	return 0;
}

static void use_certificates(void)
{
	t.tls_peer.end.ctx = client_ctx(&lab.client, false);
	t.tls_server.end.ctx = server_ctx(true);
	t.peer.inner.choice_count = t.server.inner.choice_count = 2;
	t.server.inner.choices = server_choices;
}

/* ---- as captured */

static const char binding[] = "eap_peap12_hostapd_binding";

static void keys_of_a_capture(void **state)
{
	struct bytes material = vectors_hex(binding, "key_material_128"),
		     isk = vectors_hex(binding, "isk"), ipmk = vectors_hex(binding, "ipmk"),
		     cmk = vectors_hex(binding, "cmk"), csk = vectors_hex(binding, "csk"),
		     hlak = vectors_hex(binding, "hlak");
	struct bytes text = vectors_text(binding, "user_text");
	uint8_t msk[EAP_MSK_LEN], inner[MSCHAP_HLAK_LEN], challenge[8],
		response[MSCHAP_NT_RESPONSE_LEN], hash[MSCHAP_HASH_LEN];
	struct peap_keys keys;

	(void)state;
	/* the key of MS-CHAPv2 inside */
	assert_true(mschap_nt_hash(vectors_text(binding, "password_text"), hash));
	mschap_challenge_hash(vectors_hex(binding, "peer_challenge").at,
			      vectors_hex(binding, "auth_challenge").at, text, challenge);
	mschap_nt_response(hash, challenge, response);
	mschap_hlak(hash, response, inner);
	assert_int_equal(isk.len, PEAP_ISK_LEN);
	assert_memory_equal(inner, isk.at, isk.len);
	/* what that and the session's key make */
	assert_memory_equal(material.at, vectors_hex(binding, "tk").at,
			    vectors_hex(binding, "tk").len);
	peap_keys(material.at, isk.at, &keys);
	peap_csk(&keys, msk);
	assert_memory_equal(keys.ipmk, ipmk.at, sizeof(keys.ipmk));
	assert_memory_equal(keys.cmk, cmk.at, sizeof(keys.cmk));
	assert_memory_equal(msk, csk.at, sizeof(msk));
	assert_memory_equal(msk, hlak.at, hlak.len);
	assert_memory_equal(msk, vectors_hex(binding, "recv_key").at, EAP_MSK_LEN / 2);
	assert_memory_equal(msk + EAP_MSK_LEN / 2, vectors_hex(binding, "send_key").at,
			    EAP_MSK_LEN / 2);
}

static void bindings_of_a_capture(void **state)
{
	struct bytes request = vectors_hex(binding, "inner_request"),
		     response = vectors_hex(binding, "inner_response"),
		     tlv = vectors_hex(binding, "request_tlv"),
		     mac = vectors_hex(binding, "response_mac");
	struct peap_keys keys;
	struct peap_tlvs tlvs;
	uint8_t out[128], bad[PEAP_BINDING_LEN];
	struct writer w = writer_of(out, sizeof(out));

	(void)state;
	peap_keys(vectors_hex(binding, "key_material_128").at, vectors_hex(binding, "isk").at,
		  &keys);
	assert_true(peap_tlvs_get(bytes_of(request.at + 5, request.len - 5), &tlvs));
	assert_int_equal(tlvs.result, PEAP_SUCCESS);
	assert_memory_equal(tlvs.binding, tlv.at, tlv.len);
	assert_true(peap_binding_is_good(tlvs.binding, PEAP_BINDING_REQUEST, &keys));
	assert_false(peap_binding_is_good(tlvs.binding, PEAP_BINDING_RESPONSE, &keys));
	peap_put_result(&w, PEAP_SUCCESS);
	peap_put_binding(&w, PEAP_BINDING_RESPONSE, peap_nonce_of(tlvs.binding), &keys);
	assert_true(bytes_equal(bytes_of(out, w.len), bytes_of(response.at + 5, response.len - 5)));
	assert_memory_equal(out + w.len - mac.len, mac.at, mac.len);
	for (size_t i = 4; i < PEAP_BINDING_LEN; i++) { /* the MAC covers all of it */
		memcpy(bad, tlvs.binding, sizeof(bad));
		bad[i] ^= 1;
		assert_false(peap_binding_is_good(bad, PEAP_BINDING_REQUEST, &keys));
	}
}

/* What travelled inside: with a header, as FreeRADIUS sends its first Request, and without. */
static void packets_of_captures(void **state)
{
	static const char *const groups[] = { "eap_peap12_freeradius", "eap_peap13_freeradius",
					      "eap_peap12_hostapd_binding" };

	(void)state;
	for (size_t g = 0; g < 3; g++) {
		size_t count = vectors_count(groups[g], "inner_plain");

		assert_int_equal(count, 8);
		for (size_t i = 0; i < count; i++) {
			char path[64];
			struct bytes data;
			uint8_t bytes[EAP_PACKET_MAX];
			struct writer w = writer_of(bytes, sizeof(bytes));
			struct eap_packet p;

			snprintf(path, sizeof(path), "inner_plain.%zu.data", i);
			data = vectors_hex(groups[g], path);
			/* the file has headers that were added, except for hostapd's first */
			peap_wrap(&w, i % 2 ? EAP_RESPONSE : EAP_REQUEST,
				  data.len > 4 && data.at[0] <= 2 ? data.at[1] : 7, data);
			assert_true(eap_packet_get(bytes_of(bytes, w.len), &p));
			assert_int_equal(p.code, i % 2 ? EAP_RESPONSE : EAP_REQUEST);
			assert_int_equal(p.type, i < 2   ? EAP_IDENTITY
						 : i < 6 ? EAP_MSCHAPV2
							 : PEAP_TLV_TYPE);
			assert_int_equal(peap_unwrap(bytes_of(bytes, w.len)).len,
					 i < 6 ? w.len - 4 : w.len);
		}
	}
}

static void tlvs_that_are_odd(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		bool ok;
		enum peap_result result;
		uint16_t unknown;
	} cases[] = {
		{ "", 0, true, PEAP_NO_RESULT, 0 },
		{ "\x80\3\0\2\0\1", 6, true, PEAP_SUCCESS, 0 },
		{ "\0\3\0\2\0\2", 6, true, PEAP_FAILURE, 0 },
		{ "\0\7\0\1x\x80\3\0\2\0\1", 11, true, PEAP_SUCCESS, 0 },
		{ "\x80\7\0\1x", 5, true, PEAP_NO_RESULT, 7 },
		{ "\x80\3\0\2\0\3", 6, false, 0, 0 },
		{ "\x80\3\0\2\0\0", 6, false, 0, 0 },
		{ "\x80\3\0\3\0\1\0", 7, false, 0, 0 },
		{ "\x80\3\0\1\1", 5, false, 0, 0 },
		{ "\x80\3\0\2\0\1\x80\3\0\2\0\1", 12, false, 0, 0 },
		{ "\x80\3\0\2\0", 5, false, 0, 0 },
		{ "\x80\3\0", 3, false, 0, 0 },
		{ "\0\x0c\0\4\0\0\0\0", 8, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct peap_tlvs tlvs;

		if (peap_tlvs_get(bytes_of(cases[i].data, cases[i].len), &tlvs) != cases[i].ok)
			fail_msg("case %zu", i);
		if (!cases[i].ok)
			continue;
		assert_int_equal(tlvs.result, cases[i].result);
		assert_int_equal(tlvs.unknown, cases[i].unknown);
	}
}

/* ---- both ends */

static void a_password_inside(void **state)
{
	(void)state;
	t.peer.requires_binding = t.server.requires_binding = true;
	link_run(&t.link, 0);
	if (!link_is_good(&t.link))
		fail_msg("%s; %s", t.peer.end.error.text, t.server.end.error.text);
	assert_false(tls_is_13(t.peer.end.pipe.tls));
	assert_memory_equal(t.server.inner.identity, "ann", 3);
	assert_memory_equal(t.link.server.identity, "anonymous", 9);
	/* with a binding the key is not that of the session alone */
	assert_memory_not_equal(t.peer.end.msk, t.peer.end.key, sizeof(t.peer.end.msk));
}

static void a_certificate_inside(void **state)
{
	(void)state;
	use_certificates();
	link_run(&t.link, 0);
	if (!link_is_good(&t.link))
		fail_msg("%s; %s", t.peer.end.error.text, t.server.end.error.text);
	assert_ptr_equal(t.peer.inner.chosen->self, &t.tls_peer);
	assert_in_range(t.link.client_end.rounds, 8, 50);
}

/* The server proposes a certificate, the client takes a password. */
static void a_nak_inside(void **state)
{
	(void)state;
	use_certificates();
	t.peer.inner.choice_count = 1;
	link_run(&t.link, 0);
	assert_true(link_is_good(&t.link));
	assert_ptr_equal(t.peer.inner.chosen->self, &t.inner_peer);
}

static void nothing_in_common_inside(void **state)
{
	(void)state;
	use_certificates();
	t.peer.inner.choice_count = t.server.inner.choice_count = 1;
	link_run(&t.link, 10 * 1000);
	assert_true(link_is_over(&t.link));
	assert_int_equal(t.link.client_end.why, PPP_CLOSED_REFUSED);
	assert_int_equal(t.peer.inner.refused, EAP_TLS);
}

static void a_wrong_password(void **state)
{
	(void)state;
	t.right = "another";
	link_run(&t.link, 10 * 1000);
	assert_true(link_is_over(&t.link));
	assert_int_equal(t.link.client_end.why, PPP_CLOSED_REFUSED);
	assert_false(t.link.client_end.is_up || t.link.server_end.is_up);
}

static void a_wrong_name(void **state)
{
	(void)state;
	t.peer.end.name = "another.example.net";
	link_run(&t.link, 10 * 1000);
	assert_true(link_is_over(&t.link));
	assert_true(t.peer.end.is_untrusted);
	assert_non_null(strstr(t.peer.end.error.text, "is not for another.example.net"));
	assert_false(t.peer.inner.chosen); /* no name and no hash has left */
	assert_int_equal(t.server.inner.identity_len, 0);
}

static void run_faulty(void **state, enum link_fault fault, size_t at, size_t cut_len)
{
	set_up(state);
	t.link.fault = fault;
	t.link.fault_at = at;
	t.link.cut_len = cut_len;
	link_run(&t.link, 120 * 1000);
	if (!link_is_good(&t.link))
		fail_msg("fault %d at frame %zu, length %zu: %s; %s", (int)fault, at, cut_len,
			 t.peer.end.error.text, t.server.end.error.text);
	tear_down(state);
}

static void faults_of_the_wire(void **state)
{
	static const size_t lengths[] = { 0, 5, 9, 10, 14, 30, 60 };
	size_t count;

	link_run(&t.link, 0);
	count = t.link.sent;
	tear_down(state);
	for (size_t at = 0; at < count; at++) {
		run_faulty(state, LINK_LOST, at, 0);
		run_faulty(state, LINK_DOUBLED, at, 0);
		run_faulty(state, LINK_LATE, at, 0);
		for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
			run_faulty(state, LINK_CUT, at, lengths[i]);
	}
	set_up(state);
}

/* ---- a server that is not ours: what our client gets inside, scripted */

struct plain {
	const char *data;
	size_t len;
};

static void run_phase_1(void)
{
	uint8_t a[EAP_PACKET_MAX], b[EAP_PACKET_MAX];
	struct eap_packet rq = { .code = EAP_REQUEST, .id = 1, .type = EAP_PEAP },
			  rs = { .code = EAP_RESPONSE, .id = 1, .type = EAP_PEAP };
	struct writer w = writer_of(a, sizeof(a));

	assert_int_equal(peap_server.begin(&t.server, 1, &w), EAP_STEP_SEND);
	for (;;) {
		rq.data = bytes_of(a, w.len);
		w = writer_of(b, sizeof(b));
		assert_int_equal(peap_peer.input(&t.peer, &rq, &w), EAP_STEP_SEND);
		if (t.server.end.pipe.is_up && !tls_pipe_has_output(&t.server.end.pipe))
			return;
		rs.data = bytes_of(b, w.len);
		w = writer_of(a, sizeof(a));
		assert_int_equal(peap_server.input(&t.server, &rs, &w), EAP_STEP_SEND);
	}
}

/* Gives the peer what a server says inside. */
static enum eap_step give(const struct plain *plain, uint8_t id, struct writer *out)
{
	uint8_t a[EAP_PACKET_MAX];
	struct writer w = writer_of(a, sizeof(a));
	struct eap_packet rq = { .code = EAP_REQUEST, .id = id, .type = EAP_PEAP };

	tls_pipe_write(&t.server.end.pipe, bytes_of(plain->data, plain->len));
	tls_pipe_put(&t.server.end.pipe, &w);
	rq.data = bytes_of(a, w.len);
	out->len = 0;
	return peap_peer.input(&t.peer, &rq, out);
}

static enum eap_step say(const struct plain *plain, size_t count, struct writer *out)
{
	enum eap_step step = EAP_STEP_SEND;

	run_phase_1();
	for (size_t i = 0; i < count && step == EAP_STEP_SEND; i++)
		step = give(&plain[i], (uint8_t)(2 + i), out);
	return step;
}

static void expect_said(const struct plain *plain, size_t count, enum eap_step step,
			const char *error)
{
	uint8_t bytes[EAP_PACKET_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));

	assert_int_equal(say(plain, count, &w), step);
	assert_string_equal(t.peer.end.error.text, error);
	assert_false(t.peer.end.is_done);
}
#define PLAIN(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

static void success_without_a_login(void **state)
{
	static const struct plain said[] = {
		PLAIN("\1"),
		PLAIN("\1\3\0\xb\x21\x80\3\0\2\0\1"),
	};

	(void)state;
	expect_said(said, 2, EAP_STEP_SEND, "the server ends PEAP before the login inside it");
}

static void malformed_tlvs(void **state)
{
	static const struct plain said[] = { PLAIN("\1\2\0\xb\x21\x80\3\0\2\0\7") };

	(void)state;
	expect_said(said, 1, EAP_STEP_FAIL, "the server's TLVs inside PEAP are malformed");
}

/* A statement of health (vendor TLV, not mandatory) and capabilities: both get a Nak. */
static void what_windows_may_ask_first(void **state)
{
	static const struct plain said[] = {
		PLAIN("\1\2\0\xd\x21\0\7\0\4\0\0\1\x37"),
		PLAIN("\xfe\0\1\x37\0\0\0\x22\0\0\0\1"),
		PLAIN("\1"),
	};

	(void)state;
	expect_said(said, 3, EAP_STEP_SEND, "");
	assert_int_equal(t.peer.inner.refused, EAP_EXPANDED);
}

static void a_false_server_inside(void **state)
{
	static const struct plain said[] = {
		PLAIN("\1"),
		PLAIN("\x1a\1\7\0\x18\x10"
		      "0123456789abcdef"
		      "srv"),
		PLAIN("\x1a\3\7\0\x2eS=0123456789ABCDEF0123456789ABCDEF01234567"),
	};

	(void)state;
	expect_said(said, 3, EAP_STEP_FAIL, "");
	assert_int_equal(t.inner_peer.fault, MSCHAPV2_FALSE_SERVER);
}

/* FreeRADIUS sends no binding: only a client that requires it minds. */
static void a_server_without_a_binding(void **state)
{
	static const struct plain result = PLAIN("\1\2\0\xb\x21\x80\3\0\2\0\1");

	for (int requires = 0; requires < 2; requires ++) {
		uint8_t bytes[EAP_PACKET_MAX];
		struct writer w = writer_of(bytes, sizeof(bytes));

		t.peer.requires_binding = requires;
		run_phase_1();
		t.peer.inner.chosen = &peer_choices[0]; /* as after the inner method */
		t.peer.inner.is_done = true;
		assert_int_equal(give(&result, 2, &w), requires ? EAP_STEP_SEND : EAP_STEP_DONE);
		assert_int_equal(t.peer.end.is_done, !requires);
		if (!requires)
			assert_memory_equal(t.peer.end.msk, t.peer.end.key, sizeof(t.peer.end.msk));
		tear_down(state);
		set_up(state);
	}
}

/* A server that begins again after the inner method has to finish that again. */
static void success_after_another_start(void **state)
{
	static const struct plain again[] = {
		PLAIN("\1"),
		PLAIN("\x1a\1\7\0\x18\x10"
		      "0123456789abcdef"
		      "srv"),
	};
	static const struct plain result = PLAIN("\1\3\0\xb\x21\x80\3\0\2\0\1");

	for (size_t i = 0; i < 2; i++) {
		uint8_t bytes[EAP_PACKET_MAX];
		struct writer w = writer_of(bytes, sizeof(bytes));

		run_phase_1();
		t.peer.inner.chosen = &peer_choices[0];
		t.peer.inner.is_done = true;
		assert_int_equal(give(&again[i], 2, &w), EAP_STEP_SEND);
		assert_int_equal(give(&result, 3, &w), EAP_STEP_SEND);
		assert_string_equal(t.peer.end.error.text,
				    "the server ends PEAP before the login inside it");
		assert_false(t.peer.end.is_done);
		tear_down(state);
		set_up(state);
	}
}

/* A message to the user changes nothing. */
static void a_notification_after_the_login(void **state)
{
	static const struct plain said[] = { PLAIN("\2hello"),
					     PLAIN("\1\3\0\xb\x21\x80\3\0\2\0\1") };
	uint8_t bytes[EAP_PACKET_MAX];
	struct writer w = writer_of(bytes, sizeof(bytes));

	(void)state;
	run_phase_1();
	t.peer.inner.chosen = &peer_choices[0];
	t.peer.inner.is_done = true;
	assert_int_equal(give(&said[0], 2, &w), EAP_STEP_SEND);
	assert_int_equal(give(&said[1], 3, &w), EAP_STEP_DONE);
}

/* A server may send its last flight and the first packet inside as one message. */
static void data_with_the_last_flight(void **state)
{
	static const uint8_t identity = EAP_IDENTITY;
	uint8_t a[EAP_PACKET_MAX], b[EAP_PACKET_MAX], key[TLS_EAP_KEY_LEN];
	struct eap_packet rq = { .code = EAP_REQUEST, .id = 1, .type = EAP_PEAP };
	struct tls_pipe *pipe = &t.server.end.pipe;
	struct writer w = writer_of(a, sizeof(a));

	(void)state;
	assert_int_equal(peap_server.begin(&t.server, 1, &w), EAP_STEP_SEND);
	while (!pipe->is_up) {
		rq.data = bytes_of(a, w.len);
		w = writer_of(b, sizeof(b));
		assert_int_equal(peap_peer.input(&t.peer, &rq, &w), EAP_STEP_SEND);
		tls_pipe_take(pipe, bytes_of(b, w.len));
		if (pipe->is_up)
			tls_pipe_write(pipe, bytes_of(&identity, sizeof(identity)));
		w = writer_of(a, sizeof(a));
		tls_pipe_put(pipe, &w);
	}
	rq.data = bytes_of(a, w.len);
	w = writer_of(b, sizeof(b));
	assert_int_equal(peap_peer.input(&t.peer, &rq, &w), EAP_STEP_SEND);
	assert_true(tls_eap_key(pipe->tls, EAP_PEAP, key));
	assert_memory_equal(t.peer.end.key, key, sizeof(key));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_a_capture),
		cmocka_unit_test(bindings_of_a_capture),
		cmocka_unit_test(packets_of_captures),
		cmocka_unit_test(tlvs_that_are_odd),
		CASE(a_password_inside),
		CASE(a_certificate_inside),
		CASE(a_nak_inside),
		CASE(nothing_in_common_inside),
		CASE(a_wrong_password),
		CASE(a_wrong_name),
		CASE(faults_of_the_wire),
		CASE(success_without_a_login),
		CASE(malformed_tlvs),
		CASE(what_windows_may_ask_first),
		CASE(a_false_server_inside),
		CASE(a_server_without_a_binding),
		CASE(success_after_another_start),
		CASE(a_notification_after_the_login),
		CASE(data_with_the_last_flight),
	};

	return cmocka_run_group_tests_name("eap/peap", tests, tls_lab_open, tls_lab_close);
}
