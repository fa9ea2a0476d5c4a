private import CMicrohttpd
private import Glibc
internal import HoldfastLog

/// What other threads have for the loop's thread: pieces of work, and a descriptor that says that there are some.
final class LoopInbox: Sendable {
    typealias Work = @Sendable () -> Void

    let descriptor: Int32
    /// Nil once it is closed.
    private let waiting = Locked<[Work]?>([])

    init() throws(DiskFailure) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw DiskFailure(operation: "create", path: "an eventfd", errno: errno) }
    }

    deinit { Glibc.close(descriptor) }

    /// From any thread. One system call for all that comes until the loop looks.
    func post(_ work: @escaping Work) {
        let isFirst = waiting.with { waiting in
            waiting?.append(work)
            return waiting?.count == 1
        }
        if isFirst { eventfd_write(descriptor, 1) }
    }

    /// On the loop's thread: does all that waits.
    func work() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
        let works = waiting.with { waiting in
            defer { if waiting != nil { waiting = [] } }
            return waiting ?? []
        }
        for work in works { work() }
    }

    /// Takes nothing any more, and forgets what waits.
    func close() {
        let forgotten = waiting.with { waiting in
            defer { waiting = nil }
            return waiting
        }
        withExtendedLifetime(forgotten) {}
    }
}
