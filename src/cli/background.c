/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parent process waits until the child reports that it works, or dies. */
#include "cli/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli_error.h"
#include "cli/exit_code.h"
#include "cli/value.h"
#include "proc/descriptors.h"
#include "util/log.h"
#include "util/log_writer.h"
#include "util/trusted_open.h"

#define AT(member) offsetof(struct background_settings, member)

static const struct option background_table[] = {
	{ .name = "background",
	  .short_name = 'b',
	  .help = "go to the background once connected, or listening",
	  .set = set_flag,
	  .at = AT(is_wanted) },
	{ .name = "pid-file",
	  .arg = "FILE",
	  .help = "write the process id to FILE",
	  .set = set_text,
	  .at = AT(pid_file) },
};

const struct option_group background_options = OPTION_GROUP(background_table);

/* The parent's part; never returns. */
static _Noreturn void wait_for(pid_t child, int fd)
{
	int status;
	char c;

	if (read(fd, &c, 1) == 1)
		_exit(EXIT_OK);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_OTHER);
}

static bool go_to_background(struct background *b, const struct verb *verb)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) || (child = fork()) < 0) {
		cli_error(verb, "cannot go to the background: %s", strerror(errno));
		return false;
	}
	if (child) {
		log_flush(LOG_FLUSH_MS);
		close(ends[1]);
		wait_for(child, ends[0]);
	}
	close(ends[0]);
	log_writer_after_fork();
	setsid();
	b->ready_fd = ends[1];
	return true;
}

static bool is_same_file(int a, int b)
{
	struct stat one, other;

	return !fstat(a, &one) && !fstat(b, &other) && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/*
 * Locks the file by a second descriptor, which is open for reading only, so an attacker who takes the process over cannot
 * write another process's number. NFS locks only a file that is open for writing: there it locks `fd`. Returns 0 or errno.
 */
static int lock(struct background *b, int fd)
{
	b->lock_fd = trusted_open(b->pid_file, O_RDONLY, 0);
	if (b->lock_fd < 0)
		return -b->lock_fd;
	if (!is_same_file(fd, b->lock_fd))
		return EWOULDBLOCK; /* another program replaces it just now */
	if (!flock(b->lock_fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EBADF || flock(fd, LOCK_EX | LOCK_NB))
		return errno;
	return dup3(fd, b->lock_fd, O_CLOEXEC) < 0 ? errno : 0;
}

static bool write_pid(struct background *b, const struct verb *verb)
{
	int fd = trusted_open(b->pid_file, O_RDWR | O_CREAT, 0644), error;

	if (fd < 0) {
		cli_error(verb, "%s: %s%s", b->pid_file, strerror(-fd), trusted_hint(fd));
		return false;
	}
	error = lock(b, fd);
	if (!error && (ftruncate(fd, 0) || dprintf(fd, "%d\n", getpid()) < 0))
		error = errno;
	if (error) {
		cli_error(verb, "%s: %s", b->pid_file,
			  error == EWOULDBLOCK ? "another running program has locked this pid file"
					       : strerror(error));
		if (b->lock_fd >= 0)
			close(b->lock_fd);
		b->lock_fd = -1;
	}
	close(fd);
	return !error;
}

bool background_begin(struct background *b, const struct verb *verb,
		      const struct background_settings *s)
{
	*b = (struct background){
		.pid_file = s->pid_file, .ready_fd = -1, .null_fd = -1, .lock_fd = -1
	};
	if (s->is_wanted && !go_to_background(b, verb))
		return false;
	if (s->is_wanted)
		b->null_fd = descriptors_open_null(O_RDWR);
	return !s->pid_file || write_pid(b, verb);
}

/*
 * The log still goes to standard error; the terminal's input is released. When that terminal hangs
 * up, the log goes to syslog.
 */
void background_ready(void *arg)
{
	struct background *b = arg;

	if (b->ready_fd < 0)
		return;
	if (b->null_fd >= 0) {
		dup2(b->null_fd, STDIN_FILENO);
		dup2(b->null_fd, STDOUT_FILENO);
		close(b->null_fd);
		b->null_fd = -1;
	}
	if (write(b->ready_fd, "", 1) < 0)
		log_warn(NULL, "--background: the process that started sstp has ended: %s",
			 strerror(errno));
	close(b->ready_fd);
	b->ready_fd = -1;
	log_writer_outlive_terminal(NULL);
}

/* Another process may have removed it, and a third have made its own. */
static bool is_own_pid_file(const struct background *b)
{
	struct stat own, there;

	return !fstat(b->lock_fd, &own) && !stat(b->pid_file, &there) &&
	       own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

void background_end(struct background *b)
{
	if (b->lock_fd < 0)
		return;
	if (is_own_pid_file(b))
		unlink(b->pid_file);
	close(b->lock_fd);
	b->lock_fd = -1;
}
