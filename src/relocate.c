/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The static program for x86-64 starts here (mk/flavours.mk). Its linker packs the relocations (DT_RELR): 1 KB instead of 73.
 * A static program must apply its own relocations, and musl before 1.2.4 does not know packed ones, so this code runs before
 * musl's _start. Until it has ended, no address in the program's data is valid, and there is no stack protector.
 */
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>

void relocate(void) __attribute__((no_stack_protector));

__asm__(".pushsection .text.start_packed,\"ax\",@progbits\n"
	".globl start_packed\n"
	".type start_packed,@function\n"
	"start_packed:\n"
	"	call relocate\n" /* the kernel's stack pointer is aligned */
	"	jmp _start\n"    /* finds the stack as the kernel made it */
	".size start_packed,.-start_packed\n"
	".popsection\n");

/* Defined by the linker; hidden, so that their addresses are relative to the code's. */
extern __attribute__((visibility("hidden"))) const char __ehdr_start[];
extern __attribute__((visibility("hidden"))) ElfW(Dyn) _DYNAMIC[];

/* An old elf.h does not have these. */
enum { TAG_RELR_SIZE = 35, TAG_RELR = 36 };

/*
 * An even word of the table is the address of a word to relocate. An odd one has, after its lowest bit, a bit for each of the
 * next 63 words.
 */
static inline __attribute__((always_inline)) void apply(uintptr_t base, const uintptr_t *table,
							const uintptr_t *end)
{
	uintptr_t *next = (uintptr_t *)base;

	for (; table < end; table++) {
		if (!(*table & 1)) {
			next = (uintptr_t *)(base + *table);
			*next++ += base;
			continue;
		}
		uintptr_t *word = next;
		for (uintptr_t bits = *table >> 1; bits; bits >>= 1, word++)
			if (bits & 1)
				*word += base;
		next += sizeof(*next) * CHAR_BIT - 1;
	}
}

void relocate(void)
{
	uintptr_t base = (uintptr_t)__ehdr_start;
	uintptr_t table = base;
	uintptr_t size = 0;

	for (ElfW(Dyn) *d = _DYNAMIC; d->d_tag != DT_NULL; d++)
		if (d->d_tag == TAG_RELR) {
			table += d->d_un.d_ptr;
		} else if (d->d_tag == TAG_RELR_SIZE) {
			size = d->d_un.d_val;
			d->d_un.d_val = 0; /* a newer musl must not add the base again */
		}
	apply(base, (const uintptr_t *)table, (const uintptr_t *)(table + size));
}
