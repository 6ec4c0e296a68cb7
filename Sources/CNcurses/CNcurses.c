// Both before curses.h: without them it hides the calls for wide characters.
#define _GNU_SOURCE 1
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR 1

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "Background.h"
#include "CNcurses.h"
#include "Streams.h"

// Of term.h, whose macros take the words "columns" and "lines" away.
extern char *tigetstr(const char *name);

// Above every code of ncurses itself.
enum { key_paste_begin = KEY_MAX + 1, key_paste_end, key_color_reply, key_device_reply };

static SCREEN *screen;
// Input is read from a pad: reading from a window would draw it first.
static WINDOW *input;
static int wake_descriptor = -1;
static int input_descriptor;
// What ncurses writes to: the terminal, or while a frame is made the file that collects it (Streams.c).
static FILE *output;
static int saved_errors = -1;
static int cursor_row = -1, cursor_column = -1;
static bool is_cursor_shown;
static bool is_open;
static int background = CNC_BACKGROUND_UNKNOWN;
static chtype style_attributes[128];

// Read and written by signal handlers.
static volatile sig_atomic_t resize_came, stop_came, signal_came;
static volatile sig_atomic_t must_restore;
static struct termios found_modes;
static char restore_text[512];
static volatile sig_atomic_t restore_length;

static const int fatal_signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
static struct sigaction found_fatal[sizeof fatal_signals / sizeof *fatal_signals];
static const int handled_signals[] = {SIGWINCH, SIGTSTP, SIGTERM, SIGINT, SIGHUP};
static struct sigaction found_handled[sizeof handled_signals / sizeof *handled_signals];

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

bool cnc_set_locale(void) {
    if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return true;
    return setlocale(LC_CTYPE, "C.UTF-8") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void send_bytes(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = write(STDOUT_FILENO, bytes, length);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return;
        bytes += sent;
        length -= (size_t)sent;
    }
}

// Appends a capability without its padding marks ($<5>), which only ancient hardware needs.
static void prepare_capability(const char *name) {
    const char *text = tigetstr(name);
    if (!text || text == (char *)-1) return;
    size_t length = (size_t)restore_length;
    while (*text && length < sizeof restore_text - 1) {
        if (text[0] == '$' && text[1] == '<') {
            const char *end = strchr(text, '>');
            if (end) {
                text = end + 1;
                continue;
            }
        }
        restore_text[length++] = *text++;
    }
    restore_length = (sig_atomic_t)length;
}

static void prepare_text(const char *text) {
    size_t length = strlen(text);
    if ((size_t)restore_length + length >= sizeof restore_text) return;
    memcpy(restore_text + restore_length, text, length);
    restore_length += (sig_atomic_t)length;
}

// Only calls that are allowed in a signal handler.
static void restore_now(void) {
    if (!must_restore) return;
    must_restore = 0;
    send_bytes(restore_text, (size_t)restore_length);
    tcsetattr(STDIN_FILENO, TCSANOW, &found_modes);
    if (saved_errors >= 0) {
        // What the program said last is in the file that standard error went to: show its end.
        static char words[1200];
        off_t end = lseek(STDERR_FILENO, 0, SEEK_END);
        off_t begin = end > (off_t)sizeof words ? end - (off_t)sizeof words : 0;
        ssize_t count = end > 0 ? pread(STDERR_FILENO, words, sizeof words, begin) : 0;
        dup2(saved_errors, STDERR_FILENO);
        static const char sentence[] = "beaver-tui ended by a fault in the program; its last words:\n";
        if (write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0) return;
        if (count > 0 && write(STDERR_FILENO, words, (size_t)count) < 0) return;
    }
}

static void on_fatal(int number) {
    int index = 0;
    while (fatal_signals[index] != number) index++;
    restore_now();
    sigaction(number, &found_fatal[index], NULL);
    raise(number);
}

static void on_signal(int number) {
    int found = errno;
    if (number == SIGWINCH) resize_came = 1;
    else if (number == SIGTSTP) stop_came = 1;
    else signal_came = number;
    // Whichever thread ran this, the console's thread wakes: a resize never waits for a time-out.
    cnc_wake();
    errno = found;
}

static void handle(int number, void (*handler)(int), struct sigaction *before) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    // Other threads' calls are not disturbed.
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(number, &action, before);
}

