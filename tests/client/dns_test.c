/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resolv.conf and the programs that manage it: set, restored, and changed by others in between. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/dns.h"
#include "client/lab.h"
#include "client/resolv_conf.h"

static struct state facts;
static struct dns dns;
static const struct ip_addr servers[] = {
	{ AF_INET, { 10, 1, 0, 1 } },
	{ AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};
static const struct ip_addr other_server[] = { { AF_INET, { 10, 2, 0, 1 } } };

static int set_up(void **state)
{
	(void)state;
	lab_clear();
	memset(&facts, 0, sizeof(facts));
	facts.fd = -1;
	mkdir(lab_path("etc"), 0755);
	mkdir(lab_path("bin"), 0755);
	setenv("PATH", lab_path("bin"), 1); /* a folder without resolvconf */
	dns_init(&dns, "sstp0", strdup(lab_path("etc/resolv.conf")), &facts, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dns_down(&dns);
	free((void *)(uintptr_t)dns.resolv_conf);
	return 0;
}

static unsigned files_in(const char *folder)
{
	unsigned n = 0;
	char command[256];
	FILE *f;

	snprintf(command, sizeof(command), "/bin/ls -A %s | /usr/bin/wc -l", lab_path(folder));
	f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

/* The content of our file after its first line. */
static const char *below_the_mark(void)
{
	static const char first[] = "# Written by sstp for sstp0. The former file is /tmp/";
	const char *text = lab_read("etc/resolv.conf");

	if (strncmp(text, first, sizeof(first) - 1) != 0)
		fail_msg("not ours: %s", text);
	return strchr(text, '\n') + 1;
}

#define TWO_SERVERS "nameserver 10.1.0.1\nnameserver 2001:db8::1\n"

static const struct file_case {
	const char *what, *former, *kept;
} files[] = {
	{ "plain", "nameserver 192.168.1.1\n", "" },
	{ "all there is",
	  "# by hand\ndomain a.example\nsearch b.example\tc\nnameserver 1.1.1.1\n"
	  "options ndots:2\nsortlist 10.0.0.0\nsearching\noptions\n",
	  "domain a.example\nsearch b.example\tc\noptions ndots:2\nsortlist 10.0.0.0\n" },
	{ "no newline at the end", "nameserver 1.1.1.1\nsearch a.example", "search a.example\n" },
	{ "empty", "", "" },
	{ "looks like ours", "# Written by sstp for us. The former file is /etc/passwd\n", "" },
};

static void up_and_down(void **state)
{
	char want[256];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		lab_write("etc/resolv.conf", files[i].former);
		dns_up(&dns, servers, 2);
		snprintf(want, sizeof(want), "%s%s", TWO_SERVERS, files[i].kept);
		assert_string_equal(below_the_mark(), want);
		assert_int_equal(files_in("etc"), 2);
		assert_string_equal(facts.facts.resolv_conf, dns.resolv_conf);
		dns_down(&dns);
		lab_has("etc/resolv.conf", files[i].former);
		assert_int_equal(files_in("etc"), 1);
		assert_string_equal(facts.facts.resolv_conf, "");
	}
	assert_string_equal(lab_log(), "");
}

static void nothing_to_set(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 0);
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_down(&dns);
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
}

static void there_was_no_file(void **state)
{
	(void)state;
	dns_up(&dns, servers, 2);
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	dns_down(&dns);
	assert_int_equal(files_in("etc"), 0);
}

static void other_servers_later(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "search a\nnameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	dns_up(&dns, other_server, 1);
	assert_string_equal(below_the_mark(), "nameserver 10.2.0.1\nsearch a\n");
	dns_down(&dns);
	dns_down(&dns);
	lab_has("etc/resolv.conf", "search a\nnameserver 1.1.1.1\n");
	assert_int_equal(files_in("etc"), 1);
}

static void mode_stays(void **state)
{
	struct stat st;

	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	chmod(dns.resolv_conf, 0640);
	dns_up(&dns, servers, 2);
	dns_down(&dns);
	assert_int_equal(stat(dns.resolv_conf, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* ---- files of other shapes */

static void a_link(void **state)
{
	struct stat st;

	(void)state;
	mkdir(lab_path("run"), 0755);
	lab_write("run/resolv.conf", "nameserver 1.1.1.1\n");
	assert_int_equal(symlink("../run/resolv.conf", dns.resolv_conf), 0);
	dns_up(&dns, servers, 2);
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	assert_int_equal(files_in("etc"), 1);
	assert_int_equal(files_in("run"), 2); /* a reboot removes both */
	dns_down(&dns);
	assert_int_equal(lstat(dns.resolv_conf, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	lab_has("run/resolv.conf", "nameserver 1.1.1.1\n");
	assert_int_equal(files_in("run"), 1);
}

static void a_link_to_nowhere(void **state)
{
	struct stat st;

	(void)state;
	mkdir(lab_path("run"), 0755);
	assert_int_equal(symlink("../run/resolv.conf", dns.resolv_conf), 0);
	dns_up(&dns, servers, 2);
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	dns_down(&dns);
	assert_int_equal(lstat(dns.resolv_conf, &st), 0);
	assert_int_equal(files_in("etc"), 1);
	assert_int_equal(files_in("run"), 0);
}

/* A mount point, as in containers: it can be written, but not replaced. */
static void a_file_mounted_by_itself(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "");
	lab_write("outside", "nameserver 1.1.1.1\n");
	assert_int_equal(mount(lab_path("outside"), dns.resolv_conf, "none", MS_BIND, NULL), 0);
	dns_up(&dns, servers, 2);
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	assert_non_null(strstr(lab_read("outside"), TWO_SERVERS));
	dns_down(&dns);
	lab_has("outside", "nameserver 1.1.1.1\n");
	umount(dns.resolv_conf);
}

static void mount_read_only(const char *path)
{
	assert_int_equal(mount(path, path, "none", MS_BIND, NULL), 0);
	assert_int_equal(mount(path, path, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
}

static void a_folder_that_is_read_only(void **state)
{
	const char *etc = lab_path("etc");

	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	mount_read_only(etc);
	dns_up(&dns, servers, 2);
	lab_logged("is not changed: Read-only file system");
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_down(&dns);
	assert_string_equal(lab_log(), "");
	umount(etc);
}

/* As in a container that is read-only except for its mounts. */
static void mount_file_in_read_only_folder(const char *former)
{
	const char *etc = lab_path("etc");

	lab_write("etc/resolv.conf", "");
	lab_write("outside", former);
	mount_read_only(etc);
	assert_int_equal(mount(lab_path("outside"), dns.resolv_conf, "none", MS_BIND, NULL), 0);
}

static void unmount_them(void)
{
	umount(dns.resolv_conf);
	umount(lab_path("etc"));
}

#define IN_ITSELF "# Written by sstp for sstp0. The former file is below, after #|\n"

static void nothing_can_be_beside_it(void **state)
{
	(void)state;
	mount_file_in_read_only_folder("search a\n\n#| by hand\nnameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	lab_has("outside", IN_ITSELF TWO_SERVERS
		"search a\n#|search a\n#|\n#|#| by hand\n#|nameserver 1.1.1.1\n");
	dns_up(&dns, other_server, 1);
	lab_has("outside",
		IN_ITSELF "nameserver 10.2.0.1\n"
			  "search a\n#|search a\n#|\n#|#| by hand\n#|nameserver 1.1.1.1\n");
	dns_down(&dns);
	lab_has("outside", "search a\n\n#| by hand\nnameserver 1.1.1.1\n");
	assert_string_equal(lab_log(), "");
	unmount_them();
}

static void go_up(void);

static void nothing_can_be_beside_it_and_killed(void **state)
{
	pid_t child;

	(void)state;
	mount_file_in_read_only_folder("nameserver 1.1.1.1");
	child = lab_fork(go_up);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), -EBUSY);
	lab_kill(child);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_logged("after a crash of sstp");
	lab_has("outside", "nameserver 1.1.1.1\n");
	unmount_them();
}

static void a_file_that_is_read_only(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	mount_read_only(dns.resolv_conf);
	dns_up(&dns, servers, 2);
	lab_logged("could not be written: Read-only file system");
	assert_int_equal(files_in("etc"), 1);
	assert_string_equal(facts.facts.resolv_conf, "");
	umount(dns.resolv_conf);
}

static void it_became_read_only(void **state)
{
	const char *etc = lab_path("etc");

	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	mount_read_only(etc);
	dns_down(&dns);
	lab_logged("could not be restored; the former file is kept as ");
	umount(etc);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
}

/* ---- killed while the file is restored */

/* The file between the write and the cut: see resolv_conf_overwrite. */
static void killed_before_the_cut(void **state)
{
	static const char former[] = "nameserver 1.1.1.1\n",
			  with_end[] = "nameserver 1.1.1.1\n#|cut\n####";

	(void)state;
	lab_write("etc/resolv.conf", with_end);
	lab_write("etc/resolv.conf.before-sstp0", former);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_logged("resolv.conf after a crash of sstp");
	lab_has("etc/resolv.conf", former);
	dns_up(&dns, servers, 2);
	dns_down(&dns);
	lab_has("etc/resolv.conf", former);
	assert_int_equal(files_in("etc"), 1);
	/* a file that only looks like that is unchanged */
	lab_write("etc/resolv.conf", "#|cut\n# mine\nnameserver 1.1.1.1\n");
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_has("etc/resolv.conf", "#|cut\n# mine\nnameserver 1.1.1.1\n");
}

static void killed_before_a_short_cut(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n\n\n");
	lab_write("etc/resolv.conf.before-sstp0", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	lab_has("etc/resolv.conf.before-sstp0", "nameserver 1.1.1.1\n");
	dns_down(&dns);
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
	assert_int_equal(files_in("etc"), 1);
}

/* ---- backups without a file of ours */

#define FORMER "nameserver 1.1.1.1\nsearch a\n"
#define MARK "# Written by sstp for sstp0. The former file is "
static const char no_file[] = "# There was no such file before sstp made one.\n";

static const struct leftover_case {
	const char *what, *file, *backup; /* NULL: there is none */
	const char *want, *logged;
} leftovers[] = {
	{ "put back, and not removed yet", FORMER, FORMER, FORMER, NULL },
	{ "made, and the file not written yet", FORMER, FORMER, FORMER, NULL },
	{ "made in part", FORMER, "nameserver 1.1", FORMER, NULL },
	{ "made and empty", FORMER, "", FORMER, NULL },
	{ "of an empty file", "", "", "", NULL },
	{ "of no file, which is removed again", NULL, no_file, NULL, NULL },
	{ "of no file, which was made and not written", "", no_file, NULL,
	  "after a crash of sstp" },
	{ "the file is empty", "", FORMER, FORMER, "after a crash of sstp" },
	{ "the file has half a mark", "# Written by ss", FORMER, FORMER, "after a crash of sstp" },
	{ "the file has a mark without an end", MARK "/etc/re", FORMER, FORMER,
	  "after a crash of sstp" },
	{ "the file ends in the middle of a line", "nameserver 1.1.1.1\nsea", FORMER, FORMER,
	  "after a crash of sstp" },
	{ "the file has blank lines after it", FORMER "\n\n", FORMER, FORMER,
	  "after a crash of sstp" },
	{ "the file was to be cut", FORMER "#|cut\n##", FORMER, FORMER, "after a crash of sstp" },
	{ "the user's, since", "nameserver 2.2.2.2\n", FORMER, "nameserver 2.2.2.2\n",
	  "another program has changed" },
	{ "the user's, with more", FORMER "nameserver 2.2.2.2\n", FORMER,
	  FORMER "nameserver 2.2.2.2\n", NULL },
	{ "the user's, with less", "nameserver 1.1.1.1\n", FORMER, "nameserver 1.1.1.1\n",
	  "another program has changed" },
	{ "the user's, where there was none", "nameserver 2.2.2.2\n", no_file,
	  "nameserver 2.2.2.2\n", "another program has changed" },
	{ "the user has removed it", NULL, FORMER, NULL, "another program has changed" },
};

static void put(const char *name, const char *text)
{
	unlink(lab_path(name));
	if (text)
		lab_write(name, text);
}

/* The next sstp, with the same device or another, leaves the right file and no backup. */
static void leftover_backups(void **state)
{
	static const char *const names[] = { "etc/resolv.conf.before-sstp0",
					     "etc/resolv.conf.before-sstp7" };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(leftovers) / sizeof(*leftovers); i++) {
		const struct leftover_case *c = &leftovers[i / 2];

		print_message("%s, %s\n", c->what, names[i % 2]);
		put("etc/resolv.conf", c->file);
		put(names[i % 2], c->backup);
		assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
		if (c->logged)
			lab_logged(c->logged);
		assert_string_equal(lab_log(), "");
		lab_has("etc/resolv.conf", c->want ? c->want : "(none)");
		lab_has(names[i % 2], "(none)");

		put("etc/resolv.conf", c->file);
		put(names[i % 2], c->backup);
		dns_up(&dns, servers, 2);
		assert_string_equal(strstr(below_the_mark(), TWO_SERVERS) ? "ours" : "", "ours");
		dns_down(&dns);
		lab_has("etc/resolv.conf", c->want ? c->want : "(none)");
		assert_int_equal(files_in("etc"), c->want ? 1 : 0);
		lab_clear_log();
	}
}

static void a_file_with_zeros(void **state)
{
	FILE *f;

	(void)state;
	lab_write("etc/resolv.conf.before-sstp0", FORMER);
	f = fopen(dns.resolv_conf, "w");
	assert_non_null(f);
	assert_int_equal(fwrite("name\0\0\0\0", 1, 8, f), 8);
	fclose(f);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_has("etc/resolv.conf", FORMER);
}

/* Our file was written over a longer one, but not cut yet. */
static void killed_before_ours_is_cut(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), MARK "%s\nnameserver 10.1.0.1\n#|cut\n####",
		 lab_path("etc/resolv.conf.before-sstp0"));
	lab_write("etc/resolv.conf", text);
	lab_write("etc/resolv.conf.before-sstp0", FORMER);
	dns_up(&dns, servers, 2);
	dns_down(&dns);
	lab_has("etc/resolv.conf", FORMER);
	assert_int_equal(files_in("etc"), 1);
}

/* Another network namespace may have a device with the same name. */
static void another_lives_with_the_same_name(void **state)
{
	pid_t other;

	(void)state;
	lab_write("etc/resolv.conf", FORMER);
	other = lab_fork(go_up);
	lab_write("etc/resolv.conf", "nameserver 2.2.2.2\n");
	dns_up(&dns, servers, 2);
	lab_has("etc/resolv.conf", IN_ITSELF TWO_SERVERS "#|nameserver 2.2.2.2\n");
	dns_down(&dns);
	lab_has("etc/resolv.conf", "nameserver 2.2.2.2\n");
	lab_has("etc/resolv.conf.before-sstp0", FORMER);
	lab_kill(other);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	assert_int_equal(files_in("etc"), 1);
}

/* A backup that cannot be read is not overwritten. */
static void a_backup_that_is_no_use(void **state)
{
	static char big[70 * 1024];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	lab_write("etc/resolv.conf", FORMER);
	lab_write("etc/resolv.conf.before-sstp0", big);
	dns_up(&dns, servers, 2);
	assert_non_null(strstr(lab_read("etc/resolv.conf"), IN_ITSELF TWO_SERVERS));
	dns_down(&dns);
	lab_has("etc/resolv.conf", FORMER);
	assert_int_equal(files_in("etc"), 2);
}

static void a_leftover_in_a_read_only_folder(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf.before-sstp0", FORMER);
	mount_file_in_read_only_folder(FORMER);
	dns_up(&dns, servers, 2);
	assert_non_null(strstr(lab_read("outside"), IN_ITSELF TWO_SERVERS));
	dns_down(&dns);
	lab_has("outside", FORMER);
	unmount_them();
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
}

/* ---- others */

static void somebody_else_writes_it(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	lab_write("etc/resolv.conf", "# dhcp\nnameserver 2.2.2.2\n");
	dns_down(&dns);
	lab_logged("was changed by another program and is not restored");
	lab_has("etc/resolv.conf", "# dhcp\nnameserver 2.2.2.2\n");
	assert_int_equal(files_in("etc"), 1);
	dns_up(&dns, servers, 2); /* the reconnect: now that file is the former one */
	dns_down(&dns);
	lab_has("etc/resolv.conf", "# dhcp\nnameserver 2.2.2.2\n");
}

static void somebody_else_removes_it(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	unlink(dns.resolv_conf);
	dns_down(&dns);
	assert_int_equal(files_in("etc"), 0);
}

static void go_up(void)
{
	dns_up(&dns, servers, 2);
}

static void go_up_as_sstp1(void)
{
	dns.device = "sstp1";
	dns_up(&dns, other_server, 1);
}

static void killed(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	lab_kill(lab_fork(go_up));
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_logged("after a crash of sstp");
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
	assert_int_equal(files_in("etc"), 1);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	assert_string_equal(lab_log(), "");
}

static void killed_and_not_recovered(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	lab_kill(lab_fork(go_up_as_sstp1));
	dns_up(&dns, servers, 2); /* must not keep the crashed process's file as the original */
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	dns_down(&dns);
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
	assert_int_equal(files_in("etc"), 1);
}

static void killed_then_written_by_somebody_else(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	lab_kill(lab_fork(go_up));
	lab_write("etc/resolv.conf", "nameserver 2.2.2.2\n");
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_has("etc/resolv.conf", "nameserver 2.2.2.2\n");
	dns_up(&dns, servers, 2); /* the file there is not a backup */
	dns_down(&dns);
	lab_has("etc/resolv.conf", "nameserver 2.2.2.2\n");
}

static void killed_and_its_backup_lost(void **state)
{
	(void)state;
	lab_write("etc/resolv.conf", "search a\nnameserver 1.1.1.1\n");
	lab_kill(lab_fork(go_up));
	unlink(lab_path("etc/resolv.conf.before-sstp0"));
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), -ENOENT);
	lab_logged("its former content is lost");
	dns_up(&dns, other_server, 1);
	assert_string_equal(below_the_mark(), "nameserver 10.2.0.1\nsearch a\n");
	dns_down(&dns);
	lab_has("etc/resolv.conf", "search a\n");
}

static void killed_where_there_was_no_file(void **state)
{
	(void)state;
	lab_kill(lab_fork(go_up));
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	assert_int_equal(files_in("etc"), 0);
}

static void another_sstp_lives(void **state)
{
	pid_t other;

	(void)state;
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	other = lab_fork(go_up_as_sstp1);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), -EBUSY);
	dns_up(&dns, servers, 2);
	lab_logged("is not changed: another sstp is using it");
	dns_down(&dns);
	assert_non_null(strstr(lab_read("etc/resolv.conf"), "\nnameserver 10.2.0.1\n"));
	lab_kill(other);
	assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
}

