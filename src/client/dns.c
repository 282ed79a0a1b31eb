/* The host's DNS servers, and how they are put back. */
#include "client/dns.h"

#include <dirent.h>
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
	PROGRAM_END_LIMIT_MS = 2 * 1000, /* at the end, for the one that runs, and for the revert */
	RESOLV_CONF_MAX = 64 * 1024,
	SERVERS_TEXT_MAX = 1024,
};

/*
 * One way to set DNS servers. `up` is called for one step after the other, as `down` for step 0 alone:
 * 0, or STEP_RUNS (a program was started, and that it ends is waited for), or -errno, logged.
 */
struct dns_way {
	const char *name;
	bool (*fits)(struct dns *d);
	int (*up)(struct dns *d, unsigned step);
	int (*down)(struct dns *d);
};

enum { STEP_RUNS = 1 };

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
		.limit_ms = PROGRAM_LIMIT_MS,
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
static size_t print_servers(const struct dns *d, char *to, size_t room)
{
	size_t n = 0;

	*to = '\0';
	for (size_t i = 0; i < d->wanted_count; i++)
		n += (size_t)snprintf(to + n, room - n, "nameserver %s\n",
				      ip_print(&d->wanted[i]).text);
	return n;
}

/* ---- other programs */

/* Its result, 0 or -errno, or -EPROTO when it was not content; logged. */
static int judge(const struct log *log, const char *program, int result)
{
	if (result == -ETIMEDOUT)
		log_warn(log, "DNS: %s took too long and was ended", program);
	else if (result > 0)
		log_warn(log, "DNS: %s ended with status %d", program, result);
	else if (result < 0)
		log_warn(log, "DNS: %s: %s", program, strerror(-result));
	return result > 0 ? -EPROTO : result;
}

