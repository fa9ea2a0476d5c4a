internal import HoldfastLog

/// Threads of the service's own for tasks that compute for a while: Swift's pool has one for each core, and whoever reads
/// a long past there would hold up everybody's batches. They are there for as long as the process.
final class WorkThreads: TaskExecutor {
    /// Batches of commands: they mostly wait for the ledger.
    static let commands = WorkThreads("hf-batches", count: 1)
    /// Histories, events, and wallets as they were.
    static let reads = WorkThreads("hf-reads", count: 2)

    private let jobs = ThreadPipe<UnownedJob>(capacity: .max)

    private init(_ name: String, count: Int) {
        for _ in 0..<count {
            WorkerThread(name: name) { [self] in
                // Nothing ends the pipe.
                while let job = try? jobs.take() { job.runSynchronously(on: asUnownedTaskExecutor()) }
            }.detach()
        }
    }

    func enqueue(_ job: consuming ExecutorJob) { _ = jobs.put(UnownedJob(job)) }
}
