/* SPDX-License-Identifier: Apache-2.0 */
/** importreport: what an import found and did, for people and for programs. */
#ifndef CLI_IMPORTREPORT_H
#define CLI_IMPORTREPORT_H

#include "importrun.h"

/** importreport_print(r): every resource type and every kind of file with its count; with --json one object. */
MUST_CHECK struct status importreport_print(const struct importrun *r);

#endif /* !CLI_IMPORTREPORT_H */