/* Returns STEP_RUNS; where there is no loop it has ended by then. */
static int run(struct dns *d, const char *const *argv, const char *input)
{
	struct run r = { .argv = argv, .input = input, .limit_ms = d->limit_ms };
	int error = 0;

	snprintf(d->running, sizeof(d->running), "%.200s %s", argv[0], argv[1]);
	d->is_running = true;
	d->has_ended = !d->loop;
	if (d->loop)
		error = run_beside_start(&d->run, &r);
	else
		d->result = judge(d->log, d->running, run_program(&r));
	if (error) {
		d->has_ended = true;
		d->result = judge(d->log, d->running, error);
	}
	return STEP_RUNS;
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

static int give_resolved_servers(struct dns *d)
{
	struct ip_text text[DNS_SERVERS_MAX];
	const char *argv[3 + DNS_SERVERS_MAX + 1] = { d->program, "dns", d->device };

	for (size_t i = 0; i < d->wanted_count; i++) {
		text[i] = ip_print(&d->wanted[i]);
		argv[3 + i] = text[i].text;
	}
	return run(d, argv, NULL);
}

static int up_resolved(struct dns *d, unsigned step)
{
	/* "~.": every name is asked there, not only those of the device's own domains */
	const char *const domain[] = { d->program, "domain", d->device, "~.", NULL };
	const char *const route[] = { d->program, "default-route", d->device, "yes", NULL };

	switch (step) {
	case 0:
		return give_resolved_servers(d);
	case 1:
		return run(d, domain, NULL);
	case 2:
		d->may_fail = true; /* since systemd 240, and implied by the domain */
		return run(d, route, NULL);
	default:
		return 0;
	}
}

static int down_resolved(struct dns *d)
{
	const char *const revert[] = { d->program, "revert", d->device, NULL };

	return run(d, revert, NULL);
}

/* ---- resolvconf */

static bool fits_resolvconf(struct dns *d)
{
	return !d->is_only_file && run_find("resolvconf", d->program);
}

static int up_resolvconf(struct dns *d, unsigned step)
{
	char key[32], lines[SERVERS_TEXT_MAX];
	const char *const add[] = { d->program, "-a", key, NULL };

	if (step)
		return 0;
	snprintf(key, sizeof(key), "%.20s.sstp", d->device);
	print_servers(d, lines, sizeof(lines));
	note_resolvconf(d, key);
	return run(d, add, lines);
}

static int down_resolvconf(struct dns *d)
{
	const char *const take[] = { d->program, "-d", d->state->facts.resolvconf, NULL };

	return run(d, take, NULL);
}

void dns_recover_resolvconf(const char *key, const struct log *log)
{
	char program[PATH_MAX];
	const char *const take[] = { program, "-d", key, NULL };
	const struct run r = { .argv = take, .limit_ms = PROGRAM_LIMIT_MS };

	if (run_find("resolvconf", program) && !judge(log, "resolvconf -d", run_program(&r)))
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
static char *print_file(const struct dns *d, const char *former, size_t *len)
{
	size_t room = PATH_MAX + 256 + SERVERS_TEXT_MAX;
	/* the former file's lines may stand there twice, and a mark before each */
	char *text = malloc(room + (2 + QUOTE_LEN) * (strlen(former) + 1));

	if (!text)
		return NULL;
	*len = print_mark(d, text, room);
	*len += print_servers(d, text + *len, room - *len);
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
		memset(padded + len, '\n', was - len); /* is_torn knows these */
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
	if (!error && fsync(fd) < 0 && errno != EINVAL) /* before the backup goes */
		error = -errno;
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

static void say_put_back(const char *resolv_conf, const struct log *log)
{
	log_info(log, "a former sstp died: %s is put back", resolv_conf);
}

/* It was written but for the end: with the former text, or with ours. */
static int finish_writing(const char *resolv_conf, const char *text, const struct log *log)
{
	char backup[PATH_MAX];
	int error = truncate(resolv_conf, (off_t)strlen(text)) < 0 ? -errno : 0;

	if (error)
		log_warn(log, "DNS: %s has an end that an sstp which died has left: %s", resolv_conf,
			 strerror(-error));
	else if (!backup_of(text, backup))
		say_put_back(resolv_conf, log);
	return error;
}

/* The file is one of ours, and its former content is there. */
static int recover_from(const char *resolv_conf, const char *backup, const struct log *log)
{
	int fd = file_open_locked(is_in_itself(backup) ? resolv_conf : backup, 0), error;

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
		say_put_back(resolv_conf, log);
	}
	close(fd);
	return error;
}

/* By its first line, if that is ours. */
static int recover_marked(const char *resolv_conf, const struct log *log)
{
	char backup[PATH_MAX], *text;
	bool is_ours = false;
	int error;

	text = read_file(resolv_conf, &error);
	if (text && cut(text))
		error = finish_writing(resolv_conf, text, log);
	if (text && !error)
		is_ours = backup_of(text, backup);
	free(text);
	return is_ours ? recover_from(resolv_conf, backup, log) : error;
}

/* ---- backups that are there although the file is none of ours */

/* Of the file that is meant, where there is a link. Gives the last slash. */
static char *real_path(const char *path, char real[PATH_MAX])
{
	if (!realpath(path, real))
		snprintf(real, PATH_MAX, "%s", path);
	return strrchr(real, '/');
}

struct leftover {
	const char *resolv_conf;
	const struct log *log;
	char *text; /* what is in the file; NULL: there is none */
	size_t len;
};

static bool is_mark_torn(const char *text, size_t len)
{
	size_t mark_len = sizeof(mark) - 1;

	return len && !strncmp(text, mark, len < mark_len ? len : mark_len);
}

/*
 * Was somebody of us about to write the file, when the power failed or a kill came? It is empty, or
 * has zero bytes, our first line in part, the backup in part with half a line at its end, or the
 * backup and line ends after it: see overwrite.
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

/* The file was not written yet, and perhaps the backup not as a whole, or all is put back. */
static bool is_needless(const struct leftover *l, const char *old, size_t old_len)
{
	if (!l->text)
		return !strcmp(old, no_file);
	return old_len <= l->len && !memcmp(l->text, old, old_len);
}

/* Gives whether it is to be removed. */
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
			log_info(l->log,
				 "a former sstp died, and somebody else has written %s since: %s is "
				 "removed",
				 l->resolv_conf, backup);
		return true;
	}
	error = put_back(l->resolv_conf, fd);
	if (error)
		log_warn(l->log, "DNS: %s could not be put back from %s: %s", l->resolv_conf, backup,
			 strerror(-error));
	else
		say_put_back(l->resolv_conf, l->log);
	return !error;
}

static bool is_file_of_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

static void look_at_leftover(struct leftover *l, const char *backup)
{
	int fd = file_open_locked(backup, 0), error;

	if (fd < 0)
		return; /* its writer lives */
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
	char *slash = real_path(resolv_conf, real);
	struct dirent *entry;
	DIR *d;

	if (!slash)
		return;
	*slash = '\0';
	snprintf(head, sizeof(head), "%.*s%s", PATH_MAX - 64, slash + 1, backup_mark);
	d = opendir(*real ? real : "/");
	while (d && (entry = readdir(d))) {
		snprintf(backup, sizeof(backup), "%s/%s", real, entry->d_name);
		if (!strncmp(entry->d_name, head, strlen(head)))
			look_at_leftover(&l, backup);
	}
	if (d)
		closedir(d);
}

