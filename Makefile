# SPDX-License-Identifier: GPL-3.0-or-later
# sstp: `make help` lists the targets and the variables.
#
# Flavours build beside each other, each in build/FLAVOUR/: musl (the static program), glibc (STATIC=0), asan
# (gcc's address and undefined-behaviour sanitizers), fuzz (clang's libFuzzer), and aarch64, armv7 and mips (the
# static program of another machine). One run of make knows one flavour; a target that needs another calls
# make again with FLAVOUR=.

VERSION = 0.1.0
PREFIX ?= $(or $(prefix),/usr/local)
BUILD ?= build
PROGRAM ?= sstp

# The machine that `make static` builds for.
MACHINE := $(shell uname -m)
TARGET ?= $(MACHINE)
TARGETS = $(sort $(MACHINE) aarch64 armv7 mips)

STATIC ?= 1
FLAVOUR ?= $(if $(filter 0,$(STATIC)),glibc,musl)
B = $(BUILD)/$(FLAVOUR)$(if $(filter system,$(WOLFSSL)),-system)

# The parts that this is made of: those that decide how a program is built, and the rest. `make help` shows them in this
# order.
BUILD_PARTS = Makefile mk/flavours.mk mk/libraries.mk mk/house.mk
PARTS = $(BUILD_PARTS) mk/tests.mk mk/tools.mk

MAKEFLAGS += --no-print-directory
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all program static asan FORCE

# V=1 shows the commands whole.
ifneq ($(V),1)
.SILENT:
endif
space := $(subst ,, )
note = @echo '  $1 $(patsubst $(BUILD)/%,%,$@)'

all: program

help:
	@sed -n 's/^## //p' $(PARTS)
	@echo
	@sed -n 's/^#: //p' Makefile

include $(filter-out Makefile,$(PARTS))

# ---- the program
## make                ./sstp, static and position independent, with musl
## make STATIC=0       ./sstp, dynamic, with the system's C library
## make static TARGET=mips   ./sstp-mips, static, for another machine (also aarch64, armv7)

PROGRAM_OBJS = $B/src/main.o $(if $(PACKED),$B/src/relocate.o) $(call archives,$(FOLDERS))

program: $B/sstp.stripped $B/sstp.spdx.json
	cmp -s $< $(PROGRAM) || { echo '  PROGRAM $(PROGRAM)'; cp -f $< $(PROGRAM); } # -f: while it runs, too

$B/sstp.stripped: $B/sstp
	$(or $(STRIP_$(KIND)),$(STRIP)) -o $@ $<

# What is in the program, in the form of SPDX.
$B/sstp.spdx.json: $B/sstp.stripped tools/sbom
	tools/sbom $< $(notdir $(DEPS)) >$@

$B/sstp: $(PROGRAM_OBJS) $(THIRD)
	$(call note,LINK)
	$(COMPILER) $(LINK) $(PACKED) -o $@ $(PROGRAM_OBJS) $(THIRD_LIBS) $(END)

# The target's flavour: this machine's own is musl.
TARGET_FLAVOUR = $(if $(filter $(MACHINE),$(TARGET)),musl,$(TARGET))
static:
	$(if $(filter $(TARGET),$(TARGETS)),,$(error TARGET=$(TARGET) is not known: $(TARGETS)))
	+$(MAKE) FLAVOUR=$(TARGET_FLAVOUR) PROGRAM=$(PROGRAM)-$(TARGET) program

# ---- install and clean
## make install        the program, its man page, completions of shells and the licenses (PREFIX=/usr/local or prefix=,
##                     DESTDIR=, TARGET=); make uninstall
## make completions    makes completions/ and the options' heads in man/sstp.8, after a change of options
## make clean          removes what was built of sstp; make distclean: all of build/

BASH_COMPLETION = share/bash-completion/completions/sstp
ZSH_COMPLETION = share/zsh/site-functions/_sstp
FISH_COMPLETION = share/fish/vendor_completions.d/sstp.fish

install: $(if $(filter $(MACHINE),$(TARGET)),program,static)
	install -D -m 755 $(PROGRAM)$(if $(filter $(MACHINE),$(TARGET)),,-$(TARGET)) $(DESTDIR)$(PREFIX)/bin/sstp
	[ ! -e man/sstp.8 ] || install -D -m 644 man/sstp.8 $(DESTDIR)$(PREFIX)/share/man/man8/sstp.8
	install -D -m 644 $(if $(filter $(MACHINE),$(TARGET)),$B,$(BUILD)/$(TARGET))/licenses_text \
		$(DESTDIR)$(PREFIX)/share/doc/sstp/licenses
	install -D -m 644 completions/sstp.bash $(DESTDIR)$(PREFIX)/$(BASH_COMPLETION)
	install -D -m 644 completions/_sstp $(DESTDIR)$(PREFIX)/$(ZSH_COMPLETION)
	install -D -m 644 completions/sstp.fish $(DESTDIR)$(PREFIX)/$(FISH_COMPLETION)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/sstp $(DESTDIR)$(PREFIX)/share/man/man8/sstp.8 \
		$(DESTDIR)$(PREFIX)/share/doc/sstp/licenses \
		$(addprefix $(DESTDIR)$(PREFIX)/,$(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION))
	rmdir $(DESTDIR)$(PREFIX)/share/doc/sstp 2>/dev/null || :

# After a change of options.
completions: program
	tools/completions $(CURDIR)/$(PROGRAM)

clean:
	rm -rf $(addprefix $(BUILD)/,musl aarch64 armv7 mips glibc glibc-system asan fuzz clang again coverage) $(PROGRAM) \
		$(TARGETS:%=$(PROGRAM)-%)

distclean: clean
	rm -rf $(BUILD)

#: Variables: V=1 shows commands, WERROR=1 makes warnings errors, CC, MUSL_CC, CFLAGS, LDFLAGS, BUILD=build,
#: WOLFSSL_TARBALL=FILE (also INIH_, LWIP_, RING_TARBALL) give the sources instead of downloading them,
#: WOLFSSL_VERSION=5.7.2 builds with an older wolfSSL than the newest known (docs/libraries.md),
#: WOLFSSL=system STATIC=0 takes the system's wolfSSL (5.5.4 or later) and inih by pkg-config.

.PHONY: help install uninstall completions clean distclean

-include $(shell find $B -name '*.d' 2>/dev/null)
