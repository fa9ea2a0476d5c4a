private import Glibc

/// Counts what is free to be taken; whoever takes from an empty one sleeps.
final class Semaphore: Sendable {
    // The system's own object, which may be used from any thread.
    private nonisolated(unsafe) let handle: UnsafeMutablePointer<sem_t>

    init(_ count: Int) {
        handle = .allocate(capacity: 1)
        sem_init(handle, 0, UInt32(count))
    }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    func give() { sem_post(handle) }

    func take() {
        while sem_wait(handle) != 0 {}
    }
}
