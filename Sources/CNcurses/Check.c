#include "CNcurses.h"

// By itself, and last: term.h turns words like "columns" into macros.
#include <curses.h>
#include <term.h>
#include <unistd.h>

int cnc_check(void) {
    int found = 0;
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK) return 1;
    const char *move = tigetstr("cup");
    bool moves = move && move != (const char *)-1;
    // Nothing of it is left for newterm, which reads the same again.
    del_curterm(cur_term);
    return moves ? 0 : 2;
}
