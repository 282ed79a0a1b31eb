/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What targets have in common. */
#ifndef SSTP_TESTS_FUZZ_TARGET_H
#define SSTP_TESTS_FUZZ_TARGET_H

#include <stdbool.h>

#include "net/loop.h"
#include "util/log.h"

/* A promise of the engine: if it is not so, the input has found a fault. */
void must(bool is_so);
/* A sink for the log, which drops each line. */
void drop_line(enum log_level level, const char *name, const char *line);
/* All that is ready in the loop happens. */
void run_turn(struct loop *l);

#endif
