#ifndef HOLDFAST_CSQLITE_H
#define HOLDFAST_CSQLITE_H

#include <sqlite3.h>
#include <sys/types.h>

/// Has SQLite not count what it allocates, which takes one lock for every piece of memory of every connection: two
/// threads with a connection each spend a fifth of their time on it. Before anything else is called; has no effect
/// where SQLite is at work already. (Swift can't call it: its arguments vary.)
static inline int hf_sqlite_without_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// Has SQLite write files with `write` instead of pwrite, in the whole process. Nothing happens where it does not write
/// with that: the calls of a build of SQLite are its own affair.
_Static_assert(sizeof(off_t) == 8, "pwrite and pwrite64 are one");
static inline void hf_sqlite_write_with(ssize_t (*write)(int, const void *, size_t, off_t)) {
    sqlite3_vfs *files = sqlite3_vfs_find(0);
    if (!files || files->iVersion < 3 || !files->xSetSystemCall) return;
    (void)files->xSetSystemCall(files, "pwrite", (sqlite3_syscall_ptr)write);
    (void)files->xSetSystemCall(files, "pwrite64", (sqlite3_syscall_ptr)write);
}

#endif
