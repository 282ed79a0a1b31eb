/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes the user file. Only the words that change are replaced: comments, quotes, columns and the
 * other users stay byte for byte. The new file is written beside the old one and renamed over it.
 * An editor holds a lock on the old file meanwhile, so that two editors do not lose each other's
 * changes. A file that does not exist yet is first created empty, for the lock.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "auth/secret_hash.h"
#include "auth/user_limits.h"
#include "auth/user_groups.h"
#include "auth/users_private.h"
#include "auth/secrets_lexer.h"
#include "util/file.h"
#include "util/ip.h"
#include "util/secret.h"

enum {
	FILE_LEN_MAX = 256 * 1024 * 1024,
	WORD_TEXT_MAX = 2 * WORD_MAX + 3,   /* quoted, every byte escaped */
	LINE_EXTRA_MAX = 3 * WORD_TEXT_MAX, /* by how much one change can lengthen a line */
};

/* The change to make in each line of one user. */
struct change {
	const char *user;
	const char *secret;  /* as a word of the file; NULL: the lines are removed */
	const char *address; /* NULL: unchanged */
};

struct edit {
	const char *file;
	struct error *err;
	int lock; /* the old file, open and locked */
	struct stat st;
	char *text, *arena, *out;
	size_t len, out_room, out_len;
	size_t copied; /* how much of `text` has been copied to `out`, or replaced */
	size_t changed;
};

static int fail(const struct edit *e, int error, unsigned line, const char *text)
{
	return users_fail(e->err, error, e->file, line, "%s", text);
}

/* ---- from the old text to the new one */

static void put(struct edit *e, const char *from, size_t len)
{
	memcpy(e->out + e->out_len, from, len);
	e->out_len += len;
}

static void put_text(struct edit *e, const char *text)
{
	put(e, text, strlen(text));
}

static void copy_up_to(struct edit *e, size_t end)
{
	put(e, e->text + e->copied, end - e->copied);
	e->copied = end;
}

static void put_instead(struct edit *e, size_t start, size_t end, const char *text)
{
	copy_up_to(e, start);
	put_text(e, text);
	e->copied = end;
}

/* The index of the word after the addresses and limits: pppd's "--", or the end of the line. */
static size_t addresses_end(const struct secrets_line *line)
{
	size_t i = COLUMN_ADDRESS;

	while (i < line->count && strcmp(line->word[i].text, "--") != 0)
		i++;
	return i;
}

/* The first address is replaced, and others are removed; limits stay. */
static void change_address(struct edit *e, const struct secrets_line *line, const char *address)
{
	size_t end = addresses_end(line);
	bool done = false;

	for (size_t i = COLUMN_ADDRESS; i < end; i++) {
		if (user_limits_is_limit(line->word[i].text))
			continue;
		if (done)
			put_instead(e, line->word[i - 1].end, line->word[i].end, "");
		else
			put_instead(e, line->word[i].start, line->word[i].end, address);
		done = true;
	}
	if (!done) { /* the secret was replaced just now */
		put_text(e, " ");
		put_text(e, address);
	}
}

static int change_line(struct edit *e, const struct secrets_line *line, const struct change *c)
{
	if (user_groups_have(line))
		return fail(e, -EINVAL, line->number, "this is a group: change its line by hand");
	e->changed++;
	if (!c->secret) {
		put_instead(e, line->start, line->end, "");
		return 0;
	}
	if (line->count <= COLUMN_SECRET)
		return fail(e, -EINVAL, line->number,
			    "this line ends before its secret: fix it first");
	put_instead(e, line->word[COLUMN_SECRET].start, line->word[COLUMN_SECRET].end, c->secret);
	if (c->address)
		change_address(e, line, c->address);
	return 0;
}

static int add_line(struct edit *e, const struct change *c)
{
	char name[WORD_TEXT_MAX], line[LINE_EXTRA_MAX];

	/* the last line may lack its newline, or end with a backslash that would join ours to it */
	if (e->len && (e->text[e->len - 1] != '\n' || (e->len > 1 && e->text[e->len - 2] == '\\')))
		put_text(e, "\n");
	if (!secrets_lexer_quote(c->user, name, sizeof(name)))
		return fail(e, -EINVAL, 0, "the user's name is too long");
	snprintf(line, sizeof(line), "%s * %s %s\n", name, c->secret,
		 c->address ? c->address : "*");
	put_text(e, line);
	secret_wipe(line, sizeof(line));
	return 0;
}

static int for_each_line(struct edit *e, const struct change *c,
			 int (*visit)(struct edit *, const struct secrets_line *,
				      const struct change *))
{
	struct secrets_lexer w = secrets_lexer_of(e->text, e->len, e->arena);
	struct secrets_line line;
	int error = 0;

	while (!error && secrets_lexer_next_line(&w, &line))
		if (!strcmp(line.word[COLUMN_CLIENT].text, c->user))
			error = visit(e, &line, c);
	return error || !w.bad ? error : fail(e, -EINVAL, w.bad_line, w.bad);
}

static int make_room(struct edit *e, const struct secrets_line *line, const struct change *c)
{
	(void)line;
	(void)c;
	e->out_room += LINE_EXTRA_MAX;
	return 0;
}

