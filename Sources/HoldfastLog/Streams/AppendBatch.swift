internal import CHoldfast

/// Many appends handed over at once: the fast way in. Each append (one call of `append` or `atomically`) succeeds or
/// conflicts on its own; all of them are durable together when the call returns.
///
///     var batch = AppendBatch()
///     for order in orders { try batch.append(order.event, to: order.stream) }
///     let results = try await store.append(batch)
public struct AppendBatch: Sendable {
    /// Frames as `AppendFrames` lays them out, one region a group.
    private(set) var frames = FrameBuffer()
    private(set) var groupCount = 0
    private(set) var largestGroup = 0

    public init() {}

    public var count: Int { groupCount }

    /// Adds an append of one event.
    public mutating func append(
        _ event: Event, to stream: StreamKey, expecting expected: ExpectedRevision = .any
    ) throws(LogError) {
        try stream.checkLength()
        try event.checkSize()
        event.payload.withUnsafeBytes { payload in
            event.metadata.withUnsafeBytes { metadata in
                stream.bytes.withUnsafeBytes { key in
                    add(
                        type: event.type, schemaVersion: event.schemaVersion, payload: payload, metadata: metadata,
                        to: key, expecting: expected)
                }
            }
        }
    }

    /// Adds an append of several events to one stream: all or none.
    public mutating func append(
        _ events: [Event], to stream: StreamKey, expecting expected: ExpectedRevision = .any
    ) throws(LogError) {
        try atomically([StreamAppend(events, to: stream, expecting: expected)])
    }

    /// Adds appends to several streams of one lane: all or none.
    public mutating func atomically(_ appends: [StreamAppend]) throws(LogError) {
        guard !appends.isEmpty, appends.allSatisfy({ !$0.events.isEmpty }) else {
            throw .invalid(argument: "events", reason: "an append needs at least one event")
        }
        if appends.count > 1, Set(appends.map(\.stream)).count < appends.count {
            throw .invalid(argument: "streams", reason: "a stream stands twice in one atomic append")
        }
        for append in appends {
            try append.stream.checkLength()
            for event in append.events { try event.checkSize() }
        }
        let size = appends.reduce(0) { $0 + $1.recordBytes }
        guard size <= Limits.batchBytesMax - Limits.batchOverheadBytes else {
            throw .invalid(argument: "events", reason: "\(size) bytes in one atomic append are too many")
        }
        makeUnique()
        AppendFrames.add(appends, recordBytes: size, to: frames)
        noteGroup(size)
    }

    /// Adds an append of one event whose parts lie in memory already; nothing is allocated a call.
    public mutating func append(
        type: EventType, schemaVersion: UInt16 = 1, payload: UnsafeRawBufferPointer, to stream: UnsafeRawBufferPointer
    ) throws(LogError) {
        try StreamKey.checkLength(stream.count)
        guard payload.count <= Limits.payloadBytesMax else { throw Event.tooLarge(payload.count) }
        add(
            type: type, schemaVersion: schemaVersion, payload: payload, metadata: .init(start: nil, count: 0),
            to: stream, expecting: .any)
    }

    private mutating func add(
        type: EventType, schemaVersion: UInt16, payload: UnsafeRawBufferPointer, metadata: UnsafeRawBufferPointer,
        to stream: UnsafeRawBufferPointer, expecting expected: ExpectedRevision
    ) {
        let size = RecordLayout.size(key: stream.count, payload: payload.count, metadata: metadata.count)
        makeUnique()
        AppendFrames.addOne(
            type: type.rawValue, schemaVersion: schemaVersion, payload: payload, metadata: metadata, key: stream,
            expected: expected, recordBytes: size, to: frames)
        noteGroup(size)
    }

    /// Frames that a lane is still reading are left to it.
    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&frames) { frames = FrameBuffer(copying: frames) }
    }

    mutating func adopt(_ frame: StreamFrame) {
        makeUnique()
        memcpy(frames.grow(by: frame.size), frame.base, frame.size)
        if frame.beginsGroup { noteGroup(frame.groupRecordBytes) }
    }

    mutating func noteGroup(_ recordBytes: Int) {
        groupCount += 1
        largestGroup = max(largestGroup, recordBytes)
    }

    public mutating func removeAll() {
        if isKnownUniquelyReferenced(&frames) { frames.clear() } else { frames = FrameBuffer() }
        groupCount = 0
        largestGroup = 0
    }
}

/// Events for one stream of an atomic append.
public struct StreamAppend: Sendable {
    public let stream: StreamKey
    public let expected: ExpectedRevision
    public let events: [Event]

    public init(_ events: [Event], to stream: StreamKey, expecting expected: ExpectedRevision = .any) {
        self.events = events
        self.stream = stream
        self.expected = expected
    }

    var recordBytes: Int {
        events.reduce(0) { sum, event in
            sum
                + RecordLayout.size(
                    key: stream.bytes.count, payload: event.payload.count, metadata: event.metadata.count)
        }
    }
}

extension Event {
    static func tooLarge(_ bytes: Int) -> LogError {
        .invalid(
            argument: "payload",
            reason: "\(bytes) bytes; an event has at most \(Limits.payloadBytesMax). Store larger things elsewhere")
    }

    func checkSize() throws(LogError) {
        if payload.count > Limits.payloadBytesMax { throw Self.tooLarge(payload.count) }
        if metadata.count > Limits.metadataBytesMax {
            throw .invalid(
                argument: "metadata", reason: "\(metadata.count) bytes; at most \(Limits.metadataBytesMax) are stored")
        }
    }
}
