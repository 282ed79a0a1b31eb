/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accepts every value that can be understood, with a warning if a part of it is ignored. */
#include "cli/tidy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/log.h"

enum { WARNINGS_MAX = 32, WARNING_SIZE = 400 };

static char warnings[WARNINGS_MAX][WARNING_SIZE];
static size_t warning_count;
static bool prints_at_once, is_quiet;

void tidy_warn(const char *format, ...)
{
	char text[WARNING_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (is_quiet)
		return;
	if (prints_at_once)
		log_warn(NULL, "%s", text);
	else if (warning_count < WARNINGS_MAX)
		memcpy(warnings[warning_count++], text, sizeof(text));
}

void tidy_print_warnings(void)
{
	for (size_t i = 0; i < warning_count; i++)
		log_warn(NULL, "%s", warnings[i]);
	warning_count = 0;
	prints_at_once = true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void remove_start(char *value, size_t len)
{
	memmove(value, value + len, strlen(value + len) + 1);
}

static void remove_byte_order_mark(char *value)
{
	if (!strncmp(value, "\xef\xbb\xbf", 3))
		remove_start(value, 3);
}

static void remove_line_end(char *value)
{
	size_t len = strlen(value);

	if (len && value[len - 1] == '\n')
		value[--len] = '\0';
	if (len && value[len - 1] == '\r')
		value[--len] = '\0';
}

static bool has_control_character(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return true;
	return false;
}

/* Returns whether something was removed. */
static bool trim(char *value)
{
	size_t before = strlen(value), len = before;

	while (len && is_blank(value[len - 1]))
		value[--len] = '\0';
	remove_start(value, strspn(value, " \t"));
	return strlen(value) < before;
}

/*
 * The closing quote if a value begins with a quote and has just one more of that kind; else NULL.
 */
static char *closing_quote(char *value)
{
	char *end = *value == '"' || *value == '\'' ? strchr(value + 1, *value) : NULL;

	return end && !strchr(end + 1, *value) ? end : NULL;
}

static bool is_comment(const char *text)
{
	text += strspn(text, " \t");
	return !*text || *text == '#';
}

static void remove_comment(char *value, const struct tidy_place *place)
{
	char *end = closing_quote(value), *hash;

	if (end && is_comment(end + 1)) {
		end[1] = '\0'; /* a # within the quotes belongs to the value */
		return;
	}
	for (hash = strchr(value, '#'); hash; hash = strchr(hash + 1, '#')) {
		if (hash == value || !is_blank(hash[-1]))
			continue;
		tidy_warn("%s: the text after the # is a comment; put the value in quotes if "
			  "the # belongs to it",
			  place->name);
		*hash = '\0';
		return;
	}
}

static void remove_quotes(char *value, const struct tidy_place *place)
{
	char *end = closing_quote(value);

	if (!end || end[1])
		return;
	if (!place->has_comments) /* in a file quotes are usual */
		tidy_warn("%s: the quotes around the value are removed", place->name);
	*end = '\0';
	remove_start(value, 1);
}

static bool tidy(char *value, const struct tidy_place *place, struct error *err)
{
	remove_byte_order_mark(value);
	if (place->is_environment)
		remove_line_end(value);
	if (!place->is_command && has_control_character(value)) { /* a script may have lines */
		snprintf(err->text, sizeof(err->text),
			 "must not contain a control character (a line end, a tab)");
		return false;
	}
	if (trim(value))
		tidy_warn("%s: blanks at the ends of the value are removed", place->name);
	if (place->is_command)
		return true;
	if (place->has_comments) {
		remove_comment(value, place);
		trim(value);
	}
	remove_quotes(value, place);
	return true;
}

bool tidy_value(char *value, const struct tidy_place *place, struct error *err)
{
	bool is_good;

	is_quiet = !place->name;
	is_good = tidy(value, place, err);
	is_quiet = false;
	return is_good;
}

static bool is_quoted(const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && (*text == '"' || *text == '\'') && text[len - 1] == *text;
}

bool tidy_password(char *password, const char *name, struct error *err)
{
	size_t len;

	remove_byte_order_mark(password);
	remove_line_end(password);
	len = strlen(password);
	if (has_control_character(password)) {
		snprintf(err->text, sizeof(err->text),
			 "%.120s: the password contains a control character (a line end, a "
			 "tab): it must be one line",
			 name);
		return false;
	}
	if (is_quoted(password))
		tidy_warn("%s: the password is in quotes, which are used as a part of it", name);
	else if (len && (is_blank(*password) || is_blank(password[len - 1])))
		tidy_warn("%s: the password begins or ends with a blank, which is used as a "
			  "part of it",
			  name);
	return true;
}
