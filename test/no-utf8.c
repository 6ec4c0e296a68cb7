/* A system without any UTF-8 locale, for a program that it is preloaded into (LD_PRELOAD). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <locale.h>
#include <string.h>

char *setlocale(int category, const char *name) {
    char *(*next)(int, const char *) = (char *(*)(int, const char *))dlsym(RTLD_NEXT, "setlocale");
    if (!next || (name && strstr(name, "UTF-8"))) return NULL;
    return next(category, name);
}
