/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the user file: each line becomes one entry of a hash table that is never changed again. A
 * new version of the file is a new table, with which the owner replaces the old one.
 */
#include "auth/users.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/secret_hash.h"
#include "auth/users_private.h"
#include "auth/secrets_lexer.h"
#include "auth/user_groups.h"
#include "auth/users_folder.h"
#include "util/file.h"
#include "util/file_agent.h"
#include "util/hash.h"
#include "util/ip.h"
#include "util/secret.h"

enum {
	FILE_LEN_MAX = 256 * 1024 * 1024,
	SECRET_FILE_LEN_MAX = 64 * 1024,
	UNKNOWN_SIZE = 480, /* of what is wrong with a name */
};

struct loading {
	const char *file;
	struct users *u;
	struct error *err;
	const struct users_folder *folder; /* NULL: none */
	unsigned own_lines;                /* of the file; those of the folder come after them */
	const struct users_names *names;   /* NULL: any */
	struct user_groups groups;
};

int users_fail(struct error *err, int error, const char *file, unsigned line, const char *format,
	       ...)
{
	size_t n;
	va_list args;

	if (line)
		snprintf(err->text, sizeof(err->text), "%.200s:%u: ", file, line);
	else
		snprintf(err->text, sizeof(err->text), "%.200s: ", file);
	n = strlen(err->text);
	va_start(args, format);
	vsnprintf(err->text + n, sizeof(err->text) - n, format, args);
	va_end(args);
	return error;
}

/* "users:12", or the file of the folder. */
struct place {
	char text[256];
};

static struct place place_of(const struct loading *l, unsigned line)
{
	struct place p;

	if (l->folder && line > l->own_lines && line - l->own_lines <= l->folder->count)
		snprintf(p.text, sizeof(p.text), "%.250s",
			 l->folder->file[line - l->own_lines - 1]);
	else
		snprintf(p.text, sizeof(p.text), "%.200s:%u", l->file, line);
	return p;
}

