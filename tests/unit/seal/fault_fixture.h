/* SPDX-License-Identifier: Apache-2.0 */
/** fault_fixture: the file table with one call that fails, or all from one on; short reads and writes as well. */
#ifndef TESTS_FAULT_FIXTURE_H
#define TESTS_FAULT_FIXTURE_H

#include "os.h"

/** Call number fault_after (from 0) fails with EIO; negative: it has. */
extern int fault_after;
/** Every later one too. */
extern bool fault_persistent;
/** Descriptors opened and not closed. */
extern int fault_open_files;
extern const struct os fault_os;

#endif /* !TESTS_FAULT_FIXTURE_H */
