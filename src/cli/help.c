/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 30, HELP_WIDTH = 80 };

/* Wraps at blanks; every line but the first is indented. */
static void print_wrapped(const char *text, int column, int indent)
{
	while (*text) {
		int room = HELP_WIDTH - column;
		int len = (int)strcspn(text, "\n");

		if (len > room) {
			for (len = room; len > 0 && text[len] != ' '; len--)
				;
			if (!len)
				len = (int)strcspn(text, " \n");
		}
		printf("%.*s\n", len, text);
		text += len;
		while (*text == ' ' || *text == '\n')
			text++;
		if (*text)
			printf("%*s", indent, "");
		column = indent;
	}
}

static void print_option(const struct option *o)
{
	char left[80];
	int n;

	if (o->short_name)
		n = snprintf(left, sizeof(left), "  -%c, --%s%s%s", o->short_name, o->name,
			     o->arg ? " " : "", o->arg ? o->arg : "");
	else
		n = snprintf(left, sizeof(left), "      --%s%s%s", o->name, o->arg ? " " : "",
			     o->arg ? o->arg : "");
	if (n >= HELP_COLUMN - 1)
		printf("%s\n%*s", left, HELP_COLUMN, "");
	else
		printf("%-*s", HELP_COLUMN, left);
	print_wrapped(o->help, HELP_COLUMN, HELP_COLUMN);
}

void help_print(const struct verb *verb)
{
	printf("Usage: sstp %s %s\n\n", verb->name, verb->usage);
	print_wrapped(verb->about, 0, 0);
	for (struct option_walk w = option_walk(verb); option_next(&w);) {
		if (w.row == 1 && w.use->heading)
			printf("\n%s:\n", w.use->heading);
		print_option(w.in.option);
	}
	if (verb->notes)
		printf("\n%s", verb->notes);
}

void help_print_table(const struct verb *verb)
{
	const char *heading = "";

	for (struct option_walk w = option_walk(verb); option_next(&w);) {
		const struct option *o = w.in.option;
		const char short_name[] = { o->short_name, '\0' };

		if (w.row == 1 && w.use->heading)
			heading = w.use->heading;
		printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", verb->name, heading, short_name, o->name,
		       o->arg ? o->arg : "", o->words ? o->words : "", o->help);
	}
}
