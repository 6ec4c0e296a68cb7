#ifndef CNCURSES_BACKGROUND_H
#define CNCURSES_BACKGROUND_H

#include <stddef.h>

#include "CNcurses.h"

// What was typed while the terminal was asked, to be read as if it had been typed after; fewer than ncurses takes back.
typedef struct {
    char bytes[120];
    size_t count;
} cnc_typed;

// How the two answers begin: one that comes late is thrown away when it does.
extern const char cnc_color_reply[], cnc_device_reply[];

// Asks, and waits at most so many milliseconds; leaves in `typed` what is no answer.
int cnc_ask_background(int limit, cnc_typed *typed);

#endif
