/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/eap_options.h"

#include "cli/value.h"

#define AT(member) offsetof(struct eap_settings, member)

static const struct option eap_table[] = {
	{ .name = "eap-identity",
	  .arg = "NAME",
	  .help = "the name that EAP sends first and unprotected, such as anonymous@example.net; "
		  "default: the user name",
	  .set = set_text,
	  .at = AT(identity) },
};

const struct option_group eap_options = OPTION_GROUP(eap_table);

#undef AT
