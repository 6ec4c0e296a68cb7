#ifndef CNCURSES_H
#define CNCURSES_H

#include <stdbool.h>
#include <stdint.h>

// What the console needs of ncurses, and nothing else of it: this header never includes curses.h, so that none of its
// macros and globals reach Swift. There is one terminal in a process. Every call but cnc_wake is made
// on one thread, the one that called cnc_open.

/// What can come from the terminal, or about it.
enum cnc_event_kind {
    CNC_NOTHING = 0,
    /// `value` is a Unicode scalar; control keys are below 32.
    CNC_CHARACTER,
    /// `value` is a cnc_key.
    CNC_KEY,
    /// `value` is a cnc_mouse, at `row` and `column`.
    CNC_MOUSE,
    CNC_PASTE_BEGIN,
    CNC_PASTE_END,
    /// `row` and `column` hold the new size.
    CNC_RESIZED,
    /// Someone called cnc_wake.
    CNC_WOKEN,
    /// SIGTSTP came; answer with cnc_suspend.
    CNC_STOP_ASKED,
    /// SIGTERM or SIGINT came.
    CNC_SIGNAL,
    /// SIGHUP came, or standard input has ended: the terminal is gone. Both may come, and SIGHUP more than once.
    CNC_HUNG_UP,
};

enum cnc_key {
    CNC_UP = 1, CNC_DOWN, CNC_LEFT, CNC_RIGHT, CNC_HOME, CNC_END, CNC_PAGE_UP, CNC_PAGE_DOWN,
    CNC_BACKSPACE, CNC_DELETE, CNC_ENTER, CNC_BACK_TAB, CNC_INSERT, CNC_OTHER,
};

enum cnc_mouse { CNC_CLICK = 1, CNC_WHEEL_UP, CNC_WHEEL_DOWN };

enum cnc_attribute { CNC_BOLD = 1, CNC_DIM = 2, CNC_REVERSE = 4, CNC_UNDERLINE = 8 };

typedef struct {
    uint32_t kind;
    uint32_t value;
    int32_t row;
    int32_t column;
} cnc_event;

/// One place of the screen.
typedef struct {
    /// The character; 0 where the right half of a wide one stands.
    uint32_t base;
    /// Up to three combining characters of 21 bits each, the first lowest.
    uint64_t marks;
    /// 1 or 2.
    uint8_t width;
    /// As given to cnc_define_style.
    uint8_t style;
} cnc_cell;

/// Sets the locale for characters: the user's if it is UTF-8, else C.UTF-8. False: there is none, draw in ASCII.
bool cnc_set_locale(void);

/// Whether cnc_open could take the terminal, as far as TERM says. 0; 1: it is unknown; 2: it cannot move its cursor.
int cnc_check(void);

/// Takes the terminal. 0; 1: TERM is unknown; 2: the terminal cannot move its cursor; 3: it cannot be opened.
/// Uses newterm, because initscr ends the process when it does not know TERM. With `asks_background` the terminal is asked
/// first which colour its background has.
int cnc_open(bool asks_background);

enum cnc_ground { CNC_BACKGROUND_UNKNOWN, CNC_BACKGROUND_DARK, CNC_BACKGROUND_LIGHT };

/// What it said.
int cnc_background(void);

/// Gives the terminal back as it was found. Later calls do nothing.
void cnc_close(void);

/// From now on standard error goes to this open file, so that no line lands on the screen; cnc_close undoes it.
void cnc_redirect_errors(int descriptor);

/// 0 (none), 8, 16, 256 or more.
int cnc_color_count(void);

/// Colours are numbers of the terminal's palette, -1 is its default. `style` is 1 ... 127.
void cnc_define_style(int style, int foreground, int background, int attributes);

void cnc_size(int *rows, int *columns);

/// Draws `count` places from column `first` on; nothing is sent before cnc_flush.
void cnc_draw_row(int row, int first, const cnc_cell *cells, int count);

/// Shows the cursor at a place, or hides it (row -1).
void cnc_place_cursor(int row, int column);

/// Sends what changed; nothing if nothing did.
void cnc_flush(void);

/// Sends everything again.
void cnc_redraw(void);

/// Waits at most so long for an event; -1 is for ever.
void cnc_wait(int milliseconds, cnc_event *event);

/// Ends cnc_wait, from any thread.
void cnc_wake(void);

/// Throws away what was typed and not yet read.
void cnc_drop_typed(void);

/// Gives the terminal back, stops the process group as Ctrl-Z does, and takes the terminal again when it goes on.
/// `line` is written to the shell before.
void cnc_suspend(const char *line);

#endif