static void a_mark_that_leads_elsewhere(void **state)
{
	static const char *const marks[] = {
		"# Written by sstp for sstp0. The former file is /etc/shadow\n",
		"# Written by sstp for sstp0. The former file is /a.before-b/c\n",
		"# Written by sstp for sstp0. The former file is /x/y.before-sstp0", /* cut */
		"\n# Written by sstp for sstp0. The former file is /x/y.before-sstp0\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		lab_write("etc/resolv.conf", marks[i]);
		assert_int_equal(resolv_conf_recover(dns.resolv_conf, NULL), 0);
		lab_has("etc/resolv.conf", marks[i]);
	}
}

/* ---- resolvconf and resolvectl */

#define OPEN_MARK "# Written by sstp for sstp0. The former file is below, after #|\n"

/* A file that is reachable only through our descriptor: a container's, or a command's own. */
static void an_open_file(void **state)
{
	static const char former[] = "nameserver 192.168.1.1\nsearch home.test\n";

	(void)state;
	lab_script("bin/resolvconf", "exit 1");
	lab_write("etc/theirs", former);
	dns.fd = open(lab_path("etc/theirs"), O_RDWR);
	assert_true(dns.fd >= 0);
	dns_up(&dns, servers, 2);
	lab_has("etc/theirs", OPEN_MARK "nameserver 10.1.0.1\nnameserver 2001:db8::1\n"
					"search home.test\n#|nameserver 192.168.1.1\n"
					"#|search home.test\n");
	dns_down(&dns);
	lab_has("etc/theirs", former);
	dns_up(&dns, servers, 1);
	lab_write("etc/theirs", "nameserver 10.66.0.1\n");
	dns_down(&dns);
	lab_has("etc/theirs", "nameserver 10.66.0.1\n");
	lab_logged("was changed by another program");
	lab_has("etc/resolv.conf", "(none)");
	close(dns.fd);
}

