/* SPDX-License-Identifier: Apache-2.0 */
/** agentsandbox: what the agent's process may do, on one screen (docs/AGENT.md, "Confinement"). */
#ifndef AGENT_AGENTSANDBOX_H
#define AGENT_AGENTSANDBOX_H

#include "status.h"

/** agentsandbox_harden(): undumpable, no core, no new privileges, no capability, few descriptors; before any secret. */
MUST_CHECK struct status agentsandbox_harden(void);
/**
 * agentsandbox_files(home, place):
 * After agentsandbox_harden(): from now on files can be read, written, made and removed
 * in the folder ${home} alone, removed in ${place} (the socket's), and nothing else in
 * the file system opened, no port, no other process signalled (Landlock).  What is open stays open.  Nothing
 * on a kernel without Landlock, nor in builds with sanitizers.
 */
MUST_CHECK struct status agentsandbox_files(int home, int place);
/** agentsandbox_enter(): the list of system calls; when everything is open.  Nothing in builds with sanitizers. */
MUST_CHECK struct status agentsandbox_enter(void);

#endif /* !AGENT_AGENTSANDBOX_H */
