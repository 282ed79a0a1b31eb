/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was probably meant by a word that is not known. */
#ifndef SSTP_CLI_HINT_H
#define SSTP_CLI_HINT_H

#include "cli/option.h"

/*
 * Is `typed` near `name`? A beginning of it of two letters or more, or at most a third of its
 * letters wrong. The distance, 0 for the same; UINT32_MAX: not near. Case and the difference of
 * '-', '_' and nothing don't count.
 */
unsigned hint_distance(const char *typed, size_t len, const char *name);

enum { HINT_SIZE = 256 };

/*
 * "did you mean --ca-cert?", from how other VPN programs call it or from what is near; or what we
 * have in place of such an option. `in_file`: a key of a file. False: there is nothing to say.
 */
bool hint_for_option(const struct verb *v, const char *typed, size_t len, bool in_file,
		     char text[HINT_SIZE]);

/* Only for a word that is exactly an option of ours or of another program, without its dashes. */
bool hint_for_exact(const struct verb *v, const char *typed, char text[HINT_SIZE]);

/* For -x, where `v` has no such letter. */
bool hint_for_letter(const struct verb *v, char letter, char text[HINT_SIZE]);

/*
 * For a word that is not an option, where the verb takes none or no more: what was probably meant.
 * `is_sure`: only if the word cannot be a host. False: there is nothing to say.
 */
bool hint_for_word(const struct verb *v, const char *typed, bool is_sure, char text[HINT_SIZE]);

/* The same for a variable, whose name is given without SSTP_. */
bool hint_for_variable(const struct verb *v, const char *typed, size_t len, char text[HINT_SIZE]);

/* A full sentence about a word in a verb's place; it points into static memory. NULL: none. */
const char *hint_for_verb(const char *typed, const char *const *verbs, size_t verb_count);

#endif
