/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that asks the service of proc/helper_files.h: file_open_read and its like ask it from now on. */
#ifndef SSTP_PROC_HELPER_FILES_AGENT_H
#define SSTP_PROC_HELPER_FILES_AGENT_H

#include "proc/helper_files.h"
#include "util/file_agent.h"

struct helper_files_agent {
	struct file_agent agent;
	struct helper *helper;
	bool is_sealed;
};

/*
 * Until helper_files_sealed the process opens files itself, and each that it opens, also one that does not exist, is
 * permitted for later, as is what was noted before (file_note_paths).
 */
void helper_files_use(struct helper_files_agent *a, struct helper *h);
void helper_files_sealed(struct helper_files_agent *a);

/* Before the seal; 0 or -errno. */
int helper_files_permit(struct helper *h, const char *path, enum helper_file_use use);

#endif
