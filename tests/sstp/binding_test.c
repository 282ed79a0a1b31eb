/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The crypto binding: the numbers of [MS-SSTP] 4.7, then everything that must be refused. */
#include "sstp/end.h"

#include "sstp/binding.h"
#include "sstp/states.h"
#include "support/vectors.h"

#define GROUP "sstp_crypto_binding_sha256"

static struct sstp_binding published(uint8_t hashes)
{
	static const uint8_t no_sha1[SHA1_LEN];

	return (struct sstp_binding){ hashes,
				      vectors_hex(GROUP, "nonce").at,
				      no_sha1,
				      vectors_hex(GROUP, "cert_hash_sha256").at,
				      vectors_hex(GROUP, "hlak").at,
				      NULL,
				      0 };
}

static void vectors_cmk(void **state)
{
	uint8_t cmk[SHA256_LEN];

	(void)state;
	sstp_cmk(SSTP_HASH_SHA256, vectors_hex(GROUP, "hlak").at, cmk);
	assert_memory_equal(cmk, vectors_hex(GROUP, "cmk").at, sizeof(cmk));
}

/* The seed of SHA-1 ends in 14 00 01: computed here from its definition. */
static void cmk_sha1(void **state)
{
	const uint8_t tail[] = { 0x14, 0x00, 0x01 };
	const struct bytes seed[] = { bytes_text("SSTP inner method derived CMK"),
				      { tail, sizeof(tail) } };
	struct bytes hlak = vectors_hex(GROUP, "hlak");
	uint8_t cmk[SHA256_LEN], want[SHA1_LEN];

	(void)state;
	sstp_cmk(SSTP_HASH_SHA1, hlak.at, cmk);
	hmac_sha1(hlak, seed, 2, want);
	assert_memory_equal(cmk, want, sizeof(want));
}

static void vectors_message(void **state)
{
	const struct sstp_binding b = published(SSTP_HASH_SHA1 | SSTP_HASH_SHA256);
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];
	struct writer w = writer_of(msg, sizeof(msg));

	(void)state;
	sstp_put_binding(&w, &b);
	assert_int_equal(w.len, sizeof(msg));
	assert_memory_equal(msg, vectors_hex(GROUP, "call_connected").at, sizeof(msg));
	assert_int_equal(sstp_check_binding(&b, msg), SSTP_BINDING_OK);
}

/* With the published ACK and key, a client sends the published message. */
static void vectors_client(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	struct bytes ack = vectors_hex(GROUP, "call_connect_ack");
	struct bytes want = vectors_hex(GROUP, "call_connected");
	static struct end e;

	(void)state;
	end_init(&e, &cfg);
	memcpy(e.keys.cert_sha256, vectors_hex(GROUP, "cert_hash_sha256").at, SHA256_LEN);
	end_forget(&e);
	end_feed_text(&e, ANSWER_HTTP);
	assert_int_equal(e.tx_len, vectors_hex(GROUP, "call_connect_request").len);
	assert_memory_equal(e.tx, vectors_hex(GROUP, "call_connect_request").at, e.tx_len);
	end_feed(&e, ack.at, ack.len);
	end_forget(&e);
	sstp_authenticated(&e.s, vectors_hex(GROUP, "hlak").at, e.now_ms);
	end_drain(&e);
	assert_int_equal(e.tx_len, want.len);
	assert_memory_equal(e.tx, want.at, want.len);
}

static void put_published_nonce(void *arg, void *to, size_t len)
{
	(void)arg;
	memcpy(to, vectors_hex(GROUP, "nonce").at, len);
}

static void vectors_server(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	struct bytes msg = vectors_hex(GROUP, "call_connected");
	static struct end e;

	(void)state;
	cfg.hashes = SSTP_HASH_SHA256;
	cfg.random = put_published_nonce;
	end_bring(&e, &cfg, SSTP_ST_REQUEST);
	memcpy(e.keys.cert_sha256, vectors_hex(GROUP, "cert_hash_sha256").at, SHA256_LEN);
	end_feed_hex(&e, REQUEST_HEX);
	assert_int_equal(e.tx_len, vectors_hex(GROUP, "call_connect_ack").len);
	assert_memory_equal(e.tx, vectors_hex(GROUP, "call_connect_ack").at, e.tx_len);
	sstp_authenticated(&e.s, vectors_hex(GROUP, "hlak").at, e.now_ms);
	end_feed(&e, msg.at, msg.len);
	assert_int_equal(e.connected, 1);
}

