/* Answers: each head is gathered, judged, and written anew; then the body passes. */
#include "proxy/http_answer.h"

#include "proxy/http.h"
#include "proxy/http_head.h"
#include "sstp/http.h"
#include "util/text.h"

enum { HTTP_SWITCHING = 101, HTTP_BAD_GATEWAY = 502 };

static const char version_1_1[] = "HTTP/1.1";

void http_answer_open(struct http_answer *a, bool is_to_head)
{
	a->is_to_head = is_to_head;
	a->state = HTTP_ANSWER_HEAD;
	a->head_len = a->made_len = a->made_at = 0;
}

/* Nothing of the head has been passed on, so the client can be told. */
static void refuse(struct http_answer *a, const char *why)
{
	struct writer made = writer_of(a->made, sizeof(a->made));

	http_put_refusal(HTTP_BAD_GATEWAY, why, a->is_to_head, &made);
	a->made_len = made.len;
	a->state = HTTP_ANSWER_BAD;
}

/* Fields that pass: what frames the body does in any case, but one length only (RFC 9112 6.3). */
static bool passes(const struct http_head *h, const struct http_field *f)
{
	if (text_is_nocase(f->name, "Transfer-Encoding"))
		return true;
	if (text_is_nocase(f->name, "Content-Length"))
		return !http_head_count(h, "Transfer-Encoding");
	return !http_head_is_hop(h, f);
}

/* The last one to come says that it is. */
static void make_head(struct http_answer *a, const struct http_head *h, bool is_last)
{
	struct writer made = writer_of(a->made, sizeof(a->made));

	put_text(&made, version_1_1);
	put_bytes(&made, h->line.at + strlen(version_1_1), h->line.len - strlen(version_1_1));
	put_text(&made, "\r\n");
	for (size_t i = 0; i < h->count; i++)
		if (passes(h, &h->fields[i]))
			http_put_same_field(&h->fields[i], &made);
	put_text(&made, is_last ? "Via: 1.1 sstp\r\nConnection: close\r\n\r\n" : "\r\n");
	a->made_len = made.len;
}

/* The block in `head` is all there. */
static void take_head(struct http_answer *a)
{
	struct bytes block = bytes_of(a->head, a->head_len);
	struct http_head h;
	bool is_1_1;
	int status = sstp_http_status(block, &is_1_1);

	a->head_len = 0;
	/* nobody asked to switch protocols: Upgrade was taken out */
	if (!status || status == HTTP_SWITCHING || !http_head_parse(block, &h) ||
	    http_head_count(&h, "Content-Length") > 1) {
		refuse(a, "the target's answer is malformed");
		return;
	}
	if (status >= HTTP_OK)
		a->state = HTTP_ANSWER_BODY;
	make_head(a, &h, a->state == HTTP_ANSWER_BODY);
}

/* Moves bytes into `head`, up to the end of the block and no further. */
static void gather(struct http_answer *a, struct reader *in)
{
	size_t room = sizeof(a->head) - a->head_len, n = in->left < room ? in->left : room, len;
	size_t before = a->head_len;

	if (n)
		memcpy(a->head + before, in->at, n);
	len = sstp_http_block_len(a->head, before + n);
	a->head_len = len ? len : before + n;
	get_bytes(in, a->head_len - before);
	if (len)
		take_head(a);
	else if (!sstp_http_may_answer(a->head, a->head_len))
		refuse(a, "the target does not speak HTTP");
	else if (a->head_len == sizeof(a->head))
		refuse(a, "the head of the target's answer is too long");
}

static void pass(struct reader *in, struct writer *out)
{
	size_t room = out->room - out->len, n = in->left < room ? in->left : room;

	put_bytes(out, get_bytes(in, n), n);
}

/* True when all of it has left. */
static bool pass_made(struct http_answer *a, struct writer *out)
{
	struct reader made = reader_of(a->made + a->made_at, a->made_len - a->made_at);

	pass(&made, out);
	a->made_at = a->made_len - made.left;
	if (!made.left)
		a->made_at = a->made_len = 0;
	return !made.left;
}

void http_answer_pass(struct http_answer *a, struct reader *in, struct writer *out, bool at_end)
{
	while (pass_made(a, out) && a->state == HTTP_ANSWER_HEAD && in->left)
		gather(a, in);
	if (a->state == HTTP_ANSWER_HEAD && at_end && !in->left && !a->made_len) {
		refuse(a, "the target ended the connection without an answer");
		pass_made(a, out);
	}
	if (a->state == HTTP_ANSWER_BAD)
		get_bytes(in, in->left);
	else if (a->state == HTTP_ANSWER_BODY && !a->made_len)
		pass(in, out);
}
