/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/key_answer.h"

#include <errno.h>
#include <limits.h>

struct question {
	uint8_t kind, scheme;
	uint32_t number;
	struct reader data;
};

/* A file's name, terminated. */
static bool get_path(struct reader *r, char path[PATH_MAX])
{
	size_t len = get_u16(r);
	const uint8_t *at = get_bytes(r, len);

	if (!at || len >= PATH_MAX || memchr(at, 0, len))
		return false;
	memcpy(path, at, len);
	path[len] = '\0';
	return true;
}

static int load(struct key_store *s, struct question *q, struct writer *out)
{
	char cert_file[PATH_MAX], key_file[PATH_MAX];
	struct key_loaded k;
	struct error err = { "" };
	int error;

	if (!get_path(&q->data, cert_file) || !get_path(&q->data, key_file) || q->data.left)
		return -EBADMSG;
	error = key_store_load(s, cert_file, key_file, &k, &err);
	if (error) {
		put_bytes(out, err.text, strlen(err.text));
		return error;
	}
	put_u32(out, k.number);
	put_u8(out, k.is_exposed ? KEY_IS_EXPOSED : 0);
	put_u32(out, (uint32_t)k.certs_len);
	put_bytes(out, k.stand_in, k.stand_in_len);
	return 0;
}

static int certs(struct key_store *s, struct question *q, struct writer *out)
{
	uint32_t from = get_u32(&q->data);

	return q->data.bad || q->data.left ? -EBADMSG : key_store_certs(s, q->number, from, out);
}

static int answer(struct key_store *s, struct key_signer *k, struct question *q, struct writer *out)
{
	struct bytes data = bytes_of(q->data.at, q->data.left);

	switch (q->kind) {
	case KEY_LOAD:
		return load(s, q, out);
	case KEY_CERTS:
		return certs(s, q, out);
	case KEY_SIGN:
		return key_store_sign(s, k, q->number, q->scheme, data, out);
	case KEY_DECRYPT:
		return key_store_decrypt(s, k, q->number, data, out);
	case KEY_DROP:
		return key_store_drop(s, q->number);
	default:
		return -ENOSYS;
	}
}

size_t key_answer(struct key_store *s, struct key_signer *k, struct bytes question, uint8_t *to)
{
	struct reader r = reader_of(question.at, question.len);
	struct writer out = writer_of(to, KEY_REPLY_MAX);
	struct question q;
	int error;

	q.kind = get_u8(&r);
	q.scheme = get_u8(&r);
	q.number = get_u32(&r);
	q.data = r;
	put_u32(&out, 0);
	error = r.bad ? -EBADMSG : answer(s, k, &q, &out);
	if (out.full)
		error = -EMSGSIZE;
	if (error && q.kind != KEY_LOAD) /* which has an error's text */
		out.len = KEY_REPLY_HEAD_LEN;
	store_u32(to, (uint32_t)error);
	return out.len;
}
