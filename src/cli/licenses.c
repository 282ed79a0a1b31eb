/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assembler includes the files that the Makefile made; gzip compressed the second one. */
#include "cli/licenses.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/exit_code.h"
#include "util/inflate.h"

__asm__(".pushsection .rodata\n"
	".globl licenses_first, licenses_begin, licenses_end\n" /* local ones have other relocations on mips */
	"licenses_first:\n"
	".incbin \"licenses_first\"\n"
	"licenses_begin:\n"
	".incbin \"licenses_rest.gz\"\n"
	"licenses_end:\n"
	".popsection\n");

extern const char licenses_first[] __attribute__((visibility("hidden")));
extern const char licenses_begin[] __attribute__((visibility("hidden")));
extern const char licenses_end[] __attribute__((visibility("hidden")));

int licenses_print(void)
{
	/* All point into the one piece that the assembler made. */
	/* cppcheck-suppress comparePointers */
	struct bytes packed = bytes_of(licenses_begin, (size_t)(licenses_end - licenses_begin));
	/* cppcheck-suppress comparePointers */
	size_t first_len = (size_t)(licenses_begin - licenses_first), len = inflate_len(packed);
	uint8_t *text = malloc(len);
	bool is_good = text && inflate(packed, text, len);

	if (is_good) {
		fwrite(licenses_first, 1, first_len, stdout);
		fwrite(text, 1, len, stdout);
	} else
		perror("sstp: the licenses cannot be unpacked");
	free(text);
	return is_good ? EXIT_OK : EXIT_OTHER;
}
