internal import CHoldfast
internal import HoldfastLog

/// Brings members from the thread that reads rows to the one that compresses them: reading and hashing rows costs
/// about what compressing and writing them does, so two threads share the work evenly. With one thread everything
/// happens where `send` is called, in the same order.
package final class PressLine {
    private let press: PartPress
    private let pipe: ThreadPipe<Member>?
    private let progress = Locked(Progress())
    private var thread: WorkerThread?

    /// What the compressing thread has done.
    private struct Progress: Sendable {
        var bytes = 0
        var error: ArchiveError?
    }

    package init(_ press: PartPress, threads: Int) {
        self.press = press
        guard threads > 1 else {
            pipe = nil
            return
        }
        let pipe = ThreadPipe<Member>(capacity: ArchiveLimits.membersUnderWay)
        self.pipe = pipe
        let progress = progress
        // The press is the thread's alone from here until it has ended.
        nonisolated(unsafe) let owned = press
        thread = WorkerThread(name: "hf-archive") {
            hf_polite_thread()
            // Nothing is put in here that failed: the only end is the end.
            while let member = try? pipe.take() {
                do throws(ArchiveError) {
                    try owned.take(member)
                    progress.with { $0.bytes += member.byteCount }
                } catch {
                    progress.with { $0.error = error }
                    pipe.abandon()
                }
            }
        }
    }

    deinit { stop() }

    /// Waits for room. What went wrong on the other side comes back here.
    package func send(_ member: Member) throws(ArchiveError) {
        guard let pipe else { return try press.take(member) }
        if !pipe.put(member), let error = progress.with({ $0.error }) { throw error }
    }

    /// After the last member: the files, synced and read back.
    package func finish() throws(ArchiveError) -> [DataFile] {
        stop()
        if let error = progress.with({ $0.error }) { throw error }
        return try press.finish()
    }

    /// Roughly, while the other thread is at work.
    package var bytesSent: Int { pipe == nil ? press.bytesWritten : progress.with { $0.bytes } }

    private func stop() {
        pipe?.finish(.success(()))
        thread?.join()
        thread = nil
    }
}
