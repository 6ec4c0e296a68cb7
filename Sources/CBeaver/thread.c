#define _GNU_SOURCE
#include "CBeaver.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void cbeaver_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void cbeaver_yield_priority(int nice) { setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice); }
