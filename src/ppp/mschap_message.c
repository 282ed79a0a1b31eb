/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppp/mschap_message.h"

#include <stdio.h>

#include "util/secret.h"

/* What follows `key` ("E=") in the text of a Failure, to its end; empty if the key is missing. */
static struct bytes field(struct bytes text, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i + len <= text.len; i++)
		if ((!i || text.at[i - 1] == ' ') && !memcmp(text.at + i, key, len))
			return bytes_of(text.at + i + len, text.len - i - len);
	return bytes_of(text.at, 0);
}

static uint16_t decimal(struct bytes digits)
{
	uint16_t value = 0;

	for (size_t i = 0; i < digits.len && i < 4; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			break;
		value = (uint16_t)(value * 10 + digits.at[i] - '0');
	}
	return value;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_hex(struct bytes digits, uint8_t *to, size_t len)
{
	if (digits.len < 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(digits.at[2 * i]), low = hex_digit(digits.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void mschap_failure_get(struct bytes message, struct mschap_failure *f)
{
	memset(f, 0, sizeof(*f));
	f->error = decimal(field(message, "E="));
	f->may_retry = decimal(field(message, "R=")) == 1;
	f->has_challenge = get_hex(field(message, "C="), f->challenge, sizeof(f->challenge));
	f->text = f->error ? field(message, "M=") : message;
}

void mschap_failure_put(char to[MSCHAP_FAILURE_MAX], unsigned error,
			const uint8_t challenge[MSCHAP_CHALLENGE_LEN], const char *text)
{
	char digits[2 * MSCHAP_CHALLENGE_LEN + 1];

	for (size_t i = 0; i < MSCHAP_CHALLENGE_LEN; i++)
		snprintf(digits + 2 * i, 3, "%02X", challenge[i]);
	snprintf(to, MSCHAP_FAILURE_MAX, "E=%u R=0 C=%s V=3 M=%s", error, digits,
		 *text ? text : "Access denied");
}

bool mschap_success_is(struct bytes message, const char expected[MSCHAP_S_LEN + 1])
{
	char s[MSCHAP_S_LEN];

	if (message.len < sizeof(s))
		return false;
	memcpy(s, message.at, sizeof(s));
	for (size_t i = 2; i < sizeof(s); i++)
		if (s[i] >= 'a' && s[i] <= 'f')
			s[i] = (char)(s[i] - 'a' + 'A');
	return ct_equal(s, expected, sizeof(s));
}

const char *mschap_error_text(unsigned error)
{
	switch (error) {
	case MSCHAP_RESTRICTED_HOURS:
		return "this account may not log in at this time of day";
	case MSCHAP_ACCOUNT_DISABLED:
		return "this account is disabled";
	case MSCHAP_PASSWORD_EXPIRED:
		return "the password has expired";
	case MSCHAP_NO_DIAL_IN:
		return "this account has no permission to use the VPN (dial-in)";
	case MSCHAP_WRONG_PASSWORD:
		return "the user name or the password is not accepted";
	case MSCHAP_CHANGE_REFUSED:
		return "the server does not accept the new password: perhaps it is too short, too "
		       "simple, or was used before";
	default:
		return NULL;
	}
}
