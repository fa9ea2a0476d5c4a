/// In which order the events of a stream are read.
public enum ReadDirection: Sendable {
    case forwards
    case backwards
}

extension EventStore {
    /// The events of a stream that are durable now, from a revision on: forwards from the first by default,
    /// backwards from the last. A stream that does not exist has none.
    public func read(
        _ stream: StreamKey, from revision: UInt64? = nil, direction: ReadDirection = .forwards
    ) -> StreamEvents {
        StreamEvents(store: self, stream: stream, from: revision, direction: direction)
    }

    /// The revision of a stream's last event; 0 when the stream does not exist.
    public func revision(of stream: StreamKey) async throws(LogError) -> UInt64 { try await head(of: stream).revision }

    /// All events that are durable now, in the order of their positions.
    public func readAll(from position: UInt64 = 1) -> AllEvents { AllEvents(store: self, from: position) }

    /// Calls `body` with every durable record in order: reading without making a value of each event.
    package func scan(_ body: (RecordView) throws(LogError) -> Void) throws(LogError) {
        let reader = try LogReader(logs, from: 1, upTo: engine.durable.mark.addresses)
        while try reader.readBatch({ (record, _, _, _) throws(LogError) in try body(record) }) > 0 {}
    }

    func head(of stream: StreamKey) async throws(LogError) -> StreamWork.Head {
        try stream.checkLength()
        let lane = stream.bytes.withUnsafeBytes { self.lane(of: $0) }
        let work = try await run(AppendBatch(), heads: [stream.bytes], lane: lane)
        if let failure = work.failure { throw failure }
        return work.heads[0]
    }
}

/// The events of one stream, as an asynchronous sequence.
public struct StreamEvents: AsyncSequence, Sendable {
    let store: EventStore
    let stream: StreamKey
    let from: UInt64?
    let direction: ReadDirection

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Every event knows where the one before it stands, so backwards is a walk; forwards, the walk comes first and
    /// leaves eight bytes an event.
    public struct Iterator: AsyncIteratorProtocol {
        private let events: StreamEvents
        private let scratch = RecordScratch()
        private var started = false
        private var next: UInt64 = 0
        private var forwards: [UInt64] = []

        init(_ events: StreamEvents) { self.events = events }

        public mutating func next() async throws(LogError) -> RecordedEvent? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(LogError) -> RecordedEvent? {
            if !started { try await start(isolation: actor) }
            guard let address = events.direction == .forwards ? forwards.popLast() : next, address != 0 else {
                return nil
            }
            let record = try load(address)
            next = record.previous
            return try RecordedEvent(record, upcasting: events.store.options.upcasters)
        }

        private mutating func start(isolation actor: isolated (any Actor)?) async throws(LogError) {
            started = true
            let head = try await events.store.head(of: events.stream)
            var at = head.address
            switch events.direction {
            case .backwards:
                if let from = events.from, from < head.revision {
                    for _ in from..<head.revision { at = try load(at).previous }
                }
                next = at
            case .forwards:
                let first = Swift.max(1, events.from ?? 1)
                guard first <= head.revision else { return }
                forwards.reserveCapacity(Int(Swift.min(head.revision - first + 1, 1 << 20)))
                for _ in first...head.revision {
                    forwards.append(at)
                    at = try load(at).previous
                }
            }
        }

        private func load(_ address: UInt64) throws(LogError) -> RecordView {
            let key = events.stream.bytes
            let log = events.store.logs[key.withUnsafeBytes { events.store.lane(of: $0) }]
            if let record = try scratch.load(address, of: key, from: log) { return record }
            throw log.damage(at: address, "there is no event where another one refers to")
        }
    }
}

/// All events of a store, as an asynchronous sequence that ends at what was durable when it began.
public struct AllEvents: AsyncSequence, Sendable {
    let store: EventStore
    let from: UInt64

    public func makeAsyncIterator() -> Iterator { Iterator(store: store, from: from) }

    public struct Iterator: AsyncIteratorProtocol {
        private var page: EventPage

        init(store: EventStore, from: UInt64) { page = EventPage(store: store, from: from) }

        public mutating func next() async throws(LogError) -> RecordedEvent? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(LogError) -> RecordedEvent? {
            try page.next()
        }
    }
}

/// Reads the log batch by batch and hands events out one by one.
struct EventPage {
    private let store: EventStore
    private var reader: LogReader?
    private var events: [RecordedEvent] = []
    private var at = 0
    private let from: UInt64

    init(store: EventStore, from: UInt64) {
        self.store = store
        self.from = Swift.max(1, from)
    }

    /// The position that the next event will have at the earliest.
    var position: UInt64 { at < events.count ? events[at].position : reader?.next ?? from }

    mutating func next() throws(LogError) -> RecordedEvent? {
        if reader == nil { reader = try LogReader(store.logs, from: from, upTo: store.engine.durable.mark.addresses) }
        while at == events.count {
            events.removeAll(keepingCapacity: true)
            at = 0
            let upcasters = store.options.upcasters
            var page: [RecordedEvent] = []
            let count = try reader!.readBatch { (record, _, _, _) throws(LogError) in
                page.append(try RecordedEvent(record, upcasting: upcasters))
            }
            events = page
            if count == 0 { return nil }
        }
        at += 1
        return events[at - 1]
    }

    /// Takes in what has become durable since.
    mutating func extend() throws(LogError) { try reader?.extend(to: store.engine.durable.mark.addresses) }
}
