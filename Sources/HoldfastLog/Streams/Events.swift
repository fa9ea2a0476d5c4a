/// The name of a stream: 1 to 128 bytes, any bytes. Usually written as a string literal.
public struct StreamKey: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(_ name: String) { bytes = Array(name.utf8) }
    public init(bytes: [UInt8]) { self.bytes = bytes }

    func checkLength() throws(LogError) { try Self.checkLength(bytes.count) }

    static func checkLength(_ count: Int) throws(LogError) {
        guard (1...Limits.keyBytesMax).contains(count) else {
            throw .invalid(
                argument: "stream key", reason: "\(count) bytes; it must have 1 to \(Limits.keyBytesMax)")
        }
    }
}

extension StreamKey: ExpressibleByStringInterpolation, CustomStringConvertible {
    public init(stringLiteral value: String) { self.init(value) }
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// What an event is: a tag that the program chooses, 0 to 65535.
public struct EventType: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public init(integerLiteral value: UInt16) { rawValue = value }
}

/// An event to be appended.
public struct Event: Sendable, Hashable {
    public var type: EventType
    /// Which shape the payload has. Raise it when the shape changes, and register an upcaster from the old one.
    public var schemaVersion: UInt16
    public var payload: [UInt8]
    /// Stored beside the payload and not interpreted: a trace id, a cause, a user.
    public var metadata: [UInt8]

    public init(type: EventType, schemaVersion: UInt16 = 1, payload: [UInt8], metadata: [UInt8] = []) {
        self.type = type
        self.schemaVersion = schemaVersion
        self.payload = payload
        self.metadata = metadata
    }
}

/// An event as the log has it.
public struct RecordedEvent: Sendable, Hashable {
    public let stream: StreamKey
    /// Its number in its stream: 1, 2, 3 … without a gap.
    public let revision: UInt64
    /// Its number in the whole log: 1, 2, 3 … without a gap.
    public let position: UInt64
    /// When it was appended, milliseconds since 1970 UTC.
    public let time: Int64
    public let type: EventType
    public let schemaVersion: UInt16
    public let payload: [UInt8]
    public let metadata: [UInt8]
}

extension RecordedEvent {
    init(_ record: RecordView, upcasting: Upcasters) throws(LogError) {
        stream = StreamKey(bytes: Array(record.key))
        revision = record.revision
        position = record.position
        time = record.time
        type = EventType(rawValue: record.type)
        metadata = Array(record.metadata)
        (schemaVersion, payload) = try upcasting.newest(
            type, version: record.schemaVersion, payload: Array(record.payload))
    }
}

/// What an append led to.
public struct AppendResult: Sendable, Hashable {
    /// The stream's revision after the append.
    public let revision: UInt64
    /// The position of its last event in the whole log.
    public let position: UInt64
}
