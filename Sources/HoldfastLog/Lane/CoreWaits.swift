internal import CHoldfast

/// How long the lanes and the committing thread were ready to go on and had no core, by the kernel's account.
final class CoreWaits: Sendable {
    /// Of one thread, since it began.
    struct Account: Equatable {
        var nanoseconds: Int64
        /// How often it got a core. Each time some of the waiting is only the core waking up.
        var turns: Int64
    }

    private let threads = Locked<[Int32]>([])

    func includeThisThread() { threads.with { $0.append(hf_thread_id()) } }

    /// One for each thread; nil where the kernel keeps none.
    var accounts: [Account]? {
        var accounts: [Account] = []
        for thread in threads.with({ $0 }) {
            guard let account = Account(of: thread) else { return nil }
            accounts.append(account)
        }
        return accounts
    }
}

extension CoreWaits.Account {
    init?(of thread: Int32) {
        self.init(nanoseconds: 0, turns: 0)
        guard hf_core_waits(thread, &nanoseconds, &turns) != 0 else { return nil }
    }
}
