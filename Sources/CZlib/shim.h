// zlib (Debian: zlib1g-dev), with functions for what Swift cannot import: macros that take sizeof.
#pragma once
#include <zlib.h>

static inline int tp_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
static inline int tp_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
