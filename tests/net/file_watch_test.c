/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that change in all the ways in which programs change them, and those that do not: in a folder
 * of the test's own, on the real inotify.
 */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/file_watch.h"

enum { PATIENCE_MS = 20000, PATHS = 2 };

static struct {
	char folder[32];
	struct loop *loop;
	struct file_watch watch;
	struct loop_timer give_up;
	struct loop_task look;
	const char *paths[PATHS];
	unsigned changes;
	bool has_settled, is_over;
	bool (*is_enough)(void);
} t;

static void list(struct file_watch *w)
{
	for (size_t i = 0; i < PATHS && t.paths[i]; i++)
		file_watch_add(w, t.paths[i]);
}

static void changed(struct file_watch *w)
{
	(void)w;
	t.changes++;
}

static void time_is_up(struct loop_timer *timer)
{
	(void)timer;
	t.is_over = true;
	loop_stop(t.loop);
}

static void look(struct loop_task *task)
{
	if (t.is_enough())
		loop_stop(t.loop);
	else
		loop_post(t.loop, task);
}

static void run_until(bool (*is_enough)(void))
{
	t.is_over = false;
	t.is_enough = is_enough;
	loop_timer_set(t.loop, &t.give_up, loop_now(t.loop) + PATIENCE_MS);
	loop_post(t.loop, &t.look);
	assert_int_equal(loop_run(t.loop), 0);
	loop_timer_stop(t.loop, &t.give_up);
	assert_false(t.is_over);
}

static bool has_changed(void)
{
	return t.changes;
}

/* Something happened in a folder, and then a look found nothing. */
static bool has_settled(void)
{
	if (t.watch.settle.slot)
		t.has_settled = true;
	return t.has_settled && !t.watch.settle.slot;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void link_to(const char *target, const char *name)
{
	assert_int_equal(symlink(target, name), 0);
}

static void make_folder(const char *name)
{
	assert_int_equal(mkdir(name, 0700), 0);
}

static void move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

static void write_in_place(void)
{
	write_file("plain", "longer than before");
}

static void rename_over(void)
{
	write_file("plain.new", "new");
	move("plain.new", "plain");
}

static void remove_it(void)
{
	assert_int_equal(unlink("plain"), 0);
}

/* The times of files have steps of some milliseconds (before Linux 6.13): then it is another one than that of the files until now. */
static void let_time_pass(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	do {
		usleep(1000);
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	} while (now.tv_sec == start.tv_sec && now.tv_nsec == start.tv_nsec);
}

static void make_readable(void)
{
	let_time_pass();
	assert_int_equal(chmod("plain", 0640), 0);
}

/* certbot: live/vpn/cert.pem -> ../../archive/vpn/cert1.pem */
static void renew_as_certbot(void)
{
	write_file("archive/vpn/cert2.pem", "2");
	assert_int_equal(unlink("live/vpn/cert.pem"), 0);
	link_to("../../archive/vpn/cert2.pem", "live/vpn/cert.pem");
}

static void write_to_the_target(void)
{
	write_file("archive/vpn/cert1.pem", "changed in place");
}

/* A volume of Kubernetes: tls.crt -> ..data/tls.crt, ..data -> ..1 */
static void update_as_kubelet(void)
{
	make_folder("volume/..2");
	write_file("volume/..2/tls.crt", "2");
	link_to("..2", "volume/..data_tmp");
	move("volume/..data_tmp", "volume/..data");
	assert_int_equal(unlink("volume/..1/tls.crt"), 0);
	assert_int_equal(rmdir("volume/..1"), 0);
}

/* A folder on the way is a link, and leads elsewhere. */
static void swap_the_folder(void)
{
	link_to("releases/2", "current.new");
	move("current.new", "current");
}

static void make_the_missing_folder(void)
{
	make_folder("missing");
	write_file("missing/file", "1");
}

static void make_the_missing_file(void)
{
	write_file("absent", "1");
}

static void add_to_the_folder(void)
{
	write_file("users.d/bob.conf", "1");
}

static void replace_in_the_folder(void)
{
	write_file("users.d/ann.conf.new", "another");
	move("users.d/ann.conf.new", "users.d/ann.conf");
}

static void replace_the_folder(void)
{
	make_folder("users.new");
	write_file("users.new/ann.conf", "new");
	move("users.d", "users.old");
	move("users.new", "users.d");
}

static const struct {
	const char *name, *path;
	void (*change)(void);
} cases[] = {
	{ "written in place", "plain", write_in_place },
	{ "renamed over", "plain", rename_over },
	{ "removed", "plain", remove_it },
	{ "its mode", "plain", make_readable },
	{ "of two, the second", "absent", write_in_place },
	{ "a relative path with dots", "./live/../plain", write_in_place },
	{ "certbot", "live/vpn/cert.pem", renew_as_certbot },
	{ "the target of a link", "live/vpn/cert.pem", write_to_the_target },
	{ "kubelet", "volume/tls.crt", update_as_kubelet },
	{ "a folder that is a link", "current/cert.pem", swap_the_folder },
	{ "a file that comes later", "absent", make_the_missing_file },
	{ "a folder that comes later", "missing/file", make_the_missing_folder },
	{ "a file more in a folder", "users.d", add_to_the_folder },
	{ "a file in a folder", "users.d/", replace_in_the_folder },
	{ "another folder of that name", "users.d", replace_the_folder },
};

static void make_files(void)
{
	write_file("plain", "old");
	make_folder("archive");
	make_folder("archive/vpn");
	make_folder("live");
	make_folder("live/vpn");
	write_file("archive/vpn/cert1.pem", "1");
	link_to("../../archive/vpn/cert1.pem", "live/vpn/cert.pem");
	make_folder("volume");
	make_folder("volume/..1");
	write_file("volume/..1/tls.crt", "1");
	link_to("..1", "volume/..data");
	link_to("..data/tls.crt", "volume/tls.crt");
	make_folder("releases");
	make_folder("releases/1");
	make_folder("releases/2");
	write_file("releases/1/cert.pem", "1");
	write_file("releases/2/cert.pem", "2");
	link_to("releases/1", "current");
	make_folder("users.d");
	write_file("users.d/ann.conf", "1");
	link_to("loop", "loop");
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.folder, "/tmp/file_watch.XXXXXX");
	if (!mkdtemp(t.folder) || chdir(t.folder))
		return -1;
	make_files();
	t.watch.list = list;
	t.watch.changed = changed;
	t.give_up.expired = time_is_up;
	t.look.run = look;
	return loop_open(&t.loop);
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	file_watch_close(&t.watch);
	loop_close(t.loop);
	snprintf(command, sizeof(command), "rm -r %s", t.folder);
	return chdir("/") || system(command);
}