enum order { BINDING_FIRST, VERDICT_FIRST };

/*
 * The server gets this message before or after the authentication; both orders must have the same
 * result.
 */
static void serve(struct end *e, const struct sstp_cfg *cfg, enum order order, uint8_t hash,
		  void (*spoil)(uint8_t *msg, size_t bit), size_t bit)
{
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];

	end_bring(e, cfg, SSTP_ST_ACK);
	end_build_connected(e, hash, msg);
	if (spoil)
		spoil(msg, bit);
	if (order == VERDICT_FIRST)
		end_authenticated(e);
	end_feed(e, msg, sizeof(msg));
	if (order == BINDING_FIRST && e->s.state == SSTP_ST_ACK) {
		assert_false(sstp_is_connected(&e->s));
		end_authenticated(e);
	}
}

static void good(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (int order = BINDING_FIRST; order <= VERDICT_FIRST; order++) {
		for (uint8_t hash = SSTP_HASH_SHA1; hash <= SSTP_HASH_SHA256; hash++) {
			serve(&e, &cfg, (enum order)order, hash, NULL, 0);
			assert_int_equal(e.sends, 0);
			assert_int_equal(e.connected, 1);
			assert_true(sstp_is_connected(&e.s));
			assert_int_equal(sstp_deadline(&e.s), e.now_ms + SSTP_HELLO_MS);
		}
	}
}

static void flip(uint8_t *msg, size_t bit)
{
	msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* Each bit after the attribute's header, [MS-SSTP] 3.3.5.2.3: refused, with the right status. */
static void each_bit_of_the_binding(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t bit = 12 * 8; bit < SSTP_CALL_CONNECTED_LEN * 8; bit++) {
		serve(&e, &cfg, (enum order)(bit % 2), SSTP_HASH_SHA256, flip, bit);
		assert_sent_abort(&e, SSTP_ATTR_CRYPTO_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
		assert_int_equal(e.connected, 0);
		end_wait(&e, SSTP_ABORT_1_MS);
		assert_closed(&e, SSTP_CLOSED_BAD_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
	}
}

/* SHA-1: the padding of the MAC is ignored; every other bit counts. */
static void each_bit_of_the_binding_sha1(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t bit = 12 * 8; bit < (80 + SHA1_LEN) * 8; bit++) {
		serve(&e, &cfg, (enum order)(bit % 2), SSTP_HASH_SHA1, flip, bit);
		assert_sent_abort(&e, SSTP_ATTR_CRYPTO_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
		assert_int_equal(e.connected, 0);
	}
}

/* The headers: whatever a flipped bit makes of the message, it does not connect. */
static void each_bit_of_the_headers(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t bit = 0; bit < 12 * 8; bit++) {
		serve(&e, &cfg, VERDICT_FIRST, SSTP_HASH_SHA256, flip, bit);
		assert_int_equal(e.connected, 0);
		assert_false(sstp_is_connected(&e.s));
		serve(&e, &cfg, BINDING_FIRST, SSTP_HASH_SHA256, flip, bit);
		assert_int_equal(e.connected, 0);
	}
}

static const struct {
	const char *name, *hex;
	uint8_t attr_id;
	uint32_t status;
} misshapen[] = {
	{ "no attribute", "10010008 00040000", 2, 9 },
	{ "another attribute", "1001000E 00040001 00010006 0001", 2, 9 },
	{ "attribute of 4 bytes", "1001000C 00040001 00030004", 2, 9 },
	{ "Status Info with an error", "10010014 00040001 0002000C 00000003 00000004", 2, 9 },
	{ "attribute past the end", "1001000C 00040001 00030068", 2, 7 },
	{ "attribute counted, not there", "10010008 00040001", 2, 7 },
};

/* Refused at once, before and after the end of the authentication. */
static void misshapen_table(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	static struct end e;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(misshapen) / sizeof(misshapen[0]); i++) {
		print_message("# %s\n", misshapen[i / 2].name);
		end_bring(&e, &cfg, SSTP_ST_ACK);
		if (i % 2)
			end_authenticated(&e);
		end_feed_hex(&e, misshapen[i / 2].hex);
		assert_sent_abort(&e, misshapen[i / 2].attr_id, misshapen[i / 2].status);
		end_authenticated(&e);
		assert_int_equal(e.connected, 0);
	}
}

