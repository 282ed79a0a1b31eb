/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The setters of options: they convert text to a value, or return a description of valid values. */
#ifndef SSTP_CLI_VALUE_H
#define SSTP_CLI_VALUE_H

#include "cli/option.h"
#include "eap/eap_names.h"
#include "ppp/types.h"
#include "util/ip.h"

/* A growing list of texts. */
struct text_list {
	const char **at;
	size_t count;
};

struct prefix_list {
	struct ip_prefix *at;
	size_t count;
};

struct auth_list {
	enum ppp_auth at[PPP_AUTH_COUNT]; /* PPP_AUTH_EAP once, where its first method was named */
	size_t count;
	uint8_t eap[EAP_METHODS_MAX];
	size_t eap_count;
};

/* The methods, for the texts and completions of options. */
#define AUTH_WORDS "mschapv2 eap-mschapv2 peap eap-tls chap pap"
#define AUTH_NAMES "mschapv2, eap-mschapv2, peap, eap-tls, chap, pap"

/* HOST[:PORT], a server. */
struct host_port {
	char user[256]; /* given before the host, USER@HOST; empty: none */
	char host[256]; /* empty: none */
	uint16_t port;
};

struct host_port_list {
	struct host_port *at;
	size_t count;
};

/* `to` points to the type in the comment. */
bool set_flag(void *to, const char *value, struct error *err);  /* bool */
bool set_count(void *to, const char *value, struct error *err); /* int: each adds one */
bool set_text(void *to, const char *value, struct error *err);  /* const char * */
/*
 * const char *: the path of a file; of a file or a folder. value_check tests that it can be read.
 */
bool set_file(void *to, const char *value, struct error *err);
bool set_file_or_folder(void *to, const char *value, struct error *err);
bool set_texts(void *to, const char *value, struct error *err);      /* struct text_list */
bool set_files(void *to, const char *value, struct error *err);      /* the same, of files */
bool set_pins(void *to, const char *value, struct error *err);       /* struct text_list */
bool set_prefixes(void *to, const char *value, struct error *err);   /* struct prefix_list */
bool set_congestion(void *to, const char *value, struct error *err); /* const char * */
bool set_mtu(void *to, const char *value, struct error *err);        /* uint16_t */
bool set_number(void *to, const char *value, struct error *err);     /* uint32_t */
bool set_mark(void *to, const char *value, struct error *err);    /* uint32_t, not 0; may be hex */
bool set_workers(void *to, const char *value, struct error *err); /* uint32_t */
bool set_seconds(void *to, const char *value, struct error *err); /* uint32_t, 1 or more */
bool set_descriptor(void *to, const char *value, struct error *err); /* int: an open one */
bool set_auth(void *to, const char *value, struct error *err);       /* struct auth_list */
bool set_ipv4(void *to, const char *value, struct error *err);       /* uint32_t[2]: fills both */
bool set_server(void *to, const char *value, struct error *err);     /* struct host_port */
bool set_host_ports(void *to, const char *value, struct error *err); /* struct host_port_list */
bool set_device(void *to, const char *value, struct error *err);     /* const char * */
bool set_min_tls(void *to, const char *value, struct error *err);    /* bool: only 1.3 */
bool set_min_hash(void *to, const char *value, struct error *err);   /* uint8_t: SSTP_HASH_... */
void clear_host_ports(void *to);
void clear_texts(void *to);
void clear_prefixes(void *to);
void clear_ipv4(void *to);

/* Whether the option's values are names of files or folders to read. */
bool value_is_file(const struct option *o);

/*
 * Checks that must wait until all sources are applied, since a value that a stronger source
 * replaces does not matter: that a file can be read, that a pin is valid. `at`: where the option's
 * value is. Returns false with err and *value filled.
 */
bool value_check(const struct option *o, const void *at, const char **value, struct error *err);

#endif
