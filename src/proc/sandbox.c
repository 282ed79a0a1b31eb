/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order: first what needs rights (opening the paths, the empty root, another user), then no_new_privs, on
 * which Landlock and seccomp depend, and the list of system calls last, since it permits none of this.
 */
#include "proc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/back_door.h"
#ifdef SSTP_SYSCALL_TRAP
#include "proc/syscall_trap.h"
#endif

enum {
	NOBODY = 65534,
	CAPABILITIES_MAX = 64,
	CAPABILITY_WORDS = 2, /* _LINUX_CAPABILITY_VERSION_3 */
};

static int call(long result)
{
	return result < 0 ? -errno : 0;
}

/* ---- an empty root */

/* A folder that has no name any more: nothing can be made in it. */
static int open_nameless(const char *template)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s", template);
	if (!mkdtemp(path))
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	if (rmdir(path) && fd >= 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static int enter_empty_root(void)
{
	static const char *const places[] = { "/run/sstp-XXXXXX", "/tmp/sstp-XXXXXX",
					      "/dev/shm/sstp-XXXXXX", "/var/tmp/sstp-XXXXXX" };
	int fd = -ENOENT, error;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && fd < 0; i++)
		fd = open_nameless(places[i]);
	if (fd < 0)
		return fd;
	error = call(fchdir(fd));
	close(fd);
	if (!error)
		error = call(chroot("."));
	return error ? error : call(chdir("/"));
}

/* ---- who we are */

/* As far as it goes; without this, no_new_privs has the same effect. */
static void drop_bounding_set(void)
{
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			break;
#ifdef PR_CAP_AMBIENT
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
#endif
}

/* A user that is not root is the user that it has to be. */
static int change_user(void)
{
	int groups, error;

	if (geteuid() && getuid())
		return 0;
	groups = call(setgroups(0, NULL));
	error = call(setresgid(NOBODY, NOBODY, NOBODY));
	if (!error)
		error = call(setresuid(NOBODY, NOBODY, NOBODY));
	return error ? error : groups;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[CAPABILITY_WORDS] = { { 0 } };

	return call(syscall(SYS_capset, &header, none));
}

static int close_memory(void)
{
	const struct rlimit none = { 0, 0 };
	int error = call(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));

	return setrlimit(RLIMIT_CORE, &none) && !error ? -errno : error;
}

/* ---- all of it */

static void enter_landlock(struct sandbox_report *r, int version, int fd)
{
	int error = fd < 0 ? fd : landlock_enter(fd);

	if (!r->has_empty_root)
		r->errors[SANDBOX_FILES] = error;
	r->errors[SANDBOX_TCP] = error ? error : version < LANDLOCK_TCP ? -ENOSYS : 0;
	r->errors[SANDBOX_SCOPES] = error ? error : version < LANDLOCK_SCOPES ? -ENOSYS : 0;
}