/* "users:12: ..."; returns `error`. */
static int fail(const struct loading *l, int error, unsigned line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int fail(const struct loading *l, int error, unsigned line, const char *format, ...)
{
	char why[sizeof(l->err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return users_fail(l->err, error, place_of(l, line).text, 0, "%s", why);
}

static bool is_wild(const char *word)
{
	return !strcmp(word, "*");
}

static struct log_text quoted(const char *text)
{
	return log_quote(text, strlen(text));
}

/* ---- the table */

/* No hash key: the names come from the file, so an attacker can't choose colliding ones. */
static uint32_t *bucket_of(const struct users *u, const void *name, size_t len)
{
	return &u->bucket[hash_bytes(0, name, len) & (u->bucket_count - 1)];
}

static bool is_named(const struct user *user, struct bytes client)
{
	return strlen(user->client) == client.len && !memcmp(user->client, client.at, client.len);
}

/* pppd prefers a line that names the server to one that has "*" there, then the earlier one. */
const struct user *users_find(const struct users *u, struct bytes client, const char *server)
{
	const struct user *wild = NULL;

	for (uint32_t i = *bucket_of(u, client.at, client.len); i; i = u->user[i - 1].next) {
		const struct user *user = &u->user[i - 1];

		if (!is_named(user, client))
			continue;
		if (is_wild(user->server))
			wild = wild ? wild : user;
		else if (!strcmp(user->server, server))
			return user;
	}
	return wild;
}

static bool make_buckets(struct users *u)
{
	u->bucket_count = 16;
	while (u->bucket_count < 2 * u->count)
		u->bucket_count *= 2;
	u->bucket = calloc(u->bucket_count, sizeof(*u->bucket));
	return u->bucket;
}

/* From the last entry to the first, so that each chain begins with the earliest line. */
static void chain_users(struct users *u)
{
	for (size_t i = u->count; i > 0; i--) {
		struct user *user = &u->user[i - 1];
		uint32_t *bucket = bucket_of(u, user->client, strlen(user->client));

		user->next = *bucket;
		*bucket = (uint32_t)i;
	}
}

static void warn_of_duplicates(const struct loading *l)
{
	for (size_t i = 0; i < l->u->count; i++) {
		const struct user *user = &l->u->user[i];
		const struct user *counts =
			users_find(l->u, bytes_text(user->client), user->server);

		if (counts != user && !strcmp(counts->server, user->server))
			log_warn(NULL, "%s: duplicate of user %s in %s; that one is used",
				 place_of(l, user->line).text, quoted(user->client).text,
				 place_of(l, counts->line).text);
	}
}

/* ---- addresses that users cannot have */

struct own_address {
	uint32_t ipv4, index; /* of the user */
};

static int compare_addresses(const void *a, const void *b)
{
	const struct own_address *x = a, *y = b;

	if (x->ipv4 != y->ipv4)
		return x->ipv4 < y->ipv4 ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void report_address(const struct loading *l, const struct user *user, const char *format,
			   ...) __attribute__((format(printf, 3, 4)));

static void report_address(const struct loading *l, const struct user *user, const char *format,
			   ...)
{
	char why[512], line[1280];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "%s: user %s: %s %s", place_of(l, user->line).text,
		 quoted(user->client).text, ip_print_v4(user->ipv4).text, why);
	l->names->unfit(l->names->arg, line);
}

/* Sorted. Those that count at this server; the number of them is returned. */
static size_t find_own_addresses(const struct loading *l, struct own_address *to)
{
	const struct users *u = l->u;
	size_t count = 0;

	for (size_t i = 0; i < u->count; i++) {
		const struct user *user = &u->user[i];

		if (user->ipv4 && !user->is_refused &&
		    users_find(u, bytes_text(user->client), l->names->server) == user)
			to[count++] = (struct own_address){ user->ipv4, (uint32_t)i };
	}
	qsort(to, count, sizeof(*to), compare_addresses);
	return count;
}

/* The log of a login that fails says the same, but only then. */
static void warn_of_addresses(const struct loading *l)
{
	struct own_address *own = calloc(l->u->count + 1, sizeof(*own));
	size_t count = own ? find_own_addresses(l, own) : 0, first = 0;

	for (size_t i = 0; i < count; i++) {
		const struct user *user = &l->u->user[own[i].index];
		const char *why = l->names->why_unfit(l->names->arg, user->ipv4);

		if (own[i].ipv4 != own[first].ipv4)
			first = i;
		if (why)
			report_address(l, user, "%s: the user cannot log in", why);
		else if (i > first)
			report_address(
				l, user,
				"is also the address of user %s in %s: only one of them can be "
				"connected at a time",
				quoted(l->u->user[own[first].index].client).text,
				place_of(l, l->u->user[own[first].index].line).text);
	}
	free(own);
}

static bool make_decoy(struct users *u)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t random[16];

	u->decoy.from_file_len = 2 * sizeof(random);
	u->decoy.from_file = malloc(u->decoy.from_file_len + 1);
	if (!u->decoy.from_file)
		return false;
	secret_random(random, sizeof(random));
	for (size_t i = 0; i < 2 * sizeof(random); i++)
		u->decoy.from_file[i] = digits[random[i / 2] >> (i % 2 ? 0 : 4) & 15];
	u->decoy.from_file[u->decoy.from_file_len] = '\0';
	u->decoy.client = u->decoy.server = "";
	u->decoy.secret = u->decoy.from_file;
	u->decoy.kind = SECRET_CLEAR;
	u->decoy.has_hash = mschap_nt_hash(bytes_text(u->decoy.secret), u->decoy.hash);
	return true;
}

/* ---- a line's columns */

/*
 * "@/FILE": the password is the first line of that file, so that it can be kept or mounted apart.
 */
static int read_secret_file(struct loading *l, struct user *user)
{
	const char *path = user->secret + 1;
	size_t len;
	int error = file_read(path, SECRET_FILE_LEN_MAX, &user->from_file, &user->from_file_len);

	if (error)
		return fail(l, error, user->line,
			    "the secret of user %s is in %.150s, which cannot be read: %s",
			    quoted(user->client).text, path, strerror(-error));
	len = strcspn(user->from_file, "\r\n");
	secret_wipe(user->from_file + len, user->from_file_len - len);
	user->secret_file = path;
	user->secret = user->from_file;
	return 0;
}

static int take_hash(struct loading *l, struct user *user)
{
	const char *why;

	if (!hash_kind_of(user->secret, &user->kind, &why))
		return fail(l, -EINVAL, user->line, "the secret of user %s %s",
			    quoted(user->client).text, why);
	if (user->kind == SECRET_NT)
		user->has_hash = hash_nt_of(user->secret, user->hash);
	if (user->kind == SECRET_CRYPT && !l->u->a_crypt)
		l->u->a_crypt = user->secret;
	return 0;
}

static int take_secret(struct loading *l, struct user *user)
{
	int error = 0;

	user->kind = SECRET_CLEAR;
	if (user->secret[0] == '@' && user->secret[1] == '/')
		error = read_secret_file(l, user);
	else
		error = take_hash(l, user);
	if (error || user->kind != SECRET_CLEAR)
		return error;
	if (!*user->secret) {
		user->kind = SECRET_EMPTY;
		log_warn(NULL, "%s: user %s has an empty secret and cannot log in",
			 place_of(l, user->line).text, quoted(user->client).text);
		return 0;
	}
	user->has_hash = mschap_nt_hash(bytes_text(user->secret), user->hash);
	if (!user->has_hash)
		log_warn(NULL,
			 "%s: the password of user %s is not UTF-8, or longer than 256 "
			 "characters: MS-CHAPv2 will refuse it",
			 place_of(l, user->line).text, quoted(user->client).text);
	return 0;
}

/* Words of pppd that we do not support: a network to choose from, and "!" for what is forbidden. */
static bool is_permission(const char *word)
{
	struct ip_prefix p;

	return *word == '!' || (strchr(word, '/') && ip_prefix_parse(word, &p));
}

static int take_address(struct loading *l, struct user *user, const char *word, bool *done)
{
	struct ip_addr a;

	*done = true;
	if (!strcmp(word, "-")) {
		user->is_refused = true;
	} else if (is_wild(word)) {
		user->ipv4 = 0;
	} else if (ip_parse(word, &a) && ip_v4(&a) && !ip_v4_is_host(ip_v4(&a))) {
		return fail(l, -EINVAL, user->line, "user %s: %s cannot be a host's address",
			    quoted(user->client).text, ip_print(&a).text);
	} else if (ip_parse(word, &a) && ip_v4(&a)) {
		user->ipv4 = ip_v4(&a);
	} else if (is_permission(word)) {
		log_warn(NULL,
			 "%s: user %s: networks and \"!\" are not supported: give one "
			 "address, or \"*\" for one from the pool",
			 place_of(l, user->line).text, quoted(user->client).text);
		*done = false;
	} else {
		/* the message does not quote the word: it may be the end of a password */
		return fail(l, -EINVAL, user->line,
			    "user %s: after the secret there must be an IPv4 address, \"*\" "
			    "(one from the pool) or \"-\" (refused); a secret with spaces "
			    "needs quotes",
			    quoted(user->client).text);
	}
	return 0;
}

static bool is_group_key(const char *word)
{
	return !strncmp(word, USER_GROUP_KEY, strlen(USER_GROUP_KEY));
}

/* pppd takes several addresses. The message does not quote the word: it may be the end of a password. */
static int check_further_word(struct loading *l, const struct user *user, const char *word)
{
	struct ip_addr a;

	if (!strcmp(word, "-") || is_wild(word) || is_permission(word) || ip_parse(word, &a))
		return 0;
	return fail(l, -EINVAL, user->line,
		    "user %s: after the address there is a word that is neither an address nor a "
		    "limit with \"=\", such as rate=5M; a secret with spaces needs quotes",
		    quoted(user->client).text);
}

/* The first address counts. */
static int take_addresses(struct loading *l, struct user *user, const char *const *word,
			  size_t count, bool *done)
{
	int error = 0;

	for (size_t i = 0; i < count && !error && strcmp(word[i], "--") != 0; i++)
		if (user_limits_is_limit(word[i]))
			continue;
		else if (*done)
			error = check_further_word(l, user, word[i]);
		else
			error = take_address(l, user, word[i], done);
	return error;
}

/* NULL, or what is wrong. */
static const char *find_unknown(const struct users_names *n, const char *word,
				char why[UNKNOWN_SIZE])
{
	static const char filter[] = "filter=", pool[] = "pool=";
	const char *filter_name = word + sizeof(filter) - 1, *pool_name = word + sizeof(pool) - 1;

	if (!strncmp(word, filter, sizeof(filter) - 1) && !n->has_filter(n->arg, filter_name))
		snprintf(why, UNKNOWN_SIZE, "there is no filter %s%s%.100s: logins are refused",
			 quoted(filter_name).text,
			 n->filters_file ? " in " : ": --filters is not given",
			 n->filters_file ? n->filters_file : "");
	else if (!strncmp(word, pool, sizeof(pool) - 1) && !n->has_pool(n->arg, pool_name))
		snprintf(why, UNKNOWN_SIZE, "there is no --pool %s: %s", quoted(pool_name).text,
			 n->has_pools ? "logins are refused" : "addresses are of --ipv4-network");
	else
		return NULL;
	return why;
}

/* Of a user's own words, or of a group's. */
static int check_names(struct loading *l, unsigned line, const char *client,
		       const char *const *word, size_t count)
{
	bool is_group = *client == '@' && client[1] != '=';
	char why[UNKNOWN_SIZE], text[UNKNOWN_SIZE + 640];

	for (size_t i = 0; l->names && i < count && strcmp(word[i], "--") != 0; i++) {
		if (!find_unknown(l->names, word[i], why))
			continue;
		if (!l->names->unknown)
			return fail(l, -EINVAL, line, "%s %s: %s", is_group ? "group" : "user",
				    quoted(client + is_group).text, why);
		snprintf(text, sizeof(text), "%s: %s %s: %s", place_of(l, line).text,
			 is_group ? "group" : "user", quoted(client + is_group).text, why);
		l->names->unknown(l->names->arg, text);
	}
	return 0;
}

static int take_limits(struct loading *l, struct user *user, const char *const *word, size_t count)
{
	const char *why = NULL;

	for (size_t i = 0; i < count && !why; i++) {
		if (!strcmp(word[i], "--")) {
			log_warn(NULL, "%s: user %s: pppd's options after \"--\" are ignored",
				 place_of(l, user->line).text, quoted(user->client).text);
			break;
		}
		if (user_limits_is_limit(word[i]) && !is_group_key(word[i]))
			why = user_limits_take(&user->limits, word[i]);
	}
	return why ? fail(l, -EINVAL, user->line, "user %s: %s", quoted(user->client).text, why)
		   : 0;
}

/* The last of the words counts, as with the other keys. NULL: none. */
static const char *group_in(const char *const *word, size_t count)
{
	const char *name = NULL;

	for (size_t i = 0; i < count; i++)
		if (is_group_key(word[i]))
			name = word[i] + strlen(USER_GROUP_KEY);
	return name;
}

static int take_group(struct loading *l, struct user *user, const char *name)
{
	const struct user_group *group = user_groups_find(&l->groups, "@", name);
	bool is_of_folder = l->folder && user->line > l->own_lines;

	if (!group)
		return fail(l, -EINVAL, user->line,
			    "user %s: there is no group %s: the %s@%s%s makes one",
			    quoted(user->client).text, quoted(name).text,
			    is_of_folder ? "file " : "line ", name,
			    is_of_folder ? ".conf" : " * -");
	for (size_t i = 0; i < group->count; i++)
		user->is_refused |= !strcmp(group->word[i], "-");
	return take_limits(l, user, group->word, group->count);
}

/* What the folder's file gives overrides what the line gives, and that what the group gives. */
static int take_all_words(struct loading *l, struct user *user, const struct secrets_line *line)
{
	const struct user_group *more =
		user_groups_find(&l->groups, USER_GROUP_OF_USER, user->client);
	const char *word[LINE_WORDS_MAX], *group, *other;
	size_t count = line->count - COLUMN_ADDRESS;
	bool done = false;
	int error = 0;

	if (line->count <= COLUMN_ADDRESS)
		count = 0;
	for (size_t i = 0; i < count; i++)
		word[i] = line->word[COLUMN_ADDRESS + i].text;
	group = group_in(word, count);
	other = more ? group_in(more->word, more->count) : NULL;
	if (more)
		error = take_addresses(l, user, more->word, more->count, &done);
	if (!error)
		error = take_addresses(l, user, word, count, &done);
	if (!error && (group || other))
		error = take_group(l, user, other ? other : group);
	if (!error)
		error = take_limits(l, user, word, count);
	if (!error && more)
		error = take_limits(l, user, more->word, more->count);
	if (!error)
		error = check_names(l, user->line, user->client, word, count);
	if (!error && more)
		error = check_names(l, more->line, user->client, more->word, more->count);
	return error;
}

static int take_line(struct loading *l, const struct secrets_line *line)
{
	struct user *user = &l->u->user[l->u->count];
	int error;

	if (line->count <= COLUMN_SECRET)
		return fail(l, -EINVAL, line->number,
			    "a line must be CLIENT SERVER SECRET ADDRESS, and this one ends "
			    "before the secret (SERVER is usually \"*\")");
	user->line = line->number;
	user->client = line->word[COLUMN_CLIENT].text;
	user->server = line->word[COLUMN_SERVER].text;
	user->secret = line->word[COLUMN_SECRET].text;
	l->u->count++;
	if (!*user->client || strlen(user->client) > PPP_NAME_MAX)
		return fail(l, -EINVAL, line->number, "a user name must have 1 to %d bytes",
			    PPP_NAME_MAX);
	error = take_secret(l, user);
	return error ? error : take_all_words(l, user, line);
}

/* Finds faults of a group that no user is in. */
static int check_group(struct loading *l, const struct user_group *group)
{
	struct user unused = { .client = group->name, .line = group->line };
	bool done = false;
	int error;

	if (group->name[1] == '=')
		return take_addresses(l, &unused, group->word, group->count, &done);
	for (size_t i = 0; i < group->count; i++)
		if (!user_limits_is_limit(group->word[i]) && strcmp(group->word[i], "-") != 0)
			return fail(l, -EINVAL, group->line,
				    "%s: a group has no address, only words such as rate=5M, and "
				    "\"-\"",
				    group->name);
	error = take_limits(l, &unused, group->word, group->count);
	user_limits_free(&unused.limits);
	return error ? error : check_names(l, group->line, group->name, group->word, group->count);
}

static int read_groups(struct loading *l, const char *text, size_t len)
{
	int error = user_groups_are_in(text, len) ? user_groups_read(&l->groups, text, len) : 0;

	if (error)
		return users_fail(l->err, error, l->file, 0, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < l->groups.count && !error; i++)
		error = check_group(l, &l->groups.at[i]);
	return error;
}

/* ---- the file */

static int take_lines(struct loading *l, struct secrets_lexer *w)
{
	struct secrets_line line;
	int error = 0;

	while (!error && secrets_lexer_next_line(w, &line))
		if (!user_groups_have(&line))
			error = take_line(l, &line);
	if (!error && w->bad)
		error = fail(l, -EINVAL, w->bad_line, "%s", w->bad);
	return error;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static int parse(struct loading *l, const char *text, size_t len, struct users **out)
{
	struct users *u = calloc(1, sizeof(*u));
	struct secrets_lexer w;
	int error = -ENOMEM;

	if (!u)
		goto no_memory;
	atomic_init(&u->holders, 1);
	u->arena_len = secrets_lexer_arena_len(len);
	u->arena = malloc(u->arena_len);
	u->user = calloc(count_lines(text, len), sizeof(*u->user));
	if (!u->arena || !u->user || !make_decoy(u))
		goto no_memory;
	l->u = u;
	w = secrets_lexer_of(text, len, u->arena);
	error = read_groups(l, text, len);
	u->groups = l->groups; /* limits point into its words */
	if (!error)
		error = take_lines(l, &w);
	if (error)
		goto failed;
	if (!make_buckets(u)) {
		error = -ENOMEM;
		goto no_memory;
	}
	chain_users(u);
	warn_of_duplicates(l);
	if (l->names && l->names->unfit)
		warn_of_addresses(l);
	*out = u;
	return 0;

no_memory:
	users_fail(l->err, error, l->file, 0, "%s", strerror(ENOMEM));
failed:
	users_release(u);
	return error;
}

int users_parse(const char *file, const char *text, size_t len, struct users **out,
		struct error *err)
{
	struct loading l = { .file = file, .err = err };

	return parse(&l, text, len, out);
}

static void warn_of_readers(const char *file)
{
	mode_t mode;

	if (!file_look(file, &mode) && (mode & (S_IWGRP | S_IRWXO)))
		log_warn(NULL, "%s: other users can read or change it: chmod 600 (mode is %03o)",
			 file, (unsigned)mode & 0777);
}

static int load_file(struct users_folder *f, const char *file, struct error *err)
{
	char *text;
	size_t len;
	int error = file_read(file, FILE_LEN_MAX, &text, &len);

	if (error)
		return users_fail(err, error, file, 0, "%s", file_strerror(error));
	warn_of_readers(file);
	error = users_folder_put_first(f, text, len);
	file_free(text, len);
	return error ? users_fail(err, error, file, 0, "%s", strerror(-error)) : 0;
}

static unsigned count_ends(const char *text, size_t len)
{
	return (unsigned)count_lines(text, len) - 1;
}

int users_load(const char *file, const char *folder, const struct users_names *names,
	       struct users **out, struct error *err)
{
	struct users_folder f = { .text = NULL };
	struct loading l = { .file = file, .err = err, .folder = &f, .names = names };
	size_t folder_len;
	int error;

	error = folder ? users_folder_read(&f, folder, err) : 0;
	folder_len = f.len;
	if (!error && file)
		error = load_file(&f, file, err);
	if (!error) {
		l.file = file ? file : folder;
		l.own_lines = count_ends(f.text, f.len - folder_len);
		error = parse(&l, f.text ? f.text : "", f.len, out);
	}
	users_folder_free(&f);
	return error;
}

static void free_user(struct user *user)
{
	file_free(user->from_file, user->from_file_len);
	secret_wipe(user->hash, sizeof(user->hash));
	user_limits_free(&user->limits);
}

struct users *users_hold(struct users *u)
{
	atomic_fetch_add(&u->holders, 1);
	return u;
}

void users_release(struct users *u)
{
	if (!u || atomic_fetch_sub(&u->holders, 1) > 1)
		return;
	for (size_t i = 0; i < u->count; i++)
		free_user(&u->user[i]);
	free_user(&u->decoy);
	free(u->user);
	free(u->bucket);
	user_groups_free(&u->groups);
	file_free(u->arena, u->arena ? u->arena_len : 0);
	free(u);
}

size_t users_count(const struct users *u)
{
	return u->count;
}

void users_each_address(const struct users *u, void (*each)(void *arg, uint32_t ipv4), void *arg)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->user[i].ipv4)
			each(arg, u->user[i].ipv4);
}

void users_each_secret_file(const struct users *u, void (*each)(void *arg, const char *path),
			    void *arg)
{
	size_t count = 0;

	for (size_t i = 0; i < u->count && count < USERS_WATCHED_MAX; i++)
		if (u->user[i].secret_file) {
			each(arg, u->user[i].secret_file);
			count++;
		}
}
