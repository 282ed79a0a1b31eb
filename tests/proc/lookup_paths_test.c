/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which folders a resolv.conf that is a link adds. /etc is a file system of this test's own. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proc/lookup_paths.h"
#include "support/netns.h"

enum { FOLDERS_MAX = 2 };

static const char link_path[] = "/etc/resolv.conf";

static const struct {
	const char *target;               /* of the link */
	const char *folders[FOLDERS_MAX]; /* beside the fixed paths */
} cases[] = {
	{ "one/resolv.conf", { "/etc/one" } },
	{ "/etc/one/resolv.conf", { "/etc/one" } },
	{ "/etc/one/none", { "/etc/one" } }, /* a DHCP client writes it later */
	{ "two/link", { "/etc/two", "/etc/two/../one" } },
	{ "/etc/none/resolv.conf", { NULL } },
	{ "/resolv.conf", { NULL } },
	{ "../resolv.conf", { NULL } },
	{ "/etc/../resolv.conf", { NULL } },
};

static size_t fixed; /* how many paths there are without a link */

static void use_link(const char *target)
{
	unlink(link_path);
	assert_int_equal(symlink(target, link_path), 0);
}

static void only_folders_of_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const *folder = cases[i].folders;
		struct landlock_cfg cfg;
		size_t n = 0;

		use_link(cases[i].target);
		cfg = lookup_paths();
		for (; n < FOLDERS_MAX && folder[n] && fixed + n < cfg.path_count; n++) {
			assert_string_equal(cfg.paths[fixed + n].path, folder[n]);
			assert_true(cfg.paths[fixed + n].not_for_root);
			assert_false(cfg.paths[fixed + n].is_writable);
		}
		if (cfg.path_count != fixed + n || (n < FOLDERS_MAX && folder[n]))
			fail_msg("%s: %zu", cases[i].target, cfg.path_count - fixed);
	}
}

/* /usr is of another user where this process is root only in a namespace of its own. */
static void not_a_folder_of_another_user(void **state)
{
	struct stat st;

	(void)state;
	use_link("/usr/resolv.conf");
	if (!stat("/usr", &st) && st.st_uid == 0) {
		assert_int_equal(mkdir("/etc/other", 0755), 0);
		assert_int_equal(chown("/etc/other", 65534, 65534), 0);
		use_link("other/resolv.conf");
	}
	assert_int_equal(lookup_paths().path_count, fixed);
}

static void a_circle_of_links_ends(void **state)
{
	struct landlock_cfg cfg;

	(void)state;
	use_link("resolv.conf");
	cfg = lookup_paths();
	for (size_t i = fixed; i < cfg.path_count; i++)
		assert_string_equal(cfg.paths[i].path, "/etc");
}

static bool enter(void)
{
	if (unshare(CLONE_NEWNS) && (!netns_enter() || unshare(CLONE_NEWNS)))
		return false;
	return !mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) &&
	       !mount("none", "/etc", "tmpfs", 0, NULL);
}

/* In place of the others, where the kernel does not permit it. */
static void skipped(void **state)
{
	(void)state;
	print_message("skip: kernel: no mount namespaces\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_folders_of_links),
		cmocka_unit_test(not_a_folder_of_another_user),
		cmocka_unit_test(a_circle_of_links_ends),
	};
	const struct CMUnitTest none[] = { cmocka_unit_test(skipped) };

	if (!enter())
		return cmocka_run_group_tests(none, NULL, NULL);
	if (mkdir("/etc/one", 0755) || mkdir("/etc/two", 0755) ||
	    symlink("../one/resolv.conf", "/etc/two/link"))
		return 1;
	fixed = lookup_paths().path_count; /* there is no resolv.conf */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
