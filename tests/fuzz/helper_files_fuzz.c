/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process that an attacker has taken over may ask its helper about files: questions.h. A path that begins with
 * "~" is in a folder of this target; no other is permitted, so that nothing else is changed. Nobody permits the
 * folder "safe" or what is in it, and no file of it is ever opened. Before a permitted path is a letter: uses[].
 */
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/secret_files.h"
#include "fuzz/questions.h"
#include "fuzz/target.h"
#include "proc/helper_naming.h"
#include "util/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	PERMIT = 1,
	OPEN = 2,
	REPLACE = 3,
	CONNECT = 4,
	LOOK = 5,
	/* no numbers of the service: */
	SEAL = 6,
	NAME = 7, /* whether a file of users has the word, as other services ask */
	TREE_FDS = 8,
};

static char root[] = "/tmp/helper_files_fuzz.XXXXXX";
static bool is_made, is_changed;

/* ---- files */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	return at->level ? remove(path) : 0;
}

static void remove_files(void)
{
	nftw(root, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS);
}

static void remove_root(void)
{
	remove_files();
	rmdir(root);
}

/* "~" in the text is the folder. */
static void make_file(const char *name, const char *text)
{
	char path[sizeof(root) + 32];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "we");
	must(f);
	for (const char *c = text; *c; c++)
		if (*c == '~')
			fputs(root, f);
		else
			fputc(*c, f);
	fclose(f);
}

static void make_folder(const char *name)
{
	char path[sizeof(root) + 32];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	must(!mkdir(path, 0700));
}

static void make_files(void)
{
	if (is_made && !is_changed)
		return;
	if (is_made) {
		remove_files();
	} else {
		must(mkdtemp(root));
		atexit(remove_root);
	}
	is_made = true;
	is_changed = false;
	make_folder("safe");
	make_folder("users.d");
	make_file("safe/password", "x");
	make_file("users", "ann * \"@~/ann\" iroute=10.1.0.0/16\n; ~/old\n");
	make_file("users.d/bob.conf", "password = @~/bob\n");
	make_file("config", "open ~/new one\nopen ~/key\nlook ~/pid\n");
	make_file("ann", "a");
	make_file("bob", "b");
	make_file("new one", "-----BEGIN PRIVATE KEY-----");
	make_file("old", "o");
	make_file("key", "k");
	make_file("pid", "1");
}

/* ---- files that others name */

/* In a file of settings each line is "open FILE" or "look FILE". */
static void name_in_settings(const struct helper_naming *n, const char *path, helper_named *one,
			     void *arg)
{
	char *text, *rest, *line;
	size_t len;

	(void)n;
	if (file_read(path, PATH_MAX, &text, &len))
		return;
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (!strncmp(line, "open ", 5) || !strncmp(line, "look ", 5))
			one(arg, line + 5, *line == 'o' ? HELPER_MAY_OPEN : HELPER_MAY_LOOK);
	file_free(text, len);
}

struct named {
	helper_named *one;
	void *arg;
};

static void take_secret(void *arg, const char *path)
{
	const struct named *n = arg;

	n->one(n->arg, path, HELPER_MAY_OPEN);
}

static void name_in_users(const char *text, size_t len, bool is_conf, helper_named *one, void *arg)
{
	struct named n = { one, arg };

	secret_files_named(text, len, is_conf, take_secret, &n);
}

/* ---- questions */

static const char uses[HELPER_FILE_USES] = {
	[HELPER_FILE_READ] = 'r',         [HELPER_FILE_LOOK] = 'l',    [HELPER_FILE_SETTINGS] = 's',
	[HELPER_FILE_USERS] = 'u',        [HELPER_FILE_WRITE] = 'w',   [HELPER_FILE_REMOVE] = 'd',
	[HELPER_FILE_WRITE_FOLDER] = 'f', [HELPER_FILE_CONNECT] = 'c', [HELPER_FILE_SECRET] = 'k',
};

