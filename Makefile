# SPDX-License-Identifier: GPL-3.0-or-later
# sstp: `make help` lists the targets and the variables.
#
# Flavours build beside each other, each in build/FLAVOUR/: musl (the static program), glibc (STATIC=0), asan
# (gcc's address and undefined-behaviour sanitizers), fuzz (clang's libFuzzer), and aarch64, armv7 and mips (the
# static program of another machine). One run of make knows one flavour; a target that needs another calls
# make again with FLAVOUR=.

VERSION = 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
PROGRAM ?= sstp

# The machine that `make static` builds for.
MACHINE := $(shell uname -m)
TARGET ?= $(MACHINE)
TARGETS = $(sort $(MACHINE) aarch64 armv7 mips)

STATIC ?= 1
FLAVOUR ?= $(if $(filter 0,$(STATIC)),glibc,musl)
B = $(BUILD)/$(FLAVOUR)$(if $(filter system,$(WOLFSSL)),-system)

# ---- compilers and flags

ifeq ($(origin CC),default)
CC = gcc
endif
MUSL_CC ?= musl-gcc
CC_musl = $(MUSL_CC)
CC_glibc = $(CC)
CC_asan = $(CC)
CC_fuzz = clang
CC_scan = $(CC)
# Another machine's compiler, which tools/deps makes use musl; flags are those of the musl flavour.
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

CFLAGS_musl = -O2 -D_FORTIFY_SOURCE=2 -isystem $(DEPS)/include
CFLAGS_cross = $(CFLAGS_musl)
CFLAGS_glibc = -O2 -D_FORTIFY_SOURCE=2
CFLAGS_asan = -O1 -fno-omit-frame-pointer $(SANITIZE)
CFLAGS_fuzz = -O1 -fno-omit-frame-pointer $(SANITIZE) -fsanitize=fuzzer-no-link
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

WARN = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual \
       -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wvla $(if $(filter 1,$(WERROR)),-Werror)

# The prefix map and ar's D make the same bytes of the same commit, wherever it lies.
# glibc's 32-bit machines have dates beyond 2038 only if asked to.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -g -MMD -MP -fPIE \
             -fstack-protector-strong -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. $(CFLAGS_$(KIND)) $(WARN) \
             -DSSTP_VERSION='"$(VERSION)"' -Isrc $(CFLAGS)

# musl-gcc -static-pie quietly makes a dynamic program: its specs know only Scrt1.o. So the start files of a
# static PIE are named here: rcrt1.o relocates the program itself, -z text insists that it can.
LINK_cross = $(LINK_musl)
END_cross = $(END_musl)
MUSL_LIB ?= $(if $(TRIPLE),$(DEPS)/lib,/usr/lib/$(subst -gnu,-musl,$(shell $(CC) -dumpmachine)))
LINK_musl = -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o
# A thread's stack is 128 KiB in musl if nobody asks for more: too little for a chain of certificates.
LINK_musl += -Wl,-z,stack-size=1048576
END_musl = $(MUSL_LIB)/crtn.o
LINK_glibc = -pie
LINK_asan = -pie $(SANITIZE)
LINK_fuzz = $(SANITIZE)
LINK = $(LINK_$(KIND)) -pthread -Wl,--gc-sections,-z,relro,-z,now $(LDFLAGS)
END = $(END_$(KIND))

# ---- libraries that are not ours: tools/deps builds them, once a C library (asan and fuzz use glibc's)

# One compiler builds them, whatever CC is: clang's objects go with gcc's archives, and nothing is built twice.
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
# lwIP is made for our settings, so no system has it.
LWIP_CFLAGS = -isystem $(DEPS)/lwip
export WOLFSSL_TARBALL INIH_TARBALL LWIP_TARBALL RING_TARBALL WOLFSSL_VERSION LIBRARIES MUSL_CC BUILD

# ---- the house: a folder of src/ is an archive, and a rank sees only the ranks under it

