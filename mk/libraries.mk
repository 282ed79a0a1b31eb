# SPDX-License-Identifier: GPL-3.0-or-later
# Libraries that are not ours: tools/deps builds them, once a C library (asan and fuzz use glibc's).

# One compiler builds them, whatever CC is: clang's objects link with gcc's archives, and nothing is built twice.
LIBC = $(if $(TRIPLE)$(filter musl,$(FLAVOUR)),$(FLAVOUR),glibc)
DEPS_CC ?= gcc
DEPS = build/deps/$(LIBC)
WOLFSSL ?= source
ifeq ($(WOLFSSL),system)
ifeq ($(LIBC),musl)
$(error WOLFSSL=system is for the dynamic build: add STATIC=0)
endif
DEPS = build/deps/system
THIRD = $(DEPS)/lib/liblwip.a
SYSTEM_LIBS := $(shell pkg-config --libs 'wolfssl >= 5.5.4' inih)
THIRD_LIBS = $(THIRD) $(SYSTEM_LIBS)
WOLFSSL_CFLAGS := -include wolfssl/options.h $(shell pkg-config --cflags wolfssl)
INIH_CFLAGS := $(shell pkg-config --cflags inih)
ifeq ($(SYSTEM_LIBS),)
$(error pkg-config does not find wolfssl (5.5.4 or later) and inih)
endif
HAS_AES := $(shell $(CC) $(WOLFSSL_CFLAGS) -dM -E -xc /dev/null | grep -E 'define WOLFSSL_(AESNI|ARMASM)')
ifeq ($(HAS_AES),)
$(warning this wolfSSL was built without AES instructions: AES-GCM will be some thirty times slower)
endif
else
THIRD = $(DEPS)/lib/libwolfssl.a $(DEPS)/lib/libinih.a $(DEPS)/lib/liblwip.a
# ring's AES-GCM with VAES.
ifeq ($(TRIPLE)$(MACHINE),x86_64)
THIRD += $(DEPS)/lib/libring.a
VAES_CFLAGS = -DHAS_VAES
endif
THIRD_LIBS = $(THIRD)
WOLFSSL_CFLAGS = -DWOLFSSL_USER_SETTINGS -isystem $(DEPS)/wolfssl $(VAES_CFLAGS)
INIH_CFLAGS = -isystem $(DEPS)/inih
endif
# lwIP is built for our settings, so no system has it.
LWIP_CFLAGS = -isystem $(DEPS)/lwip
export WOLFSSL_TARBALL INIH_TARBALL LWIP_TARBALL RING_TARBALL WOLFSSL_VERSION LIBRARIES MUSL_CC BUILD

# tools/deps checks whether anything must be built, and does not touch the libraries if not.
$(THIRD): $(DEPS)/stamp ;
$(DEPS)/stamp: FORCE
	$(if $(filter clang,$(COMPILER)),tools/deps clang)
	CC='$(DEPS_CC)' tools/deps $(notdir $(DEPS))
