/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "eap/eap_names.h"

#include <stddef.h>
#include <string.h>

#include "eap/packet.h"

static const struct {
	uint8_t type;
	const char *name;
} methods[] = {
	{ EAP_MSCHAPV2, "eap-mschapv2" },
	{ EAP_TLS, "eap-tls" },
	{ EAP_PEAP, "peap" },
};
enum { METHODS = sizeof(methods) / sizeof(*methods) };

uint8_t eap_type_by_name(const char *name)
{
	for (size_t i = 0; i < METHODS; i++)
		if (!strcmp(methods[i].name, name))
			return methods[i].type;
	return 0;
}

const char *eap_type_name(uint8_t type)
{
	for (size_t i = 0; i < METHODS; i++)
		if (methods[i].type == type)
			return methods[i].name;
	return NULL;
}
