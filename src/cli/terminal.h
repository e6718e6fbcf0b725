/* SPDX-License-Identifier: Apache-2.0 */
/** terminal: questions to the person in front of it. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "secret.h"

/** terminal_can_ask(): there is a controlling terminal, and standard input is one. */
bool terminal_can_ask(void);
/** terminal_ask_secret(prompt, out): a line that is not shown; ST_IO when the terminal goes. */
MUST_CHECK struct status terminal_ask_secret(const char *prompt, struct secret *out);
/** terminal_ask_new_secret(prompt, again, out): asked twice; ST_MISMATCH when the two differ. */
MUST_CHECK struct status terminal_ask_new_secret(const char *prompt, const char *again, struct secret *out);
/** terminal_confirm(question): true for y or yes. */
bool terminal_confirm(const char *question);

#endif /* !CLI_TERMINAL_H */
