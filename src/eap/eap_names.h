/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of the methods in options and logs. */
#ifndef SSTP_EAP_EAP_NAMES_H
#define SSTP_EAP_EAP_NAMES_H

#include <stdint.h>

enum { EAP_METHODS_MAX = 3 }; /* supported methods */

/* "eap-mschapv2" and so on; 0: no such method is supported. */
uint8_t eap_type_by_name(const char *name);
const char *eap_type_name(uint8_t type); /* NULL: not supported */

#endif
