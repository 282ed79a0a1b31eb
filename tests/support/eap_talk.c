/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/eap_talk.h"

static enum eap_step begin(void *self, uint8_t id, struct writer *out)
{
	struct talk *t = self;

	(void)id;
	t->round = 0;
	put_u8(out, t->round);
	return EAP_STEP_SEND;
}

static enum eap_step serve(void *self, const struct eap_packet *in, struct writer *out)
{
	struct talk *t = self;
	size_t len = strlen(t->word);

	if (in->data.len != 1 + len || in->data.at[0] != t->round ||
	    memcmp(in->data.at + 1, t->word, len) != 0)
		return EAP_STEP_FAIL;
	if (++t->round == TALK_ROUNDS)
		return EAP_STEP_DONE;
	put_u8(out, t->round);
	return EAP_STEP_SEND;
}

static enum eap_step answer(void *self, const struct eap_packet *in, struct writer *out)
{
	const struct talk *t = self;

	if (in->data.len != 1)
		return EAP_STEP_DROP;
	if (in->data.at[0] >= TALK_ROUNDS)
		return EAP_STEP_FAIL;
	put_u8(out, in->data.at[0]);
	put_bytes(out, t->word, strlen(t->word));
	return in->data.at[0] == TALK_ROUNDS - 1 ? EAP_STEP_DONE : EAP_STEP_SEND;
}

static void key(const void *self, uint8_t msk[EAP_MSK_LEN])
{
	const struct talk *t = self;
	size_t len = strlen(t->word);

	for (size_t i = 0; i < EAP_MSK_LEN; i++)
		msk[i] = (uint8_t)t->word[i % len];
}

const struct eap_method talk_server = { "talk", EAP_EXPERIMENTAL, begin, serve, key };
const struct eap_method talk_peer = { "talk", EAP_EXPERIMENTAL, NULL, answer, key };
const struct eap_method other_server = { "other", 200, begin, serve, key };
const struct eap_method other_peer = { "other", 200, NULL, answer, key };
