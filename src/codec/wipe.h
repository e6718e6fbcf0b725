/* SPDX-License-Identifier: Apache-2.0 */
/**
 * wipe: an allocator that zeroes what it takes back, for libraries that parse
 * plaintext for us (jansson, zlib) and would leave it in freed memory
 * (PROMISES#S1: nothing readable in memory at rest).
 */
#ifndef CODEC_WIPE_H
#define CODEC_WIPE_H

#include <stddef.h>

/** wipe_alloc(len): ${len} bytes, 16-byte aligned, uninitialised; NULL when there is no memory. */
void *wipe_alloc(size_t len);
/** wipe_free(at): zero all of it, then free.  NULL is fine. */
void wipe_free(void *at);

#endif /* !CODEC_WIPE_H */