/* Any other letter is no use. */
static uint8_t use_of(uint8_t letter)
{
	const char *at = memchr(uses, letter, sizeof(uses));

	return at ? (uint8_t)(at - uses) : HELPER_FILE_USES;
}

/* With the folder in place of "~". False: it is longer than a path can be. */
static bool put_path(struct writer *w, struct bytes path)
{
	if (path.at && path.len && *path.at == '~') {
		put_bytes(w, root, strlen(root));
		path = bytes_of(path.at + 1, path.len - 1);
	}
	put_bytes(w, path.at, path.len);
	return !w->full;
}

static bool contains(struct bytes in, const char *word)
{
	return in.len && memmem(in.at, in.len, word, strlen(word));
}

/* Replacing keeps the length of the path in front of it. */
static bool translate_replace(struct writer *w, struct reader *r)
{
	uint8_t flags = get_u8(r);
	size_t len = get_u16(r), at;
	struct bytes path;

	if (len > r->left)
		len = r->left;
	path = bytes_of(get_bytes(r, len), len);
	put_u8(w, flags);
	at = w->len;
	put_u16(w, 0);
	if (!put_path(w, path))
		return false;
	store_u16(w->at + at, (uint16_t)(w->len - at - 2));
	put_bytes(w, r->at, r->left);
	return !w->full;
}

/* False: it would permit what nobody permits. */
static bool translate(struct writer *w, const struct question *q)
{
	struct reader r = reader_of(q->in.at, q->in.len);

	switch (q->op) {
	case REPLACE:
		return !contains(q->in, "safe") && translate_replace(w, &r);
	case PERMIT:
		if (contains(q->in, "safe") || contains(q->in, "..") || q->in.len < 3 ||
		    memcmp(q->in.at + 1, "~/", 2))
			return false;
		put_u8(w, use_of(get_u8(&r)));
		break;
	case OPEN:
		put_u8(w, get_u8(&r));
		break;
	}
	return put_path(w, bytes_of(r.at, r.left));
}

static bool is_word(const void *arg, const char *word)
{
	const struct bytes *wanted = arg;

	must(*word);
	return bytes_equal(*wanted, bytes_text(word));
}

/* Nothing in "safe" is opened, nor looked at. */
static void ask(struct helper_engine *e, struct helper_files *files, const struct question *q)
{
	static uint8_t room[2 * PATH_MAX];
	struct writer w = writer_of(room, sizeof(room));
	struct question translated = *q;
	int error;

	if (q->op == SEAL) {
		question_ask(e, HELPER_SELF, &(struct question){ .fd = -1 }, false, NULL);
		return;
	}
	if (q->op == NAME)
		helper_naming_has_word(files, is_word, &q->in);
	if (q->op == NAME || !translate(&w, q))
		return;
	translated.in = bytes_of(room, w.len);
	is_changed |=
		q->op == REPLACE || (q->op == PERMIT && use_of(*q->in.at) == HELPER_FILE_REMOVE);
	error = question_ask(e, HELPER_FILES, &translated, q->op == OPEN || q->op == CONNECT, NULL);
	must(error || (q->op != OPEN && q->op != LOOK) || !contains(q->in, "safe/"));
	must(error || q->op != PERMIT || !e->is_sealed);
}

/* What the service keeps until its process ends. */
static void forget(struct helper_files *f)
{
	struct link {
		struct link *next;
	} *one = (struct link *)f->first, *next;

	for (; one; one = next) {
		next = one->next;
		free(one);
	}
	file_free(f->text, f->len);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	return questions_mutate(0, data, len, max, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct helper_naming naming = { .settings = name_in_settings,
						     .users = name_in_users };
	struct helper_files files = { .naming = &naming };
	const struct helper_service service = helper_files_service(&files);
	const struct helper_service *const services[] = { &service };
	struct helper_engine e = { .services = services, .service_count = 1 };
	struct reader r = reader_of(data, len);
	struct question q;

	make_files();
	service.begin(&files, NULL);
	while (r.left && question_next(&r, &q))
		ask(&e, &files, &q);
	service.end(&files);
	forget(&files);
	return 0;
}
