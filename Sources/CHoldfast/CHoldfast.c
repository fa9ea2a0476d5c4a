#define _GNU_SOURCE
#include "CHoldfast.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// --- CRC32C (Castagnoli, reflected 0x82F63B78) ---------------------------------------------------------------

static uint32_t crc_table[8][256];

__attribute__((constructor)) static void fill_crc_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = (c & 1) ? (c >> 1) ^ 0x82F63B78u : c >> 1;
        crc_table[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int t = 1; t < 8; t++)
            crc_table[t][i] = (crc_table[t - 1][i] >> 8) ^ crc_table[0][crc_table[t - 1][i] & 0xFF];
}

uint32_t hf_crc32c_table(uint32_t crc, const void *data, size_t size) {
    const uint8_t *p = data;
    crc = ~crc;
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= crc;
        crc = crc_table[7][word & 0xFF] ^ crc_table[6][(word >> 8) & 0xFF] ^ crc_table[5][(word >> 16) & 0xFF] ^
              crc_table[4][(word >> 24) & 0xFF] ^ crc_table[3][(word >> 32) & 0xFF] ^
              crc_table[2][(word >> 40) & 0xFF] ^ crc_table[1][(word >> 48) & 0xFF] ^ crc_table[0][word >> 56];
        p += 8;
        size -= 8;
    }
    while (size--) crc = (crc >> 8) ^ crc_table[0][(crc ^ *p++) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const void *data, size_t size) {
    const uint8_t *p = data;
    uint64_t c = ~crc;
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        c = __builtin_ia32_crc32di(c, word);
        p += 8;
        size -= 8;
    }
    uint32_t c32 = (uint32_t)c;
    while (size--) c32 = __builtin_ia32_crc32qi(c32, *p++);
    return ~c32;
}

static int has_crc_instruction(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2");
}

static inline int crc_instruction_is_there(void) {
    // Any thread may be the first to ask; all of them find the same.
    static _Atomic int hardware = -1;
    int found = atomic_load_explicit(&hardware, memory_order_relaxed);
    if (__builtin_expect(found < 0, 0)) {
        found = has_crc_instruction();
        atomic_store_explicit(&hardware, found, memory_order_relaxed);
    }
    return found;
}

uint32_t hf_crc32c(uint32_t crc, const void *data, size_t size) {
    return crc_instruction_is_there() ? crc32c_hardware(crc, data, size) : hf_crc32c_table(crc, data, size);
}

// An instruction waits three cycles for the one before it of the same sum; the other sum's fill them.
__attribute__((target("sse4.2"))) static uint64_t crc32c_two_hardware(
    const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size) {
    uint64_t x = 0xFFFFFFFFu, y = 0xFFFFFFFFu;
    while (a_size >= 8 && b_size >= 8) {
        uint64_t v, w;
        memcpy(&v, a, 8);
        memcpy(&w, b, 8);
        x = __builtin_ia32_crc32di(x, v);
        y = __builtin_ia32_crc32di(y, w);
        a += 8, b += 8;
        a_size -= 8, b_size -= 8;
    }
    uint32_t first = crc32c_hardware(~(uint32_t)x, a, a_size);
    uint32_t second = crc32c_hardware(~(uint32_t)y, b, b_size);
    return (uint64_t)second << 32 | first;
}

uint64_t hf_crc32c_two(const void *first, size_t first_size, const void *second, size_t second_size) {
    if (crc_instruction_is_there()) return crc32c_two_hardware(first, first_size, second, second_size);
    return (uint64_t)hf_crc32c_table(0, second, second_size) << 32 | hf_crc32c_table(0, first, first_size);
}
#else
uint32_t hf_crc32c(uint32_t crc, const void *data, size_t size) { return hf_crc32c_table(crc, data, size); }

uint64_t hf_crc32c_two(const void *first, size_t first_size, const void *second, size_t second_size) {
    return (uint64_t)hf_crc32c_table(0, second, second_size) << 32 | hf_crc32c_table(0, first, first_size);
}
#endif

// --- Memory --------------------------------------------------------------------------------------------------

void *hf_map_reserve(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    // Advice only: without huge pages the tables are slower (46 against 74 ns a random update), not wrong.
    (void)madvise(p, size, MADV_HUGEPAGE);
    return p;
}

int hf_unmap(void *address, size_t size) { return munmap(address, size) == 0 ? 0 : errno; }

// --- Files ---------------------------------------------------------------------------------------------------

int hf_allocate(int fd, int64_t size) { return posix_fallocate(fd, 0, size); }

int64_t hf_copy_range(int from, int64_t from_offset, int to, int64_t to_offset, int64_t size) {
    loff_t source = from_offset, target = to_offset;
    ssize_t copied = copy_file_range(from, &source, to, &target, (size_t)size, 0);
    return copied < 0 ? -(int64_t)errno : copied;
}

int hf_open_direct(int fd, int to_write) {
    // By way of the open file, as its name may be gone by now, or another's.
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, (to_write ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC);
}

int hf_open_nameless(const char *directory) {
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
    // A file system that has no such files: the name goes at once.
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/.holdfast-XXXXXX", directory) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

uint64_t hf_free_bytes(const char *directory) {
    struct statvfs found;
    return statvfs(directory, &found) == 0 ? (uint64_t)found.f_bavail * found.f_frsize : 0;
}

int64_t hf_cached_run(int fd, int64_t offset, int64_t size, int *cached) {
    enum { stretch = 256 << 10, most = 4 << 20 };
    static const long least_page = 4096;
    unsigned char pages[most / 4096];
    const long page = sysconf(_SC_PAGESIZE);
    if (size > most) size = most;
    *cached = 1;
    if (page < least_page || stretch % page != 0) return size;
    void *mapped = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, offset);
    if (mapped == MAP_FAILED) return size;
    int64_t run = 0;
    if (mincore(mapped, (size_t)size, pages) == 0) {
        while (run < size) {
            int64_t end = run + stretch < size ? run + stretch : size;
            int all = 1;
            for (int64_t i = run / page; i * page < end; i++) all &= pages[i] & 1;
            if (run == 0) *cached = all;
            if (all != *cached) break;
            run = end;
        }
    } else {
        run = size;
    }
    munmap(mapped, (size_t)size);
    return run;
}

