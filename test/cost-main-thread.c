/* For valgrind (LD_PRELOAD): libdispatch lets the main thread end and wait for signals, of which valgrind 3.19 dies. Here
 * the main thread serves the main queue itself, by what libdispatch offers to other run loops. */
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

extern int _dispatch_get_main_queue_handle_4CF(void);
extern void _dispatch_main_queue_callback_4CF(void *);

void dispatch_main(void) {
    struct pollfd work = {.fd = _dispatch_get_main_queue_handle_4CF(), .events = POLLIN};
    for (;;) {
        uint64_t times;
        if (poll(&work, 1, -1) == 1 && read(work.fd, &times, sizeof times) < 0) continue;
        _dispatch_main_queue_callback_4CF(0);
    }
}
