extension EventStore {
    /// Follows the log from a position on: first what is there, then what comes, until the task is cancelled or the
    /// store closed.
    public func subscribe(from position: UInt64 = 1) -> Subscription {
        Subscription(store: self, start: .position(position))
    }

    /// Follows the log from a named checkpoint on. The checkpoint moves only when the consumer says so, with
    /// `acknowledge`; one that failed therefore resumes behind the last event that it acknowledged.
    public func subscribe(checkpoint name: String) throws(LogError) -> Subscription {
        Subscription(store: self, start: .checkpoint(try Checkpoint(name, in: directory)))
    }

    /// The position up to which a named consumer has acknowledged; nil for a consumer that never did.
    public func acknowledged(by checkpoint: String) throws(LogError) -> UInt64? {
        try Checkpoint(checkpoint, in: directory).load()
    }
}

/// A live view of the log, as an asynchronous sequence.
public struct Subscription: AsyncSequence, Sendable {
    enum Start: Sendable {
        case position(UInt64)
        case checkpoint(Checkpoint)
    }

    let store: EventStore
    let start: Start

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Makes the checkpoint durable behind `event`. Earlier events than the checkpoint change nothing.
    public func acknowledge(_ event: RecordedEvent) async throws(LogError) {
        guard case .checkpoint(let checkpoint) = start else {
            throw .invalid(argument: "subscription", reason: "it has no checkpoint; subscribe with a name to get one")
        }
        try checkpoint.advance(to: event.position)
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: Subscription
        private var page: EventPage?

        init(_ subscription: Subscription) { self.subscription = subscription }

        public mutating func next() async throws(LogError) -> RecordedEvent? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(LogError) -> RecordedEvent? {
            if page == nil { page = try firstPage() }
            while true {
                if let event = try page!.next() { return event }
                let behind = page!.position - 1
                guard await subscription.store.engine.durable.wait(beyond: behind) else {
                    if Task.isCancelled { return nil }
                    if let failure = subscription.store.engine.failure { throw failure }
                    return nil
                }
                try page!.extend()
            }
        }

        private func firstPage() throws(LogError) -> EventPage {
            switch subscription.start {
            case .position(let position):
                return EventPage(store: subscription.store, from: position)
            case .checkpoint(let checkpoint):
                let done = try checkpoint.load() ?? 0
                if done > subscription.store.lastPosition {
                    throw .invalid(
                        argument: "checkpoint \(checkpoint.name)",
                        reason: "it stands at \(done), but the log ends at \(subscription.store.lastPosition): "
                            + "it belongs to another log, or the log has lost its end")
                }
                return EventPage(store: subscription.store, from: done + 1)
            }
        }
    }
}

/// How far a named consumer has come: a small file, replaced whole.
package struct Checkpoint: Sendable {
    package let name: String
    private let path: String
    private let directory: String
    private let disk: any Disk

    /// Whether a checkpoint may have this name: it becomes that of a file.
    static func isName(_ name: String) -> Bool {
        let allowed = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_")
        }
        return allowed && (1...Limits.checkpointNameBytesMax).contains(name.utf8.count)
    }

    package init(_ name: String, in log: LogDirectory) throws(LogError) {
        guard Self.isName(name) else {
            throw .invalid(
                argument: "checkpoint name",
                reason: "use 1 to \(Limits.checkpointNameBytesMax) letters, digits, - and _; got \"\(name)\"")
        }
        self.name = name
        directory = log.checkpointsPath
        path = directory + "/" + name
        disk = log.disk
    }

    package func load() throws(LogError) -> UInt64? {
        guard let payload = try SmallFile.read(path, kind: .checkpoint, on: disk) else { return nil }
        var fields = FieldReader(payload)
        guard let position: UInt64 = fields.integer(), fields.isAtEnd else {
            throw .damaged(Damage(file: path, offset: 0, found: "the checkpoint can't be read"))
        }
        return position
    }

    package func advance(to position: UInt64) throws(LogError) {
        if let known = try load(), known >= position { return }
        var fields = FieldWriter()
        fields.integer(position)
        do throws(DiskFailure) {
            try SmallFile.write(fields.bytes, kind: .checkpoint, to: path, in: directory, on: disk)
        } catch {
            throw .io(error)
        }
    }
}

extension LogDirectory {
    /// Every named checkpoint and the position that it stands at.
    package func checkpoints() throws(LogError) -> [String: UInt64] {
        guard disk.directoryExists(checkpointsPath) else { return [:] }
        let names: [String]
        do throws(DiskFailure) { names = try disk.list(checkpointsPath) } catch { throw .io(error) }
        var positions: [String: UInt64] = [:]
        for name in names where !name.hasSuffix(".new") {
            if let position = try Checkpoint(name, in: self).load() { positions[name] = position }
        }
        return positions
    }
}
