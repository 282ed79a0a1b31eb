/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The request body's and the response's engines, as a filter of a relay. */
#include "proxy/http_relay_filter.h"

#include <stdlib.h>

#include "proxy/http_response.h"

struct http_relay_filter {
	struct relay_filter filter;
	struct http_relay_filter_cfg cfg;
	struct http_body body;
	struct http_response response;
	size_t next_len;
	uint8_t next[REQUEST_SIZE];
};

static struct http_relay_filter *filter_of(struct relay_filter *f)
{
	return container_of(f, struct http_relay_filter, filter);
}

/* What follows the body waits until the response has ended. */
static bool to_conn(struct relay_filter *f, struct reader *in, struct writer *out)
{
	struct http_relay_filter *e = filter_of(f);
	struct writer next = writer_of(e->next, sizeof(e->next));

	if (!http_body_pass(&e->body, in, out))
		return false;
	next.len = e->next_len;
	put_bytes(&next, in->at, in->left);
	e->next_len = next.len;
	return !next.full;
}

/* No more than fits in `next`, except for bytes that certainly belong to the body. */
static size_t read_max(struct relay_filter *f)
{
	const struct http_relay_filter *e = filter_of(f);
	size_t room = sizeof(e->next) - e->next_len, certain = http_body_certain(&e->body);

	return certain > room ? certain : room;
}

static void to_fd(struct relay_filter *f, struct reader *in, struct writer *out, bool at_end)
{
	http_response_pass(&filter_of(f)->response, in, out, at_end);
}

static bool is_over(struct relay_filter *f)
{
	return http_response_is_over(&filter_of(f)->response);
}

/* If the client still sends its body, the rest of it must not be read as the next request. */
static void take_back(struct relay_filter *f, int fd)
{
	struct http_relay_filter *e = filter_of(f);
	bool is_good = e->response.may_keep && e->body.state == HTTP_BODY_OVER;

	e->cfg.done(e->cfg.arg, fd, is_good, bytes_of(e->next, e->next_len));
	free(e);
}

static void end(struct relay_filter *f)
{
	free(filter_of(f));
}

struct relay_filter *http_relay_filter_new(const struct http_relay_filter_cfg *cfg)
{
	struct http_relay_filter *e = malloc(sizeof(*e));

	if (!e)
		return NULL;
	e->filter = (struct relay_filter){ to_conn, to_fd, read_max, is_over, take_back, end };
	e->cfg = *cfg;
	e->body = cfg->body;
	e->next_len = cfg->next.len;
	if (cfg->next.len)
		memcpy(e->next, cfg->next.at, cfg->next.len);
	http_response_open(&e->response, cfg->is_head, cfg->may_keep);
	return &e->filter;
}
