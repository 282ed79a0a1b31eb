/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The content of resolv.conf, and how it is restored. */
#include "client/resolv_conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/resolv_line.h"
#include "util/file.h"

/* ---- text */

static const char mark[] = "# Written by sstp for ", mark_middle[] = ". The former file is ";
const char resolv_conf_backup_mark[] = ".before-";
/* Used instead of the backup's name: the former content follows in the file itself. */
/* older versions parse this text, so it must not change */
static const char in_itself[] = "below, after #|";
static const char quote_mark[] = "#|";
/* Marks the end of the file's content; only # follows. */
static const char cut_mark[] = "#|cut\n";
enum { CUT_LEN = sizeof(cut_mark) - 1 };
/* The content of a backup if there was no file. */
const char resolv_conf_no_file[] = "# There was no such file before sstp made one.\n";

size_t resolv_conf_print_mark(const char *device, enum resolv_conf_where where, const char *backup,
			      char *to, size_t room)
{
	return (size_t)snprintf(to, room, "%s%s%s%s\n", mark, device, mark_middle,
				where == RESOLV_CONF_INSIDE ? in_itself : backup);
}

enum resolv_conf_where resolv_conf_where(const char *text, char backup[PATH_MAX])
{
	const char *at = strstr(text, mark_middle), *name;
	size_t len;

	if (strncmp(text, mark, strlen(mark)) != 0 || !at)
		return RESOLV_CONF_NONE;
	at += strlen(mark_middle);
	len = strcspn(at, "\n");
	if (at[len] != '\n' || len >= PATH_MAX || at - text > 128)
		return RESOLV_CONF_NONE;
	snprintf(backup, PATH_MAX, "%.*s", (int)len, at);
	if (!strcmp(backup, in_itself))
		return RESOLV_CONF_INSIDE;
	name = strrchr(backup, '/');
	return strstr(name ? name : backup, resolv_conf_backup_mark) ? RESOLV_CONF_BESIDE
								     : RESOLV_CONF_NONE;
}

static bool is_one_of(const char *line, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(words[i]);

		if (!strncmp(line, words[i], len) && (line[len] == ' ' || line[len] == '\t'))
			return true;
	}
	return false;
}

static bool is_about_domains(const char *line)
{
	static const char *const words[] = { "search", "domain" };

	return is_one_of(line, words, sizeof(words) / sizeof(*words));
}

static bool is_option(const char *line)
{
	static const char *const words[] = { "options", "sortlist" };

	return is_one_of(line, words, sizeof(words) / sizeof(*words));
}

static size_t print_lines(const char *former, bool with_domains, char *to)
{
	size_t n = 0, len;

	for (; *former; former += len) {
		len = strcspn(former, "\n");
		if (is_option(former) || (with_domains && is_about_domains(former))) {
			memcpy(to + n, former, len);
			n += len;
			to[n++] = '\n';
		}
		len += former[len] == '\n';
	}
	return n;
}

/* Keeps options and search domains, so that the host's own short names still work. */
size_t resolv_conf_print_kept(const char *former, char *to)
{
	return print_lines(former, true, to);
}

/* The C library uses the last line of these only. */
static const char *last_domains(const char *former)
{
	const char *last = "";

	for (const char *line = former; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (is_about_domains(line))
			last = line;
	}
	return last;
}

size_t resolv_conf_print_search(const char *former, const char *search, char *to)
{
	const char *host = last_domains(former);
	size_t n = strlen(search), len;

	memcpy(to, search, n);
	host += strcspn(host, " \t");
	len = strcspn(host, "\n");
	memcpy(to + n, host, len);
	n += len;
	to[n++] = '\n';
	return n + print_lines(former, false, to + n);
}

/* Prints each line after the mark; adds a missing final line end. */
size_t resolv_conf_print_quoted(const char *former, char *to)
{
	size_t n = 0, len;

	for (; *former; former += len) {
		len = strcspn(former, "\n");
		memcpy(to + n, quote_mark, RESOLV_CONF_QUOTE_LEN);
		memcpy(to + n + RESOLV_CONF_QUOTE_LEN, former, len);
		n += RESOLV_CONF_QUOTE_LEN + len;
		to[n++] = '\n';
		len += former[len] == '\n';
	}
	return n;
}

/* If `text` is one of our files with the former content in it, replaces it by that content. */
void resolv_conf_unquote(char *text)
{
	char backup[PATH_MAX], *to = text, *next;

	if (resolv_conf_where(text, backup) != RESOLV_CONF_INSIDE)
		return;
	for (char *line = text; line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : NULL;
		if (next && !strncmp(line, quote_mark, RESOLV_CONF_QUOTE_LEN)) {
			size_t len = (size_t)(next - line) - RESOLV_CONF_QUOTE_LEN;

			memmove(to, line + RESOLV_CONF_QUOTE_LEN, len);
			to += len;
		}
	}
	*to = '\0';
}

/* ---- reading and writing */

