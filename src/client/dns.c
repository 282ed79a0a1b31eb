/* The host's DNS servers, and how they are put back. */
#include "client/dns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/run.h"
#include "util/file.h"

enum {
	PROGRAM_LIMIT_MS = 5 * 1000,
	RESOLV_CONF_MAX = 64 * 1024,
	SERVERS_TEXT_MAX = 1024,
};

/* One way to set DNS servers. */
struct dns_way {
	const char *name;
	bool (*fits)(struct dns *d);
	int (*up)(struct dns *d, const struct ip_addr *servers, size_t count); /* logs why not */
	void (*down)(struct dns *d);
};

void dns_init(struct dns *d, const char *device, const char *resolv_conf, struct state *state,
	      const struct log *log)
{
	*d = (struct dns){
		.device = device,
		.resolv_conf = resolv_conf,
		.state = state,
		.log = log,
		.fd = -1,
		.backup_fd = -1,
	};
}

/* Before and after what a crash must not leave behind. */
static void note_file(struct dns *d, const char *path)
{
	snprintf(d->state->facts.resolv_conf, sizeof(d->state->facts.resolv_conf), "%s", path);
	state_save(d->state);
}

static void note_resolvconf(struct dns *d, const char *key)
{
	snprintf(d->state->facts.resolvconf, sizeof(d->state->facts.resolvconf), "%s", key);
	state_save(d->state);
}

/* "nameserver" lines, as resolv.conf and resolvconf's input have them. */
static size_t print_servers(const struct ip_addr *servers, size_t count, char *to, size_t room)
{
	size_t n = 0;

	*to = '\0';
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(to + n, room - n, "nameserver %s\n",
				      ip_print(&servers[i]).text);
	return n;
}

/* ---- other programs */

/* 0, or -errno, or -EPROTO when it was not content; logged. */
static int run(const struct log *log, const char *const *argv, const char *input)
{
	struct run r = { .argv = argv, .input = input, .limit_ms = PROGRAM_LIMIT_MS };
	int result = run_program(&r);

	if (result > 0)
		log_warn(log, "DNS: %s %s ended with status %d", argv[0], argv[1], result);
	else if (result < 0)
		log_warn(log, "DNS: %s %s: %s", argv[0], argv[1], strerror(-result));
	return result > 0 ? -EPROTO : result;
}

/* ---- systemd-resolved. It forgets a device's servers when the device goes: nothing to recover. */

static bool fits_resolved(struct dns *d)
{
	static const char resolveds[] = "/run/systemd/resolve/";
	char real[PATH_MAX];

	return !d->is_only_file && realpath(d->resolv_conf, real) &&
	       !strncmp(real, resolveds, sizeof(resolveds) - 1) &&
	       run_find("resolvectl", d->program);
}

static int up_resolved(struct dns *d, const struct ip_addr *servers, size_t count)
{
	enum { SERVERS_MAX = 8 };
	struct ip_text text[SERVERS_MAX];
	const char *dns[3 + SERVERS_MAX + 1] = { d->program, "dns", d->device };
	/* "~.": every name is asked there, not only those of the device's own domains */
	const char *const domain[] = { d->program, "domain", d->device, "~.", NULL };
	const char *const route[] = { d->program, "default-route", d->device, "yes", NULL };
	int error;

	for (size_t i = 0; i < count && i < SERVERS_MAX; i++) {
		text[i] = ip_print(&servers[i]);
		dns[3 + i] = text[i].text;
	}
	error = run(d->log, dns, NULL);
	if (!error)
		error = run(d->log, domain, NULL);
	if (!error)
		run(d->log, route, NULL); /* since systemd 240, and implied by the domain */
	return error;
}

static void down_resolved(struct dns *d)
{
	const char *const revert[] = { d->program, "revert", d->device, NULL };

	run(d->log, revert, NULL);
}

/* ---- resolvconf */

static bool fits_resolvconf(struct dns *d)
{
	return !d->is_only_file && run_find("resolvconf", d->program);
}