RANK_1 = util
RANK_2 = http crypto
RANK_3 = net
RANK_4 = proc tun
RANK_5 = ppp sstp ip6 dns tls
RANK_6 = eap
RANK_7 = tunnel auth
RANK_8 = stack netdev
RANK_9 = client server proxy
RANK_10 = cli

RANKS = 1 2 3 4 5 6 7 8 9 10
# $(call below,N): the ranks under rank N, the highest first.
reverse = $(if $1,$(call reverse,$(wordlist 2,99,$1)) $(firstword $1))
below = $(call reverse,$(wordlist 2,$1,0 $(RANKS)))
FOLDERS = $(foreach n,$(call reverse,$(RANKS)),$(RANK_$n))

# $(call under,FOLDER): the folders that FOLDER may use. tests/both/ tests the house as a whole.
rank = $(strip $(foreach n,$(RANKS),$(if $(filter $1,$(RANK_$n)),$n)))
under = $(if $(filter both,$1),$(FOLDERS),$1 $(if $(call rank,$1),$(foreach n,$(call below,$(call rank,$1)),$(RANK_$n))))
archives = $(foreach f,$1,$(if $(wildcard src/$f/*.c),$B/lib$f.a))
objects = $(patsubst %.c,$B/%.o,$(wildcard $1))

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
	@sed -n 's/^## //p' Makefile

# ---- the program
## make                ./sstp, static and position independent, with musl
## make STATIC=0       ./sstp, dynamic, with the system's C library
## make static TARGET=mips   ./sstp-mips, static, for another machine (also aarch64, armv7)

PROGRAM_OBJS = $B/src/main.o $(call archives,$(FOLDERS))

program: $B/sstp.stripped
	cmp -s $< $(PROGRAM) || { echo '  PROGRAM $(PROGRAM)'; cp -f $< $(PROGRAM); } # -f: while it runs, too

$B/sstp.stripped: $B/sstp
	$(or $(STRIP_$(KIND)),$(STRIP)) -o $@ $<

$B/sstp: $(PROGRAM_OBJS) $(THIRD)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $(PROGRAM_OBJS) $(THIRD_LIBS) $(END)

# The target's flavour: this machine's own is musl.
TARGET_FLAVOUR = $(if $(filter $(MACHINE),$(TARGET)),musl,$(TARGET))
static:
	$(if $(filter $(TARGET),$(TARGETS)),,$(error TARGET=$(TARGET) is not known: $(TARGETS)))
	+$(MAKE) FLAVOUR=$(TARGET_FLAVOUR) PROGRAM=$(PROGRAM)-$(TARGET) program

# ---- objects and archives

$B/src/crypto/%.o $B/src/tls/%.o $B/tests/crypto/%.o $B/tests/tls/%.o: ALL_CFLAGS += $(WOLFSSL_CFLAGS)
$B/src/cli/%.o: ALL_CFLAGS += $(INIH_CFLAGS)
$B/src/cli/licenses.o: ALL_CFLAGS += -Wa,-I$B
$B/src/cli/licenses.o: $B/licenses_text
$B/src/stack/%.o $B/tests/stack/%.o: ALL_CFLAGS += $(LWIP_CFLAGS)
# cmocka before 1.1.7 took a string of uint8_t as it is.
$B/tests/%.o: ALL_CFLAGS += -Itests -Wno-pointer-sign

$B/%.o: %.c Makefile $B/given | $(THIRD)
	$(call note,CC)
	mkdir -p $(@D)
	$(COMPILER) $(ALL_CFLAGS) -c $< -o $@

# What command line and environment say, for other objects come of it. Changed when that has.
$B/given: FORCE
	mkdir -p $(@D)
	echo '$(COMPILER) $(CFLAGS) $(LDFLAGS)' >$@.new
	cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Of the libraries that are in the program; a system's are not.
LICENSED = $(if $(filter system,$(WOLFSSL)),,wolfssl inih) lwip $(if $(filter musl cross,$(KIND)),musl) \
	$(if $(VAES_CFLAGS),ring)
LICENSES = $(patsubst %,licenses/%,sstp $(LICENSED)) LICENSE

$B/licenses_text: $(LICENSES) Makefile
	mkdir -p $(@D)
	cat $(LICENSES) >$@

# Another wolfSSL has other structs, and so has another lwIP.
$(call objects,$(foreach d,src tests,$d/crypto/*.c $d/tls/*.c $d/stack/*.c)): $(THIRD)

# Made aside and moved, so that nobody meets half an archive.
define archive
$(call note,AR)
mkdir -p $(@D)
rm -f $@.new
$(or $(AR_$(KIND)),$(AR)) rcsD $@.new $(filter %.o,$^)
mv $@.new $@
endef

# The folder is newer when a file was taken away, whose object must go too.
define folder_rule
$$B/lib$1.a: $$(call objects,src/$1/*.c) src/$1
	$$(archive)
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$f)))

# tools/deps sees by itself whether anything is to be done, and leaves the libraries alone if not.
$(THIRD): $(DEPS)/stamp ;
$(DEPS)/stamp: FORCE
	$(if $(filter clang,$(COMPILER)),tools/deps clang)
	CC='$(DEPS_CC)' tools/deps $(notdir $(DEPS))

# ---- unit tests: tests/FOLDER/NAME_test.c; what else lies in tests/FOLDER/ or tests/support/ helps them
## make unit           unit tests with the sanitizers (TESTS="ppp sstp": those folders' alone); with TARGET=mips
##                     those of another machine's program, under qemu
## make memcheck       unit tests under valgrind

TESTS ?= $(FOLDERS) both line
FOLDER_SUPPORT = $(filter-out %_test.o,$(call objects,tests/$1/*.c)) $(TOOL_OBJS_$1)
TOOL_OBJS_line = $B/tools/line/way.o # tests/line/ proves tools/line/
SUPPORT = $(if $(wildcard tests/support/*.c),$B/tests/libsupport.a)
UNIT_PROGRAMS = $(foreach f,$(TESTS),$(patsubst %.c,$B/%,$(wildcard tests/$f/*_test.c)))

define test_rule
$$B/tests/$1/%_test: $$B/tests/$1/%_test.o $$(call FOLDER_SUPPORT,$1) $$(SUPPORT) \
		$$(call archives,$$(call under,$1)) $$(THIRD)
	$$(call note,LINK)
	$$(COMPILER) $$(LINK) -o $$@ $$(filter-out $$(THIRD),$$^) $$(THIRD_LIBS) -lcmocka $$(END)
endef
$(foreach f,$(FOLDERS) both line,$(eval $(call test_rule,$f)))

$B/tests/libsupport.a: $(call objects,tests/support/*.c)
	$(archive)

unit-programs: $(UNIT_PROGRAMS)

UNIT_FLAVOUR = $(if $(filter $(MACHINE),$(TARGET)),asan,$(TARGET))
unit:
	tools/deps unit
	$(if $(filter asan,$(UNIT_FLAVOUR)),,tools/deps emulator)
	+$(MAKE) FLAVOUR=$(UNIT_FLAVOUR) unit-programs
	tools/check unit $(UNIT_FLAVOUR) $(UNIT_PROGRAMS:$B/%=$(BUILD)/$(UNIT_FLAVOUR)/%)

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
	--errors-for-leak-kinds=definite
memcheck:
	tools/deps memcheck
	+$(MAKE) FLAVOUR=glibc unit-programs
	TEST_SECONDS=1200 UNDER='$(VALGRIND)' \
		tools/check unit glibc $(UNIT_PROGRAMS:$B/%=$(BUILD)/glibc/%)

# ---- fuzzing: tests/fuzz/NAME_fuzz.c, fed by clang's libFuzzer, or by replay.c with a corpus that is there
## make fuzz           fuzz targets, in build/fuzz/
## make fuzz-run       each of them for SECONDS=30

SECONDS = 30
FUZZ_NAMES = $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_SUPPORT = $(filter-out %_fuzz.o %/replay.o,$(call objects,tests/fuzz/*.c)) $(SUPPORT)
FUZZ_LIBS = $(FUZZ_SUPPORT) $(call archives,$(FOLDERS)) $(THIRD)

$B/%_fuzz: $B/tests/fuzz/%_fuzz.o $(FUZZ_LIBS)
	$(call note,LINK)
	$(COMPILER) $(LINK) -fsanitize=fuzzer -o $@ $(filter-out $(THIRD),$^) $(THIRD_LIBS)

$B/%_replay: $B/tests/fuzz/%_fuzz.o $B/tests/fuzz/replay.o $(FUZZ_LIBS)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $(filter-out $(THIRD),$^) $(THIRD_LIBS)

fuzz-programs: $(FUZZ_NAMES:%=$B/%_fuzz)
replay-programs: $(FUZZ_NAMES:%=$B/%_replay)

fuzz:
	tools/deps unit # tests/support/ needs cmocka
	+$(MAKE) FLAVOUR=fuzz fuzz-programs

# What is found new goes to build/: only what is worth keeping is copied to tests/fuzz/corpus/ by hand.
fuzz-run: fuzz
	BUILD=$(BUILD) tools/check fuzz $(SECONDS) $(FUZZ_NAMES)

# ---- end to end: programs that tests/e2e/ puts between sstp and its peers

PEERS = $(if $(wildcard tests/e2e/peers/*.c),$B/tests/e2e/peers/pppd_front $B/tests/e2e/peers/killat)
FRONT_FILES = pppd_front.c hdlc.c watch.c

$B/tests/e2e/peers/killat: $(call objects,tests/e2e/peers/killat.c)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $^ $(END)

$B/tests/e2e/peers/pppd_front: $(call objects,$(FRONT_FILES:%=tests/e2e/peers/%)) $(call archives,ppp sstp tls http crypto util) $(THIRD)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $(filter-out $(THIRD),$^) $(THIRD_LIBS) $(END)

peers: $(PEERS)

# ---- the benchmark: tools/bench, and its programs in tools/benchmark/
## make bench          sstp against OpenVPN, ocserv and the limits of this machine (BENCH="--quick": see tools/bench)

BENCH_PROGRAMS = $(patsubst %.c,$B/%,$(wildcard tools/benchmark/*.c))

$B/tools/benchmark/%: $B/tools/benchmark/%.o $(call archives,tls crypto util) $(THIRD)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $(filter-out $(THIRD),$^) $(THIRD_LIBS) $(END)

# The line of tools/bench --lines, between two namespaces.
LINE = $B/tools/line/line

$(LINE): $(call objects,tools/line/*.c)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $^ $(END)

bench-programs: $(BENCH_PROGRAMS) $(LINE)

bench:
	tools/deps bench
	tools/bench $(BENCH)

# ---- load: tools/load, and the crowd of clients in tools/crowd/ that it puts before a server
## make load           logins a second, memory and CPU of 10,000 sessions, traffic (LOAD="--quick": see tools/load)

CROWD = $B/tools/crowd/crowd

$(CROWD): $(call objects,tools/crowd/*.c) $(call archives,$(call under,tunnel)) $(THIRD)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $(filter-out $(THIRD),$^) $(THIRD_LIBS) $(END)

crowd: $(CROWD)

load:
	tools/deps load
	tools/load $(LOAD)

# ---- other ways to build, and to look at the source
## make check          installs what is missing, builds, runs every test, one line of totals
## make check-all      the same, with the tests that take minutes too
## make e2e            the end-to-end tests alone
## make asan           build/asan/sstp, with address and undefined-behaviour sanitizers
## make lint           clang-tidy, cppcheck, scan-build, shellcheck, and includes that point upwards
## make format         clang-format over src/ and tests/ (format-check only looks)

asan:
	+$(MAKE) FLAVOUR=asan $(BUILD)/asan/sstp

check:
	tools/check

check-all:
	tools/check all

e2e: program peers asan
	tools/check e2e

C_FILES = $(wildcard src/*.c src/*/*.c)
ALL_FILES = $(wildcard src/*.[ch] src/*/*.[ch] tests/*/*.[ch] tests/e2e/peers/*.[ch] tools/benchmark/*.c \
	tools/line/*.[ch] tools/crowd/*.[ch])
# cppcheck 2.10: autoVariables takes a pointer kept in the caller's own struct for one that outlives it; the
# other one stands for code that it cannot read.
CPPCHECK_FLAGS = --suppress=autoVariables --suppress=internalAstError
# Only what concerns the reading of source: no warnings, no dependency files.
LINT_FLAGS = -std=c11 -D_GNU_SOURCE -DSSTP_VERSION='"$(VERSION)"' -Isrc $(WOLFSSL_CFLAGS) $(INIH_CFLAGS) $(LWIP_CFLAGS)

# Includes that point up or sideways in the house are shown, and fail, and so do circles of them that go across
# folders or through more than three files.
ABOVE = $(subst $(space),|,$(strip $(filter-out $(call under,$1),$(FOLDERS))))
layers:
	$(foreach f,$(FOLDERS),$(if $(call ABOVE,$f),! grep -E '^#include "($(call ABOVE,$f))/' \
		$(wildcard src/$f/*.[ch]) /dev/null &&)) true
	tools/circles -q

# Every source file says which license it has.
licensed:
	! find $(wildcard .ci Containerfile Makefile completions deps man mk src tests tools) -type f ! -path '*/corpus/*' \
		! -name '*.json' ! -name '*.patch' ! -name '*.pyc' | xargs grep -L 'SPDX-License-Identifier: [A-Z]' | grep .

CORES = $(shell nproc)
SHELL_FILES = completions/sstp.bash .ci/run tools/check tools/demo tools/deps tests/e2e/peers/uml_init

lint: layers licensed $(THIRD)
	tools/deps lint
	shellcheck -S warning $(SHELL_FILES)
	mandoc -T lint -W warning man/sstp.8
	printf '%s\n' $(C_FILES) | xargs -P $(CORES) -I FILE clang-tidy --quiet FILE -- $(LINT_FLAGS) 2>$(BUILD)/lint.log
	cppcheck -j $(CORES) --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		$(CPPCHECK_FLAGS) -Isrc $(C_FILES)
	+scan-build --use-cc=$(CC) --status-bugs -o $(BUILD)/scan/report \
		$(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(CORES)) FLAVOUR=scan scan-objects

scan-objects: $(C_FILES:%.c=$B/%.o)

format:
	tools/deps format
	clang-format -i $(ALL_FILES)

format-check:
	tools/deps format
	clang-format --dry-run -Werror $(ALL_FILES)

## make install        the program, its man page, completions of shells and the licenses (PREFIX=/usr/local, DESTDIR=,
##                     TARGET=); make uninstall
## make completions    makes the completions again, after a change of options
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

# After a change of options.
completions: program
	tools/completions $(CURDIR)/$(PROGRAM)

clean:
	rm -rf $(addprefix $(BUILD)/,musl aarch64 armv7 mips glibc glibc-system asan fuzz scan clang again) $(PROGRAM) \
		$(TARGETS:%=$(PROGRAM)-%)

distclean: clean
	rm -rf $(BUILD)

##
## Variables: V=1 shows commands, WERROR=1 makes warnings errors, CC, MUSL_CC, CFLAGS, LDFLAGS, BUILD=build,
## WOLFSSL_TARBALL=FILE (also INIH_, LWIP_, RING_TARBALL) give the sources instead of downloading them,
## WOLFSSL_VERSION=5.7.2 builds with an older wolfSSL than the newest known (docs/libraries.md),
## WOLFSSL=system STATIC=0 takes the system's wolfSSL (5.5.4 or later) and inih by pkg-config.

.PHONY: help unit-programs unit memcheck fuzz-programs replay-programs fuzz fuzz-run peers check check-all e2e lint layers licensed scan-objects \
	bench-programs bench crowd load format format-check install uninstall completions clean distclean

-include $(shell find $B -name '*.d' 2>/dev/null)
