# SPDX-License-Identifier: GPL-3.0-or-later
# Compilers and flags of each flavour.

ifeq ($(origin CC),default)
CC = gcc
endif
MUSL_CC ?= musl-gcc
CC_musl = $(MUSL_CC)
CC_glibc = $(CC)
CC_asan = $(CC)
CC_fuzz = clang
CC_cov = clang
CC_scan = $(CC)
# Another machine's compiler, which tools/deps sets up to use musl; the flags are those of the musl flavour.
TRIPLE_aarch64 = aarch64-linux-gnu
TRIPLE_armv7 = arm-linux-gnueabihf
TRIPLE_mips = mips-linux-gnu
TRIPLE = $(TRIPLE_$(FLAVOUR))
CC_cross = $(DEPS)/bin/musl-gcc
KIND = $(if $(TRIPLE),cross,$(FLAVOUR))
COMPILER = $(CC_$(KIND))
STRIP ?= strip
AR_cross = $(TRIPLE)-ar
STRIP_cross = $(TRIPLE)-strip

OPTIMIZE = -O2
# Nothing unwinds in the program; debuggers take the tables of -g, which are not in the stripped program.
# clang 14 has the second only with a flag that says that it will go away.
HARDEN = -fstack-clash-protection $(if $(findstring clang,$(COMPILER)),,-ftrivial-auto-var-init=zero)
NO_UNWIND = -fno-asynchronous-unwind-tables -fno-unwind-tables
CFLAGS_musl = $(OPTIMIZE) $(HARDEN) $(NO_UNWIND) -D_FORTIFY_SOURCE=2 -isystem $(DEPS)/include
CFLAGS_cross = $(CFLAGS_musl)
CFLAGS_glibc = $(OPTIMIZE) $(HARDEN) -D_FORTIFY_SOURCE=2
CFLAGS_asan = -O1 -fno-omit-frame-pointer $(SANITIZE)
CFLAGS_fuzz = -O1 -fno-omit-frame-pointer $(SANITIZE) -fsanitize=fuzzer-no-link
# The other flavours warn.
CFLAGS_cov = -O1 -w $(COVERAGE)
COVERAGE = -fprofile-instr-generate -fcoverage-mapping
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

WARN = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual \
       -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wvla $(if $(filter 1,$(WERROR)),-Werror)

# The prefix map and ar's D make the same bytes from the same commit in any folder.
# On 32-bit machines glibc has dates after 2038 only with these macros.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -g -MMD -MP -fPIE \
             -fstack-protector-strong -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. $(CFLAGS_$(KIND)) $(WARN) \
             -DSSTP_VERSION='"$(VERSION)"' -Isrc $(CFLAGS)

# musl-gcc -static-pie quietly makes a dynamic program: its specs know only Scrt1.o. So the start files of a
# static PIE are named here: rcrt1.o relocates the program itself, -z text insists that it can.
LINK_cross = $(LINK_musl)
END_cross = $(END_musl)
MUSL_LIB ?= $(if $(TRIPLE),$(DEPS)/lib,/usr/lib/$(subst -gnu,-musl,$(shell $(CC) -dumpmachine)))
LINK_musl = -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o
# A thread's stack is 128 KiB in musl by default: too little for a chain of certificates.
LINK_musl += -Wl,-z,stack-size=1048576
END_musl = $(MUSL_LIB)/crtn.o
# Packed relocations: 1 KB in place of 73. src/relocate.c applies them. binutils 2.40 packs them for x86 alone.
ifeq ($(KIND)-$(MACHINE),musl-x86_64)
PACKED = -Wl,-z,pack-relative-relocs,-e,start_packed
endif
LINK_glibc = -pie
LINK_asan = -pie $(SANITIZE)
LINK_fuzz = $(SANITIZE)
LINK_cov = $(COVERAGE)
LINK = $(LINK_$(KIND)) -pthread -Wl,--gc-sections,-z,relro,-z,now $(LDFLAGS)
END = $(END_$(KIND))
