/* The verbs: each takes the words after its own and returns an exit code. */
#ifndef SSTP_CLI_VERBS_H
#define SSTP_CLI_VERBS_H

#include "util/exit_code.h"

enum exit_code verb_connect(int argc, char **argv);
enum exit_code verb_serve(int argc, char **argv);
enum exit_code verb_probe(int argc, char **argv);
enum exit_code verb_passwd(int argc, char **argv);
enum exit_code verb_cert(int argc, char **argv);

#endif
