/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assembler includes the file that the Makefile made. */
#include "cli/licenses.h"

#include <stdio.h>

#include "cli/exit_code.h"

__asm__(".pushsection .rodata\n"
	".globl licenses_begin, licenses_end\n" /* a local symbol has other relocations on mips */
	"licenses_begin:\n"
	".incbin \"licenses_text\"\n"
	"licenses_end:\n"
	".popsection\n");

extern const char licenses_begin[] __attribute__((visibility("hidden")));
extern const char licenses_end[] __attribute__((visibility("hidden")));

int licenses_print(void)
{
	/* Both point into the one text that the assembler included. */
	/* cppcheck-suppress comparePointers */
	size_t len = (size_t)(licenses_end - licenses_begin);

	if (fwrite(licenses_begin, 1, len, stdout) == len && !fflush(stdout))
		return EXIT_OK;
	perror("sstp: standard output");
	return EXIT_OTHER;
}
