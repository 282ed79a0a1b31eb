/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/listen_option.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/endpoint.h"
#include "util/text.h"

enum { FIRST_GIVEN = 3 }; /* SD_LISTEN_FDS_START */

#define HTTP "http://"
#define UNIX "unix:"

/* ---- --listen */

/* Adds two listeners, one for each address family. */
static void add_both(struct listen_list *l, const struct endpoint *e, bool is_plain)
{
	struct listen_addr a = { .port = e->port, .is_plain = is_plain };

	a.addr = ip_from_v4(e->is_localhost ? INADDR_LOOPBACK : INADDR_ANY);
	l->at[l->count++] = a;
	a.addr = (struct ip_addr){ .family = AF_INET6 };
	a.addr.bytes[15] = e->is_localhost; /* ::1, :: */
	l->at[l->count++] = a;
}

static const char *add_path(struct listen_list *l, const char *path, bool is_plain)
{
	if (path[0] != '/')
		return "the path of a socket begins with a slash";
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "the path of the socket is too long";
	l->at[l->count++] = (struct listen_addr){ .path = path, .is_plain = is_plain };
	return NULL;
}

static const char *add_address(struct listen_list *l, const char *text, bool is_plain)
{
	struct endpoint e;
	const char *why = endpoint_listen(text, ENDPOINT_ADDR_ALONE, &e);

	if (why)
		return why;
	if (!e.port && is_plain)
		return "there is no port";
	if (!e.port)
		e.port = 443;
	if (e.addr.family)
		l->at[l->count++] = (struct listen_addr){
			.addr = e.addr, .scope = e.scope, .port = e.port, .is_plain = is_plain
		};
	else
		add_both(l, &e, is_plain);
	return NULL;
}

/* What follows `start`; NULL: the text does not begin with it. */
static const char *after(const char *text, const char *start)
{
	size_t len = strlen(start);

	return strncmp(text, start, len) ? NULL : text + len;
}

bool set_listen(void *to, const char *value, struct error *err)
{
	struct listen_list *l = to;
	const char *plain = after(value, HTTP), *rest = plain ? plain : value;
	const char *path = after(rest, UNIX), *why;

	if (l->count + 2 > LISTENS_MAX) {
		snprintf(err->text, sizeof(err->text), "more than %d addresses", LISTENS_MAX);
		return false;
	}
	why = path ? add_path(l, path, plain) : add_address(l, rest, plain);
	if (why)
		snprintf(
			err->text, sizeof(err->text),
			"must be a port, an address, or both: 443, 192.0.2.1, 192.0.2.1:4443, "
			"[2001:db8::1]:443, *:443; or unix:/run/sstp/tls.sock; after a TLS terminator "
			"http://127.0.0.1:8080 or http://unix:/run/sstp/http.sock: %s",
			why);
	return !why;
}

void clear_listen(void *to)
{
	((struct listen_list *)to)->count = 0;
}

/* ---- sockets that are given */

static size_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	return text && *text >= '0' && *text <= '9' && !*end ? n : 0;
}

static bool is_listening(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) || !value)
		return false;
	len = sizeof(value);
	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len) && value == SOCK_STREAM;
}

static bool fill_given(struct listen_addr *a, int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	*a = (struct listen_addr){ .fd = fd, .is_given = true };
	if (!is_listening(fd) || getsockname(fd, (struct sockaddr *)&sa, &len))
		return false;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (sa.ss_family == AF_UNIX) {
		a->path = strdup(((struct sockaddr_un *)&sa)->sun_path);
		return a->path;
	}
	a->addr = ip_from_sockaddr(&sa);
	a->port = ip_port_of_sockaddr(&sa);
	return a->addr.family != AF_UNSPEC;
}

static bool is_same(const struct listen_addr *a, const struct listen_addr *b)
{
	if (a->path || b->path)
		return a->path && b->path && !strcmp(a->path, b->path);
	return ip_equal(&a->addr, &b->addr) && a->port == b->port;
}

/* The given one replaces it. */
static void leave_out(struct listen_list *l, const struct listen_addr *given)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++)
		if (l->at[i].is_given || !is_same(&l->at[i], given))
			l->at[kept++] = l->at[i];
	l->count = kept;
}

/* An IPv6 socket that takes connections by IPv4 too, systemd's default, replaces both. */
static void leave_out_mapped(struct listen_list *l, const struct listen_addr *given)
{
	struct listen_addr v4 = { .addr = ip_from_v4(INADDR_ANY), .port = given->port };
	int is_v6_only = 0;
	socklen_t len = sizeof(is_v6_only);

	if (given->addr.family == AF_INET6 &&
	    !getsockopt(given->fd, IPPROTO_IPV6, IPV6_V6ONLY, &is_v6_only, &len) && !is_v6_only)
		leave_out(l, &v4);
}

/* The names of the sockets (FileDescriptorName=) are a list separated by colons. */
static bool take_name(struct bytes *names)
{
	struct bytes name = *names;

	if (!text_cut(names, ':', &name))
		*names = bytes_of(NULL, 0);
	return text_is(name, "http");
}

bool listen_complete(struct listen_list *l, struct error *err)
{
	const char *list = getenv("LISTEN_FDNAMES");
	struct bytes names = bytes_text(list ? list : "");
	size_t count = number_of("LISTEN_PID") == (size_t)getpid() ? number_of("LISTEN_FDS") : 0;
	struct error unused;

	for (size_t i = 0; i < count; i++) {
		struct listen_addr a;
		int fd = FIRST_GIVEN + (int)i;

		if (!fill_given(&a, fd)) {
			snprintf(
				err->text, sizeof(err->text),
				"LISTEN_FDS: descriptor %d is not a listening stream socket (in the "
				".socket unit: ListenStream=, and not Accept=yes)",
				fd);
			return false;
		}
		a.is_plain = take_name(&names);
		leave_out(l, &a);
		leave_out_mapped(l, &a);
		if (l->count == LISTENS_MAX) {
			snprintf(err->text, sizeof(err->text), "more than %d addresses",
				 LISTENS_MAX);
			return false;
		}
		l->at[l->count++] = a;
	}
	unsetenv("LISTEN_PID"); /* scripts do not get the sockets */
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return l->count || set_listen(l, "443", &unused);
}
