/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys are kept as DER in one block of memory that is locked, left out of dumps and of children, and wiped.
 */
#include "tls/key_store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tls/key_slot.h"
#include "tls/tls_error.h"
#include "util/file.h"
#include "util/rwlock.h"
#include "util/secret.h"

struct key_store {
	struct rwlock lock;     /* of the slots */
	struct key_slot *slots; /* KEYS_MAX */
	uint32_t last_number;
	/* used by loads alone, one at a time: */
	pthread_mutex_t load_lock;
	struct key_pair pairs[KEY_PAIRS_MAX];
	size_t pair_count;
	void (*reread)(struct key_store *s);
	char *certs; /* of the key loaded last */
	size_t certs_len;
	uint32_t certs_number;
};

static void *lock_memory(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	mlock(at, len); /* an ordinary user may lock little */
	madvise(at, len, MADV_DONTDUMP);
	madvise(at, len, MADV_WIPEONFORK);
	return at;
}

int key_store_open(struct key_store **out)
{
	struct key_store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->slots = lock_memory(KEYS_MAX * sizeof(*s->slots));
	if (!s->slots) {
		free(s);
		return -ENOMEM;
	}
	rwlock_init(&s->lock);
	pthread_mutex_init(&s->load_lock, NULL);
	*out = s;
	return 0;
}

void key_store_close(struct key_store *s)
{
	if (!s)
		return;
	secret_wipe(s->slots, KEYS_MAX * sizeof(*s->slots));
	munmap(s->slots, KEYS_MAX * sizeof(*s->slots));
	file_free(s->certs, s->certs_len);
	rwlock_destroy(&s->lock);
	pthread_mutex_destroy(&s->load_lock);
	free(s);
}

static bool is_pair(const struct key_pair *p, const char *cert_file, const char *key_file)
{
	return !strcmp(p->cert_file, cert_file) && !strcmp(p->key_file, key_file);
}

static struct key_pair *find_pair(struct key_store *s, const char *cert_file, const char *key_file)
{
	for (size_t i = 0; i < s->pair_count; i++)
		if (is_pair(&s->pairs[i], cert_file, key_file))
			return &s->pairs[i];
	return NULL;
}

bool key_store_permit(struct key_store *s, const struct key_pair *pair)
{
	struct key_pair *same = find_pair(s, pair->cert_file, pair->key_file);

	if (!same && s->pair_count == KEY_PAIRS_MAX)
		return false;
	if (!same)
		same = &s->pairs[s->pair_count++];
	*same = *pair;
	return true;
}

void key_store_use_reread(struct key_store *s, void (*reread)(struct key_store *s))
{
	s->reread = reread;
}

struct key_signer *key_signer_new(void)
{
	struct key_signer *k = calloc(1, sizeof(*k));

	if (k && wc_InitRng(&k->rng)) {
		free(k);
		return NULL;
	}
	return k;
}

void key_signer_free(struct key_signer *k)
{
	if (!k)
		return;
	wc_FreeRng(&k->rng);
	free(k);
}

/* ---- loading */

static bool is_same(const struct key_slot *a, const struct key_slot *b)
{
	return a->number && a->kind == b->kind && a->is_client == b->is_client &&
	       a->decrypts == b->decrypts && a->der_len == b->der_len &&
	       ct_equal(a->der, b->der, a->der_len);
}

/* The same key's slot, or a free one; NULL: there is none. */
static struct key_slot *choose_slot(struct key_store *s, const struct key_slot *like)
{
	struct key_slot *unused = NULL;

	for (size_t i = 0; i < KEYS_MAX; i++) {
		struct key_slot *slot = &s->slots[i];

		if (is_same(slot, like))
			return slot;
		if (!slot->number)
			unused = slot;
	}
	return unused;
}

static int keep_key(struct key_store *s, struct key_slot *new, uint32_t *number)
{
	struct key_slot *slot;

	rwlock_write(&s->lock);
	slot = choose_slot(s, new);
	if (slot && !slot->number) {
		new->number = ++s->last_number;
		secret_random(new->reject, sizeof(new->reject));
		*slot = *new;
	}
	if (slot) {
		slot->refs++;
		*number = slot->number;
	}
	rwlock_write_done(&s->lock);
	return slot ? 0 : -ENOSPC;
}

