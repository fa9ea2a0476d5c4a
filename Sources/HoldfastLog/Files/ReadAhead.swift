/// Goes through batches that a thread of its own reads and checks ahead of whoever takes them in: reading and checking
/// cost about as much as applying, so that with a second core a replay takes half the time.
///
///     let batches = ReadAhead(of: try log.batches(from: log.firstAddress, upTo: log.tail.address))
///     while let batch = try batches.next() { … }
///
/// Batches are copied into blocks, of which a few are in flight: the reader never gets further ahead than memory for
/// them. A damaged batch is thrown when its turn comes, behind all the good ones before it.
package final class ReadAhead {
    private let blocks: BlockQueue
    private var block: BatchBlock?
    private var index = 0
    private let reader: WorkerThread

    /// The cursor is the reader's from here on.
    package init(of cursor: any BatchCursor) {
        let blocks = BlockQueue()
        self.blocks = blocks
        let source = UncheckedBox(cursor)
        reader = WorkerThread(name: "hf-read-ahead") { blocks.fill(from: source.value) }
    }

    deinit {
        blocks.abandon()
        reader.join()
    }

    /// The next batch, or nil at the end. The view is good until the next call.
    package func next() throws(LogError) -> BatchView? {
        while true {
            if let block, index < block.batches.count {
                defer { index += 1 }
                return block.batches[index]
            }
            if let block { blocks.giveBack(block) }
            block = try blocks.take()
            index = 0
            if block == nil { return nil }
        }
    }
}

/// Hands one value to one thread, which is the only one to touch it from then on.
private final class UncheckedBox<Value>: @unchecked Sendable {
    // @unchecked: the giver keeps no reference, as `ReadAhead.init` shows.
    let value: Value
    init(_ value: Value) { self.value = value }
}

/// Batches side by side in memory of their own.
private final class BatchBlock: @unchecked Sendable {
    // @unchecked: it is either the reader's or the taker's, never both's: the queue moves it between them.
    private(set) var batches: [BatchView] = []
    private let memory: UnsafeMutableRawBufferPointer
    private var used = 0
    /// Room for the largest batch, and small ones fill it by the hundred.
    private static let bytes = Limits.batchBytesMax

    init() { memory = .allocate(byteCount: Self.bytes, alignment: Limits.batchAlignment) }
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

/// Blocks on their way between the reader and the taker.
private final class BlockQueue: Sendable {
    private struct State: Sendable {
        var full: [BatchBlock] = []
        var free: [BatchBlock] = (0..<3).map { _ in BatchBlock() }
        var end: Result<Void, LogError>?
        var isAbandoned = false
    }

    private let state = Locked(State())
    private let changed = Signal()

    // MARK: The reader

    func fill(from cursor: any BatchCursor) {
        var current: BatchBlock?
        do throws(LogError) {
            while let batch = try cursor.next() {
                if let block = current, block.add(batch) { continue }
                if let block = current { hand(over: block) }
                guard let block = takeFree() else { return }
                current = block
                precondition(block.add(batch), "an empty block has room for the largest batch")
            }
            if let block = current { hand(over: block) }
            finish(.success(()))
        } catch {
            if let block = current { hand(over: block) }
            finish(.failure(error))
        }
    }

    private func hand(over block: BatchBlock) {
        state.with { $0.full.append(block) }
        changed.raise()
    }

    private func finish(_ end: Result<Void, LogError>) {
        state.with { $0.end = end }
        changed.raise()
    }

    /// Waits for a block that the taker is done with; nil when there is no taker any more.
    private func takeFree() -> BatchBlock? {
        while true {
            let ticket = changed.ticket
            let (block, isAbandoned) = state.with { ($0.free.popLast(), $0.isAbandoned) }
            if isAbandoned { return nil }
            if let block { return block }
            changed.wait(after: ticket)
        }
    }

    // MARK: The taker

    func take() throws(LogError) -> BatchBlock? {
        while true {
            let ticket = changed.ticket
            let (block, end) = state.with { ($0.full.isEmpty ? nil : $0.full.removeFirst(), $0.end) }
            if let block { return block }
            if let end {
                try end.get()
                return nil
            }
            changed.wait(after: ticket)
        }
    }

    func giveBack(_ block: BatchBlock) {
        block.clear()
        state.with { $0.free.append(block) }
        changed.raise()
    }

    func abandon() {
        state.with { $0.isAbandoned = true }
        changed.raise()
    }
}