static int up_resolvconf(struct dns *d, const struct ip_addr *servers, size_t count)
{
	char key[32], lines[SERVERS_TEXT_MAX];
	const char *const add[] = { d->program, "-a", key, NULL };
	int error;

	snprintf(key, sizeof(key), "%.20s.sstp", d->device);
	print_servers(servers, count, lines, sizeof(lines));
	note_resolvconf(d, key);
	error = run(d->log, add, lines);
	if (error)
		note_resolvconf(d, "");
	return error;
}

static void down_resolvconf(struct dns *d)
{
	const char *const take[] = { d->program, "-d", d->state->facts.resolvconf, NULL };

	run(d->log, take, NULL);
	note_resolvconf(d, "");
}

void dns_recover_resolvconf(const char *key, const struct log *log)
{
	char program[PATH_MAX];
	const char *const take[] = { program, "-d", key, NULL };

	if (run_find("resolvconf", program) && !run(log, take, NULL))
		log_info(log, "a former sstp died: resolvconf forgets its %s", key);
}

/* ---- resolv.conf itself: what stands in it */

static const char mark[] = "# Written by sstp for ", mark_middle[] = ". The former file is ";
static const char backup_mark[] = ".before-";
/* In place of a file's name: the former file is in ours, its lines behind a mark. */
static const char in_itself[] = "below, behind #|", quote_mark[] = "#|";
enum { QUOTE_LEN = sizeof(quote_mark) - 1 };
/* What follows is no part of the file any more; only # follows. */
static const char cut_mark[] = "#|cut\n";
enum { CUT_LEN = sizeof(cut_mark) - 1 };
/* The backup of no file. */
static const char no_file[] = "# There was no such file before sstp made one.\n";

static size_t print_mark(const struct dns *d, char *to, size_t room)
{
	return (size_t)snprintf(to, room, "%s%s%s%s\n", mark, d->device, mark_middle, d->backup);
}

static bool is_in_itself(const char *backup)
{
	return !strcmp(backup, in_itself);
}

/* Where the former file is, if this text is one of ours. */
static bool backup_of(const char *text, char backup[PATH_MAX])
{
	const char *at = strstr(text, mark_middle), *name;
	size_t len;

	if (strncmp(text, mark, strlen(mark)) != 0 || !at)
		return false;
	at += strlen(mark_middle);
	len = strcspn(at, "\n");
	if (at[len] != '\n' || len >= PATH_MAX || at - text > 128)
		return false;
	snprintf(backup, PATH_MAX, "%.*s", (int)len, at);
	name = strrchr(backup, '/');
	return is_in_itself(backup) || strstr(name ? name : backup, backup_mark);
}

/* Not the servers, but what they were to be asked: the host's own names stay short. */
static bool is_kept(const char *line)
{
	static const char *const words[] = { "search", "domain", "options", "sortlist" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t len = strlen(words[i]);

		if (!strncmp(line, words[i], len) && (line[len] == ' ' || line[len] == '\t'))
			return true;
	}
	return false;
}

static size_t print_kept(const char *former, char *to)
{
	size_t n = 0, len;

	for (; *former; former += len) {
		len = strcspn(former, "\n");
		if (is_kept(former)) {
			memcpy(to + n, former, len);
			n += len;
			to[n++] = '\n';
		}
		len += former[len] == '\n';
	}
	return n;
}

/* Each line behind the mark; the last one gets its end, if it had none. */
static size_t print_quoted(const char *former, char *to)
{
	size_t n = 0, len;

	for (; *former; former += len) {
		len = strcspn(former, "\n");
		memcpy(to + n, quote_mark, QUOTE_LEN);
		memcpy(to + n + QUOTE_LEN, former, len);
		n += QUOTE_LEN + len;
		to[n++] = '\n';
		len += former[len] == '\n';
	}
	return n;
}

