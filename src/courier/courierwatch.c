/* SPDX-License-Identifier: Apache-2.0 */
#include "courierwatch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"

/* One that ends as soon as it begins is begun no oftener. */
#define AGAIN_MS 1000

struct watch {
	int fd, ended;
	const struct courier_work *work;
	uint64_t silent_ms;
	courier_beat *beat; /* shared with the courier, and not with the processes of orders */
};

static struct status share(courier_beat **out)
{
	void *room = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return FAIL_AT(ST_NO_MEMORY, "watch");
	*out = room;
	return OK;
}

static _Noreturn void be_courier(const struct watch *w)
{
	struct courier_work work = *w->work;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)close(w->ended);
	/* Who is taken over by a receiver must not be able to say that the courier lives. */
	(void)madvise(w->beat, sizeof *w->beat, MADV_DONTFORK);
	work.beat = w->beat;
	_exit(ok(courier_run(w->fd, &work)) ? 0 : 1);
}

/** What it had under way is asked for again. */
static void tell(const struct watch *w)
{
	const struct order_answer a = {COURIER_ALL, ORDER_LATER, TEXT("the courier was begun anew")};
	AUTO(buffer) packet = {.max = ORDER_PACKET_MAX};

	if (ok(order_answer_put(&a, &packet)))
		(void)!send(w->fd, packet.bytes, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool silent(const struct watch *w)
{
	return clock_mono(&clock_system) - atomic_load(w->beat) >= w->silent_ms;
}

/** Until it ended; true: because nobody asks any more. */
static bool wait_for_end(const struct watch *w, pid_t pid)
{
	for (;;) {
		struct signalfd_siginfo info;
		struct pollfd event = {.fd = w->ended, .events = POLLIN};
		int state;

		(void)poll(&event, 1, (int)(w->silent_ms / 4) + 1);
		(void)!read(w->ended, &info, sizeof info);
		if (waitpid(pid, &state, WNOHANG) == pid)
			return WIFEXITED(state) && WEXITSTATUS(state) == 0;
		if (silent(w))
			(void)syscall(SYS_tgkill, pid, pid, SIGKILL);
	}
}

/** false: nobody asks any more. */
static bool once(const struct watch *w)
{
	atomic_store(w->beat, clock_mono(&clock_system));
	const uint64_t begun = clock_mono(&clock_system);
	const pid_t pid = fork();

	if (pid == 0)
		be_courier(w);
	if (pid > 0 && wait_for_end(w, pid))
		return false;
	if (pid > 0)
		tell(w);
	const uint64_t lived = clock_mono(&clock_system) - begun;
	if (lived < AGAIN_MS)
		(void)poll(NULL, 0, (int)(AGAIN_MS - lived));
	return true;
}

struct status courierwatch_run(int fd, const struct courier_work *work, uint64_t silent_ms)
{
	struct watch w = {.fd = fd, .work = work, .silent_ms = silent_ms};

	TRY(share(&w.beat));
	TRY(child_ends(&w.ended));
	while (once(&w))
		continue;
	(void)close(w.ended);
	(void)munmap(w.beat, sizeof *w.beat);
	return OK;
}
