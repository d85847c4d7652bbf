// The way of the bytes in C, one thread: windows of a file, documents, gzip, discarded or posted.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <zlib.h>

// The agent's defaults: max_line and the overlap of windows; batch.bytes and batch.lines.
enum { window_bytes = (256 << 10) + 4096 + 2, batch_bytes = 1 << 20, batch_lines = 5000 };

typedef struct { byte *bytes; size_t used, capacity; } body;

// 16 bytes behind the capacity may be written.
static inline void append_document(body *b, const byte *line, const byte *end, uint64_t offset) {
    if (b->capacity - b->used < 2048 + 12 * (size_t)(end - line)) {
        b->capacity = b->capacity * 2 + (1 << 20) + 12 * (end - line);
        b->bytes = realloc(b->bytes, b->capacity + 16);
    }
    b->used = document(b->bytes + b->used, line, end, offset) - b->bytes;
}

typedef struct {
    int file, socket;
    enum { plain, isal, by_zlib } mode;
    byte *window, *encoded, *level;
    size_t encoded_capacity, raw, zipped, read;
    body batch;
    struct isal_zstream *igzip;
    z_stream zlib;
} pipeline;

static void open_pipe(pipeline *p, const char *path, const char *mode, const char *port) {
    p->mode = !strcmp(mode, "isal") ? isal : !strcmp(mode, "zlib") ? by_zlib : plain;
    p->file = open(path, O_RDONLY);
    if (p->file < 0) exit((perror(path), 2));
    p->window = calloc(window_bytes + 16, 1);
    p->encoded_capacity = 4 * batch_bytes;
    p->encoded = malloc(p->encoded_capacity);
    p->level = malloc(ISAL_DEF_LVL1_DEFAULT);
    p->igzip = calloc(1, sizeof *p->igzip);
    if (p->mode == by_zlib) deflateInit2(&p->zlib, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    if (!port) return;
    // Sent by the server when it has seen everything; the pass ends by itself.
    signal(SIGTERM, SIG_IGN);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    p->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(p->socket, (struct sockaddr *)&address, sizeof address)) exit((perror("connect"), 2));
}

// Posts the body and reads the reply to its end, without looking at it.
static void post(pipeline *p, const byte *bytes, size_t size) {
    char head[256], reply[1 << 16];
    int length = snprintf(head, sizeof head,
        "POST /_bulk HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-ndjson\r\n%s"
        "content-length: %zu\r\n\r\n", p->mode == plain ? "" : "content-encoding: gzip\r\n", size);
    if (send(p->socket, head, length, MSG_MORE) != length) exit((perror("send"), 2));
    for (ssize_t sent; size; bytes += sent, size -= sent)
        if ((sent = send(p->socket, bytes, size, 0)) <= 0) exit((perror("send"), 2));
    size_t have = 0, whole = 1;
    for (int is_head = 1; have < whole;) {
        ssize_t got = recv(p->socket, is_head ? reply + have : reply, sizeof reply - 1 - (is_head ? have : 0), 0);
        if (got <= 0) exit((perror("recv"), 2));
        have += got;
        if (!is_head) continue;
        reply[have] = 0;
        char *end = strstr(reply, "\r\n\r\n"), *field = strcasestr(reply, "content-length:");
        whole = have + 1;
        if (end && field) whole = end + 4 - reply + strtoul(field + 15, NULL, 10), is_head = 0;
    }
}

static void finish_batch(pipeline *p) {
    size_t size = p->batch.used;
    const byte *bytes = p->batch.bytes;
    p->raw += size;
    if (p->mode == isal) {
        isal_deflate_stateless_init(p->igzip);
        p->igzip->gzip_flag = IGZIP_GZIP;
        p->igzip->level = 1;
        p->igzip->level_buf = p->level;
        p->igzip->level_buf_size = ISAL_DEF_LVL1_DEFAULT;
        p->igzip->next_in = p->batch.bytes, p->igzip->avail_in = size;
        p->igzip->next_out = p->encoded, p->igzip->avail_out = p->encoded_capacity;
        p->igzip->end_of_stream = 1;
        if (isal_deflate_stateless(p->igzip)) abort();
        bytes = p->encoded, size = p->igzip->total_out;
    } else if (p->mode == by_zlib) {
        deflateReset(&p->zlib);
        p->zlib.next_in = p->batch.bytes, p->zlib.avail_in = size;
        p->zlib.next_out = p->encoded, p->zlib.avail_out = p->encoded_capacity;
        if (deflate(&p->zlib, Z_FINISH) != Z_STREAM_END) abort();
        bytes = p->encoded, size = p->zlib.total_out;
    }
    p->zipped += size;
    if (p->socket) post(p, bytes, size);
    p->batch.used = 0;
}

// Once over the file; returns its lines.
static size_t pass_pipe(pipeline *p) {
    size_t lines = 0, waiting = 0;
    uint64_t offset = 0;
    p->raw = p->zipped = 0;
    last_time = first_time;
    for (ssize_t got; (got = pread(p->file, p->window, window_bytes, offset)) > 0;) {
        const byte *line = p->window, *end = line + got, *q;
        for (; (q = memchr(line, '\n', end - line)); line = q + 1, lines++) {
            append_document(&p->batch, line, q, offset + (line - p->window));
            if (++waiting < batch_lines && p->batch.used < batch_bytes) continue;
            finish_batch(p);
            waiting = 0;
        }
        if (line == p->window) break;
        offset += line - p->window;
    }
    if (waiting) finish_batch(p);
    p->read = offset;
    return lines;
}