static void take_signals(void) {
    for (size_t index = 0; index < sizeof fatal_signals / sizeof *fatal_signals; index++)
        handle(fatal_signals[index], on_fatal, &found_fatal[index]);
    for (size_t index = 0; index < sizeof handled_signals / sizeof *handled_signals; index++)
        handle(handled_signals[index], on_signal, &found_handled[index]);
    // Not the ends of handlers: all other threads block them, so each would wake this one, thousands of times a second.
    sigset_t others;
    sigemptyset(&others);
    sigaddset(&others, SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &others, NULL);
}

static void give_signals_back(void) {
    for (size_t index = 0; index < sizeof fatal_signals / sizeof *fatal_signals; index++)
        sigaction(fatal_signals[index], &found_fatal[index], NULL);
    for (size_t index = 0; index < sizeof handled_signals / sizeof *handled_signals; index++)
        sigaction(handled_signals[index], &found_handled[index], NULL);
}

int cnc_open(bool asks_background) {
    if (tcgetattr(STDIN_FILENO, &found_modes) != 0) return 3;
    wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_descriptor < 0) return 3;
    // Before newterm, which takes only signals that have their default action.
    take_signals();
    cnc_typed typed = {.count = 0};
    // A slow line may take longer: its answer is thrown away then.
    if (asks_background) background = cnc_ask_background(150, &typed);
    use_env(FALSE);
    use_tioctl(TRUE);
    set_escdelay(25);
    int duplicate = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    output = duplicate < 0 ? NULL : fdopen(duplicate, "w");
    screen = output ? newterm(NULL, output, cnc_open_input()) : NULL;
    if (!screen) {
        give_signals_back();
        return 1;
    }
    const char *move = tigetstr("cup");
    if (!move || move == (char *)-1) {
        endwin();
        give_signals_back();
        return 2;
    }
    raw();
    noecho();
    nonl();
    curs_set(0);
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    // A frame is sent whole: one that a key cuts short would show half of one moment and half of another.
    typeahead(-1);
    input = newpad(1, 1);
    keypad(input, TRUE);
    nodelay(input, TRUE);
    meta(input, TRUE);
    define_key("\033[200~", key_paste_begin);
    define_key("\033[201~", key_paste_end);
    define_key(cnc_color_reply, key_color_reply);
    define_key(cnc_device_reply, key_device_reply);
    for (size_t place = typed.count; place > 0; place--) ungetch((unsigned char)typed.bytes[place - 1]);
    input_descriptor = cnc_input_descriptor();
    mouseinterval(0);
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    send_bytes(paste_on, sizeof paste_on - 1);
    restore_length = 0;
    prepare_text(paste_off);
    prepare_text("\033[?1000l\033[?1002l\033[?1006l");
    prepare_capability("sgr0");
    prepare_capability("rmkx");
    prepare_capability("cnorm");
    prepare_capability("rmcup");
    must_restore = 1;
    is_open = true;
    return 0;
}

void cnc_redirect_errors(int descriptor) {
    if (saved_errors >= 0) return;
    saved_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(descriptor, STDERR_FILENO);
}

void cnc_close(void) {
    if (!is_open) return;
    is_open = false;
    must_restore = 0;
    send_bytes(paste_off, sizeof paste_off - 1);
    curs_set(1);
    endwin();
    // What endwin knows of the modes is what it found; to be sure of echo and line mode they are set from our own copy.
    tcsetattr(STDIN_FILENO, TCSANOW, &found_modes);
    if (saved_errors >= 0) {
        dup2(saved_errors, STDERR_FILENO);
        close(saved_errors);
        saved_errors = -1;
    }
    give_signals_back();
}

int cnc_background(void) { return background; }

int cnc_color_count(void) { return has_colors() ? COLORS : 0; }

void cnc_define_style(int style, int foreground, int background, int attributes) {
    if (style < 1 || style > 127) return;
    chtype bits = A_NORMAL;
    if (attributes & CNC_BOLD) bits |= A_BOLD;
    if (attributes & CNC_DIM) bits |= A_DIM;
    if (attributes & CNC_REVERSE) bits |= A_REVERSE;
    if (attributes & CNC_UNDERLINE) bits |= A_UNDERLINE;
    style_attributes[style] = bits;
    if (has_colors() && style < COLOR_PAIRS) init_extended_pair(style, foreground, background);
}

