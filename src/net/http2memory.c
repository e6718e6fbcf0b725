/* SPDX-License-Identifier: Apache-2.0 */
#include "http2memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "secret.h"

/* Streams and heads of some 1,000 requests at a time: a loop keeps no more. */
#define KEPT_MAX 1048576u

struct http2memory_block {
	alignas(max_align_t) size_t size;
	struct http2memory_block *next; /* of the spare ones */
};

/* With what stands before it; HTTP2MEMORY_SIZES and above is none of ours. */
static size_t class_of(size_t size)
{
	return (size + sizeof(struct http2memory_block) - 1) / HTTP2MEMORY_STEP;
}

static size_t bytes_of_class(size_t class)
{
	return (class + 1) * HTTP2MEMORY_STEP;
}

void *http2memory_take(struct http2memory *m, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct http2memory_block))
		return NULL;
	size_t class = class_of(size);
	struct http2memory_block *block = class < HTTP2MEMORY_SIZES ? m->spare[class] : NULL;

	if (block != NULL) {
		m->spare[class] = block->next;
		m->kept -= bytes_of_class(class);
	} else {
		block = malloc(class < HTTP2MEMORY_SIZES ? bytes_of_class(class) : sizeof *block + size);
	}
	if (block == NULL)
		return NULL;
	block->size = size;
	return block + 1;
}

static const struct http2memory_block *block_at(const void *at)
{
	return (const struct http2memory_block *)at - 1;
}

size_t http2memory_size(const void *at)
{
	return block_at(at)->size;
}

void http2memory_give(struct http2memory *m, void *at)
{
	if (at == NULL)
		return;
	struct http2memory_block *block = (struct http2memory_block *)at - 1;
	size_t class = class_of(block->size);

	secret_wipe(at, block->size);
	if (class >= HTTP2MEMORY_SIZES || m->kept + bytes_of_class(class) > KEPT_MAX) {
		free(block);
		return;
	}
	block->next = m->spare[class];
	m->spare[class] = block;
	m->kept += bytes_of_class(class);
}

void http2memory_clear(struct http2memory *m)
{
	for (size_t i = 0; i < HTTP2MEMORY_SIZES; i++) {
		while (m->spare[i] != NULL) {
			struct http2memory_block *block = m->spare[i];
			m->spare[i] = block->next;
			free(block);
		}
	}
	m->kept = 0;
}
