/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS servers in resolv.conf itself, or in an open file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/dns_method.h"
#include "util/file.h"

enum { DYING_MS = 500, DYING_LOOK_MS = 10 };

/* Records in the state file that we changed `path`; "": not any more. */
static void note_file(struct dns *d, const char *path)
{
	snprintf(d->state->facts.resolv_conf, sizeof(d->state->facts.resolv_conf), "%s", path);
	state_save(d->state);
}

/* Returns the text of our file. `former` is at most RESOLV_CONF_MAX long. */
static char *print_file(const struct dns *d, const char *former, size_t *len)
{
	char search[DNS_SEARCH_TEXT_MAX];
	size_t room = PATH_MAX + 256 + DNS_SERVERS_TEXT_MAX + sizeof(search);
	/* each line of the former file may occur twice, with a mark before each */
	char *text = malloc(room + (2 + RESOLV_CONF_QUOTE_LEN) * (strlen(former) + 1));

	if (!text)
		return NULL;
	*len = resolv_conf_print_mark(d->device, d->where, d->backup, text, room);
	*len += dns_print_servers(d, text + *len, room - *len);
	if (dns_print_search(d, false, search, sizeof(search)))
		*len += resolv_conf_print_search(former, search, text + *len);
	else
		*len += resolv_conf_print_kept(former, text + *len);
	if (d->where == RESOLV_CONF_INSIDE)
		*len += resolv_conf_print_quoted(former, text + *len);
	return text;
}

/* ---- up and down */

/*
 * systemd-resolved rewrites its files at any time: our changes would be lost, or our restored file
 * would be outdated.
 */
static bool fits_file(struct dns *d)
{
	char real[PATH_MAX];

	if (d->fd >= 0)
		return false;
	if (!dns_is_of_resolved(d, real))
		return true;
	log_warn(d->log,
		 "DNS: %s is %s, which belongs to systemd-resolved, and is not "
		 "changed; only resolvectl or resolvconf can set the VPN's name "
		 "servers here, so they are not used",
		 d->resolv_conf, real);
	return false;
}

/*
 * The backup is in the folder of the real file: a reboot may clear the folder that a link leads to.
 */
static void name_backup(struct dns *d)
{
	char real[PATH_MAX];

	resolv_conf_real_path(d->resolv_conf, real);
	snprintf(d->backup, sizeof(d->backup), "%.*s%s%s", PATH_MAX - 64, real,
		 resolv_conf_backup_mark, d->device);
}

static void drop_backup(struct dns *d)
{
	if (d->where == RESOLV_CONF_BESIDE)
		unlink(d->backup);
	d->where = RESOLV_CONF_NONE;
	close(d->backup_fd);
	d->backup_fd = -1;
	note_file(d, "");
}

/* For a folder in which no backup can be created. */
static int keep_in_itself(struct dns *d)
{
	int fd = file_open_locked(d->resolv_conf, 0);

	if (fd < 0) {
		log_warn(d->log, "DNS: %s is not changed: %s", d->resolv_conf, strerror(-fd));
		return fd;
	}
	d->where = RESOLV_CONF_INSIDE;
	d->backup_fd = fd;
	note_file(d, d->resolv_conf);
	return 0;
}

/* Whether an existing backup has content: it could not be read, or not be restored, before. */
static bool is_in_use(int backup_fd)
{
	struct stat st;

	return fstat(backup_fd, &st) < 0 || st.st_size;
}

/* Makes a backup of the file. */
static int make_backup(struct dns *d, const char *former)
{
	bool is_absent = access(d->resolv_conf, F_OK) < 0 && errno == ENOENT;
	const char *text = is_absent ? resolv_conf_no_file : former;
	int error;

	name_backup(d);
	d->where = RESOLV_CONF_BESIDE;
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
	log_warn(d->log, "DNS: %s is not changed: %s: %s", d->resolv_conf, d->backup,
		 strerror(-error));
	drop_backup(d);
	return error;
}

