/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sandbox of a process that reads from the network: what an attacker who takes it over can't do. It is
 * entered once everything is open, before the first thread is started and before the first byte is read.
 *
 * It has parts. One that the kernel lacks, or refuses (in a container, say), is left out; the report says
 * which, and why. With SANDBOX_REQUIRE that is an error.
 */
#ifndef SSTP_PROC_SANDBOX_H
#define SSTP_PROC_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/landlock.h"
#include "proc/syscall_list.h"
#include "util/error.h"
#include "util/json.h"

enum sandbox_mode { SANDBOX_AUTO, SANDBOX_REQUIRE, SANDBOX_OFF };

enum sandbox_part {
	SANDBOX_MEMORY,       /* not dumpable, no core, not traceable */
	SANDBOX_PRIVILEGES,   /* no_new_privs */
	SANDBOX_USER,         /* started by root: it is the user 65534 without groups */
	SANDBOX_CAPABILITIES, /* it has none, and cannot get any */
	SANDBOX_FILES,        /* only the listed paths: Landlock, or without paths an empty root */
	SANDBOX_TCP, /* Landlock: no TCP port can be bound, only the listed can be connected to */
	SANDBOX_SCOPES, /* Landlock: no signals and no abstract sockets of other processes */
	SANDBOX_CALLS,  /* seccomp: only the listed system calls */
	SANDBOX_PARTS,
};

struct sandbox_cfg {
	enum sandbox_mode mode;
	enum sandbox_verb verb;       /* its list of system calls */
	struct landlock_cfg landlock; /* files and TCP ports that are needed later */
};

struct sandbox_report {
	enum sandbox_mode mode;
	bool is_entered;           /* else nothing of the sandbox is in force */
	int errors[SANDBOX_PARTS]; /* 0: the part is in force; else -errno, why not */
	bool has_empty_root;       /* instead of Landlock */
};

/*
 * 0, or -errno with text: with SANDBOX_REQUIRE, where a part is missing, and where the process is in an
 * unknown state (it must end). To be called by the only thread: the others would keep their rights.
 * With SANDBOX_OFF it changes nothing.
 */
int sandbox_enter(const struct sandbox_cfg *cfg, struct sandbox_report *report, struct error *err);

/* An object "sandbox" of `sstp status`, docs/control.md. */
void sandbox_report_json(const struct sandbox_report *r, struct json *j);

/* For a log line: "on", "off", or "on, but without ...: why". */
struct sandbox_text {
	char text[512];
};
struct sandbox_text sandbox_report_print(const struct sandbox_report *r);

#endif
