/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of a user file and their words, by the grammar of pppd's secrets files:
 *
 *   words stand between white space; '#' outside quotes starts a comment, also right behind a word
 *   "..." and '...' keep white space, '#' and the other quote; a word may be quoted in part
 *   \ takes a letter's meaning away, in quotes too, but \a \b \f \n \r \s \t \NNN (octal) and \xHH
 *   are bytes; \ at the end of a line joins the next one to it
 *
 * Stricter than pppd in three places, where it would guess: a quote must be closed on its line, no
 * word holds a zero byte, and none is longer than WORD_MAX.
 */
#ifndef SSTP_AUTH_SECRETS_LEXER_H
#define SSTP_AUTH_SECRETS_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	WORD_MAX = 1024,     /* pppd's MAXWORDLEN */
	LINE_WORDS_MAX = 64, /* what stands behind these is read and dropped */
};

struct word {
	const char *text;  /* without quotes and escapes, terminated; in the caller's arena */
	size_t start, end; /* where it stands in the file, quotes and all */
};

struct secrets_line {
	struct word word[LINE_WORDS_MAX];
	size_t count;
	unsigned number;   /* the first word's line in the file, from 1 */
	size_t start, end; /* the whole of it in the file, comment and newline too */
};

struct secrets_lexer {
	const char *file;
	size_t len, at;
	unsigned line;
	char *arena; /* secrets_lexer_arena_len(len) bytes */
	size_t arena_used;
	const char *bad; /* what is wrong, once secrets_lexer_next_line says false; NULL: the end */
	unsigned bad_line;
};

static inline size_t secrets_lexer_arena_len(size_t file_len)
{
	return file_len + 1; /* a word takes as many bytes as in the file, or one more at its end */
}

struct secrets_lexer secrets_lexer_of(const char *file, size_t len, char *arena);

/* The next line that has words. False at the end, and when the file is malformed. */
bool secrets_lexer_next_line(struct secrets_lexer *l, struct secrets_line *line);

/* `text` as a word that reads back the same, quoted if it must be. False when `to` is too small. */
bool secrets_lexer_quote(const char *text, char *to, size_t room);

#endif