/*
 * Writes in place, and pads to the former length before the file is cut. So at every moment it is
 * the old file, or the new one with comments at its end that tell a later start where to cut it.
 */
int resolv_conf_overwrite(int fd, const char *text, size_t len)
{
	struct stat st;
	size_t was;
	char *padded;
	int error;

	if (fstat(fd, &st) < 0)
		return -errno;
	was = (size_t)st.st_size;
	if (was <= len)
		return file_overwrite(fd, text, len);
	padded = malloc(was);
	if (!padded)
		return -ENOMEM;
	memcpy(padded, text, len);
	if (was - len < CUT_LEN) {
		memset(padded + len, '\n', was - len); /* is_torn accepts these */
	} else {
		memcpy(padded + len, cut_mark, CUT_LEN);
		memset(padded + len + CUT_LEN, '#', was - len - CUT_LEN);
	}
	error = file_overwrite(fd, padded, was);
	free(padded);
	if (!error && ftruncate(fd, (off_t)len) < 0)
		error = -errno;
	return error;
}

/* Cuts off the rest that a process left which died during resolv_conf_overwrite. */
bool resolv_conf_cut(char *text)
{
	char *at = text, *next;

	while ((next = strstr(at, cut_mark))) {
		if (next[CUT_LEN + strspn(next + CUT_LEN, "#")] == '\0') {
			*next = '\0';
			return true;
		}
		at = next + 1;
	}
	return false;
}

/* A missing file is treated as empty. NULL: it cannot be read, see *error. */
char *resolv_conf_read(const char *path, int *error)
{
	char *text = NULL;
	size_t len;

	*error = file_read(path, RESOLV_CONF_MAX, &text, &len);
	if (*error == -ENOENT) {
		*error = 0;
		text = strdup("");
		if (!text)
			*error = -ENOMEM;
	}
	return text;
}

size_t resolv_conf_servers(const char *path, struct ip_addr *servers, size_t max)
{
	int error;
	char *text = resolv_conf_read(path, &error), device[RESOLV_LINE_DEVICE_SIZE];
	size_t count = 0;

	for (const char *line = text; line && *line && count < max;) {
		count += resolv_line_server(line, &servers[count], device);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	free(text);
	return count;
}

/* Writes in place: a new file cannot be renamed over a mount point. */
int resolv_conf_write(const char *path, const char *text, size_t len)
{
	int fd = file_open_public(path, O_WRONLY), error;

	if (fd < 0)
		return fd;
	error = resolv_conf_overwrite(fd, text, len);
	if (!error && fsync(fd) < 0 && errno != EINVAL) /* before the backup is removed */
		error = -errno;
	if (close(fd) < 0 && !error)
		error = -errno;
	return error;
}

/* There may have been a dangling symbolic link before: removes its target, but not the link. */
static int remove_file(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) && unlink(real) == 0 ? 0 : -errno;
}

int resolv_conf_restore(const char *resolv_conf, int backup_fd)
{
	char *text;
	size_t len;
	int error = file_read_fd(backup_fd, RESOLV_CONF_MAX, &text, &len);

	if (error || !text)
		return error;
	resolv_conf_unquote(text);
	error = strcmp(text, resolv_conf_no_file) == 0
			? remove_file(resolv_conf)
			: resolv_conf_write(resolv_conf, text, strlen(text));
	free(text);
	return error;
}

static void log_restored(const char *resolv_conf, const struct log *log)
{
	log_info(log, "restored %s after a crash of sstp", resolv_conf);
}

/* The file, the former one or ours, was written but not cut to its length. */
static int finish_writing(const char *resolv_conf, const char *text, const struct log *log)
{
	char backup[PATH_MAX];
	int error = truncate(resolv_conf, (off_t)strlen(text)) < 0 ? -errno : 0;

	if (error)
		log_warn(log, "DNS: %s still ends with the rest of a crashed sstp's file: %s",
			 resolv_conf, strerror(-error));
	else if (resolv_conf_where(text, backup) == RESOLV_CONF_NONE)
		log_restored(resolv_conf, log);
	return error;
}

/* The file is one of ours, and its former content is in `backup`, which may be the same file. */
static int recover_from(const char *resolv_conf, const char *backup, const struct log *log)
{
	int fd = file_open_locked(backup, 0), error;

	if (fd == -ENOENT)
		log_warn(log,
			 "DNS: %s was written by an sstp that crashed, and its former "
			 "content is lost: %s",
			 resolv_conf, backup);
	if (fd < 0)
		return fd;
	error = resolv_conf_restore(resolv_conf, fd);
	if (error) {
		log_warn(log, "DNS: %s could not be restored from %s: %s", resolv_conf, backup,
			 strerror(-error));
	} else {
		if (backup != resolv_conf)
			unlink(backup);
		log_restored(resolv_conf, log);
	}
	close(fd);
	return error;
}

