/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guardian is forked twice, so that it is a child of our program, a subreaper, and not of the
 * command, which may be a shell that waits for its children. It has a session of its own: the terminal's
 * keys don't reach it. It does not exec, since that would drop the capabilities in the command's user
 * namespace that allow it to inspect and kill processes of other users inside (of a container, say).
 */
#include "proc/guardian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc/descriptors.h"
#include "proc/run.h"

enum {
	LOOK_MS = 10,    /* between two scans of all processes */
	LOOKS_MAX = 1000 /* limit for waiting for processes that the kernel cannot end */
};

static bool is_same(const struct stat *a, dev_t device, ino_t inode)
{
	return a->st_dev == device && a->st_ino == inode;
}

void guardian_note_outside(struct guardian *g)
{
	struct stat st = { 0 };

	stat("/proc/self/ns/user", &st);
	*g = (struct guardian){ st.st_dev, st.st_ino };
}

struct inside {
	struct stat net, user;
	bool has_user; /* a user namespace was made, too */
};

static bool look_inside(const struct guardian *g, struct inside *in)
{
	if (stat("/proc/self/ns/net", &in->net) || stat("/proc/self/ns/user", &in->user))
		return false;
	in->has_user = !is_same(&in->user, g->device, g->inode);
	return true;
}

/* The kernel reveals the parent only of namespaces below our own. */
static bool is_below(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), parent;

	if (fd < 0)
		return false;
	parent = ioctl(fd, NS_GET_PARENT);
	close(fd);
	if (parent < 0)
		return false;
	close(parent);
	return true;
}

static bool is_inside(const struct inside *in, pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%ld/ns/net", (long)pid);
	if (!stat(path, &st) && is_same(&st, in->net.st_dev, in->net.st_ino))
		return true;
	snprintf(path, sizeof(path), "/proc/%ld/ns/user", (long)pid);
	if (!in->has_user || stat(path, &st))
		return false;
	return is_same(&st, in->user.st_dev, in->user.st_ino) || is_below(path);
}

/* Returns whether it found a process. A zombie has no namespaces. */
static bool kill_all(const struct inside *in)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && pid != getpid() && is_inside(in, pid)) {
			kill(pid, SIGKILL);
			found = true;
		}
	}
	if (proc)
		closedir(proc);
	return found;
}

static _Noreturn void guard(const struct inside *in, int alive)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	char c;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* the password is in our memory */
	prctl(PR_SET_NAME, "sstp-guardian", 0, 0, 0);
	setsid();
	if (chdir("/") || dup2(alive, STDIN_FILENO) < 0)
		_exit(1);
	close(STDOUT_FILENO); /* their readers wait for the end of file */
	close(STDERR_FILENO);
	descriptors_close(NULL, NULL);
	run_fresh_signals();
	while (read(STDIN_FILENO, &c, 1) < 0 && errno == EINTR)
		;
	for (int i = 0; i < LOOKS_MAX && kill_all(in); i++)
		nanosleep(&pause, NULL);
	_exit(0);
}

int guardian_start(const struct guardian *g, int alive)
{
	struct inside in;
	int status;
	pid_t pid;

	if (!look_inside(g, &in))
		return -errno;
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			guard(&in, alive);
		_exit(pid < 0 ? errno : 0);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}
