internal import CHoldfast
private import Synchronization

/// A thread beside the lanes: it looks for work, does it, and sleeps until it is woken.
final class WokenThread: Sendable {
    enum Priority: Sendable {
        case ordinary
        /// Below the lanes.
        case background
        /// The lowest: it takes a core that is free, also for a moment, and next to nothing of one that is not.
        case polite
    }

    private let signal = Signal()
    private let stopped = Atomic<Bool>(false)
    private let thread = Locked<WorkerThread?>(nil)

    /// Work that takes long asks for this now and then.
    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// `work` is called at once and after each waking, and again whenever it says that there may be more.
    func start(
        _ name: String, _ priority: Priority = .ordinary, _ work: @escaping @Sendable () -> Bool
    ) {
        let started = WorkerThread(name: name) { [self] in
            switch priority {
            case .ordinary: break
            case .background: hf_background_thread()
            case .polite: hf_polite_thread()
            }
            while !isStopped {
                // Read before the work is looked for, so that none that comes meanwhile is slept through.
                let ticket = signal.ticket
                if !work() { signal.wait(after: ticket) }
            }
        }
        thread.with { $0 = started }
    }

    func wake() { signal.raise() }

    /// Returns once nothing is being done any more.
    func stop() {
        stopped.store(true, ordering: .releasing)
        signal.raise()
        let running = thread.with { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }
}
