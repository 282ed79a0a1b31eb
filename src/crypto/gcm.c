/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assembly handles whole blocks; this file handles the rest of GCM. */
#include "crypto/gcm.h"

#include <assert.h>

#include "util/secret.h"

#ifdef HAS_VAES

#include <cpuid.h>

enum { BLOCK_LEN = 16 };

/* As ring's assembly defines them; its comments have the requirements. */
struct aes_key {
	uint8_t round_keys[GCM_ROUND_KEYS_MAX];
	uint32_t rounds_before_last;
};

struct ghash_key {
	_Alignas(32) uint8_t powers[16][BLOCK_LEN];
};

void gcm_init_vpclmulqdq_avx2(struct ghash_key *to, const uint64_t h[2]);
void gcm_ghash_vpclmulqdq_avx2_1(uint8_t sum[BLOCK_LEN], const struct ghash_key *h,
				 const uint8_t *block, size_t len);
void aes_gcm_enc_update_vaes_avx2(const uint8_t *from, uint8_t *to, size_t len,
				  const struct aes_key *key, const uint8_t counter[BLOCK_LEN],
				  const struct ghash_key *h, uint8_t sum[BLOCK_LEN]);
void aes_gcm_dec_update_vaes_avx2(const uint8_t *from, uint8_t *to, size_t len,
				  const struct aes_key *key, const uint8_t counter[BLOCK_LEN],
				  const struct ghash_key *h, uint8_t sum[BLOCK_LEN]);

/* One message under way; names after SP 800-38D section 7. */
struct message {
	struct aes_key key;
	struct ghash_key h;
	uint8_t counter[BLOCK_LEN];
	uint8_t sum[BLOCK_LEN]; /* GHASH of all so far */
};

/* By CPUID leaf 7: __builtin_cpu_supports of clang 14 does not know these two. */
static bool cpu_has_vaes(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ecx & bit_VAES) &&
	       (ecx & bit_VPCLMULQDQ);
}

bool gcm_is_available(void)
{
	return __builtin_cpu_supports("avx2") && cpu_has_vaes();
}

/* Encrypts one block with the assembly and ignores the GHASH. */
static void crypt_block(const struct message *m, uint8_t block[BLOCK_LEN])
{
	uint8_t sum[BLOCK_LEN] = { 0 };

	aes_gcm_enc_update_vaes_avx2(block, block, BLOCK_LEN, &m->key, m->counter, &m->h, sum);
}

static void count_to(struct message *m, uint32_t n)
{
	store_u32(m->counter + GCM_NONCE_LEN, n);
}

static void add_block(struct message *m, const uint8_t *at, size_t len)
{
	uint8_t block[BLOCK_LEN] = { 0 };

	memcpy(block, at, len);
	gcm_ghash_vpclmulqdq_avx2_1(m->sum, &m->h, block, BLOCK_LEN);
}

static uint64_t load_u64(const uint8_t *at)
{
	return (uint64_t)load_u32(at) << 32 | load_u32(at + 4);
}

static void begin(struct message *m, const struct gcm *g)
{
	uint8_t h[BLOCK_LEN] = { 0 };
	struct bytes aad = g->aad;

	assert(g->rounds == 10 || g->rounds == 12 || g->rounds == 14);
	memset(m, 0, sizeof(*m));
	memcpy(m->key.round_keys, g->round_keys, (g->rounds + 1) * (size_t)BLOCK_LEN);
	m->key.rounds_before_last = g->rounds - 1;
	crypt_block(m, h); /* of zeroes, under a counter of zeroes */
	gcm_init_vpclmulqdq_avx2(&m->h, (uint64_t[]){ load_u64(h), load_u64(h + 8) });
	secret_wipe(h, sizeof(h));
	memcpy(m->counter, g->nonce, GCM_NONCE_LEN);
	for (; aad.len > BLOCK_LEN; aad = bytes_of(aad.at + BLOCK_LEN, aad.len - BLOCK_LEN))
		add_block(m, aad.at, BLOCK_LEN);
	if (aad.len)
		add_block(m, aad.at, aad.len);
	count_to(m, 2); /* 1 is for the tag */
}

static void end(struct message *m, const struct gcm *g, size_t len, uint8_t tag[GCM_TAG_LEN])
{
	uint8_t lengths[BLOCK_LEN];
	uint64_t aad_bits = (uint64_t)g->aad.len * 8, bits = (uint64_t)len * 8;

	store_u32(lengths, (uint32_t)(aad_bits >> 32));
	store_u32(lengths + 4, (uint32_t)aad_bits);
	store_u32(lengths + 8, (uint32_t)(bits >> 32));
	store_u32(lengths + 12, (uint32_t)bits);
	add_block(m, lengths, BLOCK_LEN);
	count_to(m, 1);
	memcpy(tag, m->sum, GCM_TAG_LEN);
	crypt_block(m, tag);
	secret_wipe(m, sizeof(*m));
}

void gcm_seal(const struct gcm *g, uint8_t *to, const uint8_t *from, size_t len,
	      uint8_t tag[GCM_TAG_LEN])
{
	size_t rest = len % BLOCK_LEN, whole = len - rest;
	uint8_t block[BLOCK_LEN] = { 0 };
	struct message m;

	begin(&m, g);
	aes_gcm_enc_update_vaes_avx2(from, to, whole, &m.key, m.counter, &m.h, m.sum);
	if (rest) {
		count_to(&m, (uint32_t)(2 + whole / BLOCK_LEN));
		memcpy(block, from + whole, rest);
		crypt_block(&m, block);
		memcpy(to + whole, block, rest);
		add_block(&m, to + whole, rest);
	}
	end(&m, g, len, tag);
}

bool gcm_open(const struct gcm *g, uint8_t *to, const uint8_t *from, size_t len,
	      const uint8_t tag[GCM_TAG_LEN])
{
	size_t rest = len % BLOCK_LEN, whole = len - rest;
	uint8_t block[BLOCK_LEN] = { 0 }, is[GCM_TAG_LEN];
	struct message m;

	begin(&m, g);
	aes_gcm_dec_update_vaes_avx2(from, to, whole, &m.key, m.counter, &m.h, m.sum);
	if (rest) {
		add_block(&m, from + whole, rest);
		count_to(&m, (uint32_t)(2 + whole / BLOCK_LEN));
		memcpy(block, from + whole, rest);
		crypt_block(&m, block);
		memcpy(to + whole, block, rest);
	}
	end(&m, g, len, is);
	if (ct_equal(is, tag, GCM_TAG_LEN))
		return true;
	secret_wipe(to, len);
	return false;
}

#else

bool gcm_is_available(void)
{
	return false;
}

void gcm_seal(const struct gcm *g, uint8_t *to, const uint8_t *from, size_t len,
	      uint8_t tag[GCM_TAG_LEN])
{
	(void)g, (void)to, (void)from, (void)len, (void)tag;
	assert(!"gcm_is_available");
}

bool gcm_open(const struct gcm *g, uint8_t *to, const uint8_t *from, size_t len,
	      const uint8_t tag[GCM_TAG_LEN])
{
	(void)g, (void)to, (void)from, (void)len, (void)tag;
	return false;
}

#endif
