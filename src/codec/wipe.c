/* SPDX-License-Identifier: Apache-2.0 */
#include "wipe.h"

#include <stdlib.h>

#include "secret.h"

/* Stands before each block: free() is told no length, and wiping needs one. */
struct head {
	_Alignas(16) size_t len;
};

void *wipe_alloc(size_t len)
{
	size_t whole;

	if (!ok(size_add(len, sizeof(struct head), &whole)))
		return NULL;
	struct head *head = malloc(whole);
	if (head == NULL)
		return NULL;
	head->len = len;
	return head + 1;
}

void wipe_free(void *at)
{
	if (at == NULL)
		return;
	struct head *head = (struct head *)at - 1;
	secret_wipe(at, head->len);
	free(head);
}
