#define _GNU_SOURCE
#include "CBeaver.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static mode_t startup_umask;
static struct rlimit startup_open_files;

// Reading the mask of new files means changing it for a moment, which is only safe while there is one thread: before main.
// The soft limit of open files is kept too: a server raises its own, and programs that use select() break when they
// inherit more than 1,024.
__attribute__((constructor)) static void remember_startup(void) {
    startup_umask = umask(077);
    umask(startup_umask);
    if (getrlimit(RLIMIT_NOFILE, &startup_open_files) != 0) startup_open_files.rlim_cur = 1024;
}

int64_t cbeaver_raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (limit.rlim_cur < limit.rlim_max && setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

char *const *cbeaver_environment(void) { return environ; }

int cbeaver_file_system_type(const char *path, uint64_t *magic) {
    struct statfs answer;
    if (statfs(path, &answer) != 0) return -1;
    *magic = (uint32_t)answer.f_type;
    return 0;
}

int cbeaver_begin_writeback(int fd, int64_t offset, int64_t count) {
    return sync_file_range(fd, offset, count, SYNC_FILE_RANGE_WRITE);
}

int cbeaver_begin_read(int fd, int64_t offset, int64_t count) {
    return posix_fadvise(fd, offset, count, POSIX_FADV_WILLNEED);
}

int cbeaver_set_read_ahead(int fd, bool is_on) {
    return posix_fadvise(fd, 0, 0, is_on ? POSIX_FADV_NORMAL : POSIX_FADV_RANDOM);
}

int cbeaver_next_data(int fd, int64_t offset, int64_t *begin, int64_t *end) {
    off_t data = lseek(fd, offset, SEEK_DATA);
    off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
    if (hole < 0) return -1;
    *begin = data;
    *end = hole;
    return 0;
}

int cbeaver_allocate(int fd, int64_t size) { return fallocate(fd, 0, 0, size); }

int cbeaver_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int cbeaver_unnamed_file(const char *directory) { return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }

int cbeaver_pipe(int *read_end, int *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
        int number = errno;
        close(ends[0]);
        close(ends[1]);
        errno = number;
        return -1;
    }
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

int cbeaver_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int cbeaver_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int cbeaver_poll_add(int poll_fd, int fd, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    return epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

int cbeaver_poll_remove(int poll_fd, int fd) { return epoll_ctl(poll_fd, EPOLL_CTL_DEL, fd, NULL); }

int cbeaver_poll_wait(int poll_fd, uint64_t *tags, int capacity, int timeout_milliseconds) {
    struct epoll_event events[64];
    if (capacity > 64) capacity = 64;
    int count = epoll_wait(poll_fd, events, capacity, timeout_milliseconds);
    for (int index = 0; index < count; index++) tags[index] = events[index].data.u64;
    return count;
}

int cbeaver_pidfd_open(int32_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int cbeaver_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

ptrdiff_t cbeaver_find(const void *bytes, size_t count, const void *needle, size_t needle_count) {
    const char *found = memmem(bytes, count, needle, needle_count);
    return found ? found - (const char *)bytes : -1;
}

// Sanitizers keep books in memory that the child shares: what runs in it must not add to them. So it is not instrumented,
// asks the kernel directly where they have versions of a call, and is not made by theirs of clone.
#define IN_CHILD __attribute__((disable_sanitizer_instrumentation)) static
#ifdef __GLIBC__
extern int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
#else
#define __clone clone
#endif

// What the child reports lies in the parent's frame: both share one memory, and the parent stands still meanwhile.
struct child {
    const struct cbeaver_spawn_request *request;
    pid_t parent;
    volatile int error;
    volatile int step;
};

IN_CHILD int give_up(struct child *child, int step) {
    child->error = errno;
    child->step = step;
    syscall(SYS_exit_group, 127);
    return 0;
}

// Default actions everywhere, before signals are unblocked: a handler of ours would run in the child on our memory.
// Asked of the kernel directly, because glibc's sigaction refuses its two internal signals, and glibc's own posix_spawn
// leaves them ignored in what it starts.
IN_CHILD void reset_signals(void) {
    // The kernel's struct sigaction, larger than on any processor: all zeros is the default action.
    unsigned long action[8] = {0};
    for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, action, NULL, 8);
    unsigned long none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

// Our own descriptors are all close-on-exec; this is for those that a library or our parent opened without it.
IN_CHILD void close_above_standard(void) {
    if (syscall(SYS_close_range, 3, ~0U, 0) == 0) return;
    struct rlimit limit;
    int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
    for (int fd = 3; fd < end; fd++) syscall(SYS_close, fd);
}

IN_CHILD void restore_open_file_limit(void) {
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur == startup_open_files.rlim_cur) return;
    now.rlim_cur = startup_open_files.rlim_cur < now.rlim_max ? startup_open_files.rlim_cur : now.rlim_max;
    setrlimit(RLIMIT_NOFILE, &now);
}

// A group of its own, and no terminal that a program could write to, read from or be stopped by.
//
// Not simply a session of its own: the scheduler's autogroup makes of each session a party of its own, puts what becomes
// one behind all others at once, while our thread stands still until the child executes, and leaves the console one part
// beside as many others as programs run. docs/performance.md has the difference.
IN_CHILD int leave_group_and_terminal(void) {
    int terminal = (int)syscall(SYS_openat, AT_FDCWD, "/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    bool none = terminal < 0 && errno == ENXIO;
    if (terminal >= 0) none = syscall(SYS_ioctl, terminal, TIOCNOTTY) == 0;
    if (!none) return setsid() < 0 ? -1 : 0;  // No /dev/tty to ask: a session never has one to begin with.
    return setpgid(0, 0);
}

// Runs in the child, on borrowed memory: system calls only.
IN_CHILD int execute(void *context) {
    struct child *child = context;
    const struct cbeaver_spawn_request *request = child->request;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(child, cbeaver_spawn_setup);
    // The parent may have died before the line above; then no signal will come, and nobody hears of this end.
    if (getppid() != child->parent) syscall(SYS_exit_group, 127);
    if (leave_group_and_terminal() != 0) give_up(child, cbeaver_spawn_setup);
    if (syscall(SYS_dup3, request->input, 0, 0) < 0 || syscall(SYS_dup3, request->output, 1, 0) < 0 ||
        syscall(SYS_dup3, request->output, 2, 0) < 0)
        give_up(child, cbeaver_spawn_setup);
    close_above_standard();
    restore_open_file_limit();
    umask(startup_umask);
    if (request->working_directory && chdir(request->working_directory) != 0) give_up(child, cbeaver_spawn_chdir);
    reset_signals();
    syscall(SYS_execve, request->path, request->arguments, request->environment);
    return give_up(child, cbeaver_spawn_exec);
}

int cbeaver_spawn(const struct cbeaver_spawn_request *request, int32_t *pid, int *pidfd, int *step) {
    // On our stack, which stands still until the child has executed or ended.
    char stack[32 * 1024] __attribute__((aligned(16)));
    struct child child = {.request = request, .parent = getpid(), .error = 0, .step = cbeaver_spawn_clone};
    sigset_t all, before;
    sigfillset(&all);
    // No signal may run a handler in the child, nor find this thread half way.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // The kernel makes the pidfd together with the process, so a lack of descriptors cannot leave a child without one.
    int opened = -1;
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    int started = __clone(execute, stack + sizeof stack, flags, &child, &opened);
    int number = started < 0 ? errno : child.error;
    if (started > 0 && number != 0) {
        while (waitpid(started, NULL, 0) < 0 && errno == EINTR) {}
        close(opened);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *step = child.step;
    if (number != 0) return number;
    *pid = started;
    *pidfd = opened;
    return 0;
}

// Below, pages of their own would be mostly empty.
#define SMALL_TABLE (1u << 20)

void *cbeaver_map_memory(size_t size, bool large) {
    if (size < SMALL_TABLE) return calloc(1, size);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    if (large) madvise(memory, size, MADV_HUGEPAGE);  // If it cannot, it is a little slower.
    return memory;
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Since Linux 5.14; earlier ones refuse it, and nothing happens.
#endif

void cbeaver_populate_memory(uintptr_t address, size_t size) {
    int found = errno;
    madvise((void *)address, size, MADV_POPULATE_WRITE);
    errno = found;
}

void cbeaver_unmap_memory(void *memory, size_t size) {
    if (size < SMALL_TABLE)
        free(memory);
    else
        munmap(memory, size);
}

void cbeaver_limit_arenas(void) {
#ifdef __GLIBC__
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    // One would be all of them at one lock.
    mallopt(M_ARENA_MAX, processors < 2 ? 2 : processors > 1024 ? 1024 : (int)processors);
#endif
}

void cbeaver_trim_heap(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
