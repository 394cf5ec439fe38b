// The parts of zlib that HistogramLog (streams) and HTTP (compressed request bodies) use.
#ifndef PLIMSOLL_CZLIB
#define PLIMSOLL_CZLIB
#include <zlib.h>

// `inflateInit2` is a macro. 15 + 16: the largest window, gzip format only.
static inline int zlib_gunzip_start(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
static inline int zlib_gzip_start(z_stream *stream) {
  return deflateInit2(stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
#endif
