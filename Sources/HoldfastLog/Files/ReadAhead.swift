/// Goes through batches that a thread of its own reads and checks ahead of whoever takes them in: reading and checking
/// cost a third of a replay, which a second core can do meanwhile.
///
///     let batches = ReadAhead(of: try log.batches(from: log.firstAddress, upTo: log.tail.address))
///     while let batch = try batches.next() { … }
///
/// Batches are copied into blocks, of which a few are in flight: the reader never gets further ahead than memory for
/// them. A damaged batch is thrown when its turn comes, behind all the good ones before it.
package final class ReadAhead {
    private let full = ThreadPipe<BatchBlock>(capacity: blockCount)
    private let spare = ThreadPipe<BatchBlock>(capacity: blockCount)
    private var block: BatchBlock?
    private var index = 0
    private let reader: WorkerThread
    private static let blockCount = 3

    /// The cursor is the reader's from here on.
    package init(of cursor: any BatchCursor) {
        let source = BlockSource(cursor: cursor, full: full, spare: spare)
        for _ in 0..<Self.blockCount { _ = spare.put(BatchBlock()) }
        reader = WorkerThread(name: "hf-read-ahead") { source.run() }
    }

    deinit {
        full.abandon()
        spare.abandon()
        reader.join()
    }

    /// The next batch, or nil at the end. The view is good until the next call.
    package func next() throws(LogError) -> BatchView? {
        while true {
            if let block, index < block.batches.count {
                defer { index += 1 }
                return block.batches[index]
            }
            if let block {
                block.clear()
                _ = spare.put(block)
            }
            block = try full.take()
            index = 0
            if block == nil { return nil }
        }
    }
}

/// The reader's side: fills blocks until the cursor ends or nobody takes them any more.
private final class BlockSource: @unchecked Sendable {
    // @unchecked: the cursor is touched by the reader's thread alone.
    private let cursor: any BatchCursor
    private let full: ThreadPipe<BatchBlock>
    private let spare: ThreadPipe<BatchBlock>

    init(cursor: any BatchCursor, full: ThreadPipe<BatchBlock>, spare: ThreadPipe<BatchBlock>) {
        self.cursor = cursor
        self.full = full
        self.spare = spare
    }

    func run() {
        var current: BatchBlock?
        var end = Result<Void, LogError>.success(())
        do throws(LogError) {
            while let batch = try cursor.next() {
                if let block = current, block.add(batch) { continue }
                if let block = current, !full.put(block) { return }
                guard let block = try spare.take() else { return }
                current = block
                precondition(block.add(batch), "an empty block has room for the largest batch")
            }
        } catch {
            end = .failure(error)
        }
        if let block = current { _ = full.put(block) }
        full.finish(end)
    }
}

/// Batches side by side in memory of their own.
private final class BatchBlock: @unchecked Sendable {
    // @unchecked: it is either the reader's or the taker's, never both's: the pipes move it between them.
    private(set) var batches: [BatchView] = []
    private let memory: UnsafeMutableRawBufferPointer
    private var used = 0

    /// With room for the largest batch; small ones fill it by the hundred.
    init() { memory = .allocate(byteCount: Limits.batchBytesMax, alignment: Limits.batchAlignment) }
    deinit { memory.deallocate() }

    /// False when there is no room for it beside the others.
    func add(_ batch: BatchView) -> Bool {
        guard batch.header.size <= memory.count - used else { return false }
        let place = memory.baseAddress! + used
        place.copyMemory(from: batch.bytes.baseAddress!, byteCount: batch.header.size)
        batches.append(BatchView(header: batch.header, base: UnsafeRawPointer(place)))
        used += batch.header.size
        return true
    }

    func clear() {
        batches.removeAll(keepingCapacity: true)
        used = 0
    }
}
