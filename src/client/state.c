/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of changes that must be undone after a crash. */
#include "client/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/file.h"

enum { FILE_LEN_MAX = 64 * 1024, FOLDER_TRIES = 10, DYING_LOOK_MS = 5 };

static const char suffix[] = ".state", process_word[] = ", process ";
static const char unreachable[] = " unreachable", is_throw[] = " throw";

static uint64_t own_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? st.st_ino : 0;
}

bool state_is_here(const struct state_facts *f)
{
	return f->netns == own_netns();
}

/* ---- facts as text */

static size_t print_route(const char *kind, const struct route *r, char *to, size_t room)
{
	return (size_t)snprintf(to, room, "%s %s via %s ifindex %u table %u%s\n", kind,
				ip_prefix_print(&r->dst).text, ip_print(&r->via).text, r->ifindex,
				r->table,
				r->unreachable ? unreachable
				: r->is_throw  ? is_throw
					       : "");
}

static size_t print_facts(const struct state *s, char *to, size_t room)
{
	const struct state_facts *f = &s->facts;
	size_t n = (size_t)snprintf(to, room,
				    "# sstp writes here what to undo if it crashes: %s%s%ld\n",
				    s->device, process_word, (long)s->pid);

	n += (size_t)snprintf(to + n, room - n, "netns %llu\n", (unsigned long long)f->netns);
	for (size_t i = 0; i < f->route_count; i++)
		n += print_route("route", &f->route[i], to + n, room - n);
	for (size_t i = 0; i < f->excluded_count; i++)
		n += print_route("excluded", &f->excluded[i], to + n, room - n);
	if (f->rule_table)
		n += (size_t)snprintf(to + n, room - n, "rules priority %u mark %u table %u\n",
				      f->rule_priority, f->rule_mark, f->rule_table);
	if (f->blocks_ipv6)
		n += (size_t)snprintf(to + n, room - n, "no-ipv6 table %u\n", f->block_table);
	if (f->delegated.addr.family)
		n += (size_t)snprintf(to + n, room - n, "delegated %s table %u\n",
				      ip_prefix_print(&f->delegated).text, f->block_table);
	if (*f->resolv_conf)
		n += (size_t)snprintf(to + n, room - n, "resolv.conf %s\n", f->resolv_conf);
	if (*f->resolvconf)
		n += (size_t)snprintf(to + n, room - n, "resolvconf %s\n", f->resolvconf);
	return n + (size_t)snprintf(to + n, room - n, "end\n");
}

/* `text`: what follows the kind. */
static bool parse_route(const char *text, struct route *r)
{
	char dst[64], via[64];

	*r = (struct route){ .unreachable = strstr(text, unreachable),
			     .is_throw = strstr(text, is_throw) };
	return sscanf(text, "%63s via %63s ifindex %u table %u", dst, via, &r->ifindex,
		      &r->table) == 4 &&
	       ip_prefix_parse(dst, &r->dst) && (!strcmp(via, "none") || ip_parse(via, &r->via));
}

/* Returns the text after "NAME " on this line, or NULL. */
static const char *value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(line, name, len) && line[len] == ' ' ? line + len + 1 : NULL;
}

static void parse_delegated(const char *text, struct state_facts *f)
{
	char prefix[64];

	if (sscanf(text, "%63s table %u", prefix, &f->block_table) != 2 ||
	    !ip_prefix_parse(prefix, &f->delegated))
		f->delegated = (struct ip_prefix){ .len = 0 };
}

static void parse_line(const char *line, struct state_facts *f)
{
	const char *delegated = value_of(line, "delegated");
	const char *netns = value_of(line, "netns");
	const char *route = value_of(line, "route"), *excluded = value_of(line, "excluded");
	const char *file = value_of(line, "resolv.conf"), *key = value_of(line, "resolvconf");

	if (netns)
		f->netns = strtoull(netns, NULL, 10);
	else if (delegated)
		parse_delegated(delegated, f);
	else if (sscanf(line, "no-ipv6 table %u", &f->block_table) == 1)
		f->blocks_ipv6 = true;
	else if (sscanf(line, "rules priority %u mark %u table %u", &f->rule_priority,
			&f->rule_mark, &f->rule_table) == 3)
		return;
	else if (file)
		snprintf(f->resolv_conf, sizeof(f->resolv_conf), "%s", file);
	else if (key)
		snprintf(f->resolvconf, sizeof(f->resolvconf), "%s", key);
	else if (route && f->route_count < STATE_ROUTES_MAX &&
		 parse_route(route, &f->route[f->route_count]))
		f->route_count++;
	else if (excluded && f->excluded_count < STATE_EXCLUDED_MAX &&
		 parse_route(excluded, &f->excluded[f->excluded_count]))
		f->excluded_count++;
}

/*
 * Stops at "end": a process may have died after it wrote the new text and before it cut off the old
 * one.
 */
