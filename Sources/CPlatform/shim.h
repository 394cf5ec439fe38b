// The few C library calls that Swift cannot see: variadic ones and macros.
#ifndef PLIMSOLL_CPLATFORM
#define PLIMSOLL_CPLATFORM
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

// Opens `path`; closes itself on exec.
static inline int platform_open(const char *path, int flags, unsigned int mode) {
  return open(path, flags | O_CLOEXEC, (mode_t)mode);
}

// Names the calling thread in process tools; 15 bytes are kept.
static inline void platform_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// Columns of the terminal behind `descriptor`, 0 when it is none or does not say.
static inline int platform_terminal_columns(int descriptor) {
  struct winsize size = {0, 0, 0, 0};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static inline int platform_terminal_rows(int descriptor) {
  struct winsize size = {0, 0, 0, 0};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

// Keeps the calling thread, and what it starts, on the cores of a mask (bit k: core k, up to 63);
// 0 is success.
extern long syscall(long number, ...);
static inline int platform_pin_thread(unsigned long long mask) {
  return (int)syscall(__NR_sched_setaffinity, 0, sizeof mask, &mask) == 0 ? 0 : -1;
}

// The cores that the calling thread may run on, the first 64 of them; 0 when unknown.
static inline unsigned long long platform_thread_cores(void) {
  unsigned long long mask[128] = {0};
  return syscall(__NR_sched_getaffinity, 0, sizeof mask, mask) > 0 ? mask[0] : 0;
}

// Bytes that have arrived on a socket and wait to be read; 0 when unknown.
static inline int platform_unread(int socket) {
  int count = 0;
  return ioctl(socket, FIONREAD, &count) == 0 ? count : 0;
}

// Begins to fetch what stands at an address into the processor's caches.
static inline void platform_prefetch(const void *address) { __builtin_prefetch(address, 1); }

// Timers of the calling thread fire as exactly as the machine can, not 50 us late.
static inline void platform_exact_timers(void) { prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0); }

// What is ready on a descriptor, by the number it was added with; `events` as epoll's.
struct platform_ready {
  unsigned long long token;
  unsigned int events;
};

static inline int platform_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// Adds (how = 1), changes (2) or removes (3) a descriptor; wants 1 reading, 2 writing, 3 both,
// 5 reading that wakes one of several pollers.
static inline int platform_poll_change(int poller, int how, int descriptor, unsigned int wants,
                                       unsigned long long token) {
  struct epoll_event event = {0};
  event.events = (wants & 1 ? EPOLLIN : 0) | (wants & 2 ? EPOLLOUT : 0);
  if (wants & 4) event.events |= EPOLLEXCLUSIVE;
  else if (wants & 1) event.events |= EPOLLRDHUP;
  event.data.u64 = token;
  int operation = how == 1 ? EPOLL_CTL_ADD : how == 2 ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
  return epoll_ctl(poller, operation, descriptor, &event);
}

// A counter that a poller can watch: written from any thread, it wakes the one that waits.
static inline int platform_wake_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

struct platform_time {
  long long seconds, nanoseconds;
};

// Waits up to `nanoseconds` (-1: for ever) and fills `ready`; its count, or -1. Kernels before 5.11
// cannot wait for less than a millisecond and wait for the next whole one.
static inline int platform_poll_wait(int poller, struct platform_ready *ready, int capacity,
                                     long long nanoseconds) {
  struct epoll_event events[256];
  if (capacity > 256) capacity = 256;
  struct platform_time limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  int count;
  if (nanoseconds <= 0) {
    count = epoll_wait(poller, events, capacity, nanoseconds < 0 ? -1 : 0);
  } else {
    count = (int)syscall(__NR_epoll_pwait2, poller, events, capacity, &limit, NULL, 8);
    if (count < 0 && errno == ENOSYS)
      count = epoll_wait(poller, events, capacity, (int)((nanoseconds + 999999) / 1000000));
  }
  for (int i = 0; i < count; i++) {
    ready[i].token = events[i].data.u64;
    ready[i].events = events[i].events;
  }
  return count;
}

// 1 a directory, 2 a regular file, 3 anything else, 0 absent or unreadable (errno says which).
// Symbolic links are not followed.
static inline int platform_kind(const char *path) {
  struct stat status;
  if (lstat(path, &status) != 0) return 0;
  if (S_ISDIR(status.st_mode)) return 1;
  return S_ISREG(status.st_mode) ? 2 : 3;
}
#endif
