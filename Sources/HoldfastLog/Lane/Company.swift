internal import CHoldfast
private import Glibc
internal import Synchronization

/// Whether a commit should wait a moment for company.
///
/// When a round's answers are released, the callers that got them come back with their next commands within
/// microseconds. Taking the first few of them at once would make them all pay for two syncs instead of one: with 64
/// callers every other round was nearly empty. So a small round waits until as many works are there as the last one
/// had, but no longer than a quarter of what that one took. A single caller never waits, and neither does a large
/// round. Where works come at their own pace, whatever the answers to others, nobody comes back: a wait in vain is not
/// repeated in the next round, and the more of them in a row were, the longer.
final class Company: Sendable {
    /// Works that are decided and not yet taken by a commit.
    private let present = Atomic<Int>(0)
    // Of the last round; used by the committing thread only.
    private nonisolated(unsafe) var works = 0
    private nonisolated(unsafe) var bytes = 0
    private nonisolated(unsafe) var nanoseconds: Int64 = 0
    private nonisolated(unsafe) var began: Int64 = 0
    // Rounds that do not wait after the last wait in vain, and how many of them are still to come.
    private nonisolated(unsafe) var roundsToPass = 0
    private nonisolated(unsafe) var roundsLeft = 0

    private static let smallRoundBytes = 64 << 10
    private static let roundsToPassMax = 63

    func arrived(_ count: Int) { present.wrappingAdd(count, ordering: .relaxed) }

    func roundBegins(works: Int, bytes: Int) {
        present.wrappingSubtract(works, ordering: .relaxed)
        self.works = works
        self.bytes = bytes
        began = hf_monotonic_ns()
    }

    func roundIsDurable() { nanoseconds = hf_monotonic_ns() - began }

    /// Gives the processor to whoever needs it until the company is there or the time is over.
    func await() {
        guard works > 1, bytes < Self.smallRoundBytes else { return }
        if roundsLeft > 0 {
            roundsLeft -= 1
            return
        }
        let end = hf_monotonic_ns() + nanoseconds / 4
        while present.load(ordering: .relaxed) < works {
            if hf_monotonic_ns() >= end {
                roundsToPass = min(2 * roundsToPass + 1, Self.roundsToPassMax)
                roundsLeft = roundsToPass
                return
            }
            sched_yield()
        }
        roundsToPass = 0
    }
}