/*
 * If the file is that of a crashed sstp and could not be restored, it must not be treated as the
 * host's own.
 */
static char *without_ours(char *former)
{
	char backup[PATH_MAX], *kept;

	if (resolv_conf_where(former, backup) == RESOLV_CONF_NONE)
		return former;
	kept = malloc(strlen(former) + 2);
	if (kept)
		kept[resolv_conf_print_kept(former, kept)] = '\0';
	free(former);
	return kept;
}

static bool is_marked(const struct dns *d, const char *text)
{
	char first[PATH_MAX + 256];
	size_t len = resolv_conf_print_mark(d->device, d->where, d->backup, first, sizeof(first));

	return !strncmp(text, first, len);
}

bool dns_file_is_ours(const struct dns *d)
{
	int error;
	char *text = resolv_conf_read(d->resolv_conf, &error);
	bool ours = text && is_marked(d, text);

	free(text);
	return ours;
}

static void keep_backup(struct dns *d, int error)
{
	if (d->where == RESOLV_CONF_INSIDE)
		log_warn(d->log,
			 "DNS: %s could not be restored; its former lines are kept in it "
			 "after #|: %s",
			 d->resolv_conf, strerror(-error));
	else
		log_warn(d->log, "DNS: %s could not be restored; the former file is kept as %s: %s",
			 d->resolv_conf, d->backup, strerror(-error));
	close(d->backup_fd);
	d->backup_fd = -1;
}

/* There is no other copy of it. */
static void warn_of_the_rest(const struct dns *d, int error)
{
	log_warn(d->log, "DNS: %s was written in part and could not be restored: %s",
		 d->resolv_conf, strerror(-error));
}

/* Of our file only a part may have been written, as on a full disk. What was there before fits again. */
static void put_back(struct dns *d, const char *former)
{
	int error;
	char *now = resolv_conf_read(d->resolv_conf, &error);
	bool is_unchanged = now && *former && !strcmp(now, former);

	if (is_unchanged)
		error = 0;
	else if (d->where == RESOLV_CONF_INSIDE)
		error = resolv_conf_write(d->resolv_conf, former, strlen(former));
	else
		error = resolv_conf_restore(d->resolv_conf, d->backup_fd);
	free(now);
	if (error && error != -ENOENT && d->where != RESOLV_CONF_INSIDE) {
		keep_backup(d, error);
		return;
	}
	if (error && error != -ENOENT)
		warn_of_the_rest(d, error);
	drop_backup(d);
}

static int write_ours(struct dns *d, const char *former)
{
	size_t len;
	char *text = print_file(d, former, &len);
	int error = text ? resolv_conf_write(d->resolv_conf, text, len) : -ENOMEM;

	free(text);
	if (error) {
		log_warn(d->log, "DNS: %s could not be written: %s", d->resolv_conf,
			 strerror(-error));
		put_back(d, former);
	}
	return error;
}

/* For split DNS. */
static int forward(struct dns *d, const char *former)
{
	const struct dns_forwarder_cfg cfg = {
		.loop = d->loop,
		.names = &d->names,
		.netns_fd = d->netns_fd,
		.log = d->log,
	};
	int error;

	if (!d->names.domain_count || !d->loop)
		return 0;
	if (!d->forward) {
		dns_own_forward_init(&d->own_forward, &cfg);
		d->forward = &d->own_forward.base;
	}
	d->forward->netns_fd = d->netns_fd;
	error = d->forward->use(d->forward, former, d->wanted, d->wanted_count, &d->forward_at);
	d->is_forwarded = !error;
	return error;
}

static void stop_forwarding(struct dns *d)
{
	if (d->forward)
		d->forward->unuse(d->forward);
	d->is_forwarded = false;
}

