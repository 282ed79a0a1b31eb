/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sandbox_option.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli_error.h"
#include "util/log.h"
#include "util/syscall_advice.h"

static bool set_mode(void *to, const char *value, struct error *err)
{
	static const struct {
		const char *word;
		enum sandbox_mode mode;
	} words[] = { { "auto", SANDBOX_AUTO },
		      { "require", SANDBOX_REQUIRE },
		      { "off", SANDBOX_OFF } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(value, words[i].word)) {
			((struct sandbox_settings *)to)->mode = words[i].mode;
			return true;
		}
	snprintf(err->text, sizeof(err->text), "must be auto, require or off");
	return false;
}

static const struct option table[] = {
	{ .name = "sandbox",
	  .arg = "MODE",
	  .words = "auto require off",
	  .help = "auto: before anything is read from the network, give up all rights that are not "
		  "needed any more, as far as the system allows that; require: end if a part of this "
		  "is not possible; off: keep them; default auto",
	  .set = set_mode,
	  .at = 0 },
};

const struct option_group sandbox_options = OPTION_GROUP(table);

bool sandbox_goes_without(const struct verb *verb, enum sandbox_mode mode, int error)
{
	if (mode != SANDBOX_REQUIRE)
		log_warn(NULL, "there is no sandbox: the helper process cannot be started: %s%s",
			 strerror(-error), syscall_advice(error));
	else
		cli_error(verb, "--sandbox require: the helper process cannot be started: %s%s",
			  strerror(-error), syscall_advice(error));
	return mode != SANDBOX_REQUIRE;
}