/* The former file out of one of ours that has it in itself; any other text stays as it is. */
static void unquote(char *text)
{
	char backup[PATH_MAX], *to = text, *next;

	if (!backup_of(text, backup) || !is_in_itself(backup))
		return;
	for (char *line = text; line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : NULL;
		if (next && !strncmp(line, quote_mark, QUOTE_LEN)) {
			size_t len = (size_t)(next - line) - QUOTE_LEN;

			memmove(to, line + QUOTE_LEN, len);
			to += len;
		}
	}
	*to = '\0';
}

/* The file that we write. `former` is at most RESOLV_CONF_MAX long. */
static char *print_file(const struct dns *d, const struct ip_addr *servers, size_t count,
			const char *former, size_t *len)
{
	size_t room = PATH_MAX + 256 + SERVERS_TEXT_MAX;
	/* the former file's lines may stand there twice, and a mark before each */
	char *text = malloc(room + (2 + QUOTE_LEN) * (strlen(former) + 1));

	if (!text)
		return NULL;
	*len = print_mark(d, text, room);
	*len += print_servers(servers, count, text + *len, room - *len);
	*len += print_kept(former, text + *len);
	if (is_in_itself(d->backup))
		*len += print_quoted(former, text + *len);
	return text;
}

/* ---- resolv.conf itself: reading and writing */

/*
 * In place, and of the same length as before until it is cut: at every moment it is the old file, or
 * the new one with comments at its end that tell a later start where to cut it.
 */
static int overwrite(int fd, const char *text, size_t len)
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
		memset(padded + len, '\n', was - len); /* make_backup knows these */
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

/* Takes off the end that a process which died in the middle of this has left. */
static bool cut(char *text)
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

/* An absent file is an empty one. NULL: it can't be read, see *error. */
static char *read_file(const char *path, int *error)
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

/* In place: a new file could not be moved over one that is mounted by itself. */
static int write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), error;

	if (fd < 0)
		return -errno;
	error = overwrite(fd, text, len);
	if (close(fd) < 0 && !error)
		error = -errno;
	return error;
}

/* Where there was no file, there may have been a link to nowhere: that stays. */
static int remove_file(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) && unlink(real) == 0 ? 0 : -errno;
}

static int put_back(const char *resolv_conf, int backup_fd)
{
	char *text;
	size_t len;
	int error = file_read_fd(backup_fd, RESOLV_CONF_MAX, &text, &len);

	if (error)
		return error;
	unquote(text);
	error = strcmp(text, no_file) == 0 ? remove_file(resolv_conf) :
					     write_file(resolv_conf, text, strlen(text));
	free(text);
	return error;
}

/* It was put back but for the end; its backup need not be kept. */
static int finish_putting_back(const char *resolv_conf, const char *text, const struct log *log)
{
	int error = truncate(resolv_conf, (off_t)strlen(text)) < 0 ? -errno : 0;

	if (error)
		log_warn(log, "DNS: %s has an end that an sstp which died has left: %s", resolv_conf,
			 strerror(-error));
	else
		log_info(log, "a former sstp died: %s is put back", resolv_conf);
	return error;
}

int dns_recover_file(const char *resolv_conf, const struct log *log)
{
	char backup[PATH_MAX], *text;
	int error, fd;

	text = read_file(resolv_conf, &error);
	if (text && cut(text)) {
		error = finish_putting_back(resolv_conf, text, log);
		free(text);
		return error;
	}
	if (!text || !backup_of(text, backup)) {
		free(text);
		return error;
	}
	free(text);
	fd = file_open_locked(is_in_itself(backup) ? resolv_conf : backup, 0);
	if (fd == -ENOENT)
		log_warn(log, "DNS: %s is of an sstp that died, and its former content is lost: %s",
			 resolv_conf, backup);
	if (fd < 0)
		return fd;
	error = put_back(resolv_conf, fd);
	if (error) {
		log_warn(log, "DNS: %s could not be put back from %s: %s", resolv_conf, backup,
			 strerror(-error));
	} else {
		if (!is_in_itself(backup))
			unlink(backup);
		log_info(log, "a former sstp died: %s is put back", resolv_conf);
	}
	close(fd);
	return error;
}

/* ---- resolv.conf itself: up and down */

