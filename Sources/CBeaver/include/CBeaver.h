#ifndef CBEAVER_H
#define CBEAVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// CRC32C (Castagnoli) of `length` bytes, continuing from `seed` (0 to begin). SSE4.2 where the processor has it.
uint32_t cbeaver_crc32c(uint32_t seed, const void *bytes, size_t length);

/// Where the first byte that is not zero stands, or `length`. In C because it runs over all that is allocated ahead at
/// each start, and must be fast in a debug build too.
size_t cbeaver_zero_prefix(const void *bytes, size_t length);

/// Names the calling thread, for `top -H`: at most 15 bytes. In C because the call needs _GNU_SOURCE.
void cbeaver_name_thread(const char *name);

/// setpriority(2) of the calling thread alone, which Linux allows: `nice` is how far it stands back behind others, 0 to 19.
/// There is no way back without privileges. In C because the thread's number needs syscall(2).
void cbeaver_yield_priority(int nice);

/// sched_setattr(2): asks that the calling thread, once it is woken, waits less long for a processor, and in return keeps
/// it for a shorter time: `nanoseconds`, from 100,000 on, in the place of the system's usual millions. Its share is the
/// same. Linux 6.12 and later do that for ordinary threads; earlier ones, and refusals, change nothing. Threads that it
/// starts are as usual. In C because the structure is not imported.
void cbeaver_take_short_turns(uint64_t nanoseconds);

/// sync_file_range(2): begins to write pages of the file to the disk, without waiting and without promising anything.
int cbeaver_begin_writeback(int fd, int64_t offset, int64_t count);

/// posix_fadvise(2) with POSIX_FADV_WILLNEED: begins to read pages of the file, without waiting and without promising anything.
int cbeaver_begin_read(int fd, int64_t offset, int64_t count);

/// posix_fadvise(2) with POSIX_FADV_NORMAL or POSIX_FADV_RANDOM, for this descriptor.
int cbeaver_set_read_ahead(int fd, bool is_on);

/// lseek(2) with SEEK_DATA and SEEK_HOLE: where from `offset` on the next bytes stand that are no hole, and where they end.
/// Moves the position of the descriptor, which nobody uses. ENXIO if only a hole is left.
int cbeaver_next_data(int fd, int64_t offset, int64_t *begin, int64_t *end);

// Everything below stands here because Swift's Glibc module is imported without _GNU_SOURCE and leaves these calls out, or
// because of the reason given. Calls that fail return -1 and set the error number, as their models do.

/// Raises the soft limit of open files to the hard one and answers what it is then. Programs that are started get the one
/// from before. In C because glibc's RLIMIT_NOFILE has a type of its own there.
int64_t cbeaver_raise_open_files(void);

/// The environment. Swift 6 sees `environ` as a shared mutable variable and refuses it.
char *const *cbeaver_environment(void);

/// statfs(2): the magic number of the file system that `path` is on. In Swift the function hides behind the struct.
int cbeaver_file_system_type(const char *path, uint64_t *magic);

/// fallocate(2) of `0 ..< size`. posix_fallocate, which Swift sees, writes to every block where the file system lacks
/// the call, and returns its error instead of setting it.
int cbeaver_allocate(int fd, int64_t size);

/// Zeroed pages of their own (mmap(2)), or NULL; with `large`, the system is asked to use large ones. In C because
/// MADV_HUGEPAGE is not imported.
void *cbeaver_map_memory(size_t size, bool large);
void cbeaver_unmap_memory(void *memory, size_t size);

/// madvise(2) with MADV_POPULATE_WRITE: pages are there before the first write. Changes no byte; what cannot be is left.
void cbeaver_populate_memory(uintptr_t address, size_t size);

/// Tells the processor that this place will be written soon. In C because Swift has no such thing.
static inline void cbeaver_prefetch(const void *place) { __builtin_prefetch(place, 1, 2); }

/// memfd_create(2), close-on-exec.
int cbeaver_memory_file(const char *name);

/// open(2) with O_TMPFILE: a file without a name in `directory`, gone with its last descriptor; close-on-exec, 0600.
int cbeaver_unnamed_file(const char *directory);

/// pipe2(2): both ends close-on-exec, the reading one non-blocking. The writing end must block: it becomes the standard
/// output of programs that expect that.
int cbeaver_pipe(int *read_end, int *write_end);

/// eventfd(2), close-on-exec and non-blocking.
int cbeaver_event(void);

/// epoll_create1(2), close-on-exec.
int cbeaver_poll_create(void);

/// epoll_ctl(2): reports `tag` whenever `fd` can be read or was hung up.
int cbeaver_poll_add(int poll_fd, int fd, uint64_t tag);
int cbeaver_poll_remove(int poll_fd, int fd);

/// epoll_wait(2): fills `tags` and returns how many; `timeout_milliseconds` -1 waits for ever. `struct epoll_event` is
/// packed, which Swift cannot express.
int cbeaver_poll_wait(int poll_fd, uint64_t *tags, int capacity, int timeout_milliseconds);

/// pidfd_open(2).
int cbeaver_pidfd_open(int32_t pid);

/// pidfd_send_signal(2).
int cbeaver_pidfd_signal(int pidfd, int signal);

/// memmem(3): where `needle` begins in `bytes`, or -1.
ptrdiff_t cbeaver_find(const void *bytes, size_t count, const void *needle, size_t needle_count);

/// mallopt(3): as many arenas of the heap as processors, where the C library can set that.
void cbeaver_limit_arenas(void);

/// Gives free pages of the heap back to the system, where the C library can do that.
void cbeaver_trim_heap(void);

/// A process to be started by `cbeaver_spawn`. Nothing is copied; everything must stay alive during the call.
struct cbeaver_spawn_request {
    /// The file to execute; no search is done.
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// NULL stays where we are.
    const char *working_directory;
    /// Standard input; standard output and error. Both above 2.
    int input;
    int output;
};

/// What `cbeaver_spawn` was doing when it failed.
enum cbeaver_spawn_step { cbeaver_spawn_clone, cbeaver_spawn_setup, cbeaver_spawn_chdir, cbeaver_spawn_exec };

/// Starts a program in a process group of its own, without a terminal, and returns 0 once it executes, or the error
/// number that kept it from doing so (then there is no child left) and the step in `*step`.
///
/// The child is killed when the *thread* that called this ends, and so when the process does. It has default signal
/// handling, nothing blocked, no descriptors above 2, and the file mode mask and open-file limit that this process was
/// started with. `*pidfd` is close-on-exec.
///
/// In C because the child shares our memory until it executes (CLONE_VM | CLONE_VFORK): it must not allocate, take a
/// lock, or run anything of Swift's. A fork would copy page tables, 70 ms per GiB.
int cbeaver_spawn(const struct cbeaver_spawn_request *request, int32_t *pid, int *pidfd, int *step);

#endif
