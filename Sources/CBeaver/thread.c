#define _GNU_SOURCE
#include "CBeaver.h"

#include <pthread.h>

void cbeaver_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
