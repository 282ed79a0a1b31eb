/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/basic.h"

#include "util/secret.h"
#include "util/text.h"

/* RFC 4648 section 4; the last group is filled up with '='. */
static void put_base64(struct writer *w, struct bytes from)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < from.len; i += 3) {
		size_t have = from.len - i < 3 ? from.len - i : 3;
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < have ? from.at[i + k] : 0u);
		for (size_t k = 0; k < 4; k++)
			put_u8(w, (uint8_t)(k <= have ? letters[bits >> (18 - 6 * k) & 63] : '='));
	}
}

void http_put_basic(const char *user, const char *password, struct writer *w)
{
	uint8_t text[HTTP_BASIC_TEXT_MAX];
	struct writer plain = writer_of(text, sizeof(text));

	put_text(&plain, user);
	put_text(&plain, ":");
	put_text(&plain, password);
	if (plain.full)
		w->full = true;
	else
		put_base64(w, bytes_of(text, plain.len));
	secret_wipe(text, sizeof(text));
}
