/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grammar of secrets files, as pppd 2.4.9 reads them, and the places where we are stricter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/secrets_lexer.h"

/* The words of a file as text: [a][b] for a line, "1:" before it the number, '|' between lines. */
static void print_file(const char *file, size_t len, char *to, size_t room)
{
	char *arena = malloc(secrets_lexer_arena_len(len));
	struct secrets_lexer w = secrets_lexer_of(file, len, arena);
	struct secrets_line line;
	size_t n = 0;

	*to = '\0';
	while (secrets_lexer_next_line(&w, &line)) {
		n += (size_t)snprintf(to + n, room - n, "%s%u:", n ? "|" : "", line.number);
		for (size_t i = 0; i < line.count; i++)
			n += (size_t)snprintf(to + n, room - n, "[%s]", line.word[i].text);
	}
	if (w.bad)
		snprintf(to + n, room - n, "!%u: %s", w.bad_line, w.bad);
	free(arena);
}

static const struct grammar_case {
	const char *name, *file, *words;
} grammar[] = {
	{ "empty", "", "" },
	{ "blank lines", "\n \t\n\r\n", "" },
	{ "a comment", "# ann * pw\n", "" },
	{ "plain", "ann * pw *\nbob s pw2\n", "1:[ann][*][pw][*]|2:[bob][s][pw2]" },
	{ "no newline at the end", "ann * pw", "1:[ann][*][pw]" },
	{ "tabs, CRLF, white space first", "\r\n  ann\t*\v\fpw\r\n", "2:[ann][*][pw]" },
	{ "byte order mark",
	  "\xef\xbb\xbf"
	  "ann * pw\n",
	  "1:[ann][*][pw]" },
	{ "byte order marks of two files",
	  "\xef\xbb\xbf"
	  "ann * pw\n\xef\xbb\xbf"
	  "bob * pw\n\xef\xbb\xbf# no\n\xef\xbb\xbf",
	  "1:[ann][*][pw]|2:[bob][*][pw]" },
	{ "byte order marks of names",
	  "\"\xef\xbb\xbf"
	  "ann\" * a\xef\xbb\xbf\n \xef\xbb\xbf*",
	  "1:[\xef\xbb\xbf"
	  "ann][*][a\xef\xbb\xbf]|2:[\xef\xbb\xbf*]" },
	{ "double quotes", "\"a b\" * \"p # '\"", "1:[a b][*][p # ']" },
	{ "single quotes", "'a b' * 'p \" #'", "1:[a b][*][p \" #]" },
	{ "quoted in part", "a\" \"b'c 'd * pw", "1:[a bc d][*][pw]" },
	{ "an empty word", "ann * \"\" *", "1:[ann][*][][*]" },
	{ "an empty word at the end", "ann * ''", "1:[ann][*][]" },
	{ "a comment after a word", "ann * pw#comment\nbob * x # y",
	  "1:[ann][*][pw]|2:[bob][*][x]" },
	{ "escaped space and hash", "a\\ b * p\\#w\\\\", "1:[a b][*][p#w\\]" },
	{ "an escape starts a word", "\\#ann * \\\"pw", "1:[#ann][*][\"pw]" },
	{ "letters", "\\a\\b\\f\\n\\r\\s\\t\\q", "1:[\a\b\f\n\r \tq]" },
	{ "octal", "\\101\\60\\7x\\1234",
	  "1:[A0\ax"
	  "S4]" },
	{ "octal beyond a byte", "\\501", "1:[A]" },
	{ "hex", "\\x41\\x4a\\x4A\\x9g\\x414", "1:[AJJ\tgA4]" },
	{ "escapes in quotes", "\"a\\\"b\\x41\" 'c\\'d'", "1:[a\"bA][c'd]" },
	{ "a domain takes two backslashes", "CORP\\\\ann * pw", "1:[CORP\\ann][*][pw]" },
	{ "joined lines", "ann \\\n  * \\\n pw\nbob", "1:[ann][*][pw]|4:[bob]" },
	{ "joined within a word", "an\\\nn * pw\nbob", "1:[ann][*][pw]|3:[bob]" },
	{ "joined within quotes", "\"an\\\nn\" * pw", "1:[ann][*][pw]" },
	{ "joined before the first word", "\\\nann * pw", "2:[ann][*][pw]" },
	{ "no joining in a comment", "# x \\\nann * pw", "2:[ann][*][pw]" },
	{ "UTF-8", "j\xc3\xb6rg * \xc2\xa0p\xc3\x85", "1:[j\xc3\xb6rg][*][\xc2\xa0p\xc3\x85]" },
	{ "an open quote", "ann * pw\nbob * \"pw\ncid * x\"\n",
	  "1:[ann][*][pw]!2: a quote that is not closed on its line" },
	{ "an open quote at the end", "ann * 'pw", "!1: a quote that is not closed on its line" },
	{ "a backslash at the end", "ann * \\", "!1: a backslash with nothing after it" },
	{ "a zero byte by escape", "ann * a\\0b", "!1: a word with a zero byte in it" },
	{ "hex without digits", "ann * \\xg", "!1: a word with a zero byte in it" },
};

