// Runs an agent against a server that stores nothing, and says what the agent cost.
// Usage: sink LINES [--idle SECONDS] COMMAND...   The command finds the server's port in $PORT.
//
// The server answers each _bulk with as many 201s as there are documents in it. Once it has counted
// LINES of them it idles if told to and sends SIGTERM; then it waits for the command's end. What the
// server costs is not counted.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <isa-l/igzip_lib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static long wanted, counted, requests;
static long long body_bytes;
static int done;
static pid_t process;

// Whoever ends the server ends its command.
static void leave(int signal) {
    kill(process, SIGKILL);
    _exit(128 + signal);
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

// Lines in the bodies so far; two are a document.
static void count(long documents, size_t bytes) {
    __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&body_bytes, (long long)bytes, __ATOMIC_RELAXED);
    long now = __atomic_add_fetch(&counted, documents, __ATOMIC_RELAXED);
    if (now >= wanted && now - documents < wanted) eventfd_write(done, 1);
}

static long newlines(const char *p, size_t size) {
    long found = 0;
    for (const char *end = p + size; (p = memchr(p, '\n', end - p)); p++) found++;
    return found;
}

static long documents_in(const char *body, size_t size, int is_gzip) {
    if (!is_gzip) return newlines(body, size) / 2;
    static __thread struct inflate_state state;
    static __thread char plain[1 << 18];
    long found = 0;
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = (uint8_t *)body, state.avail_in = size;
    while (state.block_state != ISAL_BLOCK_FINISH) {
        state.next_out = (uint8_t *)plain, state.avail_out = sizeof plain;
        if (isal_inflate(&state) != ISAL_DECOMP_OK) exit(fprintf(stderr, "sink: a broken gzip\n"));
        size_t got = sizeof plain - state.avail_out;
        if (!got && !state.avail_in) break;
        found += newlines(plain, got);
    }
    return found / 2;
}

static void send_all(int socket, const char *p, size_t size) {
    while (size) {
        ssize_t sent = send(socket, p, size, MSG_NOSIGNAL);
        if (sent <= 0) return;
        p += sent, size -= sent;
    }
}

static void answer(int socket, long documents) {
    static const char item[] = "{\"create\":{\"status\":201}},", end[] = "]}";
    char head[160], *body = malloc(64 + documents * sizeof item), *out = body;
    out = stpcpy(out, "{\"errors\":false,\"items\":[");
    for (long i = 0; i < documents; i++) out = stpcpy(out, item);
    if (documents) out--;
    out = stpcpy(out, end);
    int length = snprintf(head, sizeof head,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n",
        (size_t)(out - body));
    send_all(socket, head, length);
    send_all(socket, body, out - body);
    free(body);
}

static void *serve(void *argument) {
    int socket = (int)(long)argument, on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    size_t capacity = 4 << 20, have = 0;
    char *in = malloc(capacity + 1);
    for (;;) {
        in[have] = 0;
        char *end = memmem(in, have, "\r\n\r\n", 4);
        size_t head = end ? (size_t)(end + 4 - in) : 0, whole = head;
        int is_gzip = 0;
        if (end) {
            *end = 0;
            char *length = strcasestr(in, "\r\ncontent-length:");
            if (length) whole += strtoul(length + 17, NULL, 10);
            is_gzip = strcasestr(in, "\r\ncontent-encoding: gzip") != NULL;
            *end = '\r';
        }
        if (end && have >= whole) {
            long documents = documents_in(in + head, whole - head, is_gzip);
            count(documents, whole - head);
            answer(socket, documents);
            memmove(in, in + whole, have -= whole);
            continue;
        }
        if (whole > capacity || have == capacity) in = realloc(in, (capacity = whole + capacity) + 1);
        ssize_t got = recv(socket, in + have, capacity - have, 0);
        if (got <= 0) break;
        have += got;
    }
    free(in);
    close(socket);
    return NULL;
}

static void *listen_for_clients(void *argument) {
    for (;;) {
        int client = accept((int)(long)argument, NULL, NULL);
        pthread_t thread;
        if (client >= 0 && pthread_create(&thread, NULL, serve, (void *)(long)client) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

// The number behind NAME in a file of /proc; 0 where there is none.
static long number_in(const char *path, const char *name) {
    char line[256];
    long value = 0;
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0) value = strtol(line + strlen(name), NULL, 10);
    fclose(file);
    return value;
}

typedef struct { long long nanoseconds; long switches; } work;

// CPU time and context switches of all threads of the command.
static work work_so_far(void) {
    char path[400];
    work sum = {0, 0};
    snprintf(path, sizeof path, "/proc/%d/task", process);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        if (*task->d_name == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", process, task->d_name);
        sum.nanoseconds += number_in(path, "");
        snprintf(path, sizeof path, "/proc/%d/task/%s/status", process, task->d_name);
        sum.switches += number_in(path, "voluntary_ctxt_switches:");
        sum.switches += number_in(path, "nonvoluntary_ctxt_switches:");
    }
    if (tasks) closedir(tasks);
    return sum;
}

static int listener(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(socket_, (struct sockaddr *)&address, size) || listen(socket_, 64)
        || getsockname(socket_, (struct sockaddr *)&address, &size))
        fail("sink: listen");
    char port[8];
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    setenv("PORT", port, 1);
    return socket_;
}

int main(int argument_count, char **arguments) {
    int idle = 0, first = 2;
    if (argument_count > 4 && strcmp(arguments[2], "--idle") == 0) idle = atoi(arguments[3]), first = 4;
    if (argument_count <= first)
        return fprintf(stderr, "usage: sink LINES [--idle SECONDS] COMMAND...\n"), 2;
    wanted = atol(arguments[1]);
    done = eventfd(0, EFD_CLOEXEC);
    int socket = listener();
    if (posix_spawnp(&process, arguments[first], NULL, NULL, arguments + first, environ))
        fail(arguments[first]);
    signal(SIGTERM, leave);
    signal(SIGINT, leave);
    pthread_t thread;
    if (pthread_create(&thread, NULL, listen_for_clients, (void *)(long)socket)) fail("sink: thread");
    // Done when all documents are there or the command is gone, whichever comes first.
    struct pollfd waits[] = {{done, POLLIN, 0}, {syscall(SYS_pidfd_open, process, 0), POLLIN, 0}};
    while (poll(waits, 2, -1) < 0) {}
    if (idle) {
        // Files that were read to their end are closed, and the state is written, before the idling.
        sleep(3);
        work before = work_so_far();
        sleep(idle);
        work after = work_so_far();
        printf("idle-ms %.2f idle-switches %ld ", (after.nanoseconds - before.nanoseconds) / 1e6,
            after.switches - before.switches);
    }
    kill(process, SIGTERM);
    int status;
    struct rusage usage;
    if (wait4(process, &status, 0, &usage) < 0) fail("sink: wait");
    double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
                 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("cpu-us %.0f user-us %.0f peak-kib %ld documents %ld requests %ld body-bytes %lld\n",
        cpu * 1e6, usage.ru_utime.tv_sec * 1e6 + usage.ru_utime.tv_usec, usage.ru_maxrss, counted, requests,
        body_bytes);
    if (counted != wanted || !WIFEXITED(status) || WEXITSTATUS(status))
        return fprintf(stderr, "sink: %ld of %ld documents, status %x\n", counted, wanted, status), 1;
    return 0;
}
