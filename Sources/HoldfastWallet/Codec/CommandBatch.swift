import CHoldfast
package import HoldfastLog

/// Commands handed to a lane together, and their answers: one flat piece of memory each, no object a command.
///
///     let batch = CommandBatch()
///     batch.append(&command)                   // as often as wanted, on the caller's thread
///     batch.whenDone = { batch, failure in … } // on the committing thread, once
///     try await engine.submit(batch, to: lane)
///
/// Three threads use it, one after the other: the caller fills it, the lane decides it, the committing thread says
/// that it is durable. That hand-over is the whole of the `@unchecked` below. `reset` makes it ready to be filled
/// again and keeps its memory.
package final class CommandBatch: LaneWork, @unchecked Sendable {
    // Touched for every command, by one thread at a time: the dynamic check of exclusive access would cost more than
    // the access itself.
    @exclusivity(unchecked) private var frames: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var framesCapacity: Int
    @exclusivity(unchecked) private var framesUsed = 0
    @exclusivity(unchecked) private var outcomes: UnsafeMutablePointer<Outcome>
    @exclusivity(unchecked) private var outcomesCapacity: Int
    /// How many commands it holds.
    @exclusivity(unchecked) package private(set) var count = 0

    // The lane's side: where it stands, and which of the log's batches have records of it.
    @exclusivity(unchecked) var cursor = 0
    @exclusivity(unchecked) var nextIndex = 0
    @exclusivity(unchecked) private var batchAddresses: [UInt64] = []
    /// The first failure that kept a command from being decided.
    package internal(set) var failure: LogError?

    // The committing thread's side.
    private var positions: [(address: UInt64, first: UInt64)] = []

    /// Called once, when everything in here is durable or has failed.
    package var whenDone: ((CommandBatch, LogError?) -> Void)?
    /// Called with the lane held once its commands are decided, with the state as it is then and the lane's time.
    /// What it saw may not be durable before `whenDone`.
    package var query: ((inout WalletState, Int64) -> Void)?

    package init(commandsExpected: Int = 64) {
        outcomesCapacity = max(commandsExpected, 1)
        framesCapacity = outcomesCapacity * 160
        frames = .allocate(byteCount: framesCapacity, alignment: 16)
        outcomes = .allocate(capacity: outcomesCapacity)
    }

    deinit {
        frames.deallocate()
        outcomes.deallocate()
    }

    /// Forgets commands, answers and callbacks, and keeps the memory.
    package func reset() {
        framesUsed = 0
        count = 0
        cursor = 0
        nextIndex = 0
        batchAddresses.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        failure = nil
        whenDone = nil
        query = nil
    }

    /// The answer to the command with this index. Good once `whenDone` was called.
    package func outcome(_ index: Int) -> Outcome {
        precondition(index >= 0 && index < count, "the index of a command in this batch")
        return outcomes[index]
    }

    /// The position in the whole log of the event that a command caused; nil for what recorded nothing now.
    package func position(_ index: Int) -> UInt64? {
        let outcome = outcome(index)
        guard outcome.isRecordedNow else { return nil }
        let address = batchAddresses[Int(outcome.batchOrdinal)]
        guard let batch = positions.first(where: { $0.address == address }) else { return nil }
        return batch.first + UInt64(outcome.indexInBatch)
    }

    // MARK: LaneWork

    package var inboxBytes: Int { framesUsed + count * MemoryLayout<Outcome>.stride + 512 }

    package func committed(batch address: UInt64, firstPosition: UInt64) {
        positions.append((address, firstPosition))
    }

    package func finish(_ failure: LogError?) {
        let done = whenDone
        whenDone = nil
        query = nil
        done?(self, failure)
    }

    // MARK: The lane's side

    /// The batch's memory for the time of one turn.
    var content: Content { Content(frames: UnsafeRawPointer(frames), outcomes: outcomes, count: count) }

    struct Content {
        let frames: UnsafeRawPointer
        let outcomes: UnsafeMutablePointer<Outcome>
        let count: Int
    }

    /// The number that outcomes give to the log's batch at this address.
    func ordinal(ofBatch address: UInt64) -> UInt16 {
        if batchAddresses.last != address { batchAddresses.append(address) }
        return UInt16(truncatingIfNeeded: batchAddresses.count - 1)
    }
}

// MARK: Filling

extension CommandBatch {
    /// A batch takes part in at most this many of the log's batches, far beyond what its commands could fill.
    package static let commandsMax = 1 << 20

    /// Adds a command and gives its index.
    @discardableResult
    package func append(_ command: inout PreparedCommand) -> Int {
        precondition(count < Self.commandsMax, "a command batch holds at most \(Self.commandsMax) commands")
        let texts =
            command.assetName.count + command.requestID.count + command.target.count + command.ref.count
            + command.other.count
        let keyCount = command.tenant.count + 1 + command.player.count
        let size = (CommandFrame.textsOffset + texts + keyCount + 7) & ~7
        makeRoom(size)
        let base = frames + framesUsed
        lay(&command, at: base, size: size, keyCount: keyCount)
        let fingerprinted = CommandFrame.textsOffset + texts - CommandFrame.fingerprintedFrom
        base.storeUnaligned(hf_hash64(base + CommandFrame.fingerprintedFrom, fingerprinted, 0), at: 40)
        framesUsed += size
        outcomes[count] = Outcome()
        count += 1
        return count - 1
    }

    private func lay(
        _ command: inout PreparedCommand, at base: UnsafeMutableRawPointer, size: Int, keyCount: Int
    ) {
        base.storeUnaligned(
            UInt64(size) | UInt64(keyCount) << 32 | UInt64(command.tenant.count) << 40 | UInt64(command.asset) << 48)
        base.storeUnaligned(UInt64(command.toAsset) | (command.isUndeclared ? 1 << 16 : 0), at: 8)
        base.storeUnaligned(command.keyHash, at: 16)
        base.storeUnaligned(command.requestHash, at: 24)
        base.storeUnaligned(command.targetHash, at: 32)
        base.storeUnaligned(command.at, at: 48)
        let counts =
            UInt64(command.assetName.count) | UInt64(command.requestID.count) << 8
            | UInt64(command.target.count) << 16 | UInt64(command.ref.count) << 24
            | UInt64(command.other.count) << 32
        base.storeUnaligned(
            UInt64(command.operation.rawValue) | UInt64(command.kind) << 8 | UInt64(command.flags) << 16
                | counts << 24, at: 56)
        base.storeUnaligned(command.amount, at: 64)
        base.storeUnaligned(command.first, at: 72)
        base.storeUnaligned(command.second, at: 80)
        var at = base + CommandFrame.textsOffset
        func put(_ text: UnsafeRawBufferPointer) {
            copyBytes(from: text, to: at)
            at += text.count
        }
        put(command.assetName)
        put(command.requestID)
        put(command.target)
        put(command.ref)
        put(command.other)
        put(command.tenant)
        at.storeBytes(of: UInt8(ascii: "/"), as: UInt8.self)
        at += 1
        put(command.player)
    }

    private func makeRoom(_ size: Int) {
        if framesUsed + size > framesCapacity {
            let larger = max(framesCapacity * 2, framesUsed + size)
            let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            moved.copyMemory(from: frames, byteCount: framesUsed)
            frames.deallocate()
            frames = moved
            framesCapacity = larger
        }
        if count == outcomesCapacity {
            let moved = UnsafeMutablePointer<Outcome>.allocate(capacity: outcomesCapacity * 2)
            moved.initialize(from: outcomes, count: count)
            outcomes.deallocate()
            outcomes = moved
            outcomesCapacity *= 2
        }
    }
}
