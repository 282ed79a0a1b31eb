/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections that are passed on to another server, byte for byte: what is not SSTP, to a web server;
 * what asks for a foreign name, before TLS. An end of data is passed on as an end, a reset as a reset.
 * Neither side is read faster than the other accepts data, so what a splice buffers is bounded, as is
 * the number of splices.
 */
#ifndef SSTP_SERVER_SPLICE_H
#define SSTP_SERVER_SPLICE_H

#include "server/front_cfg.h"
#include "server/proxy_header.h"
#include "tunnel/pump.h"
#include "util/log.h"

/* All splices of a worker, the one that is idle for the longest time first. */
struct splices {
	struct loop *loop;
	struct splice *first, *last;
	size_t count;
};

struct splice_cfg {
	const struct splice_target *to; /* the caller's, as long as the splices are open */
	struct pump_end *wire; /* the client's connection; with a TLS session, that is decrypted */
	struct bytes early;    /* what the client has sent so far */
	bool has_ended;        /* the client sends no more */
	const struct proxy_header *addresses;
	const struct log *log;
};

void splices_open(struct splices *all, struct loop *loop);
void splices_close(struct splices *all); /* ends all */

/* Whether one more is within the limit. Ends one that is idle if necessary. */
bool splices_make_room(struct splices *all, size_t max);

/* Takes over the connection, and copies cfg->early. False: no memory, and the connection is closed. */
bool splice_start(struct splices *all, const struct splice_cfg *cfg);

#endif
