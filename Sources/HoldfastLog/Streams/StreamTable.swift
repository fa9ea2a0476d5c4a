internal import CHoldfast
internal import HoldfastMemory

/// The event store's state: for every stream its revision and where its last event stands. About 60 bytes a stream
/// plus its key; the events themselves stay on disk.
///
/// A noncopyable struct over flat memory, so that the lane's path has neither reference counts nor exclusivity checks.
struct StreamTable: ~Copyable {
    /// Where a stream stands. Its key lies in the arena, behind a length of two bytes.
    struct Slot: BitwiseCopyable {
        var address: UInt64
        var revision: UInt64
        var key: UInt64
    }

    var index: HashPages
    var slots: Slab<Slot>
    var keys: ByteArena
    private let seed: UInt64
    private(set) var latestTime: Int64 = 0
    private var snapshotNext: UInt32 = 0

    /// Virtual memory only: 1 G streams, 64 GiB of keys.
    private static let streamsMax = 1 << 30
    private static let keyBytesMax = 64 << 30

    init(seed: UInt64) {
        self.seed = seed
        index = HashPages(capacity: Self.streamsMax)
        slots = Slab(capacity: Self.streamsMax)
        keys = ByteArena(capacity: Self.keyBytesMax)
    }

    var streamCount: Int { slots.liveCount }

    static func hash(_ key: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        hf_hash64(key.baseAddress, key.count, seed)
    }

    // MARK: Streams

