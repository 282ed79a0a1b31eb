/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Added ids are found, removed ones are not, at any size of the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/ids.h"

enum { MANY = 5000 };

static struct id_entry entries[MANY];
static struct ids *table;

static int set_up(void **state)
{
	(void)state;
	return ids_open(&table);
}

static int tear_down(void **state)
{
	(void)state;
	ids_close(table);
	return 0;
}

static void add_all(uint64_t first, uint64_t step)
{
	for (size_t i = 0; i < MANY; i++) {
		entries[i].id = first + i * step;
		ids_add(table, &entries[i]);
	}
	assert_int_equal(ids_count(table), MANY);
}

static void find_all_but(size_t removed_every)
{
	for (size_t i = 0; i < MANY; i++) {
		struct id_entry *found = ids_find(table, entries[i].id);

		if (removed_every && i % removed_every == 0)
			assert_null(found);
		else
			assert_ptr_equal(found, &entries[i]);
	}
}

static const struct {
	const char *name;
	uint64_t first, step;
} series[] = {
	{ "one after the other", 1, 1 },
	{ "every 64th: all in one chain at first", 64, 64 },
	{ "over 32 bits", UINT32_MAX - 100, 1 },
	{ "the last there are", UINT64_MAX - MANY, 1 },
};

static void what_is_in_is_found(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(series) / sizeof(*series); n++) {
		print_message("%s\n", series[n].name);
		add_all(series[n].first, series[n].step);
		find_all_but(0);
		assert_null(ids_find(table, series[n].first - 1));
		assert_null(ids_find(table, series[n].first + MANY * series[n].step));
		for (size_t i = 0; i < MANY; i += 3)
			ids_remove(table, &entries[i]);
		find_all_but(3);
		for (size_t i = 0; i < MANY; i++)
			if (i % 3)
				ids_remove(table, &entries[i]);
		assert_int_equal(ids_count(table), 0);
		find_all_but(1);
	}
}

static void an_empty_table_finds_nothing(void **state)
{
	(void)state;
	assert_null(ids_find(table, 0));
	assert_null(ids_find(table, 1));
	ids_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_in_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_table_finds_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
