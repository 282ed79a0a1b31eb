/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guesses what the user meant by an unknown word. */
#ifndef SSTP_CLI_HINT_H
#define SSTP_CLI_HINT_H

#include "cli/option.h"

/*
 * The distance between `typed` and `name`, 0 if they are equal; UINT32_MAX: not near. Near is a
 * prefix of at least two letters, or at most a third of the letters wrong. Case, '-' and '_' are
 * ignored.
 */
unsigned hint_distance(const char *typed, size_t len, const char *name);

enum { HINT_SIZE = 256 };

/*
 * "did you mean --ca-cert?": our option for another VPN program's name, or the nearest name; or a
 * sentence on what we have instead. `in_file`: `typed` is a key of the configuration file. Returns
 * false if there is no hint.
 */
bool hint_for_option(const struct verb *v, const char *typed, size_t len, bool in_file,
		     char text[HINT_SIZE]);

/*
 * Only for a word that is exactly the name of an option, of ours or of another program, without its
 * dashes.
 */
bool hint_for_exact(const struct verb *v, const char *typed, char text[HINT_SIZE]);

/* As hint_for_option, for a variable; `typed` is its name without SSTP_. */
bool hint_for_variable(const struct verb *v, const char *typed, size_t len, char text[HINT_SIZE]);

/* A sentence about an unknown verb, in static memory. NULL: none. */
const char *hint_for_verb(const char *typed, const char *const *verbs, size_t verb_count);

/* ---- hint_word.c */

/* For -x, if `v` has no such short option. */
bool hint_for_short(const struct verb *v, char short_name, char text[HINT_SIZE]);

/*
 * For a positional argument that the verb does not take. `is_sure`: only if the word cannot be a
 * host. Returns false if there is no hint.
 */
bool hint_for_word(const struct verb *v, const char *typed, bool is_sure, char text[HINT_SIZE]);

#endif
