/* SPDX-License-Identifier: Apache-2.0 */
/* exportproof: a checkpoint, and for each statement what proves that it stands in that log. */
#include <stdio.h>
#include <string.h>

#include "checkpointfetch.h"
#include "exportrun.h"
#include "jsonwriter.h"
#include "proof.h"
#include "tree.h"

#define VERSIONS_MAX ((size_t)64 << 20)

static struct status fetch_checkpoint(struct exportrun *r)
{
	AUTO(buffer) note = {.max = 65536};

	TRY(checkpointfetch(&r->cli->site, &note));
	r->head = r->cli->site.head;
	return exportfolder_write(&r->folder, TEXT("checkpoint.txt"), buffer_bytes(&note));
}

static void put_opening(struct jsonwriter *w, const struct entry *e)
{
	jsonwriter_u64(w, "leaf_index", e->index);
	jsonwriter_base64(w, "leaf", e->leaf);
	jsonwriter_object(w, "subject");
	jsonwriter_base64(w, "nonce", e->subject.nonce);
	jsonwriter_base64(w, "piece", e->subject.piece);
	jsonwriter_end(w);
	/* Who it was is in the statement; the actor's piece may hold an address, which is not ours to hand on. */
	if (e->actor_hash.at != NULL)
		jsonwriter_base64(w, "actor_hash", e->actor_hash);
	if (e->actor.nonce.at != NULL) {
		jsonwriter_object(w, "actor");
		jsonwriter_base64(w, "nonce", e->actor.nonce);
		jsonwriter_base64(w, "piece", e->actor.piece);
		jsonwriter_end(w);
	}
}

/** The leaf is of the tree (proof.h); here it is put beside the hashes with which anybody can tell. */
static struct status write_proof(void *context, size_t at, const struct entry *e, const struct entry_read *read)
{
	struct exportrun *r = context;
	struct exportrun_version *v = exportrun_at(r, at);
	AUTO(buffer) out = {.max = 65536}, name = {.max = 256};
	struct tree_reader reader = tileview_reader(r->cli->site.view);
	struct jsonwriter w = jsonwriter_of(&out);
	struct id_text id = id_print(ID_RECORD, &v->record.uuid);
	struct tree_proof proof;
	struct hash wanted;

	if (!hash_equal(&read->subject.statement, &v->statement))
		return FAIL_AT(ST_CORRUPT, "position");
	TRY(tree_leaf_hash(e->leaf, &wanted));
	TRY(tree_prove_inclusion(&reader, v->leaf, r->head.size, &proof));
	TRY(tree_verify_inclusion(&r->head, v->leaf, &wanted, proof.hashes, proof.count));
	jsonwriter_object(&w, NULL);
	put_opening(&w, e);
	jsonwriter_u64(&w, "tree_size", r->head.size);
	jsonwriter_array(&w, "hashes");
	for (size_t i = 0; i < proof.count; i++)
		jsonwriter_hash(&w, NULL, &proof.hashes[i]);
	jsonwriter_end(&w);
	jsonwriter_end(&w);
	TRY(jsonwriter_done(&w));
	TRY(buffer_print(&name, "proofs/%s.v%u.json", id.at, v->version));
	TRY(arena_text(&r->memory, text_from(buffer_bytes(&name)), &v->proof_file));
	return exportfolder_write(&r->folder, v->proof_file, buffer_bytes(&out));
}

struct status exportrun_proofs(struct exportrun *r)
{
	AUTO(buffer) leaves = {.max = VERSIONS_MAX};

	TRY(fetch_checkpoint(r));
	for (size_t i = 0; i < exportrun_count(r); i++)
		TRY(buffer_put(&leaves, BYTES_OF(exportrun_at(r, i)->leaf)));
	return proof_open(&r->cli->site, (const uint64_t *)(const void *)leaves.bytes, exportrun_count(r), write_proof,
			  r);
}