/* A program that was killed may have a helper that still ends; one that runs keeps the file. */
static int recover(const struct dns *d)
{
	const struct timespec pause = { 0, DYING_LOOK_MS * 1000000L };
	int error = resolv_conf_recover(d->resolv_conf, d->log);

	for (int waited = 0; error == -EBUSY && waited < DYING_MS; waited += DYING_LOOK_MS) {
		nanosleep(&pause, NULL);
		error = resolv_conf_recover(d->resolv_conf, d->log);
	}
	return error;
}

static int up_file(struct dns *d, unsigned step)
{
	int error = recover(d);
	char *former;

	(void)step; /* there is only one */
	if (error == -EBUSY) {
		log_warn(d->log, "DNS: %s is not changed: another sstp is using it",
			 d->resolv_conf);
		return error;
	}
	former = resolv_conf_read(d->resolv_conf, &error);
	if (former)
		former = without_ours(former);
	if (!former) {
		log_warn(d->log, "DNS: %s could not be read: %s", d->resolv_conf,
			 file_strerror(error ? error : -ENOMEM));
		return error ? error : -ENOMEM;
	}
	error = forward(d, former);
	if (!error)
		error = make_backup(d, former);
	if (!error)
		error = write_ours(d, former);
	if (error)
		stop_forwarding(d);
	free(former);
	return error;
}

static int down_file(struct dns *d)
{
	int error;

	stop_forwarding(d);
	if (!dns_file_is_ours(d)) {
		if (!d->wanted_count)
			log_info(d->log,
				 "DNS: %s was changed by another program and is not restored",
				 d->resolv_conf);
		drop_backup(d);
		return 0;
	}
	error = resolv_conf_restore(d->resolv_conf, d->backup_fd);
	if (!error) {
		drop_backup(d);
		return 0;
	}
	keep_backup(d, error);
	return error;
}

/*
 * ---- an open file: the former content is always kept in it, for the next process that opens it
 * after a crash
 */

static bool fits_fd(struct dns *d)
{
	return d->fd >= 0;
}

static int read_fd(struct dns *d)
{
	size_t len;
	int error;

	if (flock(d->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno; /* another sstp uses it */
	error = file_read_fd(d->fd, RESOLV_CONF_MAX, &d->former, &len);
	if (error)
		return error;
	resolv_conf_cut(d->former);
	resolv_conf_unquote(d->former);
	return 0;
}

static int write_fd(struct dns *d)
{
	size_t len;
	char *text;
	int error;

	d->where = RESOLV_CONF_INSIDE;
	text = print_file(d, d->former, &len);
	error = text ? file_overwrite(d->fd, text, len) : -ENOMEM;
	if (text && error) { /* a part may be there */
		int rest = resolv_conf_overwrite(d->fd, d->former, strlen(d->former));

		if (rest)
			warn_of_the_rest(d, rest);
	}
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

	(void)step; /* there is only one */
	if (!error)
		error = forward(d, d->former);
	if (!error)
		error = write_fd(d);
	if (!error)
		return 0;
	stop_forwarding(d);
	log_warn(d->log, "DNS: %s is not changed: %s", d->resolv_conf, strerror(-error));
	forget_former(d);
	return error;
}

static int down_fd(struct dns *d)
{
	char *text = NULL;
	size_t len;
	int error = file_read_fd(d->fd, RESOLV_CONF_MAX, &text, &len);

	stop_forwarding(d);
	if (!error && is_marked(d, text))
		error = resolv_conf_overwrite(d->fd, d->former, strlen(d->former));
	else if (!error)
		log_info(d->log, "DNS: %s was changed by another program and is not restored",
			 d->resolv_conf);
	if (error)
		log_warn(d->log, "DNS: %s could not be restored: %s", d->resolv_conf,
			 strerror(-error));
	free(text);
	forget_former(d);
	return error;
}

const struct dns_method dns_method_fd = { "an open file", fits_fd, up_fd, down_fd };
const struct dns_method dns_method_file = { "resolv.conf", fits_file, up_file, down_file };
