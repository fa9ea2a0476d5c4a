// The few things Swift on Linux can't say itself: the CRC32C instruction, prefetch, XXH3, and the Linux calls
// that hide behind _GNU_SOURCE. Everything hot is inline; the rest is in CHoldfast.c.
#pragma once
#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include "CDeflate.h"
#include "CSha256.h"

uint32_t hf_crc32c_table(uint32_t crc, const void *data, size_t size);
uint32_t hf_crc32c(uint32_t crc, const void *data, size_t size);
/// Of two pieces, the first one's in the lower half: computed side by side in little more than the time of one.
uint64_t hf_crc32c_two(const void *first, size_t first_size, const void *second, size_t second_size);

static inline void hf_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }
static inline void hf_prefetch_write(const void *address) { __builtin_prefetch(address, 1, 3); }

/// XXH3 with 64 bits of result: stable across machines and versions, documented in docs/FORMAT.md.
static inline uint64_t hf_hash64(const void *data, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(data, size, seed);
}

/// Anonymous memory that the kernel may back with huge pages; NULL on failure. Physical pages come on first touch.
void *hf_map_reserve(size_t size);
int hf_unmap(void *address, size_t size);

/// Reserves disk space for [0, size) so that a later write can't meet a full disk. 0 or an errno.
int hf_allocate(int fd, int64_t size);
/// Copies bytes between two files within the kernel, sharing them on disk where the file system can. How many, 0 at the
/// end of the source, or an errno below zero.
int64_t hf_copy_range(int from, int64_t from_offset, int to, int64_t to_offset, int64_t size);
/// Opens an open file once more, for reading or for writing past the page cache; negative where the file system can't.
int hf_open_direct(int fd, int to_write);
/// Opens a new file in a directory that has no name, for reading and writing: it is gone once it is closed. Negative
/// where that can't be.
int hf_open_nameless(const char *directory);
/// How many bytes whoever has no privileges may still write to a directory's file system; 0 where nobody can tell.
uint64_t hf_free_bytes(const char *directory);
/// How many bytes from `offset` on, which is on a page, are alike in the page cache: there, or nobody can tell, or not
/// there. At most 4 MiB at a time; the range must lie within the file.
int64_t hf_cached_run(int fd, int64_t offset, int64_t size, int *cached);
/// Writes two pieces of memory as one, with a single call. Returns how much was written; negative when nothing was.
int64_t hf_write_two(
    int fd, const void *first, size_t first_count, const void *second, size_t second_count, int64_t offset);
/// From now on, or no longer, what the calling thread writes through `hf_paced_pwrite` is sent to the disk as it goes
/// along, a little at a time. Else a later sync finds megabytes of it, and whoever syncs another file then waits for all.
void hf_write_steadily(int on);
/// pwrite, for a library that is to write at the pace of its thread. Fails also where it learns that bytes which were
/// written before are lost.
ssize_t hf_paced_pwrite(int fd, const void *bytes, size_t count, off_t offset);
/// Takes or refuses, at once, the advisory lock of an open file (held by this open file, gone with the process).
int hf_try_lock(int fd);
/// Names the calling thread, for ps, perf and gdb.
void hf_name_thread(const char *name);
/// Asks for short turns, for a thread that others wait for: from Linux 6.12 on it need not wait, when it wakes, until one
/// with the usual turns of some milliseconds is through. Its share of the core stays what it was.
void hf_prompt_thread(void);
/// Lowers the calling thread's priority, for work that must not slow the lane.
void hf_background_thread(void);
/// Lowers it as far as it goes, for reading and writing too: for jobs of the night.
void hf_polite_thread(void);

/// How many cores this process may use.
int32_t hf_usable_cores(void);
/// The calling thread's number.
int32_t hf_thread_id(void);
/// How long a thread of this process was ready to run and had no core since it began, and how many turns it had. 0 where
/// the kernel's account of it can't be read.
int hf_core_waits(int32_t thread, int64_t *waited_ns, int64_t *turns);

/// The ranks of the locks that the calling thread holds, a bit each: for `Lock` to see that they are taken in order.
uint64_t *hf_ranks_held(void);

/// Sleeps while *word == expected, at most timeout_ns (< 0: for ever). Returns at once when it differs.
void hf_futex_wait(const volatile uint32_t *word, uint32_t expected, int64_t timeout_ns);
void hf_futex_wake(const volatile uint32_t *word, int32_t count);

/// Milliseconds since 1970 UTC, and nanoseconds of a clock that never goes back.
int64_t hf_wall_ms(void);
int64_t hf_monotonic_ns(void);
