internal import CHoldfast
private import Synchronization

/// The seam to time. The log never reads a clock itself, so that tests and replays decide what time it is.
package protocol LogClock: Sendable {
    /// Milliseconds since 1970 UTC.
    func now() -> Int64
    /// Whether time goes on by itself, so that a lane may sleep until something falls due.
    var runsByItself: Bool { get }
}

package struct SystemClock: LogClock {
    package init() {}
    package func now() -> Int64 { hf_wall_ms() }
    package var runsByItself: Bool { true }
}

/// A clock that stands still until it is told otherwise: for command streams that carry their own time, and tests.
package final class GivenClock: LogClock {
    private let time: Atomic<Int64>

    package init(_ start: Int64 = 0) { time = Atomic(start) }

    package func now() -> Int64 { time.load(ordering: .relaxed) }
    package var runsByItself: Bool { false }

    /// Moves time forward; an earlier time changes nothing.
    package func advance(to later: Int64) { time.max(later, ordering: .relaxed) }
}
