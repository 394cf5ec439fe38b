// RocksDB's C API, and the byte comparison that orders keys in both stores.
#ifndef PLIMSOLL_CROCKSDB
#define PLIMSOLL_CROCKSDB
#include <rocksdb/c.h>
#include <string.h>

// Negative, zero or positive as the first `count` bytes of `a` sort before, with or after `b`'s.
static inline int bytes_compare(const void *a, const void *b, size_t count) {
  return memcmp(a, b, count);
}
#endif
