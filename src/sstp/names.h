/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of messages and status codes, and texts for the reasons of an end. */
#ifndef SSTP_SSTP_NAMES_H
#define SSTP_SSTP_NAMES_H

#include "sstp/types.h"

const char *sstp_closed_text(enum sstp_closed why);
/* "VALUE_NOT_SUPPORTED" and so on, [MS-SSTP] 2.2.8; "unknown status" else. */
const char *sstp_status_name(uint32_t status);
/* "Call-Connect-Request" and so on, for the log. */
const char *sstp_msg_name(uint16_t type);

#endif
