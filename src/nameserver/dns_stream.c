/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nameserver/dns_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t message_len(const struct dns_stream *s)
{
	return load_u16(s->in);
}

static bool has_message(const struct dns_stream *s)
{
	return s->in_len >= DNS_STREAM_HEADER_LEN &&
	       s->in_len - DNS_STREAM_HEADER_LEN >= message_len(s);
}

/* The reply is sent: the message that it is for is not needed any more. */
static void drop_message(struct dns_stream *s)
{
	size_t len = DNS_STREAM_HEADER_LEN + message_len(s);

	s->is_waiting = false;
	memmove(s->in, s->in + len, s->in_len - len);
	s->in_len -= len;
}

/* False: the connection is broken. */
static bool flush(struct dns_stream *s)
{
	ssize_t n = send(s->watch.fd, s->out + s->out_at, s->out_len - s->out_at, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	s->out_at += (size_t)n;
	if (s->out_at < s->out_len)
		return true;
	free(s->out);
	s->out = NULL;
	if (s->is_waiting)
		drop_message(s);
	loop_watch_events(s->loop, &s->watch, EPOLLIN);
	return true;
}

/* False: it has ended. */
static bool receive(struct dns_stream *s)
{
	size_t room = DNS_STREAM_HEADER_LEN + s->message_max - s->in_len;
	ssize_t n = recv(s->watch.fd, s->in + s->in_len, room, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	s->in_len += (size_t)n;
	return n > 0 && (s->in_len < DNS_STREAM_HEADER_LEN || message_len(s) <= s->message_max);
}

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct dns_stream *s = container_of(w, struct dns_stream, watch);
	bool is_broken = false;

	if (s->out)
		is_broken = !flush(s);
	else if (!s->is_waiting)
		is_broken = !has_message(s) && !receive(s);
	else
		is_broken = events & (EPOLLHUP | EPOLLERR);
	if (is_broken) {
		s->ended(s);
	} else if (!s->out && !s->is_waiting && has_message(s)) {
		s->is_waiting = true;
		loop_watch_events(s->loop, &s->watch, 0);
		s->received(s, s->in + DNS_STREAM_HEADER_LEN, message_len(s));
	}
}

bool dns_stream_open(struct dns_stream *s, int fd)
{
	s->in = malloc(DNS_STREAM_HEADER_LEN + s->message_max);
	s->watch = (struct loop_watch){ .fd = fd, .events = EPOLLIN, .ready = on_ready };
	s->is_open = s->in && !loop_watch(s->loop, &s->watch);
	if (s->is_open)
		return true;
	free(s->in);
	s->in = NULL;
	close(fd);
	return false;
}

bool dns_stream_send(struct dns_stream *s, struct bytes message)
{
	struct writer w;

	s->out = malloc(DNS_STREAM_HEADER_LEN + message.len);
	if (!s->out)
		return false;
	w = writer_of(s->out, DNS_STREAM_HEADER_LEN + message.len);
	put_u16(&w, (uint16_t)message.len);
	put_bytes(&w, message.at, message.len);
	s->out_len = w.len;
	s->out_at = 0;
	loop_watch_events(s->loop, &s->watch, EPOLLOUT);
	return true;
}

void dns_stream_close(struct dns_stream *s)
{
	if (!s->is_open)
		return;
	loop_unwatch(s->loop, &s->watch);
	close(s->watch.fd);
	free(s->in);
	free(s->out);
	s->in = s->out = NULL;
	s->in_len = 0;
	s->is_open = s->is_waiting = false;
}
