# sstp: `make help` lists the targets and the variables.
#
# Four flavours build beside each other, each in build/FLAVOUR/: musl (the static program), glibc (STATIC=0),
# asan (gcc's address and undefined-behaviour sanitizers) and fuzz (clang's libFuzzer). One run of make knows
# one flavour; a target that needs another calls make again with FLAVOUR=.

VERSION = 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
PROGRAM ?= sstp

STATIC ?= 1
FLAVOUR ?= $(if $(filter 0,$(STATIC)),glibc,musl)
B = $(BUILD)/$(FLAVOUR)

# ---- compilers and flags

ifeq ($(origin CC),default)
CC = gcc
endif
MUSL_CC ?= musl-gcc
CC_musl = $(MUSL_CC)
CC_glibc = $(CC)
CC_asan = $(CC)
CC_fuzz = clang
COMPILER = $(CC_$(FLAVOUR))
AR ?= ar
STRIP ?= strip

CFLAGS_musl = -O2 -D_FORTIFY_SOURCE=2 -isystem $(DEPS)/include
CFLAGS_glibc = -O2 -D_FORTIFY_SOURCE=2
CFLAGS_asan = -O1 -fno-omit-frame-pointer $(SANITIZE)
CFLAGS_fuzz = -O1 -fno-omit-frame-pointer $(SANITIZE) -fsanitize=fuzzer-no-link
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

WARN = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual \
       -Wpointer-arith -Wwrite-strings -Wundef -Wformat=2 -Wvla $(if $(filter 1,$(WERROR)),-Werror)

# The prefix map and ar's D make the same bytes of the same commit, wherever it lies.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -g -MMD -MP -fPIE -fstack-protector-strong -ffunction-sections \
             -fdata-sections -ffile-prefix-map=$(CURDIR)=. $(CFLAGS_$(FLAVOUR)) $(WARN) \
             -DSSTP_VERSION='"$(VERSION)"' -Isrc $(CFLAGS)

# musl-gcc -static-pie quietly makes a dynamic program: its specs know only Scrt1.o. So the start files of a
# static PIE are named here: rcrt1.o relocates the program itself, -z text insists that it can.
MUSL_LIB ?= /usr/lib/$(subst -gnu,-musl,$(shell $(CC) -dumpmachine))
LINK_musl = -static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o
END_musl = $(MUSL_LIB)/crtn.o
LINK_glibc = -pie
LINK_asan = -pie $(SANITIZE)
LINK_fuzz = $(SANITIZE)
LINK = $(LINK_$(FLAVOUR)) -pthread -Wl,--gc-sections,-z,relro,-z,now $(LDFLAGS)
END = $(END_$(FLAVOUR))

# ---- libraries that are not ours: tools/deps builds them, once a C library (asan and fuzz use glibc's)

LIBC = $(if $(filter musl,$(FLAVOUR)),musl,glibc)
DEPS = build/deps/$(LIBC)
WOLFSSL ?= source
ifeq ($(WOLFSSL),system)
THIRD =
THIRD_LIBS = $(shell pkg-config --libs 'wolfssl >= 5.5.4' inih)
WOLFSSL_CFLAGS = $(shell pkg-config --cflags wolfssl)
else
THIRD = $(DEPS)/lib/libwolfssl.a $(DEPS)/lib/libinih.a
THIRD_LIBS = $(THIRD)
WOLFSSL_CFLAGS = -DWOLFSSL_USER_SETTINGS -isystem $(DEPS)/wolfssl
endif
INIH_CFLAGS = -isystem $(DEPS)/inih
export WOLFSSL_TARBALL INIH_TARBALL MUSL_CC CC

# ---- the house: a folder of src/ is an archive, and a rank sees only the ranks under it

RANK_1 = util
RANK_2 = crypto
RANK_3 = ppp sstp tls tun net
RANK_4 = tunnel auth
RANK_5 = client server proxy
RANK_6 = cli

