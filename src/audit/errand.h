/* SPDX-License-Identifier: Apache-2.0 */
/**
 * errand: a thread that does one thing at a time for one other, which goes on
 * meanwhile and waits for it before it asks for the next.
 *
 * Owner: the thread that asks.  What run() works on is the errand's from
 * errand_begin() until errand_wait() returns.
 */
#ifndef AUDIT_ERRAND_H
#define AUDIT_ERRAND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/** Between errand_init() and errand_clear(). */
struct errand {
	pthread_t thread;
	bool threaded;
	void (*done)(void *context); /* set while idle; called by the thread after each; NULL: nobody wants to know */
	void *done_context;
	atomic_bool busy; /* run() has not returned, for a look without the lock */

	pthread_mutex_t lock; /* over all that follows */
	pthread_cond_t wake;
	void (*run)(void *context); /* NULL: idle */
	void *context;
	bool stop;
};

/** errand_init(e): idle, still without its thread, which begins with what the first one who asks may do. */
void errand_init(struct errand *e);
/** errand_begin(e, run, context): ${e} is idle.  Where no thread can be made, run() is called here, and done() is not.
 */
void errand_begin(struct errand *e, void (*run)(void *context), void *context);
/** errand_done(e): errand_wait() would not wait for long; as cheap as a look at a flag. */
bool errand_done(const struct errand *e);
/** errand_wait(e): until it is idle; at once where it is. */
void errand_wait(struct errand *e);
/** errand_clear(e): wait, and end the thread. */
void errand_clear(struct errand *e);

#endif /* !AUDIT_ERRAND_H */
