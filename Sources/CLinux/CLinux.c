// The functions of CLinux.h. The only place that sees _GNU_SOURCE.
#define _GNU_SOURCE
#include "include/CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static int64_t nanoseconds(struct statx_timestamp time) {
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int status_at(int from, const char *path, int flags, struct tp_status *status) {
    struct statx x;
    if (statx(from, path, flags, STATX_BASIC_STATS | STATX_BTIME, &x) != 0) return -1;
    memset(status, 0, sizeof *status);
    status->mode = x.stx_mode;
    status->links = x.stx_nlink;
    status->owner = x.stx_uid;
    status->device = ((uint64_t)x.stx_dev_major << 32) | x.stx_dev_minor;
    status->inode = x.stx_ino;
    status->size = x.stx_size;
    status->blocks = x.stx_blocks;
    status->modified = nanoseconds(x.stx_mtime);
    status->birth = (x.stx_mask & STATX_BTIME) ? nanoseconds(x.stx_btime) : 0;
    return 0;
}

int tp_status_of(int descriptor, const char *path, struct tp_status *status) {
    return descriptor < 0 ? status_at(AT_FDCWD, path, 0, status) : status_at(descriptor, "", AT_EMPTY_PATH, status);
}

int tp_status_in(int directory, const char *name, struct tp_status *status) {
    return status_at(directory, name, AT_SYMLINK_NOFOLLOW, status);
}

int64_t tp_file_system_type(int descriptor) {
    struct statfs s;
    return fstatfs(descriptor, &s) == 0 ? (int64_t)(uint32_t)s.f_type : -1;
}

int64_t tp_seek_data(int descriptor, int64_t offset) { return lseek(descriptor, offset, SEEK_DATA); }

static int flags_for(enum tp_purpose purpose) {
    switch (purpose) {
    case tp_to_list: return O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC;
    case tp_to_enter: return O_PATH | O_DIRECTORY | O_CLOEXEC;
    case tp_to_look: return O_PATH | O_NOFOLLOW | O_CLOEXEC;
    }
    return O_PATH | O_NOFOLLOW | O_CLOEXEC;
}

int tp_open_root(const char *path, enum tp_purpose purpose) { return open(path, flags_for(purpose)); }

int tp_open_beneath(int root, const char *path, enum tp_purpose purpose) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)flags_for(purpose);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

int tp_open_step(int directory, const char *name, enum tp_purpose purpose) {
    return openat(directory, name, flags_for(purpose) | O_NOFOLLOW);
}

int tp_reopen(int descriptor) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int64_t tp_read_link(int directory, const char *name, void *target, size_t room) {
    return readlinkat(directory, name, target, room);
}

int64_t tp_directory_entries(int directory, void *entries, size_t room) { return getdents64(directory, entries, room); }

uint32_t tp_generation(int descriptor) {
    struct statfs s;
    if (fstatfs(descriptor, &s) != 0 || (s.f_type != EXT4_SUPER_MAGIC && s.f_type != XFS_SUPER_MAGIC)) return 0;
    // Declared with long, written as int.
    uint32_t generation[2] = {0, 0};
    return ioctl(descriptor, FS_IOC_GETVERSION, generation) == 0 ? generation[0] : 0;
}

const char *tp_variable_at(size_t place) {
    return environ[place];
}

int tp_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static void handled_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

int tp_signalfd(void) {
    sigset_t set;
    handled_signals(&set);
    int failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (failed != 0) {
        errno = failed;
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int tp_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count = read(descriptor, &info, sizeof info);
    if (count == (ssize_t)sizeof info) return (int)info.ssi_signo;
    return count < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

void tp_ignore_signal(int signal_number) { signal(signal_number, SIG_IGN); }

void tp_default_signal(int signal_number) {
    signal(signal_number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void end_process(int signal_number) { _exit(128 + signal_number); }

void tp_end_on_signals(void) {
    if (getpid() != 1) return;
    signal(SIGTERM, end_process);
    signal(SIGINT, end_process);
    signal(SIGHUP, end_process);
}

int tp_forbid_core_files(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

void tp_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void tp_single_arena(void) { mallopt(M_ARENA_MAX, 1); }

void tp_trim_heap(void) { malloc_trim(0); }

enum { most_options = 64 };

int tp_next_option(int argc, char *const argv[], const char *shorts, const struct tp_option *table, int start) {
    struct option options[most_options + 1];
    size_t count = 0;
    for (; table[count].name != NULL && count < most_options; count++)
        options[count] = (struct option){table[count].name, table[count].has_value ? required_argument : no_argument, NULL, table[count].code};
    options[count] = (struct option){0};
    if (start) {
        opterr = 0;
        optind = 0;
    }
    return getopt_long(argc, argv, shorts, options, NULL);
}

const char *tp_option_value(void) { return optarg; }
int tp_option_at_fault(void) { return optopt; }
int tp_option_index(void) { return optind; }

int tp_terminal_columns(int descriptor) {
    if (!isatty(descriptor)) return 0;
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

int64_t tp_process_cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

const void *tp_find(const void *hay, size_t hay_count, const void *needle, size_t needle_count) {
    return memmem(hay, hay_count, needle, needle_count);
}

const void *tp_find_last(const void *hay, int byte, size_t count) { return memrchr(hay, byte, count); }

void tp_reserve_standard_streams(void) {
    int descriptor;
    do {
        descriptor = open("/dev/null", O_RDONLY);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor >= 0) close(descriptor);
}
