/* SPDX-License-Identifier: Apache-2.0 */
#include "log_internal.h"

static struct tree_reader reader_of_log(struct log *l, struct tile_reader *tiles)
{
	*tiles = (struct tile_reader){derived_source(&l->derived), l->frontier.size};
	return tile_reader_of(tiles);
}

/* How the log extends what was signed last; ST_CORRUPT if it does not. */
static struct status prove(struct log *l, const struct tree_head *last, struct tree_proof *proof)
{
	struct tile_reader tiles;
	const struct tree_reader reader = reader_of_log(l, &tiles);

	proof->count = 0;
	if (last->size > l->head.size)
		return FAIL_AT(ST_CORRUPT, "log is shorter than what was signed");
	if (last->size == 0)
		return OK;
	TRY(tree_prove_consistency(&reader, last->size, l->head.size, proof));
	/* Checked here too: what is wrong with our tiles is not the signer's refusal. */
	return tree_verify_consistency(last, &l->head, proof->hashes, proof->count);
}

static struct status sign(struct log *l, const struct log_signer *signer, struct buffer *text)
{
	struct tree_proof proof;
	struct tree_head last;
	struct checkpoint c;

	TRY(signer->last(signer->context, &last));
	TRY(prove(l, &last, &proof));
	TRY(signer->sign(signer->context, &l->head, &proof, text));
	TRY(checkpoint_open(buffer_bytes(text), &signer->key, &c));
	if (c.head.size != l->head.size || !hash_equal(&c.head.root, &l->head.root))
		return FAIL_AT(ST_CORRUPT, "log checkpoint");
	return OK;
}

/* Only the owner changes ${head}, so it reads it without the lock. */
struct status log_checkpoint(struct log *l, const struct log_signer *signer)
{
	AUTO(buffer) text = {.max = CHECKPOINT_BYTES_MAX};

	if (l->signed_text.len > 0 && l->signed_head.size == l->head.size)
		return OK;
	TRY(sign(l, signer, &text));
	struct status saved = os_save(l->options.os, l->options.dir, LOG_CHECKPOINT, buffer_bytes(&text));
	/* The signer keeps what it signed: on a full disk the file may lag behind it, and reading goes on. */
	if (!ok(saved) && saved.code != ST_FULL)
		return saved;
	(void)pthread_mutex_lock(&l->lock);
	l->signed_text.len = 0;
	struct status s = buffer_put(&l->signed_text, buffer_bytes(&text));

	l->signed_head = l->head;
	(void)pthread_mutex_unlock(&l->lock);
	return s;
}

struct status log_signed(struct log *l, struct buffer *out)
{
	(void)pthread_mutex_lock(&l->lock);
	struct status s = l->signed_text.len == 0 ? FAIL_AT(ST_NOT_FOUND, "log checkpoint")
						  : buffer_put(out, buffer_bytes(&l->signed_text));

	(void)pthread_mutex_unlock(&l->lock);
	return s;
}

void log_signed_head(struct log *l, struct tree_head *out)
{
	(void)pthread_mutex_lock(&l->lock);
	*out = l->signed_head;
	(void)pthread_mutex_unlock(&l->lock);
}