/* Recovers a file whose first line is ours. */
static int recover_marked(const char *resolv_conf, const struct log *log)
{
	enum resolv_conf_where where = RESOLV_CONF_NONE;
	char backup[PATH_MAX] = "", *text;
	int error;

	text = resolv_conf_read(resolv_conf, &error);
	if (text && resolv_conf_cut(text))
		error = finish_writing(resolv_conf, text, log);
	if (text && !error)
		where = resolv_conf_where(text, backup);
	free(text);
	switch (where) {
	case RESOLV_CONF_BESIDE:
		return recover_from(resolv_conf, backup, log);
	case RESOLV_CONF_INSIDE:
		return recover_from(resolv_conf, resolv_conf, log);
	case RESOLV_CONF_NONE:
		break;
	}
	return error;
}

/* ---- backups without a file of ours */

/* Resolves symbolic links. Returns the last slash in `real`. */
char *resolv_conf_real_path(const char *path, char real[PATH_MAX])
{
	if (!realpath(path, real))
		snprintf(real, PATH_MAX, "%s", path);
	return strrchr(real, '/');
}

struct leftover {
	const char *resolv_conf;
	const struct log *log;
	char *text; /* the file's content; NULL: there is no file */
	size_t len;
};

static bool is_mark_torn(const char *text, size_t len)
{
	size_t mark_len = sizeof(mark) - 1;

	return len && !strncmp(text, mark, len < mark_len ? len : mark_len);
}

/*
 * Whether an sstp was writing the file when the power failed or it was killed. Then the file is
 * empty, or has zero bytes, a part of our first line, a part of the backup with half a line at its
 * end, or the backup followed by line ends (see resolv_conf_overwrite).
 */
static bool is_torn(const struct leftover *l, const char *old, size_t old_len)
{
	if (!l->text)
		return false;
	if (!l->len || strlen(l->text) < l->len)
		return l->len || old_len;
	if (is_mark_torn(l->text, l->len))
		return true;
	if (l->len < old_len)
		return !memcmp(l->text, old, l->len) && l->text[l->len - 1] != '\n';
	return l->len > old_len && !memcmp(l->text, old, old_len) &&
	       l->text[old_len + strspn(l->text + old_len, "\n")] == '\0';
}

/*
 * Whether the backup is not needed: the file was not written yet (and the backup may be
 * incomplete), or it was restored already.
 */
static bool is_needless(const struct leftover *l, const char *old, size_t old_len)
{
	if (!l->text)
		return !strcmp(old, resolv_conf_no_file);
	return old_len <= l->len && !memcmp(l->text, old, old_len);
}

/* Returns whether the backup can be removed. */
static bool use_leftover(const struct leftover *l, const char *backup, int fd)
{
	size_t len;
	char *old;
	bool is_whole, is_of_use;
	int error;

	if (file_read_fd(fd, RESOLV_CONF_MAX, &old, &len))
		return false;
	is_of_use = is_torn(l, old, len);
	is_whole = !is_of_use && is_needless(l, old, len);
	file_free(old, len);
	if (!is_of_use) {
		if (!is_whole)
			log_info(
				l->log,
				"another program has changed %s since an sstp crashed: removed the "
				"backup %s",
				l->resolv_conf, backup);
		return true;
	}
	error = resolv_conf_restore(l->resolv_conf, fd);
	if (error)
		log_warn(l->log, "DNS: %s could not be restored from %s: %s", l->resolv_conf,
			 backup, strerror(-error));
	else
		log_restored(l->resolv_conf, l->log);
	return !error;
}

static bool is_file_of_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

static void check_leftover(struct leftover *l, const char *backup)
{
	int fd = file_open_locked(backup, 0), error;

	if (fd < 0)
		return; /* its writer still runs */
	error = file_read(l->resolv_conf, RESOLV_CONF_MAX, &l->text, &l->len);
	if ((!error || error == -ENOENT) && is_file_of_ours(fd) && use_leftover(l, backup, fd))
		unlink(backup);
	free(l->text);
	l->text = NULL;
	close(fd);
}

static void recover_leftovers(const char *resolv_conf, const struct log *log)
{
	struct leftover l = { .resolv_conf = resolv_conf, .log = log };
	char real[PATH_MAX], head[PATH_MAX], backup[2 * PATH_MAX];
	char *slash = resolv_conf_real_path(resolv_conf, real);
	struct dirent *entry;
	DIR *d;

	if (!slash)
		return;
	*slash = '\0';
	snprintf(head, sizeof(head), "%.*s%s", PATH_MAX - 64, slash + 1, resolv_conf_backup_mark);
	d = opendir(*real ? real : "/");
	while (d && (entry = readdir(d))) {
		snprintf(backup, sizeof(backup), "%s/%s", real, entry->d_name);
		if (!strncmp(entry->d_name, head, strlen(head)))
			check_leftover(&l, backup);
	}
	if (d)
		closedir(d);
}

int resolv_conf_recover(const char *resolv_conf, const struct log *log)
{
	int error = recover_marked(resolv_conf, log);

	if (!error)
		recover_leftovers(resolv_conf, log);
	return error;
}