static void parse_facts(char *text, struct state_facts *f)
{
	char *line, *rest = text;

	memset(f, 0, sizeof(*f));
	while ((line = strsep(&rest, "\n")) && strcmp(line, "end") != 0)
		parse_line(line, f);
}

/* ---- the file */

/* Other users must not be able to add facts that we would undo. */
static int check_folder(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (stat(dir, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

int state_open(struct state *s, const char *dir, const char *device, pid_t pid)
{
	int error = check_folder(dir);

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->pid = pid ? pid : getpid();
	s->facts.netns = own_netns();
	snprintf(s->device, sizeof(s->device), "%s", device);
	if (error)
		return error;
	if ((size_t)snprintf(s->path, sizeof(s->path), "%s/%s.%llu%s", dir, device,
			     (unsigned long long)s->facts.netns, suffix) >= sizeof(s->path))
		return -ENAMETOOLONG;
	s->fd = file_open_locked(s->path, O_CREAT);
	/* another process may remove the folder between the two calls when it ends */
	for (int i = 0; i < FOLDER_TRIES && s->fd == -ENOENT && !check_folder(dir); i++)
		s->fd = file_open_locked(s->path, O_CREAT);
	return s->fd < 0 ? s->fd : state_save(s);
}

int state_save(struct state *s)
{
	char text[FILE_LEN_MAX];

	if (s->fd < 0)
		return 0;
	return file_overwrite(s->fd, text, print_facts(s, text, sizeof(text)));
}

/*
 * Removes the folder if it is empty and has the permissions that we give it; a folder made by
 * others has different ones.
 */
static void remove_folder_of(const char *path)
{
	char dir[PATH_MAX];
	struct stat st;

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (!lstat(dir, &st) && S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0700 &&
	    st.st_uid == geteuid())
		rmdir(dir);
}

void state_close(struct state *s)
{
	if (s->fd < 0)
		return;
	unlink(s->path);
	close(s->fd);
	s->fd = -1;
	remove_folder_of(s->path);
}

/* ---- files of crashed processes */

static bool is_empty(const struct state_facts *f)
{
	return !f->route_count && !f->excluded_count && !f->rule_table && !f->blocks_ipv6 &&
	       !f->delegated.addr.family && !*f->resolv_conf && !*f->resolvconf;
}

static void undo_file(struct state *s, void (*undo)(void *arg, struct state_facts *f), void *arg)
{
	char *text;
	size_t len;

	if (file_read_fd(s->fd, FILE_LEN_MAX, &text, &len))
		return;
	parse_facts(text, &s->facts);
	file_free(text, len);
	undo(arg, &s->facts);
	if (is_empty(&s->facts))
		unlink(s->path);
	else
		state_save(s);
}

static bool has_suffix(const char *name)
{
	size_t len = strlen(name);

	return len > strlen(suffix) && !strcmp(name + len - strlen(suffix), suffix);
}

void state_each_dead(const char *dir, void (*undo)(void *arg, struct state_facts *f), void *arg)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct state s;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		memset(&s, 0, sizeof(s));
		s.pid = getpid();
		snprintf(s.path, sizeof(s.path), "%s/%s", dir, entry->d_name);
		snprintf(s.device, sizeof(s.device), "%.*s", (int)strcspn(entry->d_name, "."),
			 entry->d_name);
		s.fd = has_suffix(entry->d_name) ? file_open_locked(s.path, 0) : -1;
		if (s.fd < 0)
			continue; /* not ours, or its process still runs */
		undo_file(&s, undo, arg);
		close(s.fd);
	}
	closedir(d);
}

/* ---- helpers of programs that were killed */

static bool is_locked(const char *path)
{
	int fd = file_open_locked(path, 0);

	if (fd >= 0)
		close(fd);
	return fd == -EBUSY;
}

/* Of the program that wrote the file, in our PID namespace; 0: it is not known. */
static pid_t program_of(const char *path)
{
	char *text;
	const char *at;
	size_t len;
	long pid = 0;

	if (file_read(path, FILE_LEN_MAX, &text, &len) || !text)
		return 0;
	at = strstr(text, process_word);
	if (at)
		pid = strtol(at + strlen(process_word), NULL, 10);
	file_free(text, len);
	return (pid_t)pid;
}

static bool is_dying(const char *path)
{
	pid_t pid = is_locked(path) ? program_of(path) : 0;

	return pid > 0 && kill(pid, 0) && errno == ESRCH;
}

void state_wait_for_dying(const char *dir)
{
	const struct timespec pause = { 0, DYING_LOOK_MS * 1000000L };
	uint64_t until = clock_now_ms() + STATE_DYING_MS;
	DIR *d = opendir(dir);
	char path[PATH_MAX];
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		while (has_suffix(entry->d_name) && is_dying(path) && clock_now_ms() < until)
			nanosleep(&pause, NULL);
	}
	if (d)
		closedir(d);
}