static void an_open_file_of_a_dead_one(void **state)
{
	(void)state;
	lab_write("etc/theirs", OPEN_MARK "nameserver 10.66.0.1\n#|nameserver 192.168.1.1\n");
	dns.fd = open(lab_path("etc/theirs"), O_RDWR);
	dns_up(&dns, other_server, 1);
	lab_has("etc/theirs", OPEN_MARK "nameserver 10.2.0.1\n#|nameserver 192.168.1.1\n");
	dns_down(&dns);
	lab_has("etc/theirs", "nameserver 192.168.1.1\n");
	close(dns.fd);
}

static void an_open_file_of_a_living_one(void **state)
{
	int other;

	(void)state;
	lab_write("etc/theirs", "nameserver 192.168.1.1\n");
	other = open(lab_path("etc/theirs"), O_RDWR);
	assert_int_equal(flock(other, LOCK_EX), 0);
	dns.fd = open(lab_path("etc/theirs"), O_RDWR);
	dns_up(&dns, servers, 1);
	lab_has("etc/theirs", "nameserver 192.168.1.1\n");
	lab_logged("is not changed");
	close(dns.fd);
	close(other);
}

#define EXCLUSIVE "-a sstp0.sstp -m 0 -x\n"

static void by_resolvconf(void **state)
{
	char script[512];

	(void)state;
	snprintf(script, sizeof(script), "{ echo \"$@\"; /bin/cat; } >>%s", lab_path("calls"));
	lab_script("bin/resolvconf", script);
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	lab_has("calls", EXCLUSIVE TWO_SERVERS);
	assert_string_equal(facts.facts.resolvconf, "sstp0.sstp");
	dns_down(&dns);
	lab_has("calls", EXCLUSIVE TWO_SERVERS "-d sstp0.sstp\n");
	assert_string_equal(facts.facts.resolvconf, "");
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_recover_resolvconf("sstp7.sstp", NULL);
	lab_has("calls", EXCLUSIVE TWO_SERVERS "-d sstp0.sstp\n-d sstp7.sstp\n");
}

