/* SPDX-License-Identifier: Apache-2.0 */
/** patient_changes: what patient_state keeps; internal to this module. */
#ifndef PERMIT_PATIENT_CHANGES_H
#define PERMIT_PATIENT_CHANGES_H

#include "patient_state.h"

/** What a recipient has after a grant or a revocation. */
struct patient_change {
	uint64_t position;
	enum recipient_kind kind;
	struct uuid id;
	struct authority_grant grant;
};

struct patient_epoch {
	struct epoch_view view; /* its bytes are in the arena */
};

/** What is known of the file's end after a deletion or its withdrawal. */
struct patient_end {
	uint64_t position;
	struct authority_end end;
};

/** patient_state_has_room(p, people, place): ST_TOO_BIG "recipients" when no epoch could name one more. */
MUST_CHECK struct status patient_state_has_room(const struct patient_state *p, const struct people *people,
						struct place place);

#endif /* !PERMIT_PATIENT_CHANGES_H */
