/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/helper_files_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_MAX = 32 * 1024 };

/* One byte, and a path. */
static int ask_about(struct helper *h, uint16_t op, uint8_t what, const char *path, int *fd)
{
	uint8_t in[PATH_MAX + 1];
	struct writer w = writer_of(in, sizeof(in));
	struct helper_question q = { .op = op };
	int error;

	if (op != HELPER_FILES_CONNECT)
		put_u8(&w, what);
	put_bytes(&w, path, strlen(path));
	if (w.full)
		return -ENAMETOOLONG;
	q.in = bytes_of(in, w.len);
	error = helper_ask(h, &q);
	*fd = q.fd_out;
	return error;
}

int helper_files_permit(struct helper *h, const char *path, enum helper_file_use use)
{
	int fd;

	return ask_about(h, HELPER_FILES_PERMIT, (uint8_t)use, path, &fd);
}

static int ask_for_descriptor(struct helper *h, uint16_t op, uint8_t what, const char *path)
{
	int fd, error = ask_about(h, op, what, path, &fd);

	return error ? error : fd < 0 ? -EBADMSG : fd;
}

static struct helper_files_agent *of(struct file_agent *a)
{
	return container_of(a, struct helper_files_agent, agent);
}

static int agent_open(struct file_agent *agent, const char *path, int flags)
{
	struct helper_files_agent *a = of(agent);
	int fd, error;

	if (a->is_sealed)
		return ask_for_descriptor(a->helper, HELPER_FILES_OPEN,
					  flags & O_DIRECTORY ? HELPER_FILES_FOLDER : 0, path);
	error = helper_files_permit(a->helper, path, HELPER_FILE_READ);
	fd = error ? error : open(path, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return error ? error : fd < 0 ? -errno : fd;
}

static int look_here(const char *path, mode_t *mode)
{
	struct stat st;

	if (stat(path, &st) || access(path, R_OK))
		return -errno;
	*mode = st.st_mode;
	return 0;
}

static int agent_look(struct file_agent *agent, const char *path, mode_t *mode)
{
	struct helper_files_agent *a = of(agent);
	struct helper_question q = { .op = HELPER_FILES_LOOK, .in = bytes_text(path) };
	uint8_t out[4] = { 0 };
	int error;

	if (!a->is_sealed) {
		error = helper_files_permit(a->helper, path, HELPER_FILE_LOOK);
		return error ? error : look_here(path, mode);
	}
	q.out = out;
	q.out_room = sizeof(out);
	error = helper_ask(a->helper, &q);
	if (!error && q.out_len != sizeof(out))
		error = -EBADMSG;
	if (!error)
		*mode = (mode_t)load_u32(out);
	return error;
}

static int agent_connect(struct file_agent *agent, const char *path)
{
	return ask_for_descriptor(of(agent)->helper, HELPER_FILES_CONNECT, 0, path);
}

static int agent_replace(struct file_agent *agent, const char *path, const void *from, size_t len)
{
	static uint8_t in[1 + 2 + PATH_MAX + PIECE_MAX]; /* only the main thread writes files */
	uint8_t flags = HELPER_FILES_FIRST;
	size_t done = 0;
	int error;

	do {
		size_t piece = len - done < PIECE_MAX ? len - done : PIECE_MAX;
		struct writer w = writer_of(in, sizeof(in));
		struct helper_question q = { .op = HELPER_FILES_REPLACE };

		put_u8(&w, (uint8_t)(flags | (done + piece == len ? HELPER_FILES_LAST : 0)));
		put_u16(&w, (uint16_t)strlen(path));
		put_bytes(&w, path, strlen(path));
		put_bytes(&w, (const uint8_t *)from + done, piece);
		if (w.full)
			return -ENAMETOOLONG;
		q.in = bytes_of(in, w.len);
		error = helper_ask(of(agent)->helper, &q);
		done += piece;
		flags = 0;
	} while (!error && done < len);
	return error;
}

static void permit_noted(void *arg, const char *path, bool is_opened)
{
	const struct helper_files_agent *a = arg;

	helper_files_permit(a->helper, path, is_opened ? HELPER_FILE_READ : HELPER_FILE_LOOK);
}

void helper_files_use(struct helper_files_agent *a, struct helper *h)
{
	*a = (struct helper_files_agent){
		.agent = { .open = agent_open,
			   .look = agent_look,
			   .connect = agent_connect,
			   .replace = agent_replace },
		.helper = h,
	};
	file_each_noted(permit_noted, a);
	file_agent_use(&a->agent);
}

void helper_files_sealed(struct helper_files_agent *a)
{
	a->is_sealed = true;
}