static const char *const corp[] = { "corp.test", "lab.test" }, *const short_names[] = {
	"eng.test"
};

/* An /etc of its own, so that resolvconf's configuration can be in it. */
static int etc_set_up(void **state)
{
	char script[512];

	if (set_up(state) || mount("none", "/etc", "tmpfs", 0, NULL))
		return -1;
	snprintf(script, sizeof(script), "{ echo \"$@\"; /bin/cat; } >>%s", lab_path("calls"));
	lab_script("bin/resolvconf", script);
	lab_write("etc/resolv.conf", FORMER);
	return 0;
}

static int etc_tear_down(void **state)
{
	int rc = tear_down(state);

	umount("/etc");
	return rc;
}

static void write_etc(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void by_debians_resolvconf(void **state)
{
	(void)state;
	mkdir("/etc/resolvconf", 0755);
	write_etc("/etc/resolvconf/interface-order", "lo\ntun*\n*\n");
	dns.names = (struct dns_names){ .search = short_names, .search_count = 1 };
	dns_up(&dns, servers, 2);
	lab_has("calls", "-a tun.sstp0.sstp -m 0 -x\n" TWO_SERVERS "search eng.test\n");
	assert_string_equal(facts.facts.resolvconf, "tun.sstp0.sstp");
}

/* Its private entries are for the local DNS server that it configures. */
static void split_by_openresolv(void **state)
{
	static const struct {
		const char *conf;
		bool is_split;
	} cases[] = {
		{ "name_servers=127.0.0.1\ndnsmasq_conf=/etc/dnsmasq.d/resolvconf\n", true },
		{ "unbound_conf=\"/etc/unbound/r.conf\"\n name_servers=\"::1\"\n", true },
		{ "unbound_conf=/etc/unbound/r.conf\n", false },
		{ "name_servers=127.0.0.1\n#dnsmasq_conf=/etc/dnsmasq.d/r\n", false },
		{ "name_servers=127.0.0.1\ndnsmasq_conf=\n", false },
		{ "", false },
	};

	(void)state;
	dns.names = (struct dns_names){ corp, 2, short_names, 1 };
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		print_message("%s\n", cases[i].conf);
		write_etc("/etc/resolvconf.conf", cases[i].conf);
		dns_up(&dns, servers, 2);
		lab_has("calls", cases[i].is_split ? "-a sstp0.sstp -m 0 -p\n" TWO_SERVERS
						     "search eng.test corp.test lab.test\n"
						   : "(none)");
		dns_down(&dns);
		unlink(lab_path("calls"));
		lab_has("etc/resolv.conf", FORMER);
		lab_clear_log();
	}
}

