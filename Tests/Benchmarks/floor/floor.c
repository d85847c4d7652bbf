// What a line costs in C; for comparison only.
// Usage: floor ROW FILE [PASSES] [once]
// ROW: scan, encode, documents (print them); pipe-none, pipe-isal, pipe-zlib: windows of the file to
// gzipped batches that are discarded; post-none, post-isal: posted to the server at $PORT.
#define _GNU_SOURCE
#include "document.h"
#include "pipe.h"

static double cpu_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

typedef struct { byte *bytes; size_t size, lines; uint64_t sum; } corpus;

// 16 bytes behind the end may be read.
static corpus read_corpus(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    fseek(file, 0, SEEK_END);
    corpus c = {.size = ftell(file)};
    rewind(file);
    c.bytes = calloc(c.size + 16, 1);
    if (!c.bytes || fread(c.bytes, 1, c.size, file) != c.size) fail(path);
    fclose(file);
    return c;
}

static void pass_scan(corpus *c) {
    record r;
    c->lines = 0;
    for (const byte *p = c->bytes, *end = p + c->size, *q; (q = memchr(p, '\n', end - p)); p = q + 1) {
        c->sum += scan(p, q, &r) ? (uint64_t)r.time + r.status.at[0] + r.agent.count : r.fault;
        c->lines++;
    }
}

// Bodies of 1,000 documents.
static void pass_encode(corpus *c, body *b, int prints) {
    c->lines = b->used = 0;
    last_time = first_time;
    for (const byte *p = c->bytes, *end = p + c->size, *q; (q = memchr(p, '\n', end - p)); p = q + 1) {
        append_document(b, p, q, p - c->bytes);
        if (++c->lines % 1000 == 0) {
            if (prints) fwrite(b->bytes, 1, b->used, stdout);
            b->used = 0;
        }
    }
    if (prints) fwrite(b->bytes, 1, b->used, stdout);
    c->sum += b->used;
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "usage: floor ROW FILE [PASSES] [once]\n"), 2;
    const char *row = arguments[1], *path = arguments[2];
    int passes = count > 3 ? atoi(arguments[3]) : 200, measures = count < 5;
    int is_scan = !strcmp(row, "scan"), is_print = !strcmp(row, "documents"), is_encode = !strcmp(row, "encode");
    int is_post = !strncmp(row, "post-", 5), is_pipe = is_post || !strncmp(row, "pipe-", 5);
    if (!is_scan && !is_print && !is_encode && !is_pipe) return fprintf(stderr, "floor: no row %s\n", row), 2;
    corpus c = {0};
    pipeline pipe = {0};
    body b = {0};
    if (is_pipe) open_pipe(&pipe, path, row + 5, is_post ? getenv("PORT") : NULL);
    else c = read_corpus(path);
    double best = 1e9;
    for (int pass = 0; pass < (is_print ? 1 : passes); pass++) {
        double start = cpu_time();
        if (is_pipe) c.lines = pass_pipe(&pipe), c.size = pipe.read;
        else if (is_scan) pass_scan(&c);
        else pass_encode(&c, &b, is_print);
        double spent = cpu_time() - start;
        if (spent < best) best = spent;
    }
    if (is_print || !measures || is_post) return c.sum == 42;
    printf("%s: %.1f ns a line, %.2f M lines/s, %.0f MB/s", row, best * 1e9 / c.lines,
        c.lines / best / 1e6, c.size / best / 1e6);
    if (is_pipe) printf(", %.0f B a document, ratio %.2f", (double)pipe.raw / c.lines, (double)pipe.raw / pipe.zipped);
    printf("\n");
    return c.sum == 42;
}