static bool fits_file(struct dns *d)
{
	return d->fd < 0;
}

/* Beside the file that is really meant: where a link leads to, a reboot may take both. */
static void name_backup(struct dns *d)
{
	char real[PATH_MAX];

	if (!realpath(d->resolv_conf, real))
		snprintf(real, sizeof(real), "%s", d->resolv_conf);
	snprintf(d->backup, sizeof(d->backup), "%.*s%s%s", PATH_MAX - 64, real, backup_mark,
		 d->device);
}

static void drop_backup(struct dns *d)
{
	if (!is_in_itself(d->backup))
		unlink(d->backup);
	close(d->backup_fd);
	d->backup_fd = -1;
	note_file(d, "");
}

/* Nothing could be written beside it. */
static int keep_in_itself(struct dns *d)
{
	int fd = file_open_locked(d->resolv_conf, 0);

	if (fd < 0) {
		log_warn(d->log, "DNS: %s is left alone: %s", d->resolv_conf, strerror(-fd));
		return fd;
	}
	snprintf(d->backup, sizeof(d->backup), "%s", in_itself);
	d->backup_fd = fd;
	note_file(d, d->resolv_conf);
	return 0;
}

/*
 * A backup that a dead process has left is read before it is written over. Is `former` the same but
 * for empty lines at its end, as a process leaves it that dies while it puts the file back?
 */
static bool has_blank_end(int backup_fd, const char *former)
{
	size_t len;
	char *old;
	bool is_so;

	if (file_read_fd(backup_fd, RESOLV_CONF_MAX, &old, &len))
		return false;
	is_so = len && !strncmp(former, old, len) && former[len] &&
		former[len + strspn(former + len, "\n")] == '\0';
	file_free(old, len);
	return is_so;
}

/* Keeps the file as it is now. */
static int make_backup(struct dns *d, const char *former)
{
	bool is_absent = access(d->resolv_conf, F_OK) < 0 && errno == ENOENT;
	const char *text = is_absent ? no_file : former;
	int error;

	name_backup(d);
	d->backup_fd = file_open_locked(d->backup, O_CREAT);
	if (d->backup_fd < 0)
		return keep_in_itself(d);
	error = has_blank_end(d->backup_fd, text) ?
			0 : /* the backup is right, and the file not quite */
			file_overwrite(d->backup_fd, text, strlen(text));
	if (!error && fsync(d->backup_fd) < 0)
		error = -errno;
	if (!error) {
		note_file(d, d->resolv_conf);
		return 0;
	}
	log_warn(d->log, "DNS: %s is left alone: %s: %s", d->resolv_conf, d->backup,
		 strerror(-error));
	drop_backup(d);
	return error;
}

/* A dead sstp's file that could not be put back must not pass for the host's own. */
static char *without_ours(char *former)
{
	char backup[PATH_MAX], *kept;

	if (!backup_of(former, backup))
		return former;
	kept = malloc(strlen(former) + 2);
	if (kept)
		kept[print_kept(former, kept)] = '\0';
	free(former);
	return kept;
}

static bool is_marked(const struct dns *d, const char *text)
{
	char first[PATH_MAX + 256];
	size_t len = print_mark(d, first, sizeof(first));

	return !strncmp(text, first, len);
}

static bool is_still_ours(const struct dns *d)
{
	int error;
	char *text = read_file(d->resolv_conf, &error);
	bool ours = text && is_marked(d, text);

	free(text);
	return ours;
}

static int write_ours(struct dns *d, const struct ip_addr *servers, size_t count,
		      const char *former)
{
	size_t len;
	char *text = print_file(d, servers, count, former, &len);
	int error = text ? write_file(d->resolv_conf, text, len) : -ENOMEM;

	free(text);
	if (error) {
		log_warn(d->log, "DNS: %s could not be written: %s", d->resolv_conf,
			 strerror(-error));
		drop_backup(d);
	}
	return error;
}