static void each_way_to_change_a_file(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int absolute = 0; absolute < 2; absolute++) {
			char path[128];

			print_message("# %s%s\n", cases[i].name, absolute ? ", absolute" : "");
			assert_int_equal(set_up(state), 0);
			snprintf(path, sizeof(path), "%s%s%s", absolute ? t.folder : "",
				 absolute ? "/" : "", cases[i].path);
			t.paths[0] = path;
			t.paths[1] = "plain";
			assert_int_equal(file_watch_open(&t.watch, t.loop), 0);
			cases[i].change();
			run_until(has_changed);
			assert_int_equal(t.changes, 1);
			assert_int_equal(tear_down(state), 0);
		}
	assert_int_equal(set_up(state), 0);
}

/* Then it changes again, by the same name. */
static void twice(void **state)
{
	(void)state;
	t.paths[0] = "live/vpn/cert.pem";
	assert_int_equal(file_watch_open(&t.watch, t.loop), 0);
	renew_as_certbot();
	run_until(has_changed);
	t.changes = 0;
	write_file("archive/vpn/cert2.pem", "written in place");
	run_until(has_changed);
	assert_int_equal(t.changes, 1);
}

static void nothing_of_ours(void **state)
{
	(void)state;
	t.paths[0] = "plain";
	t.paths[1] = "loop";
	assert_int_equal(file_watch_open(&t.watch, t.loop), 0);
	write_file("other", "in the same folder");
	run_until(has_settled);
	assert_int_equal(t.changes, 0);
}

/* The owner has read the file by itself. */
static void what_is_noted_is_no_change(void **state)
{
	(void)state;
	t.paths[0] = "plain";
	assert_int_equal(file_watch_open(&t.watch, t.loop), 0);
	write_in_place();
	file_watch_note(&t.watch);
	write_file("other", "so that there is an event");
	run_until(has_settled);
	assert_int_equal(t.changes, 0);
}

static void closed(void **state)
{
	(void)state;
	file_watch_close(&t.watch); /* never opened */
	file_watch_note(&t.watch);
	assert_int_equal(t.changes, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_way_to_change_a_file, tear_down),
		CASE(twice),
		CASE(nothing_of_ours),
		CASE(what_is_noted_is_no_change),
		CASE(closed),
	};

	return cmocka_run_group_tests_name("net/file_watch", tests, NULL, NULL);
}