int64_t hf_write_two(
    int fd, const void *first, size_t first_count, const void *second, size_t second_count, int64_t offset) {
    struct iovec pieces[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
    return pwritev(fd, pieces, 2, offset);
}

// Small enough that a sync of another file is not held up for long by two of them, large enough that waiting for them
// does not slow the writer much: of 32, 64 and 128 KiB the smallest gave the shortest waits and tables further behind.
static const size_t pace_bytes = 64 << 10;

struct written {
    off_t start, end;
};

static _Thread_local struct {
    int is_steady, fd;
    /// Not yet on its way to the disk, and on its way.
    struct written filling, leaving;
    size_t filled;
} pace;

/// What is left of the file that was written to last is sent as well. It may be closed by now, and its number another
/// file's: then that one's pages go a little earlier than they would have.
static void pace_send_rest(void) {
    if (pace.filled > 0) {
        off_t count = pace.filling.end - pace.filling.start;
        (void)sync_file_range(pace.fd, pace.filling.start, count, SYNC_FILE_RANGE_WRITE);
    }
    pace.filled = 0;
    pace.leaving.end = 0;
}

void hf_write_steadily(int on) {
    pace_send_rest();
    pace.is_steady = on;
    pace.fd = -1;
}

/// False where bytes that were written are lost. The kernel says that once: here, and no longer to a later sync.
static int pace_send(int fd, struct written bytes, unsigned how) {
    if (sync_file_range(fd, bytes.start, bytes.end - bytes.start, how) == 0) return 1;
    return errno == EINVAL || errno == ENOSYS || errno == ESPIPE || errno == EINTR;
}

ssize_t hf_paced_pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    ssize_t put = pwrite(fd, bytes, count, offset);
    if (!pace.is_steady || put <= 0) return put;
    int error = errno;
    if (pace.fd != fd) {
        pace_send_rest();
        pace.fd = fd;
    }
    if (pace.filled == 0) pace.filling = (struct written){offset, offset};
    if (offset < pace.filling.start) pace.filling.start = offset;
    if (offset + put > pace.filling.end) pace.filling.end = offset + put;
    pace.filled += (size_t)put;
    if (pace.filled >= pace_bytes) {
        struct written before = pace.leaving;
        pace.leaving = pace.filling;
        pace.filled = 0;
        if (!pace_send(fd, pace.leaving, SYNC_FILE_RANGE_WRITE)) return -1;
        if (before.end > 0 && !pace_send(fd, before, SYNC_FILE_RANGE_WAIT_BEFORE)) return -1;
    }
    errno = error;
    return put;
}

int hf_try_lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno; }

// --- Threads -------------------------------------------------------------------------------------------------

void hf_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

void hf_prompt_thread(void) {
    // Whoever chose another policy for this process knows better.
    if (sched_getscheduler(0) != SCHED_OTHER) return;
    // The kernel's struct sched_attr in its first version, which older C libraries do not know.
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = 48, .policy = SCHED_OTHER, .runtime = 100000};
    attributes.flags = 1;  // SCHED_FLAG_RESET_ON_FORK: threads begun by this one have the usual turns
    id_t thread = (id_t)syscall(SYS_gettid);
    attributes.nice = getpriority(PRIO_PROCESS, thread);
    (void)syscall(SYS_sched_setattr, (pid_t)thread, &attributes, 0);
}

void hf_background_thread(void) { (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10); }

void hf_polite_thread(void) {
    id_t thread = (id_t)syscall(SYS_gettid);
    (void)setpriority(PRIO_PROCESS, thread, 19);
    // A core that runs nothing but idle work counts as free when others wake. Beside the nicest of ordinary threads they
    // queued up on the lane's core instead, and the lane lost 14% of its throughput.
    struct sched_param none = {0};
    (void)sched_setscheduler((pid_t)thread, SCHED_IDLE, &none);
    // Class 2 is best effort, 7 its lowest priority; the idle class could starve for ever on a busy disk.
    (void)syscall(SYS_ioprio_set, 1, thread, 2 << 13 | 7);
}

int32_t hf_usable_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
}

int32_t hf_thread_id(void) { return (int32_t)syscall(SYS_gettid); }

int hf_core_waits(int32_t thread, int64_t *waited_ns, int64_t *turns) {
    char text[96];
    (void)snprintf(text, sizeof text, "/proc/self/task/%d/schedstat", thread);
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count <= 0) return 0;
    text[count] = 0;
    long long ran, waited, taken;
    if (sscanf(text, "%lld %lld %lld", &ran, &waited, &taken) != 3) return 0;
    *waited_ns = waited;
    *turns = taken;
    return 1;
}

uint64_t *hf_ranks_held(void) {
    static _Thread_local uint64_t held;
    return &held;
}

void hf_futex_wait(const volatile uint32_t *word, uint32_t expected, int64_t timeout_ns) {
    struct timespec t = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_ns < 0 ? NULL : &t, NULL, 0);
}

void hf_futex_wake(const volatile uint32_t *word, int32_t count) {
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

// --- Time -----------------------------------------------------------------------------------------------------

int64_t hf_wall_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t hf_monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
