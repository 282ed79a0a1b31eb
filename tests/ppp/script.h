/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scripted peer: what it sends and what the engine must send, in the order of a trace. Lines:
 *
 *   < FRAME     the peer sends it
 *   > FRAME     the engine sends it
 *   ! EVENT     the engine emits it: "lcp-up", "offer eap", "check pap User", "eap HEX",
 *               "authenticated", "ipv4 10.1.0.2 10.1.0.1 dns 8.8.8.8 8.8.4.4", "ipv4-down",
 *               "ipv6 OWN PEER", "ipv6-down", "closed 2 0 detail" (reason, error, what the peer said)
 *   + 3000      this many milliseconds pass, with a tick at each deadline
 *   eap FRAME   the owner's next EAP packet; "eap-not FRAME": the engine does not send that
 *   eap-done    the owner of a client: the method has succeeded, with a key of ee
 *   verdict ok, verdict no   the owner of a server ends an EAP conversation
 *   close       the owner closes
 *   skip        the output so far need not be listed
 *   mru 1400, open 0021, shut 0021   the MRU of the peer; this data may pass, or may not
 *
 * All output must be listed. A FRAME consists of bytes in hex, "text" in quotes, -- for a
 * control packet's Length (filled in), ?? for any byte, ... for any rest; a first word of lcp, pap,
 * chap, eap, ipcp, ipv6cp, ccp or ecp means FF 03 and the number. Lines of a script that is
 * in several C strings end in \n; "#" begins a comment.
 *
 * The owner of a server responds to "check" at once, with ends_check.
 */
#ifndef SSTP_TESTS_PPP_SCRIPT_H
#define SSTP_TESTS_PPP_SCRIPT_H

#include "ppp/link.h"
#include "ppp/ppp.h"

struct script {
	const char *name;
	enum ppp_role role;
	void (*amend)(struct ppp_cfg *cfg); /* NULL: as ends.h has it */
	const char *lines;
};

/* Runs one script; a difference is printed and fails the cmocka test. */
void script_run(const struct script *s);
void script_run_all(const struct script *s, size_t count);

/* Runs `before` first, which is the start of many scripts. */
void script_run_after(const char *before, const struct script *s);

/* A test run_NAME of a table NAME of scripts. */
#define SCRIPT_TEST(scripts)                                                 \
	static void run_##scripts(void **state)                              \
	{                                                                    \
		(void)state;                                                 \
		script_run_all(scripts, sizeof(scripts) / sizeof(*scripts)); \
	}

#endif
