#ifndef HOLDFAST_CSQLITE_H
#define HOLDFAST_CSQLITE_H

#include <sqlite3.h>

/// Has SQLite not count what it allocates, which takes one lock for every piece of memory of every connection: two
/// threads with a connection each spend a fifth of their time on it. Before anything else is called; has no effect
/// where SQLite is at work already. (Swift can't call it: its arguments vary.)
static inline int hf_sqlite_without_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
