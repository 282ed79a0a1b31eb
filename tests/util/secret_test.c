/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparing, wiping, random bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/secret.h"

static void equal(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = (uint8_t)i;
	memcpy(b, a, sizeof(b));
	assert_true(ct_equal(a, b, sizeof(a)));
	assert_true(ct_equal(NULL, NULL, 0));
	for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(ct_equal(a, b, sizeof(a)));
		assert_true(ct_equal(a, b, bit / 8));
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void wiped(void **state)
{
	uint8_t a[34];

	(void)state;
	memset(a, 0xaa, sizeof(a));
	secret_wipe(a + 1, 32);
	assert_int_equal(a[0], 0xaa);
	assert_int_equal(a[33], 0xaa);
	for (size_t i = 1; i < 33; i++)
		assert_int_equal(a[i], 0);
	secret_wipe(NULL, 0);
}

/* All 64 bytes are filled, and not twice with the same. */
static void random_bytes(void **state)
{
	uint8_t a[64], b[64], seen[64] = { 0 };

	(void)state;
	for (int i = 0; i < 64; i++) {
		secret_random(a, sizeof(a));
		for (size_t n = 0; n < sizeof(a); n++)
			seen[n] |= a[n];
	}
	for (size_t n = 0; n < sizeof(seen); n++)
		assert_int_not_equal(seen[n], 0);
	secret_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	secret_random(NULL, 0);
}

/* The address sanitizer's mlock does nothing. */
#ifdef __SANITIZE_ADDRESS__
enum { LOCKS = false };
#else
enum { LOCKS = true };
#endif

/* The flags of the mapping at that address, from /proc/self/smaps. */
static bool has_flags(const void *at, const char *flag, const char *other)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long long first, end;
	bool is_here = false, has = false;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx ", &first, &end) == 2)
			is_here = first <= (uintptr_t)at && (uintptr_t)at < end;
		else if (is_here && !strncmp(line, "VmFlags:", 8))
			has = strstr(line, flag) && strstr(line, other);
	}
	fclose(f);
	return has;
}

static bool shows_flags(void)
{
	void *at = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool shows;

	assert_ptr_not_equal(at, MAP_FAILED);
	madvise(at, 1, MADV_DONTDUMP);
	shows = has_flags(at, " dd", "");
	munmap(at, 1);
	return shows;
}

static void locked(void **state)
{
	struct rlimit limit;
	uint8_t *at = secret_alloc(100);

	(void)state;
	assert_non_null(at);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(at[i], 0);
	memset(at, 0xaa, 100);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (!shows_flags()) {
		print_message("skip: kernel: no flags of mappings\n"); /* as with qemu-user */
		secret_free(at, 100);
		skip();
	}
	assert_true(has_flags(at, " dd", LOCKS && limit.rlim_cur >= 4096 ? " lo" : ""));
	secret_free(at, 100);
	secret_free(NULL, 0);
}

static void not_in_children(void **state)
{
	uint8_t *at = secret_alloc(100);
	int status;
	pid_t child;

	(void)state;
	assert_non_null(at);
	memset(at, 0xaa, 100);
	secret_keep_from_children(at, 100);
	assert_int_equal(at[99], 0xaa);
	child = fork();
	if (!child)
		_exit(at[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(at[0], 0xaa);
	secret_free(at, 100);
	if (WEXITSTATUS(status) == 0xaa) {
		print_message(
			"skip: kernel: no memory that is wiped in children\n"); /* as with qemu-user */
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal),           cmocka_unit_test(wiped),
		cmocka_unit_test(random_bytes),    cmocka_unit_test(locked),
		cmocka_unit_test(not_in_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