static void search_domains_in_the_file(void **state)
{
	static const struct {
		const char *former, *want;
	} cases[] = {
		{ "nameserver 1.1.1.1\n", "search eng.test\n" },
		{ "search a.example b.example\nnameserver 1.1.1.1\noptions ndots:2",
		  "search eng.test a.example b.example\noptions ndots:2\n" },
		{ "search a.example\n\ndomain b.example", "search eng.test b.example\n" },
	};

	(void)state;
	dns.names = (struct dns_names){ .search = short_names, .search_count = 1 };
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		lab_write("etc/resolv.conf", cases[i].former);
		dns_up(&dns, other_server, 1);
		assert_non_null(strstr(below_the_mark(), "nameserver 10.2.0.1\n"));
		assert_string_equal(strchr(below_the_mark(), '\n') + 1, cases[i].want);
		dns_down(&dns);
		lab_has("etc/resolv.conf", cases[i].former);
	}
}

static void resolvconf_fails(void **state)
{
	(void)state;
	lab_script("bin/resolvconf", "exit 3");
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	lab_logged("resolvconf -a ended with status 3");
	assert_string_equal(facts.facts.resolvconf, "");
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	dns_down(&dns);
	lab_has("etc/resolv.conf", "nameserver 1.1.1.1\n");
}