static int make_text(struct edit *e, const struct change *c)
{
	int error;

	assert(e->text && e->arena);           /* read_old's */
	e->out_room = e->len + LINE_EXTRA_MAX; /* one line may be added */
	error = for_each_line(e, c, make_room);
	if (error)
		return error;
	e->out = malloc(e->out_room);
	if (!e->out)
		return fail(e, -ENOMEM, 0, strerror(ENOMEM));
	error = for_each_line(e, c, change_line);
	if (error)
		return error;
	copy_up_to(e, e->len);
	if (!e->changed && !c->secret)
		return fail(e, -ENOENT, 0, "no such user");
	return e->changed ? 0 : add_line(e, c);
}

/* ---- the file */

static bool is_still_the_file(const char *file, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(file, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Another editor may have replaced the file while we waited for the lock: then tries again. */
static int open_locked(const char *file, bool may_be_new)
{
	for (;;) {
		int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;

		/* O_CREAT only if needed: fs.protected_regular forbids it on others' files */
		if (fd < 0 && errno == ENOENT && may_be_new)
			fd = open(file, O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
		if (fd < 0)
			return -errno;
		error = flock(fd, LOCK_EX) ? -errno : 0;
		if (!error && is_still_the_file(file, fd))
			return fd;
		close(fd);
		if (error && error != -EINTR)
			return error;
	}
}

static int read_old(struct edit *e, bool may_be_new)
{
	int error = 0;

	e->lock = open_locked(e->file, may_be_new);
	if (e->lock < 0) {
		error = e->lock;
	} else {
		error = file_read_fd(e->lock, FILE_LEN_MAX, &e->text, &e->len);
		if (!error && fstat(e->lock, &e->st) < 0)
			error = -errno;
	}
	if (!error) {
		e->arena = malloc(secrets_lexer_arena_len(e->len));
		error = e->arena ? 0 : -ENOMEM;
	}
	return error ? fail(e, error, 0, file_strerror(error)) : 0;
}

static int write_new(const struct edit *e)
{
	int error = file_replace(e->file, e->out, e->out_len, &e->st);

	if (error == -EBUSY)
		return fail(e, error, 0,
			    "the file is mounted here by itself: change the original file");
	return error ? fail(e, error, 0, strerror(-error)) : 0;
}

static int run_edit(const char *file, const struct change *c, struct error *err)
{
	struct edit e = { .file = file, .err = err, .lock = -1 };
	int error = read_old(&e, c->secret);

	if (!error)
		error = make_text(&e, c);
	if (!error)
		error = write_new(&e);
	file_free(e.text, e.len);
	file_free(e.arena, e.arena ? secrets_lexer_arena_len(e.len) : 0);
	file_free(e.out, e.out_len);
	if (e.lock >= 0)
		close(e.lock);
	return error;
}

/* ---- what may be written */

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static const char *wrong_with_name(const char *user)
{
	if (!*user || strlen(user) > PPP_NAME_MAX)
		return "a user name must have 1 to 256 bytes";
	if (has_control(user))
		return "a user name must not contain control characters";
	if (!strcmp(user, "*"))
		return "\"*\" means every name: change that line by hand";
	return NULL;
}

/* False for a clear password that would be read back as another kind of secret. */
static bool reads_as_clear(const char *password)
{
	enum secret_kind kind;
	const char *why;

	return (password[0] != '@' || password[1] != '/') && hash_kind_of(password, &kind, &why) &&
	       kind == SECRET_CLEAR;
}

static const char *wrong_with_password(const char *password, enum users_format format)
{
	char hash[HASH_TEXT_MAX];
	bool is_utf8 = hash_make_nt(password, hash);

	secret_wipe(hash, sizeof(hash));
	if (!*password)
		return "a user with an empty password could not log in";
	if (has_control(password))
		return "a password must not contain control characters";
	if (!is_utf8)
		return "a password must be UTF-8 and have at most 256 characters";
	if (format == USERS_CLEAR && !reads_as_clear(password))
		return "a password that begins with \"$...$\" or \"@/\" cannot be stored in clear: "
		       "it would be taken for a hash or a file";
	return NULL;
}

static const char *wrong_with_address(const char *address)
{
	struct ip_addr a;

	if (!address || !strcmp(address, "*") || !strcmp(address, "-"))
		return NULL;
	if (ip_parse(address, &a) && ip_v4_is_host(ip_v4(&a)))
		return NULL;
	return "a user's address must be an IPv4 address, \"*\" (one from the "
	       "pool) or \"-\" (refused)";
}

static bool make_secret(const char *password, enum users_format format, char *to, size_t room)
{
	switch (format) {
	case USERS_NT:
		return hash_make_nt(password, to);
	case USERS_CRYPT:
		return hash_make_crypt(password, to);
	case USERS_CLEAR:
		return secrets_lexer_quote(password, to, room);
	case USERS_CERT:
		return snprintf(to, room, "$cert$") < (int)room;
	}
	return false;
}

int users_set(const char *file, const char *user, const char *password, enum users_format format,
	      const char *address, struct error *err)
{
	char secret[WORD_TEXT_MAX];
	const char *wrong = wrong_with_name(user);
	int error;

	if (!wrong && format != USERS_CERT)
		wrong = wrong_with_password(password, format);
	if (!wrong)
		wrong = wrong_with_address(address);
	if (!wrong && !make_secret(password, format, secret, sizeof(secret)))
		wrong = "the password is too long for this format";
	if (wrong)
		return users_fail(err, -EINVAL, file, 0, "%s", wrong);
	error = run_edit(file, &(struct change){ user, secret, address }, err);
	secret_wipe(secret, sizeof(secret));
	return error;
}

int users_delete(const char *file, const char *user, struct error *err)
{
	return run_edit(file, &(struct change){ .user = user }, err);
}
