internal import CHoldfast
internal import HoldfastLog
internal import HoldfastWallet

/// The rows of the days that are due, in the order in which the run asks for them. With a thread of its own the next are
/// gathered while those before are on their way into files: at most one piece is in use and one more in memory. Nothing
/// but reading happens there. Without a thread they are gathered where they are asked for.
final class RowsAhead {
    let days: [DueDay]
    private let source: (any RowSource)?
    private let gathered = ThreadPipe<Delivery>(capacity: 1)
    /// One for each piece that was taken out of `gathered`: then there is room for the next.
    private let taken = ThreadPipe<Void>(capacity: 1)
    private var thread: WorkerThread?

    private struct Delivery: Sendable {
        /// Of the day among those that are due.
        let index: Int
        let content: Content
    }

    private enum Content: Sendable {
        case piece(any RowPiece)
        case end(ArchiveError?)
    }

    init(_ days: [DueDay], from source: (any RowSource)?, onThread: Bool) {
        self.days = days
        self.source = source
        if onThread, !days.isEmpty { start() }
    }

    deinit { stop() }

    /// Calls `body` with the rows of a day. Days may be left out, and broken off, but not be gone back to.
    func forEachRow(
        of index: Int, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        guard thread != nil else {
            return try Self.gather(index, of: days, source) { (piece) throws(ArchiveError) in
                try piece.forEachRow(body)
            }
        }
        while let piece = try next(of: index) { try piece.forEachRow(body) }
    }

    /// The thread gathers no more; what it has begun it finishes.
    func stop() {
        gathered.abandon()
        taken.finish(.success(()))
        thread?.join()
        thread = nil
    }

    private func next(of index: Int) throws(ArchiveError) -> (any RowPiece)? {
        // Nothing is put in here that failed: the only end is the end.
        while let delivery = try? gathered.take() {
            if case .piece = delivery.content { _ = taken.put(()) }
            // What comes first may be the rest of a day that was broken off.
            guard delivery.index == index else { continue }
            switch delivery.content {
            case .piece(let piece): return piece
            case .end(let failure):
                if let failure { throw failure }
                return nil
            }
        }
        preconditionFailure("days are asked for in their order, each once")
    }

    private func start() {
        // The shelves' `gather` and the source are this thread's alone until it has ended.
        nonisolated(unsafe) let days = days
        nonisolated(unsafe) let source = source
        let gathered = gathered
        let taken = taken
        thread = WorkerThread(name: "hf-archive-read") {
            hf_polite_thread()
            for index in days.indices {
                var isStopped = false
                var failure: ArchiveError?
                do throws(ArchiveError) {
                    try Self.gather(index, of: days, source) { (piece) throws(ArchiveError) in
                        let wasTaken: Void? =
                            gathered.put(Delivery(index: index, content: .piece(piece))) ? try? taken.take() : nil
                        if wasTaken == nil {
                            isStopped = true
                            throw .shelf(days[index].shelf.name, reason: "reading was broken off")
                        }
                    }
                } catch {
                    failure = error
                }
                // A day that can't be read is the run's to judge; the next may be read all the same.
                if isStopped || !gathered.put(Delivery(index: index, content: .end(failure))) { return }
            }
            gathered.finish(.success(()))
        }
    }

    private static func gather(
        _ index: Int, of days: [DueDay], _ source: (any RowSource)?,
        _ take: (any RowPiece) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        if let source {
            try source.gather(firstOf: days[index...], take)
        } else {
            try days[index].shelf.gather(days[index].day, take)
        }
    }
}
