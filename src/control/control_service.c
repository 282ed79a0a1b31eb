/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control/control_service.h"

#include <string.h>

#include "control/events.h"
#include "util/log.h"

static int listen_at_place(struct control_service *s, const struct control_settings *settings,
			   struct error *err)
{
	int fd = control_place_open(&s->place, &settings->place, err);

	return fd < 0 ? fd : control_listen(s->control, fd, false);
}

bool control_service_open(struct control_service *s, const struct control_settings *settings,
			  const struct control_cfg *cfg)
{
	struct error err = { "" };
	int error;

	*s = (struct control_service){ .control = NULL };
	if (settings->is_off)
		return true;
	error = control_open(cfg, &s->control);
	if (!error)
		error = listen_at_place(s, settings, &err);
	if (!error)
		error = events_open(cfg->loop);
	if (!error) {
		log_debug(NULL, "the control socket is %s", s->place.path);
		return true;
	}
	log_at(NULL, settings->place.wanted ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
	       "no control socket: %s", *err.text ? err.text : strerror(-error));
	control_service_close(s);
	return !settings->place.wanted;
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
