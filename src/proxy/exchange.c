/* Two engines between the ends of a relay. */
#include "proxy/exchange.h"

#include <stdlib.h>

#include "proxy/http_answer.h"

struct exchange {
	struct relay_filter filter;
	struct http_body body;
	struct http_answer answer;
};

static struct exchange *exchange_of(struct relay_filter *f)
{
	return container_of(f, struct exchange, filter);
}

static bool to_conn(struct relay_filter *f, struct reader *in, struct writer *out)
{
	return http_body_pass(&exchange_of(f)->body, in, out);
}

static void to_fd(struct relay_filter *f, struct reader *in, struct writer *out, bool at_end)
{
	http_answer_pass(&exchange_of(f)->answer, in, out, at_end);
}

static void end(struct relay_filter *f)
{
	free(exchange_of(f));
}

struct relay_filter *exchange_new(const struct http_body *body, bool is_head)
{
	struct exchange *e = malloc(sizeof(*e));

	if (!e)
		return NULL;
	e->filter = (struct relay_filter){ to_conn, to_fd, end };
	e->body = *body;
	http_answer_open(&e->answer, is_head);
	return &e->filter;
}
