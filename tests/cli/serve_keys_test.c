/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key process reads a configuration file again only when it has changed, however often it is asked for keys. */
#include "cli/serve_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { QUESTIONS = 200 };

static atomic_uint *reads; /* shared with the key process */

static bool read_again(struct server_cfg *now, struct settings_change *change)
{
	(void)now;
	(void)change;
	atomic_fetch_add(reads, 1);
	return false;
}

static void ask(struct key_process *p)
{
	struct key_apart k;
	struct error err;

	for (int i = 0; i < QUESTIONS; i++)
		assert_int_not_equal(key_agent_load(key_process_agent(p), "/none.pem", "/none.key",
						    &k, &err),
				     0);
}

static void only_when_it_has_changed(void **state)
{
	char path[] = "/tmp/serve_keys_test.XXXXXX";
	int fd = mkstemp(path);
	struct radius_cfg radius = { .server_count = 0 };
	struct server_cfg cfg = {
		.workers = 1, .radius = &radius, .read_again = read_again, .config_file = path
	};
	struct key_process *p;

	(void)state;
	assert_true(fd >= 0);
	reads = mmap(NULL, sizeof(*reads), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	assert_true(reads != MAP_FAILED);
	assert_int_equal(serve_keys_start(&cfg, &p), 0);
	ask(p);
	assert_int_equal(atomic_load(reads), 1);
	assert_int_equal(write(fd, "#", 1), 1);
	ask(p);
	assert_int_equal(atomic_load(reads), 2);
	assert_int_equal(unlink(path), 0);
	ask(p);
	assert_int_equal(atomic_load(reads), 2);
	key_process_close(p);
	munmap(reads, sizeof(*reads));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_when_it_has_changed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
