internal import CHoldfast
private import Glibc
internal import Synchronization

/// A lock that several lanes' worth of can be held at once, which closures can't express. Always taken in the order
/// of the lanes' numbers, their ranks: debug builds stop where a thread that holds one waits for one of a lower rank,
/// whether or not another thread would be in its way at that moment.
final class Lock: Sendable {
    private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let rank: UInt64?

    init(rank: Int? = nil) {
        self.rank = rank.map { UInt64(1) << UInt64($0) }
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func lock() {
        #if DEBUG
            if let rank {
                precondition(hf_ranks_held().pointee < rank, "locks of lanes are taken in the order of their numbers")
            }
        #endif
        pthread_mutex_lock(mutex)
        noteHeld()
    }

    func tryLock() -> Bool {
        guard pthread_mutex_trylock(mutex) == 0 else { return false }
        noteHeld()
        return true
    }

    func unlock() {
        #if DEBUG
            if let rank { hf_ranks_held().pointee &= ~rank }
        #endif
        pthread_mutex_unlock(mutex)
    }

    private func noteHeld() {
        #if DEBUG
            if let rank { hf_ranks_held().pointee |= rank }
        #endif
    }
}

/// A value behind a lock, shareable by reference. Built on the system's mutex and not on `Synchronization.Mutex`,
/// which the thread sanitizer can't see and takes for races.
package final class Locked<Value: Sendable>: Sendable {
    private let lock = Lock()
    // Touched with the lock held only.
    private nonisolated(unsafe) var value: Value

    package init(_ value: Value) { self.value = value }

    package func with<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}

/// Something that a thread sleeps on until it is raised. A raise while nobody sleeps is not lost, and costs no
/// system call.
package final class Signal: Sendable {
    // The futex word must be a plain address; atomics are layered on the same 4 bytes.
    private nonisolated(unsafe) let word: UnsafeMutablePointer<Atomic<UInt32>>
    private let sleepers = Atomic<Int>(0)

    package init() {
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(0))
    }

    deinit {
        word.deinitialize(count: 1)
        word.deallocate()
    }

    /// What to pass to `wait`: read it before looking at the condition that is waited for.
    package var ticket: UInt32 { word.pointee.load(ordering: .sequentiallyConsistent) }

    package func raise() {
        word.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
            hf_futex_wake(UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self), Int32.max)
        }
    }

    /// Sleeps until a raise after `ticket` was read, or until the time is over.
    package func wait(after ticket: UInt32, nanoseconds: Int64 = -1) {
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if self.ticket == ticket {
            hf_futex_wait(UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self), ticket, nanoseconds)
        }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
}
