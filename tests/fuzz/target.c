/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz/target.h"

#include <stdlib.h>

struct stop {
	struct loop_task task;
	struct loop *loop;
};

void must(bool is_so)
{
	if (!is_so)
		abort();
}

void drop_line(enum log_level level, const char *name, const char *line)
{
	(void)level;
	(void)name;
	(void)line;
}

static void stop(struct loop_task *task)
{
	loop_stop(container_of(task, struct stop, task)->loop);
}

void run_turn(struct loop *l)
{
	struct stop s = { .task = { .run = stop }, .loop = l };

	loop_post(l, &s.task);
	loop_run(l);
}
