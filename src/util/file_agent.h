/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening files, and what else a process needs of the file system after its start. A process that gives its
 * privileges up sets an agent, which asks another process; until then, and in all others, these are the system's
 * calls. Whatever is read again at run time is opened here.
 */
#ifndef SSTP_UTIL_FILE_AGENT_H
#define SSTP_UTIL_FILE_AGENT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct file_agent {
	/* Each returns a descriptor that closes on exec, or -errno. */
	int (*open)(struct file_agent *a, const char *path,
		    int flags); /* flags: 0 or O_DIRECTORY */
	/* 0 or -errno, if it cannot be read either. */
	int (*look)(struct file_agent *a, const char *path, mode_t *mode);
	int (*connect)(struct file_agent *a, const char *path);
	/* As file_replace with `like` NULL. 0 or -errno. */
	int (*replace)(struct file_agent *a, const char *path, const void *from, size_t len);
};

/*
 * Turns on or off the list of files that are opened or looked at, which an agent may open again later. Returns what it was
 * before. `is_opened` false: the file was only looked at.
 */
bool file_note_paths(bool on);
void file_each_noted(void (*each)(void *arg, const char *path, bool is_opened), void *arg);

/* Before threads are made. NULL: none, as at first. */
void file_agent_use(struct file_agent *a);
struct file_agent *file_agent_used(void);

/* Opens it for reading only. A FIFO is not waited for, and a terminal does not become ours. */
int file_open_read(const char *path);
DIR *file_open_folder(const char *path); /* NULL: errno says why */
/* Its type and permissions, st_mode of stat(2). 0, or -errno; also when it cannot be read. */
int file_look(const char *path, mode_t *mode);
/* A nonblocking connection to the Unix socket there, which may fail at once when many others wait. */
int file_connect(const char *path);

#endif