static const struct key_pair *permitted(struct key_store *s, const char *cert_file,
					const char *key_file)
{
	struct key_pair *pair = find_pair(s, cert_file, key_file);

	if (!pair && s->reread) {
		s->reread(s);
		pair = find_pair(s, cert_file, key_file);
	}
	return pair;
}

static int load_certs(struct key_store *s, const struct key_pair *pair, struct error *err)
{
	file_free(s->certs, s->certs_len);
	s->certs = NULL;
	s->certs_len = 0;
	return key_read_certs(pair, &s->certs, &s->certs_len, err);
}

static int load(struct key_store *s, const struct key_pair *pair, struct key_loaded *k,
		struct error *err)
{
	struct key_slot *slot = calloc(1, sizeof(*slot));
	int error = slot ? load_certs(s, pair, err) : -ENOMEM;

	if (!slot) {
		tls_error_set(err, "out of memory");
		return error;
	}
	slot->is_client = pair->is_client;
	slot->decrypts = pair->decrypts;
	if (!error)
		error = key_read(slot, pair, k, err);
	if (!error) {
		error = keep_key(s, slot, &k->number);
		if (error)
			tls_error_set(err, "%s: too many old keys are in use", pair->key_file);
	}
	s->certs_number = k->number;
	k->certs_len = s->certs_len;
	secret_wipe(slot, sizeof(*slot));
	free(slot);
	return error;
}

int key_store_load(struct key_store *s, const char *cert_file, const char *key_file,
		   struct key_loaded *k, struct error *err)
{
	const struct key_pair *pair;
	int error = -EPERM;

	*k = (struct key_loaded){ 0 };
	pthread_mutex_lock(&s->load_lock);
	pair = permitted(s, cert_file, key_file);
	if (pair)
		error = load(s, pair, k, err);
	else
		tls_error_set(err, "%.150s: the key process may not use it with %.150s", key_file,
			      cert_file);
	pthread_mutex_unlock(&s->load_lock);
	return error;
}

int key_store_certs(struct key_store *s, uint32_t number, size_t from, struct writer *out)
{
	int error = -ENOENT;

	pthread_mutex_lock(&s->load_lock);
	if (number && s->certs_number == number && from <= s->certs_len) {
		size_t left = s->certs_len - from, room = out->room - out->len;

		put_bytes(out, s->certs + from, left < room ? left : room);
		error = 0;
	}
	pthread_mutex_unlock(&s->load_lock);
	return error;
}

/* ---- uses */

static struct key_slot *find_slot(struct key_store *s, uint32_t number)
{
	for (size_t i = 0; number && i < KEYS_MAX; i++)
		if (s->slots[i].number == number)
			return &s->slots[i];
	return NULL;
}

int key_store_sign(struct key_store *s, struct key_signer *k, uint32_t number, uint8_t scheme,
		   struct bytes what, struct writer *out)
{
	const struct key_slot *slot;
	int error;

	rwlock_read(&s->lock);
	slot = find_slot(s, number);
	error = slot ? key_sign(slot, k, scheme, what, out) : -ENOENT;
	rwlock_read_done(&s->lock);
	return error;
}

int key_store_decrypt(struct key_store *s, struct key_signer *k, uint32_t number, struct bytes what,
		      struct writer *out)
{
	const struct key_slot *slot;
	int error;

	rwlock_read(&s->lock);
	slot = find_slot(s, number);
	error = slot ? key_decrypt(slot, k, what, out) : -ENOENT;
	rwlock_read_done(&s->lock);
	return error;
}

int key_store_drop(struct key_store *s, uint32_t number)
{
	struct key_slot *slot;

	rwlock_write(&s->lock);
	slot = find_slot(s, number);
	if (slot && !--slot->refs)
		secret_wipe(slot, sizeof(*slot));
	rwlock_write_done(&s->lock);
	return slot ? 0 : -ENOENT;
}
