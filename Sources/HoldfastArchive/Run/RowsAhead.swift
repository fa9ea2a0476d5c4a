internal import CHoldfast
internal import HoldfastLog
internal import HoldfastWallet

/// The rows of the days that are due, in the order in which the run asks for them. With a thread of its own the next are
/// gathered while those before are on their way into files, as long as not too many rows are in memory: days differ in
/// size, and a small one that is in use would not last until a large one is there. Nothing but reading happens on that
/// thread. Without it rows are gathered where they are asked for.
final class RowsAhead {
    let days: [DueDay]
    private let source: (any RowSource)?
    private let gathered = ThreadPipe<Delivery>(capacity: Int.max)
    private let room: Room
    private var thread: WorkerThread?

    /// Of rows in memory. The next piece is begun while there are no more than these, whatever its size.
    private final class Room: Sendable {
        private let rows = Locked(0)
        private let changed = Signal()
        private let isClosed = Locked(false)
        private let limit: Int

        init(_ limit: Int) { self.limit = limit }

        /// Waits until another piece may be begun. False when nobody takes any more.
        func fill(_ count: Int) -> Bool {
            rows.with { $0 += count }
            while true {
                let ticket = changed.ticket
                if isClosed.with({ $0 }) { return false }
                if rows.with({ $0 }) <= limit { return true }
                changed.wait(after: ticket)
            }
        }

        func empty(_ count: Int) {
            rows.with { $0 -= count }
            changed.raise()
        }

        func close() {
            isClosed.with { $0 = true }
            changed.raise()
        }
    }

    private struct Delivery: Sendable {
        /// Of the day among those that are due.
        let index: Int
        let content: Content
    }

    private enum Content: Sendable {
        case piece(any RowPiece)
        case end(ArchiveError?)
    }

    init(
        _ days: [DueDay], from source: (any RowSource)?, onThread: Bool, rowsMax: Int = ArchiveLimits.rowsAheadMax
    ) {
        self.days = days
        self.source = source
        room = Room(rowsMax)
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
        while let piece = try next(of: index) {
            defer { room.empty(piece.count) }
            try piece.forEachRow(body)
        }
    }

    /// The thread gathers no more; what it has begun it finishes.
    func stop() {
        gathered.abandon()
        room.close()
        thread?.join()
        thread = nil
    }

    private func next(of index: Int) throws(ArchiveError) -> (any RowPiece)? {
        // Nothing is put in here that failed: the only end is the end.
        while let delivery = try? gathered.take() {
            // What comes first may be the rest of a day that was broken off.
            guard delivery.index == index else {
                if case .piece(let piece) = delivery.content { room.empty(piece.count) }
                continue
            }
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
        let room = room
        thread = WorkerThread(name: "hf-archive-read") {
            hf_polite_thread()
            for index in days.indices {
                var isStopped = false
                var failure: ArchiveError?
                do throws(ArchiveError) {
                    try Self.gather(index, of: days, source) { (piece) throws(ArchiveError) in
                        let count = piece.count
                        if !gathered.put(Delivery(index: index, content: .piece(piece))) || !room.fill(count) {
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
