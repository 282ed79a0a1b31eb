/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers the questions of tls/key_message.h: bytes in, bytes out. The bytes may be an attacker's. */
#ifndef SSTP_TLS_KEY_ANSWER_H
#define SSTP_TLS_KEY_ANSWER_H

#include "tls/key_store.h"

/* `to` has room for KEY_REPLY_MAX bytes; returns the reply's length. */
size_t key_answer(struct key_store *s, struct key_signer *k, struct bytes question, uint8_t *to);

#endif