/* A binding of the right size with a second attribute, or followed by other bytes. */
static void too_much(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t msg[SSTP_CALL_CONNECTED_LEN + 12] = { 0 };
	static struct end e;

	(void)state;
	for (uint8_t count = 1; count <= 2; count++) {
		end_bring(&e, &cfg, SSTP_ST_ACK);
		end_authenticated(&e);
		end_build_connected(&e, SSTP_HASH_SHA256, msg);
		msg[3] = sizeof(msg);
		msg[7] = count;
		from_hex("0002000C 00000003 00000004", msg + SSTP_CALL_CONNECTED_LEN, 12);
		end_feed(&e, msg, sizeof(msg));
		assert_sent_abort(&e, SSTP_ATTR_STATUS_INFO,
				  SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG);
		end_wait(&e, SSTP_ABORT_1_MS);
		assert_closed(&e, SSTP_CLOSED_BAD_BINDING, SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG);
	}
}

/* A hash that the server did not offer, none, or both at once. */
static void hash_not_offered(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];
	static struct end e;

	(void)state;
	cfg.hashes = SSTP_HASH_SHA256;
	serve(&e, &cfg, VERDICT_FIRST, SSTP_HASH_SHA1, NULL, 0);
	assert_sent_abort(&e, SSTP_ATTR_CRYPTO_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
	cfg.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256;
	for (unsigned int hash = 0; hash < 256; hash++) {
		if (hash == SSTP_HASH_SHA1 || hash == SSTP_HASH_SHA256)
			continue;
		end_bring(&e, &cfg, SSTP_ST_ACK);
		end_authenticated(&e);
		end_build_connected(&e, SSTP_HASH_SHA256, msg);
		msg[15] = (uint8_t)hash;
		end_feed(&e, msg, sizeof(msg));
		assert_sent_abort(&e, SSTP_ATTR_CRYPTO_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
	}
}

/* Keys that differ from the server's: halves swapped, all zero. */
static void wrong_key(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t key[SSTP_HLAK_LEN], msg[SSTP_CALL_CONNECTED_LEN];
	static struct end e;

	(void)state;
	for (int zero = 0; zero <= 1; zero++) {
		memcpy(key, end_hlak + 16, 16);
		memcpy(key + 16, end_hlak, 16);
		if (zero)
			memset(key, 0, sizeof(key));
		end_bring(&e, &cfg, SSTP_ST_ACK);
		end_build_connected(&e, SSTP_HASH_SHA256, msg);
		sstp_authenticated(&e.s, key, e.now_ms);
		end_feed(&e, msg, sizeof(msg));
		assert_sent_abort(&e, SSTP_ATTR_CRYPTO_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
	}
}

/* Before the authentication ends, even the right message under a zero key is not accepted. */
static void held_until_the_verdict(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	const uint8_t zero[SSTP_HLAK_LEN] = { 0 };
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];
	struct writer w = writer_of(msg, sizeof(msg));
	struct sstp_binding b;
	static struct end e;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_ACK);
	b = (struct sstp_binding){
		SSTP_HASH_SHA256, e.keys.nonce, e.keys.cert_sha1, e.keys.cert_sha256, zero, NULL, 0
	};
	sstp_put_binding(&w, &b);
	end_feed(&e, msg, sizeof(msg));
	assert_int_equal(e.sends, 0);
	assert_false(sstp_is_connected(&e.s));
	end_authenticated(&e);
	assert_sent_abort(&e, SSTP_ATTR_CRYPTO_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
}

/* One message is kept, and that does not stop the negotiation timer. */
static void second_one_while_held(void **state)
{
	const struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];
	static struct end e;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_ACK);
	end_build_connected(&e, SSTP_HASH_SHA256, msg);
	end_feed(&e, msg, sizeof(msg));
	end_feed(&e, msg, sizeof(msg));
	assert_sent_abort(&e, SSTP_ATTR_STATUS_INFO, SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED);

	end_bring(&e, &cfg, SSTP_ST_ACK);
	end_build_connected(&e, SSTP_HASH_SHA256, msg);
	end_feed(&e, msg, sizeof(msg));
	end_wait(&e, SSTP_NEGOTIATION_MS);
	assert_sent_abort(&e, SSTP_ATTR_STATUS_INFO, SSTP_STATUS_NEGOTIATION_TIMEOUT);
	end_authenticated(&e);
	assert_int_equal(e.connected, 0);
}

