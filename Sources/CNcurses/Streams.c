// The two ends of the terminal that ncurses reads and writes.
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "Streams.h"

static int frame_file = -1;
static int input_descriptor = STDIN_FILENO;

// A description of the terminal of our own, so that reading never waits, and nobody else's reading changes by it: ncurses
// reads again, whatever nodelay says, behind the report of a button that nobody asked for.
FILE *cnc_open_input(void) {
    int descriptor = open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    if (!file) return stdin;
    input_descriptor = descriptor;
    return file;
}

int cnc_input_descriptor(void) { return input_descriptor; }

static void send_frame(const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = write(STDOUT_FILENO, bytes, length);
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            // Someone else has made the terminal non-blocking.
            struct pollfd descriptor = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&descriptor, 1, 1000);
        } else if (errno != EINTR) {
            return;
        }
    }
}

// ncurses calls write after each movement of the cursor, dozens of times a frame, and each call wakes whoever reads the
// terminal, who then has the processor first. So it writes to a file in memory, which goes out at once.
bool cnc_begin_frame(FILE *output) {
    if (frame_file < 0) frame_file = memfd_create("frame", MFD_CLOEXEC);
    return frame_file >= 0 && dup3(frame_file, fileno(output), O_CLOEXEC) >= 0;
}

void cnc_end_frame(FILE *output) {
    dup3(STDOUT_FILENO, fileno(output), O_CLOEXEC);
    // Larger than all but the first frame of a wide terminal.
    static char bytes[1 << 16];
    off_t end = lseek(frame_file, 0, SEEK_CUR);
    for (off_t place = 0; place < end;) {
        size_t wanted = end - place < (off_t)sizeof bytes ? (size_t)(end - place) : sizeof bytes;
        ssize_t count = pread(frame_file, bytes, wanted, place);
        if (count <= 0) break;
        send_frame(bytes, (size_t)count);
        place += count;
    }
    // The next one is written over it.
    lseek(frame_file, 0, SEEK_SET);
}
