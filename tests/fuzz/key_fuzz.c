/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions to the process that has the private keys, each after two bytes with its length. Two pairs may be
 * loaded, under the names "ecc" and "rsa", which stand for their files; the keys' numbers begin with 1.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tls/cert_make.h"
#include "tls/key_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct files {
	char cert[64], key[64];
};

static char folder[] = "/tmp/sstp-fuzz-XXXXXX";
static struct files ecc, rsa;

static void remove_files(void)
{
	unlink(ecc.cert);
	unlink(ecc.key);
	unlink(rsa.cert);
	unlink(rsa.key);
	rmdir(folder);
}

static void make_pair(struct files *f, const char *name, bool is_rsa)
{
	static const char *const names[] = { "vpn.example.net" };
	const struct cert_request rq = {
		.names = names, .name_count = 1, .days = 1000, .rsa = is_rsa
	};
	struct error err;

	snprintf(f->cert, sizeof(f->cert), "%s/%s.crt", folder, name);
	snprintf(f->key, sizeof(f->key), "%s/%s.key", folder, name);
	if (cert_make(&rq, f->cert, f->key, false, &err))
		abort();
}

static void make_files(void)
{
	if (!mkdtemp(folder))
		abort();
	atexit(remove_files);
	make_pair(&ecc, "ecc", false);
	make_pair(&rsa, "rsa", true);
}

static void load(struct key_store *s, const struct files *f)
{
	const struct key_pair pair = { .cert_file = f->cert, .key_file = f->key, .decrypts = true };
	struct key_loaded k;
	struct error err;

	if (!key_store_permit(s, &pair) || key_store_load(s, f->cert, f->key, &k, &err))
		abort();
}

static void put_path(struct writer *w, const char *path)
{
	put_u16(w, (uint16_t)strlen(path));
	put_bytes(w, path, strlen(path));
}

/* The questions that load a pair cannot have its names, which differ each time. */
static struct bytes named(struct bytes in, uint8_t *room, size_t size)
{
	struct writer w = writer_of(room, size);
	const struct files *f =
		in.len == KEY_HEAD_LEN + 3 && !memcmp(in.at + KEY_HEAD_LEN, "rsa", 3) ? &rsa
		: in.len == KEY_HEAD_LEN + 3                                          ? &ecc
										      : NULL;

	if (!f || in.at[0] != KEY_LOAD)
		return in;
	put_bytes(&w, in.at, KEY_HEAD_LEN);
	put_path(&w, f->cert);
	put_path(&w, f->key);
	return bytes_of(room, w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct key_signer *signer;
	struct reader r = reader_of(data, len);
	uint8_t reply[KEY_REPLY_MAX], room[1024];
	struct key_store *s;

	if (!signer) {
		make_files();
		signer = key_signer_new();
	}
	if (key_store_open(&s))
		abort();
	load(s, &ecc);
	load(s, &rsa);
	while (r.left) {
		size_t n = get_u16(&r);
		struct bytes in = bytes_of(r.at, n < r.left ? n : r.left);
		struct bytes question = named(in, room, sizeof(room));
		size_t reply_len = key_answer(s, signer, question, reply);
		int error;

		get_bytes(&r, in.len);
		assert(reply_len >= KEY_REPLY_HEAD_LEN && reply_len <= sizeof(reply));
		error = (int32_t)load_u32(reply);
		assert(error <= 0);
		if (error && !(question.len && question.at[0] == KEY_LOAD))
			assert(reply_len == KEY_REPLY_HEAD_LEN);
	}
	key_store_close(s);
	return 0;
}