/* A nonce is valid for one call: what was right in one call is wrong in the next. */
static void replayed(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_SERVER);
	uint8_t msg[SSTP_CALL_CONNECTED_LEN];
	static struct end e;

	(void)state;
	end_bring(&e, &cfg, SSTP_ST_ACK);
	end_build_connected(&e, SSTP_HASH_SHA256, msg);
	cfg.random = put_published_nonce;
	end_bring(&e, &cfg, SSTP_ST_ACK);
	end_authenticated(&e);
	end_feed(&e, msg, sizeof(msg));
	assert_sent_abort(&e, SSTP_ATTR_CRYPTO_BINDING, SSTP_STATUS_VALUE_NOT_SUPPORTED);
}

static bool holds_key(const struct end *e)
{
	static const struct sstp_keys zero;

	return e->s.keys || memcmp(&e->keys, &zero, sizeof(zero));
}

/* After the check, whatever its result, the key is wiped. */
static void key_is_wiped(void **state)
{
	struct sstp_cfg cfg = end_cfg(SSTP_CLIENT);
	static struct end e;

	(void)state;
	for (int role = SSTP_CLIENT; role <= SSTP_SERVER; role++) {
		cfg.role = (enum sstp_role)role;
		end_bring(&e, &cfg, SSTP_ST_ACK);
		assert_true(holds_key(&e));
		end_bring(&e, &cfg, SSTP_ST_CONNECTED);
		assert_false(holds_key(&e));
		end_bring(&e, &cfg, SSTP_ST_ACK);
		end_close(&e);
		assert_false(holds_key(&e));
		end_bring(&e, &cfg, SSTP_ST_ACK);
		end_feed_hex(&e, DISCONNECT_HEX);
		assert_false(holds_key(&e));
		end_bring(&e, &cfg, SSTP_ST_ACK);
		end_feed_hex(&e, "FF FF FF FF");
		assert_false(holds_key(&e));
	}
}

/* Those of a TLS terminator that has several: each is right, and no other. */
static void any_certificate_of_several(void **state)
{
	static struct cert_hashes others[2];
	struct sstp_binding b = published(SSTP_HASH_SHA256);
	uint8_t msg[SSTP_CALL_CONNECTED_LEN], wrong[SHA256_LEN] = { 1 };
	struct writer w = writer_of(msg, sizeof(msg));

	(void)state;
	sstp_put_binding(&w, &b);
	memcpy(others[1].sha256, b.cert_sha256, SHA256_LEN);
	b.cert_sha256 = wrong;
	assert_int_equal(sstp_check_binding(&b, msg), SSTP_BINDING_CERT);
	b.others = others;
	b.other_count = 1;
	assert_int_equal(sstp_check_binding(&b, msg), SSTP_BINDING_CERT);
	b.other_count = 2;
	assert_int_equal(sstp_check_binding(&b, msg), SSTP_BINDING_OK);
	msg[sizeof(msg) - 1] ^= 1;
	assert_int_equal(sstp_check_binding(&b, msg), SSTP_BINDING_MAC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_certificate_of_several),
		cmocka_unit_test(vectors_cmk),
		cmocka_unit_test(cmk_sha1),
		cmocka_unit_test(vectors_message),
		cmocka_unit_test(vectors_client),
		cmocka_unit_test(vectors_server),
		cmocka_unit_test(good),
		cmocka_unit_test(each_bit_of_the_binding),
		cmocka_unit_test(each_bit_of_the_binding_sha1),
		cmocka_unit_test(each_bit_of_the_headers),
		cmocka_unit_test(misshapen_table),
		cmocka_unit_test(too_much),
		cmocka_unit_test(hash_not_offered),
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(held_until_the_verdict),
		cmocka_unit_test(second_one_while_held),
		cmocka_unit_test(replayed),
		cmocka_unit_test(key_is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
