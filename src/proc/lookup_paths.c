/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/lookup_paths.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 8 };

static const struct landlock_path fixed[] = {
	{ .path = "/etc/resolv.conf" },
	{ .path = "/etc/hosts" },
	{ .path = "/etc/services" },
	{ .path = "/etc/nsswitch.conf" },
	{ .path = "/etc/host.conf" },
	{ .path = "/etc/gai.conf" },
	{ .path = "/run/systemd/resolve" },
	{ .path = "/run/resolvconf" },
	{ .path = "/run/NetworkManager" },
	{ .path = "/etc", .not_for_root = true },
	{ .path = "/dev/null", .is_writable = true },
	{ .path = "/dev/urandom" }, /* where getrandom is refused */
#ifdef __GLIBC__
	{ .path = "/etc/ld.so.cache" },
	{ .path = "/lib" },
	{ .path = "/lib64" },
	{ .path = "/usr/lib" },
	{ .path = "/usr/lib64" },
#endif
};

enum { FIXED = sizeof(fixed) / sizeof(*fixed) };

/* If the path is a link: *path becomes what it leads to. */
static bool follow(char path[PATH_MAX])
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);
	size_t folder;

	if (len <= 0)
		return false;
	folder = *target == '/' ? 0 : (size_t)(strrchr(path, '/') + 1 - path);
	if (folder + (size_t)len >= PATH_MAX)
		return false;
	target[len] = '\0';
	memcpy(path + folder, target, (size_t)len + 1);
	return true;
}

/* Folders of other users may have more than name servers, and the root folder has everything. */
static bool find_folder(const char *path, char folder[PATH_MAX])
{
	struct stat st, root;

	snprintf(folder, PATH_MAX, "%.*s", (int)(strrchr(path, '/') - path), path);
	return *folder && !stat(folder, &st) && !stat("/", &root) && st.st_uid == 0 &&
	       (st.st_dev != root.st_dev || st.st_ino != root.st_ino);
}

struct landlock_cfg lookup_paths(void)
{
	static struct landlock_path all[FIXED + LINKS_MAX];
	static char folders[LINKS_MAX][PATH_MAX];
	struct landlock_cfg cfg = { .paths = all, .path_count = FIXED };
	char path[PATH_MAX] = "/etc/resolv.conf";

	memcpy(all, fixed, sizeof(fixed));
	for (size_t i = 0; i < LINKS_MAX && follow(path); i++)
		if (find_folder(path, folders[i]))
			all[cfg.path_count++] =
				(struct landlock_path){ .path = folders[i], .not_for_root = true };
	return cfg;
}