int dns_recover_file(const char *resolv_conf, const struct log *log)
{
	int error = recover_marked(resolv_conf, log);

	if (!error)
		recover_leftovers(resolv_conf, log);
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

	real_path(d->resolv_conf, real);
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

/* What is in it could not be read, or not be put back. */
static bool is_in_use(int backup_fd)
{
	struct stat st;

	return fstat(backup_fd, &st) < 0 || st.st_size;
}

/* Keeps the file as it is now. */
static int make_backup(struct dns *d, const char *former)
{
	bool is_absent = access(d->resolv_conf, F_OK) < 0 && errno == ENOENT;
	const char *text = is_absent ? no_file : former;
	int error;

	name_backup(d);
	d->backup_fd = file_open_locked(d->backup, O_CREAT);
	if (d->backup_fd >= 0 && is_in_use(d->backup_fd)) {
		close(d->backup_fd);
		d->backup_fd = -1;
	}
	if (d->backup_fd < 0)
		return keep_in_itself(d);
	error = file_overwrite(d->backup_fd, text, strlen(text));
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

static int write_ours(struct dns *d, const char *former)
{
	size_t len;
	char *text = print_file(d, former, &len);
	int error = text ? write_file(d->resolv_conf, text, len) : -ENOMEM;

	free(text);
	if (error) {
		log_warn(d->log, "DNS: %s could not be written: %s", d->resolv_conf,
			 strerror(-error));
		drop_backup(d);
	}
	return error;
}

static int up_file(struct dns *d, unsigned step)
{
	int error = dns_recover_file(d->resolv_conf, d->log);
	char *former;

	(void)step; /* there is one */
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
		error = write_ours(d, former);
	free(former);
	return error;
}

static int down_file(struct dns *d)
{
	int error;

	if (!is_still_ours(d)) {
		log_info(d->log, "DNS: %s was changed by somebody else and stays as it is",
			 d->resolv_conf);
		drop_backup(d);
		return 0;
	}
	error = put_back(d->resolv_conf, d->backup_fd);
	if (!error) {
		drop_backup(d);
		return 0;
	}
	log_warn(d->log, "DNS: %s could not be put back; it is kept %s%s: %s", d->resolv_conf,
		 is_in_itself(d->backup) ? "" : "as ", d->backup, strerror(-error));
	close(d->backup_fd);
	d->backup_fd = -1;
	return error;
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
	if (error)
		return error;
	cut(d->former);
	unquote(d->former);
	return 0;
}

static int write_fd(struct dns *d)
{
	size_t len;
	char *text;
	int error;

	snprintf(d->backup, sizeof(d->backup), "%s", in_itself);
	text = print_file(d, d->former, &len);
	error = text ? file_overwrite(d->fd, text, len) : -ENOMEM;
	free(text);
	return error;
}

static void forget_former(struct dns *d)
{
	free(d->former);
	d->former = NULL;
}

static int up_fd(struct dns *d, unsigned step)
{
	int error = read_fd(d);

	(void)step; /* there is one */
	if (!error)
		error = write_fd(d);
	if (!error)
		return 0;
	log_warn(d->log, "DNS: %s is left alone: %s", d->resolv_conf, strerror(-error));
	forget_former(d);
	return error;
}

static int down_fd(struct dns *d)
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
	return error;
}

/* ---- which way */

static const struct dns_way ways[] = {
	{ "an open file", fits_fd, up_fd, down_fd },
	{ "resolvectl", fits_resolved, up_resolved, down_resolved },
	{ "resolvconf", fits_resolvconf, up_resolvconf, down_resolvconf },
	{ "resolv.conf", fits_file, up_file, down_file },
};

enum { WAYS = sizeof(ways) / sizeof(*ways) };

static void leave_way(struct dns *d)
{
	d->way = NULL;
	d->phase = DNS_IDLE;
}

/* What was ended in the middle may have worked: it is put back before another way is tried. */
static void fail_step(struct dns *d, int error)
{
	if (error == -ETIMEDOUT) {
		d->phase = DNS_REVERTING;
		return;
	}
	if (*d->state->facts.resolvconf)
		note_resolvconf(d, "");
	leave_way(d);
}

/* A program of `way->up` has ended. */
static void end_step(struct dns *d)
{
	if (d->result && !d->may_fail)
		fail_step(d, d->result);
	else
		d->step++;
	d->may_fail = false;
}

static void try_next_way(struct dns *d)
{
	const struct dns_way *way = &ways[d->next_way++];

	if (!way->fits(d))
		return;
	d->way = way;
	d->step = 0;
	d->phase = DNS_SETTING;
}

/* Gives false while a program runs, here and below. */
static bool set(struct dns *d)
{
	int rc;

	if (d->is_running) {
		if (!d->has_ended)
			return false;
		d->is_running = false;
		end_step(d);
		return true;
	}
	if (d->is_stale) { /* by now it may have worked */
		d->phase = DNS_REVERTING;
		return true;
	}
	rc = d->way->up(d, d->step);
	if (rc == 0) {
		log_debug(d->log, "DNS: set by %s", d->way->name);
		d->phase = DNS_SET;
	} else if (rc < 0) {
		fail_step(d, rc);
	}
	return true;
}

static bool revert(struct dns *d)
{
	if (!d->is_running && d->way->down(d) != STEP_RUNS) {
		leave_way(d);
		return true;
	}
	if (!d->has_ended)
		return false;
	d->is_running = false;
	if (*d->state->facts.resolvconf)
		note_resolvconf(d, "");
	leave_way(d);
	return true;
}

bool dns_is_settled(const struct dns *d)
{
	switch (d->phase) {
	case DNS_IDLE:
		return !d->wanted_count || d->next_way == WAYS;
	case DNS_SET:
		return !d->is_stale;
	case DNS_SETTING:
	case DNS_REVERTING:
		break;
	}
	return false;
}

/* One step: false when there is nothing to do now. */
static bool step(struct dns *d)
{
	if (dns_is_settled(d))
		return false;
	switch (d->phase) {
	case DNS_IDLE:
		d->is_stale = false;
		try_next_way(d);
		return true;
	case DNS_SETTING:
		return set(d);
	case DNS_SET:
		d->phase = DNS_REVERTING;
		return true;
	case DNS_REVERTING:
		return revert(d);
	}
	return false;
}

static void advance(struct dns *d)
{
	while (step(d))
		;
}

/* Whoever waits does so from the first of several changes on. */
static void begin(struct dns *d)
{
	advance(d);
	if (d->loop && !dns_is_settled(d) && !d->patience.slot)
		loop_timer_set(d->loop, &d->patience, loop_now(d->loop) + DNS_SETTLE_MS);
}

static void change(struct dns *d)
{
	d->is_stale = d->phase != DNS_IDLE;
	d->next_way = 0;
	begin(d);
}

void dns_up(struct dns *d, const struct ip_addr *servers, size_t count)
{
	d->wanted_count = count < DNS_SERVERS_MAX ? count : DNS_SERVERS_MAX;
	memcpy(d->wanted, servers, d->wanted_count * sizeof(*servers));
	change(d);
}

void dns_down(struct dns *d)
{
	d->wanted_count = 0;
	change(d);
}

bool dns_is_up(const struct dns *d)
{
	return d->wanted_count && (d->phase == DNS_SET || !dns_is_settled(d));
}

/* ---- beside a loop */

static void program_ended(struct run_beside *b, int result)
{
	struct dns *d = container_of(b, struct dns, run);

	d->result = judge(d->log, d->running, result);
	d->has_ended = true;
	advance(d);
	if (!dns_is_settled(d))
		return;
	loop_timer_stop(d->loop, &d->patience);
	d->settled(d);
}

static void on_impatience(struct loop_timer *t)
{
	struct dns *d = container_of(t, struct dns, patience);

	log_warn(d->log, "DNS: %s takes long: it is not waited for any more", d->running);
	d->settled(d);
}

void dns_use_loop(struct dns *d, struct loop *loop)
{
	d->loop = loop;
	d->run = (struct run_beside){ .loop = loop, .ended = program_ended };
	d->patience.expired = on_impatience;
	run_beside_open(&d->run);
}

void dns_child(struct dns *d)
{
	if (d->loop)
		run_beside_child(&d->run);
}

void dns_close(struct dns *d)
{
	if (d->loop)
		loop_timer_stop(d->loop, &d->patience);
	d->limit_ms = PROGRAM_END_LIMIT_MS;
	if (d->loop && d->run.pid) {
		d->result = judge(d->log, d->running, run_beside_wait(&d->run, PROGRAM_END_LIMIT_MS));
		d->has_ended = true;
	}
	d->loop = NULL;
	dns_down(d);
}
