# SPDX-License-Identifier: GPL-3.0-or-later
# Checks of the source, and measurements.

## make lint           clang-tidy, cppcheck, shellcheck, mandoc; includes that point upwards; missing licenses
## make format         clang-format over src/ and tests/ (format-check only looks)

C_FILES = $(wildcard src/*.c src/*/*.c)
ALL_FILES = $(wildcard src/*.[ch] src/*/*.[ch] tests/*/*.[ch] tests/e2e/peers/*.[ch] tools/benchmark/*.c \
	tools/line/*.[ch] tools/crowd/*.[ch])
# cppcheck 2.10: autoVariables takes a pointer kept in the caller's own struct for one that outlives it; the
# other one reports code that it cannot parse.
CPPCHECK_FLAGS = --suppress=autoVariables --suppress=internalAstError
# Only the flags for parsing source: no warnings, no dependency files.
# The analyzer gives a function up after so many steps, a third of its default: half of the time, and of 39 faults that were
# put into src/tunnel/tunnel.c it found the same 39.
LINT_STEPS = 75000
LINT_FLAGS = -std=c11 -D_GNU_SOURCE -DSSTP_VERSION='"$(VERSION)"' -Isrc $(WOLFSSL_CFLAGS) $(INIH_CFLAGS) $(LWIP_CFLAGS) \
	-Xclang -analyzer-config -Xclang max-nodes=$(LINT_STEPS)

# Shows includes that point to a higher rank or sideways, circles of includes across folders or through more than
# three files, functions that their header does not lead to, and base names that two folders have; fails if there are any.
ABOVE = $(subst $(space),|,$(strip $(filter-out $(call under,$1),$(FOLDERS))))
layers:
	$(foreach f,$(FOLDERS),$(if $(call ABOVE,$f),! grep -E '^#include "($(call ABOVE,$f))/' \
		$(wildcard src/$f/*.[ch]) /dev/null &&)) true
	tools/circles -q
	tools/declared

# Every source file has a license line.
licensed:
	! find $(wildcard .ci Containerfile Makefile completions deps man mk src tests tools) -type f ! -path '*/corpus/*' \
		! -name '*.json' ! -name '*.patch' ! -name '*.pyc' | xargs grep -L 'SPDX-License-Identifier: [A-Z]' | grep .

CORES = $(shell nproc)
SHELL_FILES = completions/sstp.bash .ci/run tools/check tools/coverage tools/demo tools/deps tools/fuzz-nightly tools/packages \
	tools/reproducible tools/sbom tools/usage tests/e2e/peers/uml_init

lint: $(THIRD)
	tools/deps lint
	+$(MAKE) layers licensed
	shellcheck -S warning $(SHELL_FILES)
	mandoc -T lint -W warning man/sstp.8
	+$(MAKE) program
	tools/sbom --check $(PROGRAM)
	printf '%s\n' $(C_FILES) | xargs -P $(CORES) -I FILE clang-tidy --quiet FILE -- $(LINT_FLAGS) 2>$(BUILD)/lint.log
	cppcheck -j $(CORES) --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		$(CPPCHECK_FLAGS) -Isrc $(C_FILES)

format:
	tools/deps format
	clang-format -i $(ALL_FILES)

format-check:
	tools/deps format
	clang-format --dry-run -Werror $(ALL_FILES)

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

.PHONY: lint layers licensed format format-check bench-programs bench crowd load
