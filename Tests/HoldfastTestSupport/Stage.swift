private import Synchronization

/// A clock that a test moves, and a sink that it reads: for what is shown as time goes on.
package final class Stage: Sendable {
    private let nanoseconds = Mutex<UInt64>(7_000_000_000)
    private let output = Mutex<[String]>([])

    package init() {}

    package var now: UInt64 { nanoseconds.withLock { $0 } }

    package func wait(milliseconds: UInt64) { nanoseconds.withLock { $0 += milliseconds * 1_000_000 } }

    package func put(_ text: String) { output.withLock { $0.append(text) } }

    /// What was put since the last time.
    package func taken() -> [String] {
        output.withLock { texts in
            defer { texts = [] }
            return texts
        }
    }
}
