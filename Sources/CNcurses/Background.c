// Asks the terminal whether its background is light.
#define _GNU_SOURCE 1

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "Background.h"

// The colour of the background, and what every terminal answers: where the second answer comes, the first has come or never
// will.
static const char question[] = "\033]11;?\033\\\033[c";
const char cnc_color_reply[] = "\033]11;rgb:";
const char cnc_device_reply[] = "\033[?";

static long milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// Takes what is between `from` and `to` out of the bytes.
static void cut(cnc_typed *typed, char *from, char *to) {
    char *end = typed->bytes + typed->count;
    memmove(from, to, (size_t)(end - to));
    typed->count -= (size_t)(to - from);
}

static char *find(cnc_typed *typed, const char *text) {
    return memmem(typed->bytes, typed->count, text, strlen(text));
}

// The end of the device's answer; NULL: it has not come.
static char *end_of_device_reply(cnc_typed *typed, char *from) {
    for (char *byte = from; byte && byte < typed->bytes + typed->count; byte++)
        if (*byte == 'c') return byte + 1;
    return NULL;
}

// The first two digits of a part of "rgb:ffff/ffff/ffff"; -1 where there are none.
static int part(const char **place, const char *end) {
    int value = 0, digits = 0;
    for (; *place < end && **place != '/'; (*place)++) {
        char digit = **place;
        int hex = digit >= '0' && digit <= '9' ? digit - '0'
            : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
        if (hex < 0) break;
        if (digits < 2) value = value * 16 + hex;
        digits++;
    }
    if (*place < end && **place == '/') (*place)++;
    return digits < 2 ? -1 : value;
}

static int judge(cnc_typed *typed) {
    int light = CNC_BACKGROUND_UNKNOWN;
    char *reply = find(typed, cnc_color_reply);
    if (reply) {
        const char *end = typed->bytes + typed->count, *place = reply + strlen(cnc_color_reply);
        int red = part(&place, end), green = part(&place, end), blue = part(&place, end);
        if (red >= 0 && green >= 0 && blue >= 0)
            light = red * 299 + green * 587 + blue * 114 > 127500 ? CNC_BACKGROUND_LIGHT : CNC_BACKGROUND_DARK;
        while (place < end && *place != '\a' && *place != '\\') place++;
        cut(typed, reply, typed->bytes + (place < end ? place + 1 - typed->bytes : end - typed->bytes));
    }
    char *device = find(typed, cnc_device_reply), *end = end_of_device_reply(typed, device);
    if (end) cut(typed, device, end);
    return light;
}

int cnc_ask_background(int limit, cnc_typed *typed) {
    struct termios found, asking;
    typed->count = 0;
    if (tcgetattr(STDIN_FILENO, &found) != 0) return CNC_BACKGROUND_UNKNOWN;
    asking = found;
    // Ctrl-C is a byte like any other meanwhile: the modes are never left like this.
    asking.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
    asking.c_cc[VMIN] = 0;
    asking.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &asking) != 0) return CNC_BACKGROUND_UNKNOWN;
    if (write(STDOUT_FILENO, question, sizeof question - 1) == (ssize_t)sizeof question - 1) {
        long until = milliseconds() + limit;
        while (typed->count < sizeof typed->bytes && !end_of_device_reply(typed, find(typed, cnc_device_reply))) {
            struct pollfd descriptor = {.fd = STDIN_FILENO, .events = POLLIN};
            long left = until - milliseconds();
            if (left <= 0 || poll(&descriptor, 1, (int)left) <= 0) break;
            ssize_t count = read(STDIN_FILENO, typed->bytes + typed->count, sizeof typed->bytes - typed->count);
            if (count <= 0) break;
            typed->count += (size_t)count;
        }
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &found);
    return judge(typed);
}