UNDER_1 =
UNDER_2 = $(RANK_1)
UNDER_3 = $(RANK_2) $(UNDER_2)
UNDER_4 = $(RANK_3) $(UNDER_3)
UNDER_5 = $(RANK_4) $(UNDER_4)
UNDER_6 = $(RANK_5) $(UNDER_5)
FOLDERS = $(RANK_6) $(UNDER_6)

# $(call under,FOLDER): the folders that FOLDER may use. tests/both/ tests the house as a whole.
rank = $(strip $(foreach n,1 2 3 4 5 6,$(if $(filter $1,$(RANK_$n)),$n)))
under = $(if $(filter both,$1),$(FOLDERS),$1 $(UNDER_$(call rank,$1)))
archives = $(foreach f,$1,$(if $(wildcard src/$f/*.c),$B/lib$f.a))
objects = $(patsubst %.c,$B/%.o,$(wildcard $1))

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all program asan FORCE

all: program

# ---- the program

PROGRAM_OBJS = $B/src/main.o $(call archives,$(FOLDERS))

program: $B/sstp.stripped
	@cmp -s $< $(PROGRAM) || cp $< $(PROGRAM)

$B/sstp.stripped: $B/sstp
	$(STRIP) -o $@ $<

$B/sstp: $(PROGRAM_OBJS) $(THIRD)
	$(COMPILER) $(LINK) -o $@ $(PROGRAM_OBJS) $(THIRD_LIBS) $(END)

asan:
	+$(MAKE) FLAVOUR=asan $(BUILD)/asan/sstp

# ---- objects and archives

$B/src/crypto/%.o $B/src/tls/%.o $B/tests/crypto/%.o $B/tests/tls/%.o: ALL_CFLAGS += $(WOLFSSL_CFLAGS)
$B/src/cli/%.o: ALL_CFLAGS += $(INIH_CFLAGS)
$B/tests/%.o: ALL_CFLAGS += -Itests

$B/%.o: %.c Makefile | $(THIRD)
	@mkdir -p $(@D)
	$(COMPILER) $(ALL_CFLAGS) -c $< -o $@

# Made aside and moved, so that a reader never meets half an archive.
define archive
@mkdir -p $(@D)
@rm -f $@.new
$(AR) rcsD $@.new $(filter %.o,$^)
@mv $@.new $@
endef

define folder_rule
$$B/lib$1.a: $$(call objects,src/$1/*.c)
	$$(archive)
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rule,$f)))

# tools/deps looks by itself whether anything is to be done, and leaves the libraries alone if not.
$(THIRD): $(DEPS)/stamp ;
$(DEPS)/stamp: FORCE
	@tools/deps $(LIBC)

# ---- unit tests: make unit [TESTS=FOLDER...]

TESTS ?= $(FOLDERS) both
TEST_LIBS ?= -lcmocka
test_sources = $(wildcard tests/$1/*_test.c)
programs = $(patsubst %.c,$B/%,$(call test_sources,$1))
support = $(filter-out %_test.o,$(call objects,tests/$1/*.c))
SUPPORT = $(if $(wildcard tests/support/*.c),$B/tests/libsupport.a)

define test_rule
$$B/tests/$1/%_test: $$B/tests/$1/%_test.o $$(call support,$1) $$(SUPPORT) $$(call archives,$$(call under,$1)) $$(THIRD)
	$$(COMPILER) $$(LINK) -o $$@ $$(filter-out $$(THIRD),$$^) $$(THIRD_LIBS) $$(TEST_LIBS) $$(END)
endef
$(foreach f,$(FOLDERS) both,$(eval $(call test_rule,$f)))

$B/tests/libsupport.a: $(call objects,tests/support/*.c)
	$(archive)

UNIT_PROGRAMS = $(foreach f,$(TESTS),$(call programs,$f))

.PHONY: unit-programs unit
unit-programs: $(UNIT_PROGRAMS)
unit:
	+$(MAKE) FLAVOUR=asan unit-programs
	@tools/check --run-units asan $(patsubst $B/%,$(BUILD)/asan/%,$(UNIT_PROGRAMS))

-include $(shell find $B -name '*.d' 2>/dev/null)
