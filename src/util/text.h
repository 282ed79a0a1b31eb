/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines and words in text that a peer sent: pieces of memory that they do not own, without a zero byte
 * at the end.
 */
#ifndef SSTP_UTIL_TEXT_H
#define SSTP_UTIL_TEXT_H

#include "util/bytes.h"

/* Returns a line without its end (CRLF or LF alone), and moves the reader past it; false when no line
 * end is left. */
bool text_get_line(struct reader *r, struct bytes *line);

bool text_is(struct bytes b, const char *text);
bool text_is_nocase(struct bytes b, const char *text);
bool text_starts_nocase(struct bytes b, const char *text);

/* Without its first `len` bytes. */
struct bytes text_skip(struct bytes b, size_t len);

/* Without blanks and tabs at both ends. */
struct bytes text_trim(struct bytes b);
/* The same for a terminated text, which it changes; also carriage returns. Returns where it begins. */
char *text_strip(char *text);

/* Removes the word up to the first `end`, and `end`, from the front; false when there is no `end`. */
bool text_cut(struct bytes *rest, char end, struct bytes *word);

void put_text(struct writer *w, const char *text);

#endif
