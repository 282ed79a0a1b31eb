/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control/control_service.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/events.h"
#include "util/endpoint.h"
#include "util/log.h"

enum { METRICS_WAITING_MAX = 16 };

static int listen_at_place(struct control_service *s, const struct control_settings *settings,
			   struct error *err)
{
	int fd = control_place_open(&s->place, &settings->place, err);

	return fd < 0 ? fd : control_listen(s->control, fd, false);
}

/* 0 or -errno. */
static int listen_at_port(struct control_service *s, const struct sockaddr_storage *at)
{
	int on = 1, error;
	int fd = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!bind(fd, (const struct sockaddr *)at, sizeof(*at)) && !listen(fd, METRICS_WAITING_MAX))
		return control_listen(s->control, fd, true);
	error = -errno;
	close(fd);
	return error;
}

static bool listen_at_ports(struct control_service *s, const struct control_settings *settings)
{
	for (size_t i = 0; i < settings->metrics_count; i++) {
		const struct sockaddr_storage *at = &settings->metrics[i];
		int error = listen_at_port(s, at);

		if (error == -EAFNOSUPPORT)
			continue; /* this host has no IPv6 */
		if (error) {
			log_error(NULL, "--metrics: cannot listen on %s: %s%s",
				  ip_print_sockaddr(at).text, strerror(-error),
				  endpoint_hint(error, ip_port_of_sockaddr(at)));
			return false;
		}
		log_info(NULL, "metrics at http://%s/metrics", ip_print_sockaddr(at).text);
	}
	return true;
}

bool control_service_open(struct control_service *s, const struct control_settings *settings,
			  const struct control_cfg *cfg)
{
	struct error err = { "" };
	int error;

	*s = (struct control_service){ .control = NULL };
	if (settings->is_off && !settings->metrics_count)
		return true;
	error = control_open(cfg, &s->control);
	if (!error && !settings->is_off)
		error = listen_at_place(s, settings, &err);
	if (!error && !settings->is_off)
		error = events_open(cfg->loop);
	if (error) {
		log_at(NULL, settings->place.wanted ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "%s: %s",
		       settings->place.wanted ? "--control" : "no control socket",
		       *err.text ? err.text : strerror(-error));
		control_place_close(&s->place);
	} else if (!settings->is_off) {
		log_debug(NULL, "the control socket is %s", s->place.path);
	}
	if (s->control && (!error || !settings->place.wanted) && listen_at_ports(s, settings))
		return true;
	control_service_close(s);
	return error && !settings->place.wanted && !settings->metrics_count;
}

void control_service_close(struct control_service *s)
{
	if (!s->control)
		return;
	control_place_close(&s->place);
	events_close();
	control_close(s->control);
	s->control = NULL;
}
