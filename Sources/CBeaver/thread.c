#define _GNU_SOURCE
#include "CBeaver.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void cbeaver_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void cbeaver_yield_priority(int nice) { setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice); }

void cbeaver_take_short_turns(uint64_t nanoseconds) {
    // As in linux/sched/types.h, whose name glibc has taken from its version 2.41 on.
    struct {
        uint32_t size;
        uint32_t policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime;
        uint64_t deadline;
        uint64_t period;
    } attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    // SCHED_FLAG_RESET_ON_FORK
    attributes.flags = 1;
    attributes.runtime = nanoseconds;
    int found = errno;
    // It would be set with the rest.
    attributes.nice = getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
    // SCHED_OTHER is 0; someone who runs the program with another policy wants that one.
    if (sched_getscheduler(0) == SCHED_OTHER) syscall(SYS_sched_setattr, 0, &attributes, 0);
    errno = found;
}
