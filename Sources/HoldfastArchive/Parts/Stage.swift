internal import CHoldfast
internal import HoldfastLog

/// A step of work on pieces that come one after the other, on a thread of its own: the one who sends a piece goes on
/// with the next meanwhile. Without a thread each piece is done where it is sent. Either way in the order in which they
/// came, and what goes wrong comes back to the sender.
final class Stage<Piece: Sendable> {
    private let work: (Piece) throws(ArchiveError) -> Void
    private let pipe: ThreadPipe<Piece>?
    private let failure = Locked<ArchiveError?>(nil)
    private var thread: WorkerThread?

    /// `work` belongs to the thread until `finish` has returned. At most `capacity` pieces wait.
    init(thread name: String?, capacity: Int, _ work: @escaping (Piece) throws(ArchiveError) -> Void) {
        self.work = work
        guard let name else {
            pipe = nil
            return
        }
        let pipe = ThreadPipe<Piece>(capacity: capacity)
        self.pipe = pipe
        let failure = failure
        nonisolated(unsafe) let owned = work
        thread = WorkerThread(name: name) {
            hf_polite_thread()
            // Nothing is put in here that failed: the only end is the end.
            while let piece = try? pipe.take() {
                do throws(ArchiveError) {
                    try owned(piece)
                } catch {
                    failure.with { $0 = error }
                    pipe.abandon()
                }
            }
        }
    }

    deinit { stop() }

    /// Waits for room.
    func send(_ piece: Piece) throws(ArchiveError) {
        guard let pipe else { return try work(piece) }
        if !pipe.put(piece), let error = failure.with({ $0 }) { throw error }
    }

    /// Returns when the last piece is done.
    func finish() throws(ArchiveError) {
        stop()
        if let error = failure.with({ $0 }) { throw error }
    }

    private func stop() {
        pipe?.finish(.success(()))
        thread?.join()
        thread = nil
    }
}
