/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splits a user file into lines and words. */
#include "auth/secrets_lexer.h"

#include <string.h>

/* C's isspace, whatever the locale: bytes of UTF-8 are never white space. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * The byte order mark, which editors on Windows write first. In a file that was made of two it begins a later line; removing
 * the lines above must not make another name of the one that follows it.
 */
static const char bom[] = "\xef\xbb\xbf";
enum { BOM_LEN = sizeof(bom) - 1 };

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct secrets_lexer secrets_lexer_of(const char *file, size_t len, char *arena)
{
	return (struct secrets_lexer){ .file = file, .len = len, .line = 1, .arena = arena };
}

static bool is_bom(const struct secrets_lexer *l)
{
	return (!l->at || l->file[l->at - 1] == '\n') && l->len - l->at >= BOM_LEN &&
	       !memcmp(l->file + l->at, bom, BOM_LEN);
}

static bool malformed(struct secrets_lexer *l, unsigned line, const char *what)
{
	l->bad = what;
	l->bad_line = line;
	return false;
}

static bool is_joined_line(const struct secrets_lexer *l)
{
	return l->file[l->at] == '\\' && l->at + 1 < l->len && l->file[l->at + 1] == '\n';
}

/*
 * Moves to the next word; false when there is none. `line_end` is set to the offset after the first
 * newline that was passed, and is left unchanged when the word is on the same line.
 */
static bool skip_to_word(struct secrets_lexer *l, size_t *line_end)
{
	bool passed = false, comment = false;

	for (; l->at < l->len; l->at++) {
		char c = l->file[l->at];

		if (c == '\n') {
			l->line++;
			comment = false;
			if (!passed)
				*line_end = l->at + 1;
			passed = true;
		} else if (comment) {
			continue;
		} else if (is_joined_line(l)) {
			l->at++;
			l->line++;
		} else if (is_bom(l)) {
			l->at += BOM_LEN - 1;
		} else if (c == '#') {
			comment = true;
		} else if (!is_space(c)) {
			return true;
		}
	}
	return false;
}

/* Up to `max` digits of a number in base 8 or 16 (`shift` bits each) at l->at. */
static unsigned take_number(struct secrets_lexer *l, unsigned shift, unsigned max)
{
	unsigned value = 0;

	for (; max && l->at < l->len; max--, l->at++) {
		char c = l->file[l->at];

		if (shift == 3 ? !is_octal(c) : hex_digit(c) < 0)
			break;
		value = value << shift | (unsigned)hex_digit(c);
	}
	return value;
}

/* The byte that an escape means; l->at is at the character after the backslash. */
static char take_escape(struct secrets_lexer *l)
{
	static const char letters[] = "abfnrst", bytes[] = "\a\b\f\n\r \t";
	char c = l->file[l->at];
	const char *letter = c ? strchr(letters, c) : NULL;

	if (is_octal(c))
		return (char)take_number(l, 3, 3);
	l->at++;
	if (c == 'x')
		return (char)take_number(l, 4, 2);
	if (letter)
		return bytes[letter - letters];
	return c;
}

static void put(struct secrets_lexer *l, char c)
{
	l->arena[l->arena_used++] = c;
}

/* Reads one element of a word: a byte, a quote, an escape or a joined line. False at its end. */
static bool take_byte(struct secrets_lexer *l, char *quote)
{
	char c = l->file[l->at];

	if (is_joined_line(l)) {
		l->at += 2;
		l->line++;
		return true;
	}
	if (c == '\\') {
		if (++l->at == l->len)
			return malformed(l, l->line, "a backslash with nothing after it");
		put(l, take_escape(l));
		return true;
	}
	if (*quote ? c == '\n' : is_space(c) || c == '#')
		return false;
	if (*quote && c == *quote)
		*quote = '\0';
	else if (!*quote && (c == '"' || c == '\''))
		*quote = c;
	else
		put(l, c);
	l->at++;
	return true;
}

static bool take_word(struct secrets_lexer *l, struct word *word)
{
	size_t arena_start = l->arena_used, len;
	char quote = '\0';

	word->start = l->at;
	word->text = l->arena + arena_start;
	while (l->at < l->len && take_byte(l, &quote))
		continue;
	word->end = l->at;
	len = l->arena_used - arena_start;
	put(l, '\0');
	if (l->bad)
		return false;
	if (quote)
		return malformed(l, l->line, "a quote that is not closed on its line");
	if (memchr(word->text, '\0', len))
		return malformed(l, l->line, "a word with a zero byte in it");
	if (len > WORD_MAX)
		return malformed(l, l->line, "a word of more than 1024 bytes");
	return true;
}

static size_t start_of_line(const struct secrets_lexer *l)
{
	size_t at = l->at;

	while (at > 0 && l->file[at - 1] != '\n')
		at--;
	return at;
}

bool secrets_lexer_next_line(struct secrets_lexer *l, struct secrets_line *line)
{
	struct word beyond;
	bool more;

	if (l->bad || !skip_to_word(l, &line->end))
		return false;
	line->count = 0;
	line->number = l->line;
	line->start = start_of_line(l);
	do {
		bool keep = line->count < LINE_WORDS_MAX;

		if (!take_word(l, keep ? &line->word[line->count] : &beyond))
			return false;
		line->count += keep;
		line->end = 0;
		more = skip_to_word(l, &line->end);
	} while (more && !line->end);
	if (!line->end)
		line->end = l->len;
	return true;
}

/* Whether the word needs no quotes; people write it without them by hand. */
static bool is_plain(const char *text)
{
	return *text && !strpbrk(text, " \t\n\v\f\r\"'\\#") && strncmp(text, bom, BOM_LEN) != 0;
}

bool secrets_lexer_quote(const char *text, char *to, size_t room)
{
	bool plain = is_plain(text);
	size_t n = 0;

	if (room < 2 * strlen(text) + 3)
		return false;
	if (!plain)
		to[n++] = '"';
	for (; *text; text++) {
		if (!plain && (*text == '"' || *text == '\\' || *text == '\n'))
			to[n++] = '\\';
		to[n++] = (char)(*text == '\n' ? 'n' : *text);
	}
	if (!plain)
		to[n++] = '"';
	to[n] = '\0';
	return true;
}
