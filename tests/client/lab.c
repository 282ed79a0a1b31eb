/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/netns.h"

const char *lab_why_not;

static char folder[] = "/tmp/sstp_lab.XXXXXX";
static char logged[8192];

static void keep_log(enum log_level level, const char *name, const char *line)
{
	size_t n = strlen(logged);

	(void)level;
	(void)name;
	snprintf(logged + n, sizeof(logged) - n, "%s\n", line);
}

static void leave(void)
{
	umount2(folder, MNT_DETACH);
	rmdir(folder);
}

const char *lab_enter(void)
{
	if (!mkdtemp(folder))
		return "no folder under /tmp";
	atexit(leave);
	if (!netns_enter() || unshare(CLONE_NEWNS))
		return "kernel: no user namespaces";
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", folder, "tmpfs", 0, NULL))
		return "kernel: no mounts in a user namespace";
	log_set_sink(keep_log);
	log_set_level(LOG_LEVEL_INFO);
	return NULL;
}

void lab_skipped(void **state)
{
	(void)state;
	print_message("skip: %s\n", lab_why_not);
	skip();
}

const char *lab_path(const char *name)
{
	static char paths[16][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 16];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level ? remove(path) : 0;
}

void lab_clear(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	logged[0] = '\0';
}

void lab_write(const char *name, const char *text)
{
	FILE *f = fopen(lab_path(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

void lab_script(const char *name, const char *text)
{
	FILE *f = fopen(lab_path(name), "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", text);
	fclose(f);
	assert_int_equal(chmod(lab_path(name), 0755), 0);
}

const char *lab_read(const char *name)
{
	static char text[16384];
	FILE *f = fopen(lab_path(name), "r");
	size_t n;

	if (!f)
		return "(none)";
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

void lab_has(const char *name, const char *text)
{
	assert_string_equal(lab_read(name), text);
}

const char *lab_log(void)
{
	return logged;
}

void lab_clear_log(void)
{
	logged[0] = '\0';
}

void lab_logged(const char *part)
{
	if (!strstr(logged, part))
		fail_msg("not logged: %s\nbut: %s", part, logged);
	logged[0] = '\0';
}

pid_t lab_fork(void (*body)(void))
{
	int fd[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		body();
		byte = 0;
		if (write(fd[1], &byte, 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(fd[1]);
	if (read(fd[0], &byte, 1) != 1)
		fail_msg("the other process failed");
	close(fd[0]);
	return pid;
}

void lab_kill(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}