void cnc_size(int *rows, int *columns) { getmaxyx(stdscr, *rows, *columns); }

void cnc_draw_row(int row, int first, const cnc_cell *cells, int count) {
    bool has_color = has_colors();
    wchar_t text[6];
    cchar_t cell;
    for (int column = 0; column < count; column++) {
        const cnc_cell *place = &cells[column];
        if (place->base == 0) continue;
        int length = 0;
        // Whatever the console thinks of a character's width, the terminal goes by wcwidth: where the two differ, a
        // question mark keeps everything beside it in its place.
        bool fits = wcwidth((wchar_t)place->base) == place->width;
        text[length++] = fits ? (wchar_t)place->base : L'?';
        for (uint64_t marks = fits ? place->marks : 0; marks != 0; marks >>= 21)
            if (wcwidth((wchar_t)(marks & 0x1fffff)) == 0) text[length++] = (wchar_t)(marks & 0x1fffff);
        text[length] = 0;
        int style = place->style & 127;
        setcchar(&cell, text, style_attributes[style], (short)(has_color ? style : 0), NULL);
        mvwadd_wch(stdscr, row, first + column, &cell);
        if (!fits && place->width == 2 && column + 1 < count) mvwadd_wch(stdscr, row, first + column + 1, &cell);
    }
}

void cnc_place_cursor(int row, int column) {
    cursor_row = row;
    cursor_column = column;
}

static void flush(void) {
    bool wanted = cursor_row >= 0;
    if (wanted) wmove(stdscr, cursor_row, cursor_column);
    // A hidden cursor need not be moved back to where it was.
    leaveok(stdscr, wanted ? FALSE : TRUE);
    wnoutrefresh(stdscr);
    doupdate();
    if (wanted != is_cursor_shown) {
        curs_set(wanted);
        is_cursor_shown = wanted;
        doupdate();
    }
}

void cnc_flush(void) {
    bool is_collected = cnc_begin_frame(output);
    flush();
    if (is_collected) cnc_end_frame(output);
}

void cnc_redraw(void) {
    clearok(curscr, TRUE);
    cnc_flush();
}

void cnc_wake(void) {
    uint64_t one = 1;
    if (wake_descriptor >= 0 && write(wake_descriptor, &one, sizeof one) < 0) return;
}

static bool take_size(cnc_event *event) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return false;
    resizeterm(size.ws_row, size.ws_col);
    event->kind = CNC_RESIZED;
    event->row = size.ws_row;
    event->column = size.ws_col;
    return true;
}

static bool take_signal(cnc_event *event) {
    if (resize_came) {
        resize_came = 0;
        return take_size(event);
    }
    if (stop_came) {
        stop_came = 0;
        event->kind = CNC_STOP_ASKED;
        return true;
    }
    if (signal_came) {
        event->kind = signal_came == SIGHUP ? CNC_HUNG_UP : CNC_SIGNAL;
        signal_came = 0;
        return true;
    }
    return false;
}

static uint32_t key_of(wint_t code) {
    switch (code) {
    case KEY_UP: return CNC_UP;
    case KEY_DOWN: return CNC_DOWN;
    case KEY_LEFT: return CNC_LEFT;
    case KEY_RIGHT: return CNC_RIGHT;
    case KEY_HOME: case KEY_FIND: return CNC_HOME;
    case KEY_END: case KEY_SELECT: return CNC_END;
    case KEY_PPAGE: return CNC_PAGE_UP;
    case KEY_NPAGE: return CNC_PAGE_DOWN;
    case KEY_BACKSPACE: return CNC_BACKSPACE;
    case KEY_DC: return CNC_DELETE;
    case KEY_ENTER: return CNC_ENTER;
    case KEY_BTAB: return CNC_BACK_TAB;
    case KEY_IC: return CNC_INSERT;
    default: return CNC_OTHER;
    }
}

static bool take_mouse(cnc_event *event) {
    MEVENT mouse;
    if (getmouse(&mouse) != OK) return false;
    if (mouse.bstate & BUTTON4_PRESSED) event->value = CNC_WHEEL_UP;
    else if (mouse.bstate & BUTTON5_PRESSED) event->value = CNC_WHEEL_DOWN;
    else if (mouse.bstate & BUTTON1_PRESSED) event->value = CNC_CLICK;
    else return false;  // A release comes too, though nobody asked for it: it is no second click.
    event->kind = CNC_MOUSE;
    event->row = mouse.y;
    event->column = mouse.x;
    return true;
}