static void enter_all(const struct sandbox_cfg *cfg, struct sandbox_report *r)
{
	static struct syscall_rule rules[SYSCALLS_MAX];
	size_t count = syscall_list(cfg->verb, rules);
	int version = landlock_version();
	int fd = version < 0 ? version : landlock_prepare(&cfg->landlock, version);

	if (fd < 0 && !cfg->landlock.path_count)
		r->has_empty_root = !enter_empty_root();
#ifdef SSTP_SYSCALL_TRAP
	syscall_trap_open(cfg->verb);
#endif
	drop_bounding_set();
	r->errors[SANDBOX_USER] = change_user();
	if (fd >= 0)
		landlock_prepare_user(&cfg->landlock, version, fd);
	r->errors[SANDBOX_CAPABILITIES] = drop_capabilities();
	r->errors[SANDBOX_MEMORY] = close_memory(); /* another user's is dumpable again */
	r->errors[SANDBOX_PRIVILEGES] = call(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	enter_landlock(r, version, fd);
	r->errors[SANDBOX_CALLS] = syscall_filter_install(rules, count);
}

static bool is_whole(const struct sandbox_report *r)
{
	for (size_t i = 0; i < SANDBOX_PARTS; i++)
		if (r->errors[i])
			return false;
	return true;
}

int sandbox_enter(const struct sandbox_cfg *cfg, struct sandbox_report *report, struct error *err)
{
	*report = (struct sandbox_report){ .mode = cfg->mode };
	back_door_connect();
	if (cfg->mode != SANDBOX_OFF) {
		enter_all(cfg, report);
		report->is_entered = true;
	}
	back_door_open();
	if (!report->is_entered)
		return 0;
	if (cfg->mode != SANDBOX_REQUIRE || is_whole(report))
		return 0;
	snprintf(err->text, sizeof(err->text), "--sandbox require: the sandbox is %.340s",
		 sandbox_report_print(report).text);
	return -EPERM;
}

/* ---- the report */

static const struct {
	const char *name, *text;
} parts[SANDBOX_PARTS] = {
	[SANDBOX_MEMORY] = { "memory", "protected memory" },
	[SANDBOX_PRIVILEGES] = { "no_new_privs", "no_new_privs" },
	[SANDBOX_USER] = { "user", "a user of its own" },
	[SANDBOX_CAPABILITIES] = { "capabilities", "dropped capabilities" },
	[SANDBOX_FILES] = { "files", "a list of files" },
	[SANDBOX_TCP] = { "tcp", "a list of TCP ports" },
	[SANDBOX_SCOPES] = { "scopes", "a scope of signals and sockets" },
	[SANDBOX_CALLS] = { "system_calls", "a list of system calls" },
};

static const char *why(enum sandbox_part part, int error)
{
	if (part == SANDBOX_USER && error == -EINVAL)
		return "user 65534 does not exist in this user namespace";
	switch (error) {
	case -ENOSYS:
	case -EINVAL:
		return part == SANDBOX_CALLS ? "this kernel has no seccomp filters"
					     : "this kernel's Landlock is missing or too old";
	case -EOPNOTSUPP:
		return "Landlock is disabled in this kernel";
	default:
		return strerror(-error);
	}
}

static const char *state_of(const struct sandbox_report *r)
{
	if (!r->is_entered)
		return "off";
	return is_whole(r) ? "on" : "partial";
}

/* The missing parts, those with the same reason together. */
static void print_missing(const struct sandbox_report *r, char *to, size_t size)
{
	bool was_printed[SANDBOX_PARTS] = { false };
	size_t n = 0;

	*to = '\0';
	for (unsigned i = 0; i < SANDBOX_PARTS; i++) {
		const char *separator = n ? "; " : "";
		const char *reason;

		if (!r->errors[i] || was_printed[i])
			continue;
		reason = why(i, r->errors[i]);
		for (unsigned k = i; k < SANDBOX_PARTS && n < size; k++) {
			if (!r->errors[k] || strcmp(why(k, r->errors[k]), reason) != 0)
				continue;
			was_printed[k] = true;
			n += (size_t)snprintf(to + n, size - n, "%s%s", separator, parts[k].text);
			separator = ", ";
		}
		if (n < size)
			n += (size_t)snprintf(to + n, size - n, " (%s)", reason);
	}
}

struct sandbox_text sandbox_report_print(const struct sandbox_report *r)
{
	struct sandbox_text t;
	char missing[400];

	print_missing(r, missing, sizeof(missing));
	if (!r->is_entered)
		snprintf(t.text, sizeof(t.text), "off");
	else if (*missing)
		snprintf(t.text, sizeof(t.text), "on, but without %s", missing);
	else
		snprintf(t.text, sizeof(t.text), "on");
	return t;
}

void sandbox_report_json(const struct sandbox_report *r, struct json *j)
{
	static const char *const modes[] = {
		[SANDBOX_AUTO] = "auto", [SANDBOX_REQUIRE] = "require", [SANDBOX_OFF] = "off"
	};
	char missing[400];

	json_object(j, "sandbox");
	json_string(j, "mode", modes[r->mode]);
	json_string(j, "state", state_of(r));
	for (unsigned i = 0; i < SANDBOX_PARTS && r->is_entered; i++)
		json_bool(j, parts[i].name, !r->errors[i]);
	print_missing(r, missing, sizeof(missing));
	if (*missing)
		json_string(j, "missing", missing);
	json_end(j);
}