    func find(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32? {
        var match = index.firstMatch(hash)
        while let candidate = match {
            let slot = UInt32(truncatingIfNeeded: candidate.value)
            if holds(slot, key) { return slot }
            match = index.nextMatch(after: candidate)
        }
        return nil
    }

    private func holds(_ slot: UInt32, _ key: UnsafeRawBufferPointer) -> Bool {
        let stored = keys.pointer(at: slots.pointer(slot).pointee.key)
        return Int(stored.loadUnaligned(as: UInt16.self)) == key.count
            && memcmp(stored + 2, key.baseAddress!, key.count) == 0
    }

    func key(of slot: UInt32) -> UnsafeRawBufferPointer {
        let stored = keys.pointer(at: slots.pointer(slot).pointee.key)
        return UnsafeRawBufferPointer(start: stored + 2, count: Int(stored.loadUnaligned(as: UInt16.self)))
    }

    private mutating func create(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        let slot = slots.allocate()
        precondition(slot != 0, "a lane holds at most \(Self.streamsMax) streams")
        let place = withUnsafeBytes(of: UInt16(key.count)) { keys.append($0) }
        _ = keys.append(key)
        slots.pointer(slot).pointee = Slot(address: 0, revision: 0, key: place)
        let inserted = index.insert(hash, value: UInt64(slot), status: 0)
        precondition(inserted, "the index of streams is full")
        return slot
    }

    /// The one way in which a stream's state changes, live and in recovery.
    private mutating func advance(_ slot: UInt32, revision: UInt64, address: UInt64, time: Int64) {
        slots.pointer(slot).pointee.revision = revision
        slots.pointer(slot).pointee.address = address
        latestTime = max(latestTime, time)
    }

    // MARK: Deciding

    mutating func decide(_ work: StreamWork, on turn: inout LaneTurn) -> WorkProgress {
        while work.offset < work.frames.count {
            if work.offset >= work.prefetched { prefetch(work) }
            let frame = StreamFrame(base: UnsafeRawPointer(work.frames.baseAddress!) + work.offset)
            if !turn.batch.hasRoom(for: frame.groupRecordBytes) { return .batchIsFull }
            decideGroup(frame, of: work, on: &turn)
        }
        for at in work.heads.indices {
            work.heads[at].key.withUnsafeBytes { key in
                guard let slot = find(key, Self.hash(key, seed: seed)) else { return }
                work.heads[at].revision = slots.pointer(slot).pointee.revision
                work.heads[at].address = slots.pointer(slot).pointee.address
            }
        }
        return .finished
    }

    /// Brings what the next few frames need into the cache: directory, page, slot and key of each stream, one kind at a
    /// time, so that the misses of all of them overlap (28 ns a look-up instead of 90 at 50 M streams).
    private func prefetch(_ work: StreamWork) {
        let end = work.frames.baseAddress! + work.frames.count
        var hashes = InlineArray<16, UInt64>(repeating: 0)
        var count = 0
        var at = work.frames.baseAddress! + work.offset
        while count < 16, at < end {
            let frame = StreamFrame(base: at)
            let hash = Self.hash(frame.key, seed: seed)
            at.storeBytes(of: hash, toByteOffset: 24, as: UInt64.self)
            hashes[count] = hash
            count += 1
            at += frame.size
        }
        prefetch(hashes, count: count)
        work.prefetched = at - work.frames.baseAddress!
    }

    /// How many streams are looked up at a time: about as many cache misses as a core can have under way.
    static var groupMax: Int { 16 }

    /// At most a group.
    func prefetch(_ records: UnsafeBufferPointer<PlacedRecord>) {
        var hashes = InlineArray<16, UInt64>(repeating: 0)
        for (number, placed) in records.enumerated() { hashes[number] = Self.hash(placed.record.key, seed: seed) }
        prefetch(hashes, count: records.count)
    }

    private func prefetch(_ hashes: InlineArray<16, UInt64>, count: Int) {
        var found = InlineArray<16, UInt32>(repeating: 0)
        for number in 0..<count { index.prefetchDirectory(hashes[number]) }
        for number in 0..<count { index.prefetchPage(hashes[number]) }
        for number in 0..<count {
            guard let match = index.firstMatch(hashes[number]) else { continue }
            found[number] = UInt32(truncatingIfNeeded: match.value)
            slots.prefetch(found[number])
        }
        for number in 0..<count where found[number] != 0 {
            hf_prefetch(keys.pointer(at: slots.pointer(found[number]).pointee.key))
        }
    }

    private mutating func decideGroup(_ first: StreamFrame, of work: StreamWork, on turn: inout LaneTurn) {
        // Most groups are one stream: look it up once. Others are checked whole before anything is laid down.
        let end = groupEnd(first, work)
        var at = first.base
        while at < end {
            let frame = StreamFrame(base: at)
            if frame.expected != .any {
                let actual = find(frame.key, hash(of: frame, in: work)).map { slots.pointer($0).pointee.revision }
                let met =
                    switch frame.expected {
                    case .any: true
                    case .none: actual == nil
                    case .exact(let revision): actual ?? 0 == revision
                    }
                if !met {
                    work.offset = end - UnsafeRawPointer(work.frames.baseAddress!)
                    work.conflicted(actual: actual ?? 0, frameOffset: at - UnsafeRawPointer(work.frames.baseAddress!))
                    return
                }
            }
            at += frame.size
        }
        at = first.base
        var revision: UInt64 = 0
        while at < end {
            let frame = StreamFrame(base: at)
            revision = layDown(frame, hash(of: frame, in: work), on: &turn)
            at += frame.size
        }
        work.offset = end - UnsafeRawPointer(work.frames.baseAddress!)
        work.accepted(revision: revision, index: turn.batch.count - 1, batch: turn.batch.address)
    }

    /// Filled in by `prefetch`, except for the later frames of a group that reaches beyond what was prefetched.
    private func hash(of frame: StreamFrame, in work: StreamWork) -> UInt64 {
        let isPrefetched = frame.base < UnsafeRawPointer(work.frames.baseAddress!) + work.prefetched
        return isPrefetched ? frame.hash : Self.hash(frame.key, seed: seed)
    }

    private func groupEnd(_ first: StreamFrame, _ work: StreamWork) -> UnsafeRawPointer {
        let limit = UnsafeRawPointer(work.frames.baseAddress!) + work.frames.count
        var at = first.base + first.size
        while at < limit, !StreamFrame(base: at).beginsGroup { at += StreamFrame(base: at).size }
        return at
    }

    private mutating func layDown(_ frame: StreamFrame, _ hash: UInt64, on turn: inout LaneTurn) -> UInt64 {
        let key = frame.key
        let slot = find(key, hash) ?? create(key, hash)
        var revision = slots.pointer(slot).pointee.revision
        var event = frame.firstEvent
        for _ in 0..<frame.eventCount {
            revision += 1
            let content = event.content
            let address = turn.batch.nextAddress
            let size = RecordLayout.size(key: key.count, payload: event.payloadCount, metadata: event.metadataCount)
            let place = turn.batch.reserve(size)
            // The padding first, so that the copies below need not know where the record ends.
            place.storeBytes(of: 0, toByteOffset: size - 8, as: UInt64.self)
            RecordHeader(
                type: event.type, schemaVersion: event.schemaVersion, revision: revision,
                previous: slots.pointer(slot).pointee.address, time: turn.now
            ).store(at: place, key: key.count, payload: event.payloadCount, metadata: event.metadataCount)
            memcpy(place + RecordLayout.headerBytes, key.baseAddress!, key.count)
            if content.count > 0 {
                memcpy(place + RecordLayout.headerBytes + key.count, content.baseAddress!, content.count)
            }
            advance(slot, revision: revision, address: address, time: turn.now)
            event = event.next
        }
        return revision
    }

    // MARK: Recovery

    mutating func apply(_ record: RecordView, at address: UInt64) throws(LogError) {
        let hash = Self.hash(record.key, seed: seed)
        let slot = find(record.key, hash) ?? create(record.key, hash)
        let known = slots.pointer(slot).pointee.revision
        latestTime = max(latestTime, record.time)
        if record.revision <= known { return }
        guard record.revision == known + 1, record.previous == slots.pointer(slot).pointee.address else {
            throw .invalid(
                argument: "stream \(String(decoding: record.key, as: UTF8.self))",
                reason: "revision \(record.revision) at address \(address) follows revision \(known); "
                    + "the log lacks events of this stream")
        }
        advance(slot, revision: record.revision, address: address, time: record.time)
    }

    // MARK: Snapshots

    mutating func beginSnapshot() { snapshotNext = 1 }

    /// Streams by slot number. Those created while the snapshot is taken come last and are in it as well, with the
    /// revision that they have by then; replay passes over what a stream already holds.
    mutating func snapshotChunk(into chunk: inout [UInt8]) -> Bool {
        var fields = FieldWriter()
        if snapshotNext == 1 {
            fields.counted([])
            fields.integer(latestTime)
        }
        while snapshotNext <= slots.highWater {
            if fields.bytes.count >= Limits.snapshotChunkBytes {
                chunk = fields.bytes
                return true
            }
            let slot = slots.pointer(snapshotNext).pointee
            fields.counted(Array(key(of: snapshotNext)))
            fields.integer(slot.revision)
            fields.integer(slot.address)
            snapshotNext += 1
        }
        chunk = fields.bytes
        return false
    }

    mutating func loadSnapshotChunk(_ chunk: UnsafeRawBufferPointer) throws(LogError) {
        var fields = FieldReader(Array(chunk))
        while !fields.isAtEnd {
            guard let key = fields.counted() else { throw Self.malformed }
            if key.isEmpty {
                guard let time: Int64 = fields.integer() else { throw Self.malformed }
                latestTime = max(latestTime, time)
                continue
            }
            guard key.count <= Limits.keyBytesMax, let revision: UInt64 = fields.integer(),
                let address: UInt64 = fields.integer()
            else { throw Self.malformed }
            key.withUnsafeBytes { raw in
                let hash = Self.hash(raw, seed: seed)
                let slot = find(raw, hash) ?? create(raw, hash)
                advance(slot, revision: revision, address: address, time: 0)
            }
        }
    }

    private static var malformed: LogError { .malformedPiece("a piece of it can't be read as streams") }
}