// The rest of an answer that came late: its letters are no keys.
static void skip_reply(wint_t kind) {
    for (int count = 0; count < 64; count++) {
        wint_t code = 0;
        struct pollfd descriptor = {.fd = input_descriptor, .events = POLLIN};
        if (wget_wch(input, &code) == ERR && (poll(&descriptor, 1, 50) <= 0 || wget_wch(input, &code) == ERR)) return;
        if (kind == key_device_reply ? code >= '@' && code <= '~' : code == '\a' || code == '\\') return;
    }
}

static bool take_key(cnc_event *event) {
    wint_t code = 0;
    int result;
    // resizeterm leaves a KEY_RESIZE behind, always: taking it for another resize would never end.
    do result = wget_wch(input, &code);
    while (result == KEY_CODE_YES && code == KEY_RESIZE);
    if (result == ERR) return false;
    if (result == OK) {
        event->kind = CNC_CHARACTER;
        event->value = code;
        return true;
    }
    if (code == KEY_MOUSE) return take_mouse(event);
    if (code == key_color_reply || code == key_device_reply) {
        skip_reply(code);
        return false;
    }
    if (code == key_paste_begin || code == key_paste_end) {
        event->kind = code == key_paste_begin ? CNC_PASTE_BEGIN : CNC_PASTE_END;
        return true;
    }
    event->kind = CNC_KEY;
    event->value = key_of(code);
    return true;
}

// The other end is gone: said by the system, or readable again and again with nothing to read. Once is no sign, for another
// process may have read it.
static bool is_end_of_input(bool is_empty, short events) {
    static int empty_count = 0;
    empty_count = is_empty ? empty_count + 1 : 0;
    return is_empty && ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0 || empty_count > 100);
}

void cnc_wait(int milliseconds, cnc_event *event) {
    memset(event, 0, sizeof *event);
    if (take_signal(event) || take_key(event)) return;
    struct pollfd descriptors[2] = {
        {.fd = input_descriptor, .events = POLLIN},
        {.fd = wake_descriptor, .events = POLLIN},
    };
    int ready = poll(descriptors, 2, milliseconds);
    if (take_signal(event)) return;
    if (ready <= 0) return;
    if (descriptors[0].revents != 0) {
        // Asked before ncurses reads: it may take bytes that are no event, as of a button that is let go.
        int waiting = 0;
        bool is_empty = ioctl(input_descriptor, FIONREAD, &waiting) != 0 || waiting == 0;
        if (take_key(event)) return;
        if (is_end_of_input(is_empty, descriptors[0].revents)) {
            event->kind = CNC_HUNG_UP;
            // Nothing more comes, and what has ended could be read for ever.
            input_descriptor = -1;
            return;
        }
    }
    if (descriptors[1].revents != 0) {
        uint64_t count;
        if (read(wake_descriptor, &count, sizeof count) > 0) event->kind = CNC_WOKEN;
    }
}

void cnc_drop_typed(void) {
    flushinp();
    wint_t code;
    while (wget_wch(input, &code) != ERR) continue;
}

void cnc_suspend(const char *line) {
    send_bytes(paste_off, sizeof paste_off - 1);
    curs_set(1);
    endwin();
    tcsetattr(STDIN_FILENO, TCSANOW, &found_modes);
    send_bytes(line, strlen(line));
    struct sigaction ours;
    struct sigaction usual;
    memset(&usual, 0, sizeof usual);
    usual.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &usual, &ours);
    // The whole group: `make run` waits with us.
    kill(0, SIGTSTP);
    // The signal may be delivered to another thread, which stops this one too, a moment later.
    poll(NULL, 0, 20);
    // Reached once the shell says `fg`.
    sigaction(SIGTSTP, &ours, NULL);
    must_restore = 1;
    send_bytes(paste_on, sizeof paste_on - 1);
    cursor_row = -1;
    resize_came = 1;
    clearok(curscr, TRUE);
    wrefresh(stdscr);
    curs_set(0);
    is_cursor_shown = false;
}
