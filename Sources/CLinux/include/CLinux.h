// What Linux offers and Swift's Glibc module lacks. Everything that needs _GNU_SOURCE is defined in CLinux.c,
// never here: a feature macro in this header would change what other C modules see.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What statx(2) tells of a file, times in nanoseconds since 1970; birth is 0 where the file system keeps none.
struct tp_status {
    uint32_t mode;
    uint32_t links;
    uint32_t owner;
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    uint64_t blocks;  // of 512 bytes
    int64_t modified;
    int64_t birth;
};

/// statx(2) of an open descriptor, or (descriptor < 0) of a path, following symbolic links. Returns 0 or -1 with errno.
int tp_status_of(int descriptor, const char *path, struct tp_status *status);

/// The magic number of the file system that holds the descriptor (statfs(2)), or -1 with errno.
int64_t tp_file_system_type(int descriptor);

/// lseek(2) with SEEK_DATA: the first byte at or after offset that is not in a hole, or -1 with errno.
int64_t tp_seek_data(int descriptor, int64_t offset);

/// statx(2) of a name in an open directory; of a symbolic link, the link's own. Returns 0 or -1 with errno.
int tp_status_in(int directory, const char *name, struct tp_status *status);

/// What something is opened for: a directory to read its entries, a directory to find names in, anything to look at
/// (O_PATH: nothing happens to it, and nothing can be read).
enum tp_purpose { tp_to_list, tp_to_enter, tp_to_look };

/// open(2), symbolic links followed. This and the next three functions return a descriptor or -1 with errno.
int tp_open_root(const char *path, enum tp_purpose purpose);
/// openat2(2): opens path beneath root, by way of no symbolic link.
int tp_open_beneath(int root, const char *path, enum tp_purpose purpose);
/// openat(2) of a single name that is no symbolic link.
int tp_open_step(int directory, const char *name, enum tp_purpose purpose);
/// Opens a file for reading that was opened to look at, by way of /proc; never blocks.
int tp_reopen(int descriptor);
/// readlinkat(2): the number of bytes or -1 with errno.
int64_t tp_read_link(int directory, const char *name, void *target, size_t room);
/// getdents64(2): bytes of struct linux_dirent64, 0 at the end, -1 with errno.
int64_t tp_directory_entries(int directory, void *entries, size_t room);
/// The inode's generation (FS_IOC_GETVERSION) where it is known to be kept on the disk: ext4 and xfs; else 0.
uint32_t tp_generation(int descriptor);

/// A variable of the environment as NAME=VALUE, by its place; NULL behind the last.
const char *tp_variable_at(size_t place);

/// eventfd(2), non-blocking, close-on-exec.
int tp_eventfd(void);
/// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread (and those it starts) and returns a signalfd(2) for them.
int tp_signalfd(void);
/// The number of the next signal waiting on a signalfd, 0 when there is none, -1 with errno.
int tp_next_signal(int descriptor);
/// Ignores a signal in the whole process.
void tp_ignore_signal(int signal);
/// Gives a signal its default action again in the whole process and unblocks it in this thread.
void tp_default_signal(int signal);
/// SIGTERM, SIGINT and SIGHUP end process 1 as they end any other by default.
void tp_end_on_signals(void);

/// Opens /dev/null, for reading only, in the place of standard streams that are closed: no other file gets their
/// numbers, and writing to one stays an error.
void tp_reserve_standard_streams(void);

/// PR_SET_DUMPABLE of prctl(2), off: no core file, no debugger of the same user. Returns 0 or -1 with errno.
int tp_forbid_core_files(void);

/// Names the calling thread (15 characters at most), as ps and top show it.
void tp_name_thread(const char *name);
/// One malloc arena in all: bounds the memory that threads keep to themselves.
void tp_single_arena(void);
/// Gives free heap memory back to the kernel.
void tp_trim_heap(void);

/// One step of getopt_long(3) over a table of long options.
struct tp_option {
    const char *name;
    int has_value;
    int code;
};
/// Starts a new parse of argv with the short options given in getopt's notation.
/// Returns the option's code, '?' for an unknown one, ':' for a missing value, -1 at the end.
int tp_next_option(int argc, char *const argv[], const char *shorts, const struct tp_option *table, int start);
/// Of the step before: the value (or NULL), the short option that was at fault (or 0), the index of the next argument.
const char *tp_option_value(void);
int tp_option_at_fault(void);
int tp_option_index(void);

/// The number of columns of the terminal behind the descriptor, 0 when it is none.
int tp_terminal_columns(int descriptor);
/// CPU time of the process so far, user and system, in nanoseconds.
int64_t tp_process_cpu(void);
/// memmem(3) is not in the Glibc module: the place of needle in hay, or NULL.
const void *tp_find(const void *hay, size_t hay_count, const void *needle, size_t needle_count);
/// memrchr(3): the last place of a byte, or NULL.
const void *tp_find_last(const void *hay, int byte, size_t count);
