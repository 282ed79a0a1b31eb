/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One GET, whose response is read up to the end of its head. */
#include "client/portal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "http/block.h"
#include "http/status.h"
#include "util/log.h"

struct portal {
	struct loop *loop;
	struct portal_cfg cfg;
	struct sockaddr_storage addrs[DIAL_ADDRS_MAX];
	struct dial *dial; /* NULL: none under way */
	struct loop_watch watch;
	struct loop_timer limit;
	size_t len;
	uint8_t head[PORTAL_HEAD_MAX];
};

/* ---- what a response shows */

/* "http://portal.example/x?y": "portal.example", without a port. Empty: it is no URL with a host. */
static struct bytes host_of(struct bytes url)
{
	const char *at = url.len ? memmem(url.at, url.len, "//", 2) : NULL;
	size_t len = 0, left;

	if (!at)
		return bytes_of(NULL, 0);
	at += 2;
	left = (size_t)((const char *)url.at + url.len - at);
	while (len < left && !memchr("/?#:", at[len], 4))
		len++;
	return bytes_of((const uint8_t *)at, len);
}

static bool is_elsewhere(struct bytes url, const char *host)
{
	struct bytes other = host_of(url);

	return other.len && (strlen(host) != other.len ||
			     strncasecmp((const char *)other.at, host, other.len) != 0);
}

/* One that is too long as far as its host. */
static void print_url(struct bytes url, char *to, size_t room)
{
	struct bytes host = host_of(url);
	const char *text = (const char *)url.at;

	if (url.len && url.len < room)
		snprintf(to, room, "%.*s", (int)url.len, text);
	else if (host.len)
		snprintf(to, room, "%.*s/...", (int)(host.at + host.len - url.at), text);
}

void portal_judge(struct bytes head, const char *host, struct portal_result *out)
{
	size_t len = http_block_len(head.at, head.len);
	struct bytes block = bytes_of(head.at, len), url;
	int minor, status = len ? http_block_status(block, &minor) : 0;
	bool is_redirection = status >= 300 && status < 400;

	*out = (struct portal_result){ .is_portal = false };
	if (!is_redirection && status != HTTP_NETWORK_AUTHENTICATION_REQUIRED)
		return;
	url = http_block_field(block, "Location");
	if (is_redirection && !is_elsewhere(url, host))
		return; /* as a web server that leads to its https */
	out->is_portal = true;
	print_url(url, out->url, sizeof(out->url));
}

struct obstacle_text portal_hint(const struct portal_result *r, const char *host)
{
	struct log_text url = log_quote(r->url, strlen(r->url));
	struct obstacle_text t;

	if (*r->url)
		snprintf(t.text, sizeof(t.text),
			 "a plain web request to %.64s leads to %.300s: usually the page of a "
			 "captive portal; open it in a web browser and log in there first",
			 host, url.text);
	else
		snprintf(t.text, sizeof(t.text),
			 "a plain web request to %.64s gets \"511 Network Authentication "
			 "Required\": a captive portal; open any web page in a browser and log in "
			 "there first",
			 host);
	return t;
}

/* ---- the request */

static void release(struct portal *p)
{
	dial_cancel(p->dial);
	if (p->watch.is_watched) {
		loop_unwatch(p->loop, &p->watch);
		close(p->watch.fd);
	}
	loop_timer_stop(p->loop, &p->limit);
	free(p);
}

static void finish(struct portal *p)
{
	struct portal_cfg cfg = p->cfg;
	struct portal_result r;

	portal_judge(bytes_of(p->head, p->len), cfg.host, &r);
	release(p);
	cfg.done(cfg.arg, &r);
}

static void on_limit(struct loop_timer *t)
{
	finish(container_of(t, struct portal, limit));
}

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct portal *p = container_of(w, struct portal, watch);
	ssize_t n = recv(w->fd, p->head + p->len, sizeof(p->head) - p->len, 0);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	p->len += n > 0 ? (size_t)n : 0;
	if (n <= 0 || p->len == sizeof(p->head) || http_block_len(p->head, p->len))
		finish(p);
}

/* A new connection's buffer takes it at once. */
static void ask(struct portal *p)
{
	bool is_v6 = strchr(p->cfg.host, ':');
	char text[512];
	int len = snprintf(text, sizeof(text),
			   is_v6 ? "GET / HTTP/1.1\r\nHost: [%s]\r\nConnection: close\r\n\r\n"
				 : "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
			   p->cfg.host);

	if (send(p->watch.fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		finish(p);
}

static void dialed(void *arg, const struct dial_result *d)
{
	struct portal *p = arg;

	p->dial = NULL;
	if (d->status != DIAL_CONNECTED) {
		finish(p);
		return;
	}
	p->watch = (struct loop_watch){ .fd = d->fd, .events = EPOLLIN, .ready = on_ready };
	if (loop_watch(p->loop, &p->watch)) {
		close(d->fd);
		finish(p);
		return;
	}
	ask(p);
}

static int before_connect(void *arg, const struct sockaddr_storage *to)
{
	const struct portal *p = arg;

	return p->cfg.before_connect ? p->cfg.before_connect(p->cfg.arg, to) : 0;
}

static void copy_addrs(struct portal *p)
{
	for (size_t i = 0; i < p->cfg.addrs->count; i++) {
		struct ip_addr a = ip_from_sockaddr(&p->cfg.addrs->at[i]);

		p->addrs[i] = ip_sockaddr(&a, PORTAL_PORT);
	}
}

int portal_start(struct loop *l, const struct portal_cfg *cfg, struct portal **out)
{
	struct portal *p = calloc(1, sizeof(*p));
	int error;

	if (!p)
		return -ENOMEM;
	p->loop = l;
	p->cfg = *cfg;
	p->limit.expired = on_limit;
	copy_addrs(p);
	error = dial_start(l,
			   &(struct dial_cfg){
				   .host = cfg->host,
				   .port = PORTAL_PORT,
				   .timeout_ms = PORTAL_LIMIT_MS,
				   .mark = cfg->mark,
				   .addrs = p->addrs,
				   .addr_count = cfg->addrs->count,
				   .before_connect = before_connect,
				   .done = dialed,
				   .arg = p,
			   },
			   &p->dial);
	if (error) {
		free(p);
		return error;
	}
	loop_timer_set(l, &p->limit, loop_now(l) + PORTAL_LIMIT_MS);
	*out = p;
	return 0;
}

void portal_cancel(struct portal *p)
{
	if (p)
		release(p);
}