static int resolved_set_up(void **state)
{
	char script[512];

	if (set_up(state) || mount("none", "/run", "tmpfs", 0, NULL))
		return -1;
	mkdir("/run/systemd", 0755);
	mkdir("/run/systemd/resolve", 0755);
	fclose(fopen("/run/systemd/resolve/stub-resolv.conf", "w"));
	snprintf(script, sizeof(script), "echo \"$@\" >>%s", lab_path("calls"));
	lab_script("bin/resolvectl", script);
	lab_script("bin/resolvconf", "exit 3");
	return symlink("/run/systemd/resolve/stub-resolv.conf", dns.resolv_conf);
}

static int resolved_tear_down(void **state)
{
	int rc = tear_down(state);

	umount("/run");
	return rc;
}

static void by_resolvectl(void **state)
{
	(void)state;
	dns_up(&dns, servers, 2);
	lab_has("calls", "dns sstp0 10.1.0.1 2001:db8::1\ndomain sstp0 ~.\n"
			 "default-route sstp0 yes\n");
	lab_has("etc/resolv.conf", "");
	dns_down(&dns);
	assert_non_null(strstr(lab_read("calls"), "yes\nrevert sstp0\n"));
	assert_string_equal(lab_log(), "");
}

static void split_by_resolvectl(void **state)
{
	(void)state;
	dns.names = (struct dns_names){ corp, 2, short_names, 1 };
	dns_up(&dns, other_server, 1);
	lab_has("calls", "dns sstp0 10.2.0.1\ndomain sstp0 eng.test ~corp.test ~lab.test\n"
			 "default-route sstp0 no\n");
	dns_down(&dns);
	unlink(lab_path("calls"));
	/* with "~" after it a domain would not be searched any more */
	dns.names = (struct dns_names){ corp, 2, corp, 1 };
	dns_up(&dns, other_server, 1);
	lab_has("calls", "dns sstp0 10.2.0.1\ndomain sstp0 corp.test ~lab.test\n"
			 "default-route sstp0 no\n");
	dns_down(&dns);
	unlink(lab_path("calls"));
	dns.names = (struct dns_names){ corp, 0, short_names, 1 };
	dns_up(&dns, other_server, 1);
	lab_has("calls", "dns sstp0 10.2.0.1\ndomain sstp0 eng.test ~.\n"
			 "default-route sstp0 yes\n");
}

static void resolveds_file_is_left_alone(void **state)
{
	static const char own[] = "nameserver 127.0.0.53\n";

	(void)state;
	lab_script("bin/resolvectl", "exit 1");
	lab_write("etc/resolv.conf", own); /* written through the link */
	for (int i = 0; i < 2; i++) {
		dns_up(&dns, servers, 2);
		assert_true(dns_is_settled(&dns));
		lab_has("etc/resolv.conf", own);
		lab_logged(
			"is /run/systemd/resolve/stub-resolv.conf, which belongs to systemd-resolved, "
			"and is not changed");
		dns_down(&dns);
		lab_has("etc/resolv.conf", own);
		unlink(lab_path("bin/resolvectl")); /* not installed */
	}
	assert_int_equal(files_in("etc"), 1);
	assert_string_equal(facts.facts.resolv_conf, "");
}

static void resolv_conf_is_not_resolveds(void **state)
{
	(void)state;
	unlink(dns.resolv_conf);
	unlink(lab_path("bin/resolvconf"));
	lab_write("etc/resolv.conf", "nameserver 1.1.1.1\n");
	dns_up(&dns, servers, 2);
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	lab_has("calls", "(none)");
}

/* ---- programs in the background of a loop */

static struct loop *loop;
static unsigned settled;

static void on_settled(struct dns *d)
{
	(void)d;
	settled++;
	loop_stop(loop);
}

static void on_signal(void *arg, const struct signalfd_siginfo *info)
{
	(void)arg;
	(void)info;
	dns_child(&dns);
}

static int loop_set_up(void **state)
{
	static const int signals[] = { SIGCHLD };

	if (resolved_set_up(state) || loop_open(&loop) ||
	    loop_signals(loop, signals, 1, on_signal, NULL))
		return -1;
	settled = 0;
	dns.settled = on_settled;
	dns_use_loop(&dns, loop);
	return 0;
}

static int loop_tear_down(void **state)
{
	int rc;

	dns_close(&dns);
	rc = resolved_tear_down(state);
	loop_close(loop);
	return rc;
}

static void resolvectl_beside_the_loop(void **state)
{
	(void)state;
	dns_up(&dns, servers, 2);
	assert_false(dns_is_settled(&dns));
	assert_true(dns_is_up(&dns));
	assert_int_equal(loop_run(loop), 0);
	assert_true(dns_is_settled(&dns));
	lab_has("calls", "dns sstp0 10.1.0.1 2001:db8::1\ndomain sstp0 ~.\n"
			 "default-route sstp0 yes\n");
	dns_up(&dns, other_server, 1);
	assert_int_equal(loop_run(loop), 0);
	assert_non_null(strstr(lab_read("calls"), "yes\nrevert sstp0\ndns sstp0 10.2.0.1\n"));
	dns_down(&dns);
	assert_false(dns_is_settled(&dns));
	assert_int_equal(loop_run(loop), 0);
	assert_non_null(strstr(lab_read("calls"), "10.2.0.1\ndomain sstp0 ~.\n"
						  "default-route sstp0 yes\nrevert sstp0\n"));
	assert_int_equal(settled, 3);
	assert_string_equal(lab_log(), "");
}