static int up_file(struct dns *d, const struct ip_addr *servers, size_t count)
{
	int error = dns_recover_file(d->resolv_conf, d->log);
	char *former;

	if (error == -EBUSY) {
		log_warn(d->log, "DNS: %s is left alone: another sstp is using it", d->resolv_conf);
		return error;
	}
	former = read_file(d->resolv_conf, &error);
	if (former)
		former = without_ours(former);
	if (!former) {
		log_warn(d->log, "DNS: %s could not be read: %s", d->resolv_conf,
			 strerror(error ? -error : ENOMEM));
		return error ? error : -ENOMEM;
	}
	error = make_backup(d, former);
	if (!error)
		error = write_ours(d, servers, count, former);
	free(former);
	return error;
}

static void down_file(struct dns *d)
{
	int error;

	if (!is_still_ours(d)) {
		log_info(d->log, "DNS: %s was changed by somebody else and stays as it is",
			 d->resolv_conf);
		drop_backup(d);
		return;
	}
	error = put_back(d->resolv_conf, d->backup_fd);
	if (!error) {
		drop_backup(d);
		return;
	}
	log_warn(d->log, "DNS: %s could not be put back; it is kept %s%s: %s", d->resolv_conf,
		 is_in_itself(d->backup) ? "" : "as ", d->backup, strerror(-error));
	close(d->backup_fd);
	d->backup_fd = -1;
}

/* ---- an open file: it is always kept in itself, for whoever opens it after a crash */

static bool fits_fd(struct dns *d)
{
	return d->fd >= 0;
}

static int read_fd(struct dns *d)
{
	size_t len;
	int error;

	if (flock(d->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno; /* another sstp is using it */
	error = file_read_fd(d->fd, RESOLV_CONF_MAX, &d->former, &len);
	if (!error && !cut(d->former))
		unquote(d->former);
	return error;
}

static int write_fd(struct dns *d, const struct ip_addr *servers, size_t count)
{
	size_t len;
	char *text;
	int error;

	snprintf(d->backup, sizeof(d->backup), "%s", in_itself);
	text = print_file(d, servers, count, d->former, &len);
	error = text ? file_overwrite(d->fd, text, len) : -ENOMEM;
	free(text);
	return error;
}

static void forget_former(struct dns *d)
{
	free(d->former);
	d->former = NULL;
}

static int up_fd(struct dns *d, const struct ip_addr *servers, size_t count)
{
	int error = read_fd(d);

	if (!error)
		error = write_fd(d, servers, count);
	if (!error)
		return 0;
	log_warn(d->log, "DNS: %s is left alone: %s", d->resolv_conf, strerror(-error));
	forget_former(d);
	return error;
}

static void down_fd(struct dns *d)
{
	char *text = NULL;
	size_t len;
	int error = file_read_fd(d->fd, RESOLV_CONF_MAX, &text, &len);

	if (!error && is_marked(d, text))
		error = overwrite(d->fd, d->former, strlen(d->former));
	else if (!error)
		log_info(d->log, "DNS: %s was changed by somebody else and stays as it is",
			 d->resolv_conf);
	if (error)
		log_warn(d->log, "DNS: %s could not be put back: %s", d->resolv_conf,
			 strerror(-error));
	free(text);
	forget_former(d);
}

/* ---- which way */

static const struct dns_way ways[] = {
	{ "an open file", fits_fd, up_fd, down_fd },
	{ "resolvectl", fits_resolved, up_resolved, down_resolved },
	{ "resolvconf", fits_resolvconf, up_resolvconf, down_resolvconf },
	{ "resolv.conf", fits_file, up_file, down_file },
};

void dns_up(struct dns *d, const struct ip_addr *servers, size_t count)
{
	dns_down(d);
	for (size_t i = 0; count && i < sizeof(ways) / sizeof(*ways); i++) {
		if (!ways[i].fits(d) || ways[i].up(d, servers, count))
			continue;
		log_debug(d->log, "DNS: set by %s", ways[i].name);
		d->way = &ways[i];
		return;
	}
}

void dns_down(struct dns *d)
{
	if (d->way)
		d->way->down(d);
	d->way = NULL;
}
