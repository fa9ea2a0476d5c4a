internal import CHoldfast

/// How long the threads that answer callers were ready to go on and had no core.
final class CoreWaits: Sendable {
    private let threads = Locked<[Int32]>([])

    func includeThisThread() { threads.with { $0.append(hf_thread_id()) } }

    /// All of their waiting since they began, by the kernel's account; nil where it keeps none.
    var nanoseconds: Int64? {
        var sum: Int64 = 0
        for thread in threads.with({ $0 }) {
            let waited = hf_core_wait_ns(thread)
            if waited < 0 { return nil }
            sum += waited
        }
        return sum
    }
}