/* Reverted before it was done: what has started by then is reverted once. */
static void a_change_meanwhile(void **state)
{
	const char *calls;

	(void)state;
	dns_up(&dns, servers, 2);
	dns_down(&dns);
	dns_up(&dns, other_server, 1);
	dns_down(&dns);
	dns_up(&dns, servers, 1);
	assert_int_equal(loop_run(loop), 0);
	calls = lab_read("calls");
	assert_string_equal(calls,
			    "dns sstp0 10.1.0.1 2001:db8::1\nrevert sstp0\ndns sstp0 10.1.0.1\n"
			    "domain sstp0 ~.\ndefault-route sstp0 yes\n");
	assert_int_equal(settled, 1);
}

static void resolvectl_hangs(void **state)
{
	char script[512];

	(void)state;
	snprintf(script, sizeof(script),
		 "echo \"$@\" >>%s\n[ $1 = revert ] || exec /bin/sleep 1000", lab_path("calls"));
	lab_script("bin/resolvectl", script);
	dns.limit_ms = 3000;
	dns_up(&dns, servers, 2);
	assert_int_equal(loop_run(loop), 0);
	lab_logged("resolvectl dns took too long and was ended");
	lab_has("calls", "dns sstp0 10.1.0.1 2001:db8::1\nrevert sstp0\n");
	/* resolvconf fails too */
	lab_has("etc/resolv.conf", "");
	assert_int_equal(settled, 1);
}

/* dns_close does not wait for a program that hangs, but still reverts. */
static void the_end_while_resolvectl_hangs(void **state)
{
	char script[512];

	(void)state;
	snprintf(script, sizeof(script),
		 "echo \"$@\" >>%s\n[ $1 = revert ] || exec /bin/sleep 1000", lab_path("calls"));
	lab_script("bin/resolvectl", script);
	dns_up(&dns, servers, 2);
	while (!strchr(lab_read("calls"), '\n'))
		usleep(1000); /* it waits for five seconds only, in which the script may not have begun */
	dns_close(&dns);
	lab_has("calls", "dns sstp0 10.1.0.1 2001:db8::1\nrevert sstp0\n");
	assert_int_equal(settled, 0);
}

/* A busy host takes its time, also at the end: its servers would stay those of the VPN. */
static void a_slow_revert_at_the_end(void **state)
{
	char script[512];

	(void)state;
	snprintf(script, sizeof(script), "[ $1 != revert ] || /bin/sleep 3\necho \"$@\" >>%s",
		 lab_path("calls"));
	lab_script("bin/resolvectl", script);
	dns_up(&dns, servers, 2);
	assert_int_equal(loop_run(loop), 0);
	dns.limit_ms = 60 * 1000; /* of this machine, too */
	dns_close(&dns);
	assert_non_null(strstr(lab_read("calls"), "\nrevert sstp0\n"));
	assert_string_equal(lab_log(), "");
}

/* ---- the file, beside a loop */

static int file_loop_set_up(void **state)
{
	if (set_up(state) || loop_open(&loop))
		return -1;
	dns.settled = on_settled;
	dns_use_loop(&dns, loop);
	lab_write("etc/resolv.conf", FORMER);
	return 0;
}

static int file_loop_tear_down(void **state)
{
	int rc;

	dns_close(&dns);
	rc = tear_down(state);
	loop_close(loop);
	return rc;
}

#define BY_THE_FORWARDER "nameserver 127.83.83.1\n"

static void split_by_a_forwarder(void **state)
{
	(void)state;
	dns.names = (struct dns_names){ corp, 2, short_names, 1 };
	dns_up(&dns, servers, 2);
	assert_true(dns_is_settled(&dns));
	assert_string_equal(below_the_mark(), BY_THE_FORWARDER "search eng.test a\n");
	lab_logged("by a forwarder on 127.83.83.1");
	dns_up(&dns, other_server, 1);
	assert_string_equal(below_the_mark(), BY_THE_FORWARDER "search eng.test a\n");
	dns_down(&dns);
	lab_has("etc/resolv.conf", FORMER);
	dns_up(&dns, servers, 1);
	assert_string_equal(below_the_mark(), BY_THE_FORWARDER "search eng.test a\n");
	dns_close(&dns);
	lab_has("etc/resolv.conf", FORMER);
	assert_int_equal(files_in("etc"), 1);
	assert_string_equal(lab_log(), "");
}

/* A timer looks at the file until it is ours again. */
static struct loop_timer look;

static void on_look(struct loop_timer *t)
{
	if (strstr(lab_read("etc/resolv.conf"), "# Written by sstp"))
		loop_stop(loop);
	else
		loop_timer_set(loop, t, loop_now(loop) + 10);
}

static void run_until_ours(void)
{
	look.expired = on_look;
	loop_timer_set(loop, &look, loop_now(loop));
	assert_int_equal(loop_run(loop), 0);
}

static void rename_over_it(const char *text)
{
	lab_write("etc/resolv.conf.new", text);
	assert_int_equal(rename(lab_path("etc/resolv.conf.new"), dns.resolv_conf), 0);
}

static void somebody_else_writes_it_and_we_again(void **state)
{
	(void)state;
	dns_up(&dns, servers, 2);
	lab_write("etc/resolv.conf", "nameserver 2.2.2.2\nsearch b\n");
	run_until_ours();
	assert_string_equal(below_the_mark(), TWO_SERVERS "search b\n");
	lab_logged("has changed");
	rename_over_it("nameserver 3.3.3.3\noptions ndots:2\n");
	run_until_ours();
	assert_string_equal(below_the_mark(), TWO_SERVERS "options ndots:2\n");
	unlink(dns.resolv_conf);
	run_until_ours();
	assert_string_equal(below_the_mark(), TWO_SERVERS);
	lab_write("etc/resolv.conf", FORMER);
	run_until_ours();
	dns_down(&dns);
	lab_has("etc/resolv.conf", FORMER);
	assert_int_equal(files_in("etc"), 1);
}

