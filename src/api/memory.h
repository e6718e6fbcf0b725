/* SPDX-License-Identifier: Apache-2.0 */
/**
 * memory: what a loop has looked up lately and would look up again for the next request.
 *
 * Sessions and their users are dropped when a session or user changes anywhere
 * (service.people_generation); the idle limit is asked of presence.h at most every
 * PRESENCE_STEP_MS.  What somebody may do with a patient file counts for the state of
 * the rows that it was read from: with any commit it is read anew.
 */
#ifndef API_MEMORY_H
#define API_MEMORY_H

#include "call.h"
#include "unusual.h"

struct api_memory;
MUST_CHECK struct status memory_new(struct api_memory **out);
void memory_free(struct api_memory *m);

/**
 * memory_caller(loop, token, arena, out):
 * Whose token this is, from memory or from the rows.  ST_UNPROVEN: nobody's, or the
 * session is over, idle for too long included (what: "idle").
 */
MUST_CHECK struct status memory_caller(struct api_loop *loop, struct text token, struct arena *arena,
				       struct caller *out);
/**
 * memory_unusual(loop, caller, address, out):
 * unusual_judge() of his session, or what that said less than PRESENCE_STEP_MS ago: use is not known more exactly.
 */
MUST_CHECK struct status memory_unusual(struct api_loop *loop, const struct caller *caller, struct bytes address,
					struct unusual *out);
/**
 * memory_file(loop, patient, facts, exists):
 * facts_visible() through the loop's snapshot, or what that said before of the same state: a share may be over since.
 */
MUST_CHECK struct status memory_file(struct api_loop *loop, const struct patient_id *patient,
				     struct permit_facts *facts, bool *exists);
/**
 * memory_record(loop, user, record, out), memory_keep_record(loop, user, state):
 * What facts_record() said of a record to this user, if the loop's snapshot shows the same state of the rows; kept for
 * each user by himself, so that nobody learns from an answer's time what others have read.
 */
bool memory_record(struct api_loop *loop, const struct user_id *user, const struct record_id *record,
		   struct record_state *out);
void memory_keep_record(struct api_loop *loop, const struct user_id *user, const struct record_state *state);

#endif /* !API_MEMORY_H */