static void grammar_table(void **state)
{
	char words[512];

	(void)state;
	for (size_t i = 0; i < sizeof(grammar) / sizeof(*grammar); i++) {
		const struct grammar_case *c = &grammar[i];

		print_file(c->file, strlen(c->file), words, sizeof(words));
		if (strcmp(words, c->words))
			fail_msg("%s: %s, not %s", c->name, words, c->words);
	}
}

static void a_zero_byte(void **state)
{
	char words[128];

	(void)state;
	print_file("a\0b * pw", 8, words, sizeof(words));
	assert_string_equal(words, "!1: a word with a zero byte in it");
	print_file("a\\\0b * pw", 9, words, sizeof(words));
	assert_string_equal(words, "!1: a word with a zero byte in it");
}

static void long_words(void **state)
{
	char file[WORD_MAX + 2], words[WORD_MAX + 128];

	(void)state;
	memset(file, 'x', sizeof(file));
	print_file(file, WORD_MAX, words, sizeof(words));
	assert_int_equal(strlen(words), WORD_MAX + 4);
	print_file(file, WORD_MAX + 1, words, sizeof(words));
	assert_string_equal(words, "!1: a word of more than 1024 bytes");
}

static void more_words_than_kept(void **state)
{
	char file[400], arena[401];
	struct secrets_lexer w;
	struct secrets_line line;

	(void)state;
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = i % 2 ? ' ' : 'x';
	file[301] = '\n';
	w = secrets_lexer_of(file, sizeof(file), arena);
	assert_true(secrets_lexer_next_line(&w, &line));
	assert_int_equal(line.count, LINE_WORDS_MAX);
	assert_int_equal(line.end, 302);
	assert_true(secrets_lexer_next_line(&w, &line));
	assert_int_equal(line.count, 49);
	assert_false(secrets_lexer_next_line(&w, &line));
	assert_null(w.bad);
}

/* The editor replaces text by these offsets. */
static void positions_of_lines(void **state)
{
	static const char file[] = "# one\n  ann * 'p w' # x\n\nbob \\\n* pw \\\n\\\n# y\n";
	char arena[sizeof(file)];
	struct secrets_lexer w = secrets_lexer_of(file, sizeof(file) - 1, arena);
	struct secrets_line line;

	(void)state;
	assert_true(secrets_lexer_next_line(&w, &line));
	assert_int_equal(line.start, 6);
	assert_int_equal(line.end, 24);
	assert_int_equal(line.word[2].start, 14);
	assert_int_equal(line.word[2].end, 19);
	assert_true(secrets_lexer_next_line(&w, &line));
	assert_int_equal(line.start, 25);
	assert_int_equal(line.end, sizeof(file) - 1);
	assert_false(secrets_lexer_next_line(&w, &line));
}

static const struct quote_case {
	const char *text, *word;
} quotes[] = {
	{ "plain", "plain" },
	{ "$nt$0123/.", "$nt$0123/." },
	{ "", "\"\"" },
	{ "two words", "\"two words\"" },
	{ "CORP\\ann", "\"CORP\\\\ann\"" },
	{ "two\nlines\\\n", "\"two\\nlines\\\\\\n\"" },
	{ "q\"q'q#", "\"q\\\"q'q#\"" },
	{ "\xc3\xa9", "\xc3\xa9" },
	{ "\xef\xbb\xbf"
	  "ann",
	  "\"\xef\xbb\xbf"
	  "ann\"" },
};

static void quoting(void **state)
{
	char word[64], back[80], want[80];

	(void)state;
	for (size_t i = 0; i < sizeof(quotes) / sizeof(*quotes); i++) {
		assert_true(secrets_lexer_quote(quotes[i].text, word, sizeof(word)));
		assert_string_equal(word, quotes[i].word);
		print_file(word, strlen(word), back, sizeof(back));
		snprintf(want, sizeof(want), "1:[%s]", quotes[i].text);
		assert_string_equal(back, want);
	}
	assert_false(secrets_lexer_quote("abc", word, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar_table),      cmocka_unit_test(a_zero_byte),
		cmocka_unit_test(long_words),         cmocka_unit_test(more_words_than_kept),
		cmocka_unit_test(positions_of_lines), cmocka_unit_test(quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
