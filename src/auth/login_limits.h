/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When and from where a user may log in: the values of times= and from= in the user file. */
#ifndef SSTP_AUTH_LOGIN_LIMITS_H
#define SSTP_AUTH_LOGIN_LIMITS_H

#include <time.h>

#include "util/ip.h"

/*
 * Times as in FreeRADIUS' Login-Time and UUCP: "Wk0800-1800,Sa0900-1200,Su". A day is Mo, Tu, We, Th,
 * Fr, Sa or Su, Wk is Monday to Friday, Al or Any every day. Hours that end before they begin
 * ("Wk2200-0600") end on the next day.
 */
bool login_times_are_valid(const char *times);
/*
 * For how many seconds from `now` on, in this host's time zone, one of them goes on: 0: none does;
 * a week: always.
 */
uint32_t login_times_left(const char *times, time_t now);

/* Networks and addresses, separated by commas. */
bool login_from_is_valid(const char *networks);
bool login_from_has(const char *networks, const struct ip_addr *source);

#endif
