private import CHoldfast
internal import HoldfastLog

/// Threads that write batches into shards, each shard by one of them at a time. They give way to the ledger: at
/// ordinary priority they held up its commits until their turns were over, seven times longer than the sync takes.
final class WriterPool {
    struct Result: Sendable {
        let queue: ShardQueue
        let outcome: Swift.Result<ShardWriter.Outcome, TablesError>
    }

    private enum Order: Sendable {
        case write(ShardQueue, steadily: Bool)
        case stop
    }

    private let orders = Mailbox<Order>()
    let results = Mailbox<Result>()
    private var threads: [WorkerThread] = []
    /// Batches handed over and not yet reported.
    private(set) var underWay = 0
    let size: Int

    /// `open` gives the writer of a shard that has none; it is called on the writing thread.
    init(threads count: Int, open: @escaping @Sendable (Int) throws(TablesError) -> ShardWriter) {
        size = count
        let (orders, results) = (orders, results)
        for number in 0..<count {
            threads.append(
                WorkerThread(name: "tables-\(number)") {
                    hf_background_thread()
                    while case .write(let queue, let steadily) = orders.take() {
                        hf_write_steadily(steadily ? 1 : 0)
                        results.put(Result(queue: queue, outcome: Self.write(queue, open)))
                    }
                })
        }
    }

    func stop() {
        for _ in threads { orders.put(.stop) }
        for thread in threads { thread.join() }
        threads.removeAll()
    }

    /// The queue's batch under way is the writer's until its result is there.
    /// With `steadily` it goes to the disk as it is written, a little at a time, for the sake of others who sync.
    func write(_ queue: ShardQueue, steadily: Bool = false) {
        underWay += 1
        queue.isWriting = true
        orders.put(.write(queue, steadily: steadily))
    }

    func takeResults(waiting milliseconds: Int) -> [Result] {
        let taken = results.takeAll(waiting: underWay > 0 ? milliseconds : 0)
        underWay -= taken.count
        return taken
    }

    private static func write(
        _ queue: ShardQueue, _ open: (Int) throws(TablesError) -> ShardWriter
    ) -> Swift.Result<ShardWriter.Outcome, TablesError> {
        do throws(TablesError) {
            if queue.writer == nil { try reopen(queue, open) }
            if let position = queue.finishAt {
                try queue.writer!.finishBuilding(position: position)
                queue.writer = nil
                return .success(ShardWriter.Outcome())
            }
            let batch = queue.underWay!
            // After an attempt whose end was not known the file says what it has.
            if batch.upTo <= queue.cursor, batch.count > 0 { return .success(ShardWriter.Outcome()) }
            // An empty batch only finds out whether the file works: it may stand further than was known, and stays there.
            batch.upTo = max(batch.upTo, queue.cursor)
            return .success(try queue.writer!.write(batch))
        } catch {
            // The next attempt opens the file anew, whatever state it is in.
            queue.writer = nil
            return .failure(error)
        }
    }

    private static func reopen(
        _ queue: ShardQueue, _ open: (Int) throws(TablesError) -> ShardWriter
    ) throws(TablesError) {
        let writer = try open(queue.number)
        let position = try writer.shard.position()
        guard position >= queue.cursor else {
            throw .foreignFile(
                file: writer.shard.path, found: "at event \(position)", expected: "at event \(queue.cursor) or beyond")
        }
        guard position <= queue.logEnd else {
            throw .aheadOfLog(file: writer.shard.path, position: position, logEnd: queue.logEnd)
        }
        queue.writer = writer
        queue.cursor = position
    }
}
