// The few C library calls that Swift cannot see: variadic ones and macros.
#ifndef PLIMSOLL_CPLATFORM
#define PLIMSOLL_CPLATFORM
#include <asm/unistd.h>
#include <fcntl.h>
#include <stddef.h>
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

// Keeps the calling thread, and threads it starts, on one core (0 to 63); 0 is success.
extern long syscall(long number, ...);
static inline int platform_pin_thread(unsigned int core) {
  unsigned long long mask = 1ULL << (core & 63);
  return (int)syscall(__NR_sched_setaffinity, 0, sizeof mask, &mask) == 0 ? 0 : -1;
}

// Bytes that have arrived on a socket and wait to be read; 0 when unknown.
static inline int platform_unread(int socket) {
  int count = 0;
  return ioctl(socket, FIONREAD, &count) == 0 ? count : 0;
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
