# SPDX-License-Identifier: GPL-3.0-or-later
# Tests: `make check` runs them all.

## make check          installs what is missing, builds, runs every test, one line of totals
## make check-all      the same, with the tests that take minutes too
## make back-door      build/back-door/program, which tests of the sandbox take over; never installed
## make asan           build/asan/sstp, with address and undefined-behavior sanitizers

asan:
	+$(MAKE) FLAVOUR=asan $(BUILD)/asan/sstp

check:
	tools/check

check-all:
	tools/check all

# What tests/e2e/test_sandbox.py takes over: never installed.
back-door:
	+$(MAKE) BUILD=$(BUILD)/back-door PROGRAM=$(BUILD)/back-door/program CFLAGS='$(CFLAGS) -DSSTP_BACK_DOOR' program

e2e: program peers asan back-door
	tools/check e2e

# ---- unit tests: tests/FOLDER/NAME_test.c; other files in tests/FOLDER/ or tests/support/ help them
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

VALGRIND = valgrind -q --suppressions=tests/valgrind.supp --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
	--errors-for-leak-kinds=definite
memcheck:
	tools/deps memcheck
	+$(MAKE) FLAVOUR=glibc unit-programs
	TEST_SECONDS=3600 UNDER='$(VALGRIND)' \
		tools/check unit glibc $(UNIT_PROGRAMS:$B/%=$(BUILD)/glibc/%)

# ---- fuzzing: tests/fuzz/NAME_fuzz.c, fed by clang's libFuzzer, or by replay.c with an existing corpus
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

# New inputs go to build/: only those worth keeping are copied to tests/fuzz/corpus/ by hand.
fuzz-run: fuzz
	BUILD=$(BUILD) tools/check fuzz $(SECONDS) $(FUZZ_NAMES)

## make coverage       how much of the code that handles hostile bytes the fuzz corpora and the unit tests execute

coverage:
	tools/coverage

# All of our code, also what no program needs, so that llvm-cov knows every function.
$B/all_code: $B/src/main.o $(call archives,$(FOLDERS)) $(THIRD)
	$(call note,LINK)
	$(COMPILER) $(LINK) -Wl,--no-gc-sections,--whole-archive -o $@ $(filter-out $(THIRD),$^) -Wl,--no-whole-archive $(THIRD_LIBS)

coverage-programs: $B/all_code replay-programs unit-programs

# ---- end to end: programs that tests/e2e/ puts between sstp and its peers
## make e2e            the end-to-end tests alone

PEERS = $(if $(wildcard tests/e2e/peers/*.c),$B/tests/e2e/peers/pppd_front $B/tests/e2e/peers/killat)
FRONT_FILES = pppd_front.c hdlc.c watch.c

$B/tests/e2e/peers/killat: $(call objects,tests/e2e/peers/killat.c)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $^ $(END)

$B/tests/e2e/peers/pppd_front: $(call objects,$(FRONT_FILES:%=tests/e2e/peers/%)) $(call archives,ppp sstp tls http crypto util) $(THIRD)
	$(call note,LINK)
	$(COMPILER) $(LINK) -o $@ $(filter-out $(THIRD),$^) $(THIRD_LIBS) $(END)

peers: $(PEERS)

.PHONY: check check-all asan back-door unit-programs unit memcheck fuzz-programs replay-programs fuzz fuzz-run coverage coverage-programs peers e2e
