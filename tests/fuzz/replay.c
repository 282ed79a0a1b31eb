/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target without libFuzzer: passes it every file named on the command line, and every
 * file in the folders named there, then prints how many there were. So `make check` tests with any
 * compiler that inputs that once broke a parser no longer do.
 */

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);

/* libFuzzer's, for tests/fuzz/mutate.c, which is called by libFuzzer alone. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max)
{
	(void)data;
	(void)max;
	return len;
}

static unsigned int fed;

static void fail(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

/* A copy of the exact size on the heap, so that the sanitizer detects a read past its end. */
static void feed_file(const char *path, size_t len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(len ? len : 1);

	if (!f || !data || fread(data, 1, len, f) != len)
		fail(path);
	fclose(f);
	fprintf(stderr, "%s\n", path); /* the last path printed is the one that failed */
	LLVMFuzzerTestOneInput(data, len);
	free(data);
	fed++;
}

static void feed_path(const char *path);

static void feed_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	char below[4096];

	if (n < 0)
		fail(path);
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.') {
			snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
			feed_path(below);
		}
		free(entries[i]);
	}
	free(entries);
}

static void feed_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		fail(path);
	if (S_ISDIR(st.st_mode))
		feed_folder(path);
	else
		feed_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		feed_path(argv[i]);
	printf("%u inputs\n", fed);
	return 0;
}
