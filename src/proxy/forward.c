/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client of a forward is not read until the other side is connected, and is reset if that fails:
 * a byte stream has no other way to report an error.
 */
#include "proxy/forward.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/dial.h"
#include "util/endpoint.h"

enum { DIAL_MS = 30 * 1000 };

/* A connection whose other side is being connected. */
struct pending {
	struct forward *owner;
	struct pending *next, **link;
	struct conn *conn; /* -L: under way, -R: the client */
	int fd;            /* -L: the client; else -1 */
	struct dial *dial; /* -R: under way */
};

struct forward {
	const struct forward_cfg *cfg;
	struct stack *stack;
	struct relays *relays;
	const struct log *log;
	char option[600]; /* "-L 8080:host:80" */
	struct listener *listener;
	struct conn_listener *conn_listener;
	struct pending *pending;
};

/* ---- "[ADDR:]PORT:HOST:PORT" */

/* Cuts `text` at its last colon outside of brackets; returns what follows it, or NULL. */
static char *cut_last(char *text)
{
	char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');

	if (bracket && colon && colon < bracket) {
		char *open = strrchr(text, '[');

		colon = open && open > text && open[-1] == ':' ? open - 1 : NULL;
	}
	if (!colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static const char *parse_target(struct target *t, const char *text)
{
	char host[TARGET_NAME_SIZE];
	uint16_t port = 0;
	const char *why = endpoint_split(text, host, sizeof(host), &port);

	if (why)
		return why;
	if (!port)
		return "there is no port at the end";
	return target_set(t, bytes_text(host), port) ? NULL
						     : "the host is not a name or an address";
}

const char *forward_parse(struct forward_cfg *f, const char *text, bool is_remote)
{
	char copy[512], *port, *host;
	const char *why;

	*f = (struct forward_cfg){ .text = text, .is_remote = is_remote };
	if (strlen(text) >= sizeof(copy))
		return "it is too long";
	strcpy(copy, text);
	port = cut_last(copy);
	host = port ? cut_last(copy) : NULL;
	if (!host)
		return "it has too few parts";
	port[-1] = ':';
	why = parse_target(&f->to, host);
	if (!why)
		why = listener_at_parse(&f->at, copy);
	if (!why && !f->at.port)
		return "the port is not a number from 1 to 65535";
	return !why && is_remote && strchr(copy, ':') ? "no address may precede the port" : why;
}

/* ---- pending */

static struct pending *new_pending(struct forward *f, int fd, struct conn *conn)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->owner = f;
	p->fd = fd;
	p->conn = conn;
	p->next = f->pending;
	p->link = &f->pending;
	if (p->next)
		p->next->link = &p->next;
	f->pending = p;
	return p;
}

static void forget(struct pending *p)
{
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	free(p);
}

static void join(struct pending *p)
{
	struct relay_cfg cfg = { .fd = p->fd, .conn = p->conn };

	log_debug(p->owner->log, "%s: a client is connected", p->owner->option);
	relay_start(p->owner->relays, &cfg);
	forget(p);
}

static void log_failure(const struct forward *f, const char *why)
{
	log_info(f->log, "%s: %s: %s", f->option, target_print(&f->cfg->to).text, why);
}

/* ---- -L */

static void connected(void *arg, struct conn *c, enum stack_result result)
{
	struct pending *p = arg;

	if (result == STACK_OK) {
		join(p);
		return;
	}
	log_failure(p->owner, conn_why(c).text);
	relay_refuse(p->fd);
	forget(p);
}

static void take_client(void *arg, int fd, const struct sockaddr_storage *peer)
{
	struct forward *f = arg;
	struct pending *p = new_pending(f, fd, NULL);

	(void)peer;
	if (p)
		p->conn = conn_connect(f->stack, &(struct conn_cfg){ &f->cfg->to, connected, p });
	if (p && p->conn)
		return;
	log_failure(f, stack_result_text(STACK_FULL));
	relay_refuse(fd);
	if (p)
		forget(p);
}

/* ---- -R */

static void dialed(void *arg, const struct dial_result *r)
{
	struct pending *p = arg;

	p->dial = NULL;
	p->fd = r->fd;
	if (r->status == DIAL_CONNECTED) {
		join(p);
		return;
	}
	log_failure(p->owner, r->text);
	conn_abort(p->conn);
	forget(p);
}

static void take_conn(void *arg, struct conn *c)
{
	struct forward *f = arg;
	struct pending *p = new_pending(f, -1, c);
	struct target_text host = target_host(&f->cfg->to);
	struct dial_cfg cfg = {
		.host = host.text,
		.port = f->cfg->to.port,
		.timeout_ms = DIAL_MS,
		.lookup_ms = DIAL_MS,
		.done = dialed,
		.arg = p,
	};

	if (p && !dial_start(f->relays->loop, &cfg, &p->dial))
		return;
	log_failure(f, strerror(ENOMEM));
	conn_abort(c);
	if (p)
		forget(p);
}

/* ---- start and end */

static int listen_here(struct forward *f)
{
	struct listener_cfg cfg = {
		.loop = f->relays->loop,
		.log = f->log,
		.option = f->option,
		.at = f->cfg->at,
		.accepted = take_client,
		.arg = f,
	};

	return listener_open(&cfg, &f->listener);
}

static int listen_there(struct forward *f)
{
	struct conn_listener_cfg cfg = { f->cfg->at.port, take_conn, f };
	int error = conn_listen(f->stack, &cfg, &f->conn_listener);

	if (error)
		log_error(f->log, "%s: %s", f->option,
			  error == -EADDRINUSE ? "another -R has this port" : strerror(-error));
	return error;
}

int forward_open(struct stack *s, struct relays *relays, const struct log *log,
		 const struct forward_cfg *cfg, struct forward **out)
{
	struct forward *f = calloc(1, sizeof(*f));
	int error;

	if (!f)
		return -ENOMEM;
	*f = (struct forward){ .cfg = cfg, .stack = s, .relays = relays, .log = log };
	snprintf(f->option, sizeof(f->option), "%s %s", cfg->is_remote ? "-R" : "-L", cfg->text);
	error = cfg->is_remote ? listen_there(f) : listen_here(f);
	if (error)
		forward_close(f);
	else
		*out = f;
	return error;
}

static void drop(struct pending *p)
{
	dial_cancel(p->dial);
	conn_abort(p->conn);
	if (p->fd >= 0)
		relay_refuse(p->fd);
	forget(p);
}

void forward_close(struct forward *f)
{
	if (!f)
		return;
	for (struct pending *p = f->pending, *next; p; p = next) {
		next = p->next;
		drop(p);
	}
	listener_close(f->listener);
	conn_listener_close(f->conn_listener);
	free(f);
}
