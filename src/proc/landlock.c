/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The constants are here because the headers of many systems are older than the kernels that run there. */
#include "proc/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on all machines, but that MIPS' old numbers begin at 4000. */
#ifdef __mips__
enum { CALLS_FROM = 4000 };
#else
enum { CALLS_FROM = 0 };
#endif
enum {
	CREATE_RULESET = CALLS_FROM + 444,
	ADD_RULE = CALLS_FROM + 445,
	RESTRICT_SELF = CALLS_FROM + 446,
};

enum { ASK_VERSION = 1 };
enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };

/* linux/landlock.h, LANDLOCK_ACCESS_FS_... */
enum {
	EXECUTE = 1 << 0,
	WRITE_FILE = 1 << 1,
	READ_FILE = 1 << 2,
	READ_DIR = 1 << 3,
	REMOVE_FILE = 1 << 5,
	MAKE_REG = 1 << 8,
	ALL_OF_1 = (1 << 13) - 1,
	REFER = 1 << 13,     /* since 2 */
	TRUNCATE = 1 << 14,  /* since 3 */
	IOCTL_DEV = 1 << 15, /* since 5 */
};
enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };        /* LANDLOCK_ACCESS_NET_... */
enum { ABSTRACT_UNIX_SOCKET = 1 << 0, SIGNAL = 1 << 1 }; /* LANDLOCK_SCOPE_... */

struct ruleset {
	uint64_t files, net, scopes;
};

struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed, port;
};

int landlock_version(void)
{
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);

	return version < 0 ? -errno : (int)version;
}

static uint64_t file_rights(int version)
{
	uint64_t all = ALL_OF_1;

	if (version >= 2)
		all |= REFER;
	if (version >= 3)
		all |= TRUNCATE;
	if (version >= 5)
		all |= IOCTL_DEV;
	return all;
}

static int add_path(int ruleset, const struct landlock_path *p, uint64_t all)
{
	uint64_t rights = READ_FILE | READ_DIR;
	struct path_rule rule;
	struct stat st;
	int error = 0;

	if (p->is_writable)
		rights |= WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE;
	rule.fd = open(p->path, O_PATH | O_CLOEXEC);
	if (rule.fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	if (fstat(rule.fd, &st) || !S_ISDIR(st.st_mode))
		rights &= ~(uint64_t)(READ_DIR | MAKE_REG | REMOVE_FILE);
	rule.allowed = rights & all;
	if (syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0))
		error = -errno;
	close(rule.fd);
	return error;
}

static int add_port(int ruleset, uint16_t port)
{
	const struct port_rule rule = { CONNECT_TCP, port };

	return syscall(ADD_RULE, ruleset, RULE_NET_PORT, &rule, 0) ? -errno : 0;
}

static int add_paths(int fd, const struct landlock_cfg *cfg, uint64_t rights, bool not_for_root)
{
	int error = 0;

	for (size_t i = 0; i < cfg->path_count && !error; i++)
		if (cfg->paths[i].not_for_root == not_for_root)
			error = add_path(fd, &cfg->paths[i], rights);
	return error;
}

static int add_all(int fd, const struct landlock_cfg *cfg, const struct ruleset *r)
{
	int error = add_paths(fd, cfg, r->files, false);

	if (cfg->ports && r->net & CONNECT_TCP)
		for (size_t i = 0; i < cfg->port_count && !error; i++)
			error = add_port(fd, cfg->ports[i]);
	return error;
}

int landlock_prepare(const struct landlock_cfg *cfg, int version)
{
	struct ruleset r = { .files = file_rights(version) };
	size_t size = sizeof(r.files);
	int fd, error;

	if (version >= LANDLOCK_TCP) {
		r.net = (cfg->binds_tcp ? 0 : BIND_TCP) | (cfg->ports ? CONNECT_TCP : 0);
		size += sizeof(r.net);
	}
	if (version >= LANDLOCK_SCOPES) {
		r.scopes = ABSTRACT_UNIX_SOCKET | SIGNAL;
		size += sizeof(r.scopes);
	}
	fd = (int)syscall(CREATE_RULESET, &r, size, 0);
	if (fd < 0)
		return -errno;
	error = add_all(fd, cfg, &r);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int landlock_prepare_user(const struct landlock_cfg *cfg, int version, int fd)
{
	return geteuid() ? add_paths(fd, cfg, file_rights(version), true) : 0;
}

int landlock_enter(int fd)
{
	int error = syscall(RESTRICT_SELF, fd, 0) ? -errno : 0;

	close(fd);
	return error;
}
