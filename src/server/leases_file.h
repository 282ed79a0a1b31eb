/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file in which the leases of a registry survive a restart: read at the start, then saved when they change. */
#ifndef SSTP_SERVER_LEASES_FILE_H
#define SSTP_SERVER_LEASES_FILE_H

#include <stdbool.h>

struct registry;

struct leases_file {
	const char *path; /* the caller's, as is the registry */
	bool is_default;  /* its folder is made, and a failure is no warning */
	struct registry *registry;
	/* private */
	bool is_usable; /* it can be read and written */
};

/* Both log why they fail, and the file is not used any more. */
void leases_file_load(struct leases_file *f);
void leases_file_save(struct leases_file *f);

#endif
