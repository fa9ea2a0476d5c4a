private import CMicrohttpd
private import Glibc
internal import HoldfastLog

/// SIGTERM and SIGINT, which ask the program to stop. A second one ends it at once: nothing that was answered is lost.
package struct StopSignals: Sendable {
    private let descriptor: Int32

    /// From here on they are waited for. Once in a program.
    package init() throws {
        descriptor = hf_catch_stop_signals()
        guard descriptor >= 0 else { throw ServiceError.cannotServe(reason: errorText(errno)) }
    }

    /// Returns when one has come.
    package func wait() async {
        let descriptor = descriptor
        await onThread("hf-signals") {
            var count: eventfd_t = 0
            while eventfd_read(descriptor, &count) != 0 {}
        }
    }
}

/// Does something that takes its time on a thread of its own, and not on one of the few that all tasks share.
func onThread<Result: Sendable>(_ name: String, _ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        WorkerThread(name: name) { continuation.resume(returning: body()) }.detach()
    }
}