static void a_link_that_is_replaced(void **state)
{
	(void)state;
	mkdir(lab_path("run"), 0755);
	lab_write("run/resolv.conf", FORMER);
	unlink(dns.resolv_conf);
	assert_int_equal(symlink("../run/resolv.conf", dns.resolv_conf), 0);
	dns_up(&dns, servers, 2);
	lab_write("run/resolv.conf", "search b\n");
	run_until_ours();
	assert_string_equal(below_the_mark(), TWO_SERVERS "search b\n");
	rename_over_it("search c\n"); /* no link any more */
	run_until_ours();
	assert_string_equal(below_the_mark(), TWO_SERVERS "search c\n");
	dns_down(&dns);
	lab_has("etc/resolv.conf", "search c\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* As the C libraries read the file: a key at the start of a line, and a blank after it. */
static void servers_of_a_file(void **state)
{
	struct ip_addr found[3];

	(void)state;
	lab_write("etc/resolv.conf", "# nameserver 10.9.9.9\n"
				     "nameserver 10.1.0.1\n"
				     " nameserver 10.9.9.9\n"
				     "nameserver\t2001:db8::1 # ours\n"
				     "nameserver10.9.9.9\n"
				     "nameserver name.example.net\n"
				     "search example.net\n"
				     "nameserver 10.2.0.1");
	assert_int_equal(resolv_conf_servers(dns.resolv_conf, found, 3), 3);
	assert_true(ip_equal(&found[0], &servers[0]) && ip_equal(&found[1], &servers[1]) &&
		    ip_equal(&found[2], &other_server[0]));
	assert_int_equal(resolv_conf_servers(dns.resolv_conf, found, 2), 2);
	lab_write("etc/resolv.conf", "");
	assert_int_equal(resolv_conf_servers(dns.resolv_conf, found, 3), 0);
	assert_int_equal(resolv_conf_servers(lab_path("etc/none"), found, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(up_and_down),
		CASE(servers_of_a_file),
		CASE(nothing_to_set),
		CASE(there_was_no_file),
		CASE(other_servers_later),
		CASE(mode_stays),
		CASE(a_link),
		CASE(a_link_to_nowhere),
		CASE(a_file_mounted_by_itself),
		CASE(a_folder_that_is_read_only),
		CASE(nothing_can_be_beside_it),
		CASE(nothing_can_be_beside_it_and_killed),
		CASE(a_file_that_is_read_only),
		CASE(it_became_read_only),
		CASE(killed_before_the_cut),
		CASE(killed_before_a_short_cut),
		CASE(leftover_backups),
		CASE(a_file_with_zeros),
		CASE(killed_before_ours_is_cut),
		CASE(another_lives_with_the_same_name),
		CASE(a_backup_that_is_no_use),
		CASE(a_leftover_in_a_read_only_folder),
		CASE(somebody_else_writes_it),
		CASE(somebody_else_removes_it),
		CASE(killed),
		CASE(killed_and_not_recovered),
		CASE(killed_then_written_by_somebody_else),
		CASE(killed_and_its_backup_lost),
		CASE(killed_where_there_was_no_file),
		CASE(another_sstp_lives),
		CASE(a_mark_that_leads_elsewhere),
		CASE(an_open_file),
		CASE(an_open_file_of_a_dead_one),
		CASE(an_open_file_of_a_living_one),
		CASE(by_resolvconf),
		CASE(resolvconf_fails),
		CASE(search_domains_in_the_file),
		cmocka_unit_test_setup_teardown(by_debians_resolvconf, etc_set_up, etc_tear_down),
		cmocka_unit_test_setup_teardown(split_by_openresolv, etc_set_up, etc_tear_down),
		cmocka_unit_test_setup_teardown(by_resolvectl, resolved_set_up, resolved_tear_down),
		cmocka_unit_test_setup_teardown(split_by_resolvectl, resolved_set_up,
						resolved_tear_down),
		cmocka_unit_test_setup_teardown(resolveds_file_is_left_alone, resolved_set_up,
						resolved_tear_down),
		cmocka_unit_test_setup_teardown(resolv_conf_is_not_resolveds, resolved_set_up,
						resolved_tear_down),
#define LOOP_CASE(name) cmocka_unit_test_setup_teardown(name, loop_set_up, loop_tear_down)
		LOOP_CASE(resolvectl_beside_the_loop),
		LOOP_CASE(a_change_meanwhile),
		LOOP_CASE(resolvectl_hangs),
		LOOP_CASE(the_end_while_resolvectl_hangs),
		LOOP_CASE(a_slow_revert_at_the_end),
#undef LOOP_CASE
#define LOOP_CASE(name) cmocka_unit_test_setup_teardown(name, file_loop_set_up, file_loop_tear_down)
		LOOP_CASE(split_by_a_forwarder),
		LOOP_CASE(somebody_else_writes_it_and_we_again),
		LOOP_CASE(a_link_that_is_replaced),
#undef LOOP_CASE
	};

	const struct CMUnitTest no_tests[] = { cmocka_unit_test(lab_skipped) };

	lab_why_not = lab_enter();
	if (lab_why_not)
		return cmocka_run_group_tests(no_tests, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
