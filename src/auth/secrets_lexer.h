/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of a user file and their words, by the grammar of pppd's secrets files:
 *
 *   words are separated by white space; '#' outside quotes starts a comment, also right after a word
 *   "..." and '...' quote white space, '#' and the other quote; a word may be quoted in part
 *   \ makes the next character literal, also in quotes, but \a \b \f \n \r \s \t \NNN (octal) and
 *   \xHH are bytes; \ at the end of a line joins the next line to it
 *
 * Stricter than pppd in three places, where pppd would guess: a quote must be closed on its line, a
 * word has no zero byte, and a word is at most WORD_MAX bytes long.
 */
#ifndef SSTP_AUTH_SECRETS_LEXER_H
#define SSTP_AUTH_SECRETS_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	WORD_MAX = 1024,     /* pppd's MAXWORDLEN */
	LINE_WORDS_MAX = 64, /* more are read and dropped */
};

/* The words of a line. */
enum {
	COLUMN_CLIENT,
	COLUMN_SERVER,
	COLUMN_SECRET,
	COLUMN_ADDRESS, /* the first one; more may follow */
};

struct word {
	const char *text;  /* without quotes and escapes, terminated; in the caller's arena */
	size_t start, end; /* offsets in the file, with quotes */
};

struct secrets_line {
	struct word word[LINE_WORDS_MAX];
	size_t count;
	unsigned number;   /* the first word's line in the file, from 1 */
	size_t start, end; /* offsets in the file, with comment and newline */
};

struct secrets_lexer {
	const char *file;
	size_t len, at;
	unsigned line;
	char *arena; /* secrets_lexer_arena_len(len) bytes */
	size_t arena_used;
	const char
		*bad; /* the error, after secrets_lexer_next_line returned false; NULL: the end */
	unsigned bad_line;
};

static inline size_t secrets_lexer_arena_len(size_t file_len)
{
	return file_len +
	       1; /* a separator leaves room for each terminator, except the last word's */
}

struct secrets_lexer secrets_lexer_of(const char *file, size_t len, char *arena);

/* The next line that has words. False at the end, and when the file is malformed. */
bool secrets_lexer_next_line(struct secrets_lexer *l, struct secrets_line *line);

/* Writes `text` as a word that reads back the same, quoted if needed. False: `to` is too small. */
bool secrets_lexer_quote(const char *text, char *to, size_t room);

#endif
