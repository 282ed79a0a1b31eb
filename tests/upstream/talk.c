/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "upstream/talk.h"

static void zeroes(void *to, size_t len)
{
	memset(to, 0, len);
}

static bool has(struct bytes all, const char *part, size_t len)
{
	for (size_t i = 0; i + len <= all.len; i++)
		if (!memcmp(all.at + i, part, len))
			return true;
	return false;
}

/* Takes what the engine sends, in two pieces. */
static struct bytes take_output(struct upstream *u)
{
	struct bytes out = upstream_output(u), rest;

	upstream_sent(u, out.len / 2);
	rest = upstream_output(u);
	assert_int_equal(rest.len, out.len - out.len / 2);
	upstream_sent(u, rest.len);
	assert_int_equal(upstream_output(u).len, 0);
	return out;
}

/* Returns what the engine did not take. Each piece is memory of its own, for the sanitizer. */
static size_t feed(struct upstream *u, const struct round *r, size_t piece)
{
	size_t at = 0;

	while (at < r->sends_len && u->step == UPSTREAM_TALK) {
		size_t len = r->sends_len - at < piece ? r->sends_len - at : piece, used;
		uint8_t *copy = test_malloc(len);

		memcpy(copy, r->sends + at, len);
		used = upstream_input(u, bytes_of(copy, len));
		test_free(copy);
		assert_true(used == len || (used < len && u->step != UPSTREAM_TALK));
		at += used;
	}
	if (r->closes && u->step == UPSTREAM_TALK)
		upstream_closed(u);
	return r->sends_len - at;
}

static void play_one(const struct script *s, const struct upstream_cfg *cfg, size_t piece)
{
	struct upstream *u = test_malloc(sizeof(*u));
	struct upstream_cfg mine = *cfg;
	unsigned reconnects = 0;
	size_t left = 0;

	mine.user = s->user;
	mine.password = s->password;
	mine.random = zeroes;
	upstream_open(u, &mine);
	for (const struct round *r = s->rounds; r->sends && u->step != UPSTREAM_FAILED; r++) {
		struct bytes out;

		assert_int_equal(u->step, UPSTREAM_TALK);
		out = take_output(u);
		if (r->gets && !has(out, r->gets, r->gets_len))
			fail_msg("piece %zu, round %zu: got %.*s", piece, (size_t)(r - s->rounds),
				 (int)out.len, (const char *)out.at);
		left = feed(u, r, piece);
		if (u->step == UPSTREAM_RECONNECT) {
			reconnects++;
			upstream_reconnected(u);
		}
	}
	if (u->step != s->end || u->failure != s->failure)
		fail_msg("piece %zu: step %d, failure %d, text %s", piece, (int)u->step,
			 (int)u->failure, u->text);
	if (s->text && !strstr(u->text, s->text))
		fail_msg("piece %zu: text %s", piece, u->text);
	assert_int_equal(left, s->left);
	assert_int_equal(reconnects, s->reconnects);
	upstream_close(u);
	test_free(u);
}

void play(const struct script *scripts, size_t count, const struct upstream_cfg *cfg)
{
	for (size_t i = 0; i < count; i++) {
		size_t longest = 0;

		print_message("# %s\n", scripts[i].name);
		for (const struct round *r = scripts[i].rounds; r->sends; r++)
			longest = r->sends_len > longest ? r->sends_len : longest;
		for (size_t piece = 1; piece < longest && piece < 40; piece++)
			play_one(&scripts[i], cfg, piece);
		play_one(&scripts[i], cfg, longest ? longest : 1);
	}
}
