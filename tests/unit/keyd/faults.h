/* SPDX-License-Identifier: Apache-2.0 */
/**
 * faults: the table of system calls with a call that fails, dies, or loses power.
 */
#ifndef KEYD_FAULTS_H
#define KEYD_FAULTS_H

#include "os.h"

enum faults_mode {
	FAULTS_NONE,
	FAULTS_ONCE,   /* one call fails */
	FAULTS_ALWAYS, /* that call and every later one fail */
	FAULTS_KILL,   /* the process is killed in the middle of that call */
};
extern const struct os faults_os;
/** faults_set(mode, at, error): from now on, count calls from 0; call ${at} is the one.  A write does half of its work
 * first. */
void faults_set(enum faults_mode mode, long at, int error);
/** faults_met(): the call was reached. */
bool faults_met(void);
/** faults_open_files(): opened through the table and not closed. */
int faults_open_files(void);

/** A folder of its own, below the temporary folder. */
struct folder {
	char path[64];
	int fd;
};
void folder_make(struct folder *f);
void folder_remove(struct folder *f);
/** folder_copy(from, to): files and folders, two levels. */
void folder_copy(const struct folder *from, struct folder *to);
/** folder_flip(f, name, bit): damage one bit; false when the file has no such bit. */
bool folder_flip(const struct folder *f, const char *name, size_t bit);
size_t folder_size(const struct folder *f, const char *name);

/*
 * Power: what is in ${power_os}'s folder after a cut is only what was synced:
 * contents by a sync of the file, names by a sync of their directory.
 */
extern const struct os power_os;
/** power_begin(f): everything in ${f} (and its folder nights) counts as durable. */
void power_begin(const struct folder *f);
/** power_cut_after(n): let ${n} calls through, then fail every one. */
void power_cut_after(long n);
bool power_was_cut(void);
/** power_restore(out): a new folder with what the disk holds after the cut. */
void power_restore(struct folder *out);
void power_end(void);

#endif /* !KEYD_FAULTS_H */
