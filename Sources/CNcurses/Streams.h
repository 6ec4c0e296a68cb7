#ifndef CNCURSES_STREAMS_H
#define CNCURSES_STREAMS_H

#include <stdbool.h>
#include <stdio.h>

// What ncurses reads from, and what is waited on for it.
FILE *cnc_open_input(void);
int cnc_input_descriptor(void);

// Between the two, what is written to `output` is collected; then it goes out at once. False: nothing is collected.
bool cnc_begin_frame(FILE *output);
void cnc_end_frame(FILE *output);

#endif
