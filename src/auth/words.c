/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines and words of a user file. */
#include "auth/words.h"

#include <string.h>

/* C's isspace, whatever the locale: bytes of UTF-8 are never white space. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

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

struct words words_of(const char *file, size_t len, char *arena)
{
	struct words w = { .file = file, .len = len, .line = 1, .arena = arena };

	if (len >= 3 && !memcmp(file, "\xef\xbb\xbf", 3)) /* editors on Windows put this there */
		w.at = 3;
	return w;
}

static bool malformed(struct words *w, unsigned line, const char *what)
{
	w->bad = what;
	w->bad_line = line;
	return false;
}

static bool is_joined_line(const struct words *w)
{
	return w->file[w->at] == '\\' && w->at + 1 < w->len && w->file[w->at + 1] == '\n';
}

/*
 * Moves to the next word; false when there is none. `line_end` becomes the offset behind the first
 * newline that was passed, and stays as it was when the word is on the same line.
 */
static bool skip_to_word(struct words *w, size_t *line_end)
{
	bool passed = false, comment = false;

	for (; w->at < w->len; w->at++) {
		char c = w->file[w->at];

		if (c == '\n') {
			w->line++;
			comment = false;
			if (!passed)
				*line_end = w->at + 1;
			passed = true;
		} else if (comment) {
			continue;
		} else if (is_joined_line(w)) {
			w->at++;
			w->line++;
		} else if (c == '#') {
			comment = true;
		} else if (!is_space(c)) {
			return true;
		}
	}
	return false;
}

/* Up to `most` digits of a number in base 8 or 16 (`shift` bits each) at w->at. */
static unsigned take_number(struct words *w, unsigned shift, unsigned most)
{
	unsigned value = 0;

	for (; most && w->at < w->len; most--, w->at++) {
		char c = w->file[w->at];

		if (shift == 3 ? !is_octal(c) : hex_digit(c) < 0)
			break;
		value = value << shift | (unsigned)hex_digit(c);
	}
	return value;
}

/* The byte that an escape stands for; w->at is behind the backslash, on what follows it. */
static char take_escape(struct words *w)
{
	static const char letters[] = "abfnrst", bytes[] = "\a\b\f\n\r \t";
	char c = w->file[w->at];
	const char *letter = c ? strchr(letters, c) : NULL;

	if (is_octal(c))
		return (char)take_number(w, 3, 3);
	w->at++;
	if (c == 'x')
		return (char)take_number(w, 4, 2);
	if (letter)
		return bytes[letter - letters];
	return c;
}

static void put(struct words *w, char c)
{
	w->arena[w->arena_used++] = c;
}

/* One step of a word: a byte of it, a quote, an escape or a joined line. False at its end. */
static bool take_byte(struct words *w, char *quote)
{
	char c = w->file[w->at];

	if (is_joined_line(w)) {
		w->at += 2;
		w->line++;
		return true;
	}
	if (c == '\\') {
		if (++w->at == w->len)
			return malformed(w, w->line, "a backslash with nothing after it");
		put(w, take_escape(w));
		return true;
	}
	if (*quote ? c == '\n' : is_space(c) || c == '#')
		return false;
	if (*quote && c == *quote)
		*quote = '\0';
	else if (!*quote && (c == '"' || c == '\''))
		*quote = c;
	else
		put(w, c);
	w->at++;
	return true;
}

static bool take_word(struct words *w, struct word *word)
{
	size_t arena_start = w->arena_used, len;
	char quote = '\0';

	word->start = w->at;
	word->text = w->arena + arena_start;
	while (w->at < w->len && take_byte(w, &quote))
		continue;
	word->end = w->at;
	len = w->arena_used - arena_start;
	put(w, '\0');
	if (w->bad)
		return false;
	if (quote)
		return malformed(w, w->line, "a quote that is not closed on its line");
	if (memchr(word->text, '\0', len))
		return malformed(w, w->line, "a word with a zero byte in it");
	if (len > WORD_MAX)
		return malformed(w, w->line, "a word of more than 1024 bytes");
	return true;
}

static size_t start_of_line(const struct words *w)
{
	size_t at = w->at;

	while (at > 0 && w->file[at - 1] != '\n')
		at--;
	return at;
}

bool words_next_line(struct words *w, struct words_line *line)
{
	struct word beyond;
	bool more;

	if (w->bad || !skip_to_word(w, &line->end))
		return false;
	line->count = 0;
	line->number = w->line;
	line->start = start_of_line(w);
	do {
		bool keep = line->count < WORDS_IN_A_LINE;

		if (!take_word(w, keep ? &line->word[line->count] : &beyond))
			return false;
		line->count += keep;
		line->end = 0;
		more = skip_to_word(w, &line->end);
	} while (more && !line->end);
	if (!line->end)
		line->end = w->len;
	return true;
}

/* Quotes would do for most, but the plain form is what people write by hand. */
static bool is_plain(const char *text)
{
	return *text && !strpbrk(text, " \t\n\v\f\r\"'\\#");
}

bool words_quote(const char *text, char *to, size_t room)
{
	bool plain = is_plain(text);
	size_t n = 0;

	if (room < 2 * strlen(text) + 3)
		return false;
	if (!plain)
		to[n++] = '"';
	for (; *text; text++) {
		if (!plain && (*text == '"' || *text == '\\'))
			to[n++] = '\\';
		to[n++] = *text;
	}
	if (!plain)
		to[n++] = '"';
	to[n] = '\0';
	return true;
}
