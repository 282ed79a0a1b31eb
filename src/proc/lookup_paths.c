/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proc/lookup_paths.h"

const struct landlock_path lookup_paths[] = {
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

const size_t lookup_path_count = sizeof(lookup_paths) / sizeof(*lookup_paths);
