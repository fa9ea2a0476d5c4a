internal import CHoldfast
private import Synchronization

/// Appends as flat bytes, laid out by callers and read by the lane's thread without touching anything else.
///
/// A group is one or more stream frames; a stream frame is followed by its events:
///
///     stream: u32 bytes to the next stream frame   u16 key bytes   u8 expectation   u8 1 = begins a group
///             u32 events   u32 record bytes of the whole group   u64 expected revision
///             u64 hash of the key, filled in by the lane   key, padded to 8
///     event:  u16 type   u16 schema version   u32 payload bytes   u32 metadata bytes   u32 zero
///             payload, metadata, padded to 8
enum AppendFrames {
    static let streamHeader = 32
    static let eventHeader = 16

    static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

    static func add(_ appends: [StreamAppend], recordBytes: Int, to frames: FrameBuffer) {
        for (index, append) in appends.enumerated() {
            var size = streamHeader + padded(append.stream.bytes.count)
            for event in append.events {
                size += eventHeader + padded(event.payload.count + event.metadata.count)
            }
            var at = frames.grow(by: size)
            at = append.stream.bytes.withUnsafeBytes {
                storeStream(
                    at, size: size, key: $0, expected: append.expected, begins: index == 0,
                    events: append.events.count, recordBytes: recordBytes)
            }
            for event in append.events {
                event.payload.withUnsafeBytes { payload in
                    event.metadata.withUnsafeBytes { metadata in
                        at = storeEvent(
                            at, type: event.type.rawValue, schemaVersion: event.schemaVersion, payload: payload,
                            metadata: metadata)
                    }
                }
            }
        }
    }

    static func addOne(
        type: UInt16, schemaVersion: UInt16, payload: UnsafeRawBufferPointer, metadata: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer, expected: ExpectedRevision, recordBytes: Int, to frames: FrameBuffer
    ) {
        let size = streamHeader + padded(key.count) + eventHeader + padded(payload.count + metadata.count)
        let at = storeStream(
            frames.grow(by: size), size: size, key: key, expected: expected, begins: true, events: 1,
            recordBytes: recordBytes)
        _ = storeEvent(at, type: type, schemaVersion: schemaVersion, payload: payload, metadata: metadata)
    }

    private static func storeStream(
        _ at: UnsafeMutableRawPointer, size: Int, key: UnsafeRawBufferPointer, expected: ExpectedRevision,
        begins: Bool, events: Int, recordBytes: Int
    ) -> UnsafeMutableRawPointer {
        let (code, revision): (UInt8, UInt64) =
            switch expected {
            case .any: (0, 0)
            case .none: (1, 0)
            case .exact(let revision): (2, revision)
            }
        at.storeBytes(of: UInt32(size), toByteOffset: 0, as: UInt32.self)
        at.storeBytes(of: UInt16(key.count), toByteOffset: 4, as: UInt16.self)
        at.storeBytes(of: code, toByteOffset: 6, as: UInt8.self)
        at.storeBytes(of: begins ? 1 : 0, toByteOffset: 7, as: UInt8.self)
        at.storeBytes(of: UInt32(events), toByteOffset: 8, as: UInt32.self)
        at.storeBytes(of: UInt32(recordBytes), toByteOffset: 12, as: UInt32.self)
        at.storeBytes(of: revision, toByteOffset: 16, as: UInt64.self)
        at.storeBytes(of: 0, toByteOffset: 24, as: UInt64.self)
        memcpy(at + streamHeader, key.baseAddress!, key.count)
        return at + streamHeader + padded(key.count)
    }

    private static func storeEvent(
        _ at: UnsafeMutableRawPointer, type: UInt16, schemaVersion: UInt16, payload: UnsafeRawBufferPointer,
        metadata: UnsafeRawBufferPointer
    ) -> UnsafeMutableRawPointer {
        at.storeBytes(of: type, toByteOffset: 0, as: UInt16.self)
        at.storeBytes(of: schemaVersion, toByteOffset: 2, as: UInt16.self)
        at.storeBytes(of: UInt32(payload.count), toByteOffset: 4, as: UInt32.self)
        at.storeBytes(of: UInt32(metadata.count), toByteOffset: 8, as: UInt32.self)
        if let base = payload.baseAddress { memcpy(at + eventHeader, base, payload.count) }
        if let base = metadata.baseAddress { memcpy(at + eventHeader + payload.count, base, metadata.count) }
        return at + eventHeader + padded(payload.count + metadata.count)
    }
}

/// The memory that frames lie in: grows by doubling, 8-byte aligned, not initialised. Shared by reference between the
/// batch that fills it and the work that a lane reads; never filled while a lane may read it.
final class FrameBuffer: @unchecked Sendable {
    // @unchecked: see above; `AppendBatch` copies it before it writes to one that is shared.
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int
    private let isClaimed = Atomic(false)

    init(capacity: Int = 256) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 8)
    }

    convenience init(copying other: FrameBuffer) {
        self.init(capacity: other.capacity)
        count = other.count
        memcpy(base, other.base, count)
    }

    deinit { base.deallocate() }

    /// The buffer for one lane, which notes hashes in it: a copy where another one has it already. A batch may be
    /// appended to two stores at once.
    func claimed() -> FrameBuffer {
        if !isClaimed.exchange(true, ordering: .acquiringAndReleasing) { return self }
        let copy = FrameBuffer(copying: self)
        copy.isClaimed.store(true, ordering: .relaxed)
        return copy
    }

    func giveBack() { isClaimed.store(false, ordering: .releasing) }

    /// Room for `size` more bytes, which the caller fills.
    func grow(by size: Int) -> UnsafeMutableRawPointer {
        if count + size > capacity {
            capacity = max(capacity * 2, count + size)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
            memcpy(larger, base, count)
            base.deallocate()
            base = larger
        }
        defer { count += size }
        return base + count
    }

    func clear() { count = 0 }
}

/// A stream frame as the lane reads it.
struct StreamFrame {
    let base: UnsafeRawPointer
    var hash: UInt64 { base.load(fromByteOffset: 24, as: UInt64.self) }
    var size: Int { Int(base.load(as: UInt32.self)) }
    var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: base + AppendFrames.streamHeader, count: Int(base.load(fromByteOffset: 4, as: UInt16.self)))
    }
    var beginsGroup: Bool { base.load(fromByteOffset: 7, as: UInt8.self) == 1 }
    var eventCount: Int { Int(base.load(fromByteOffset: 8, as: UInt32.self)) }
    var groupRecordBytes: Int { Int(base.load(fromByteOffset: 12, as: UInt32.self)) }
    var expected: ExpectedRevision {
        switch base.load(fromByteOffset: 6, as: UInt8.self) {
        case 0: .any
        case 1: .none
        default: .exact(base.load(fromByteOffset: 16, as: UInt64.self))
        }
    }
    var firstEvent: EventFrame {
        EventFrame(base: base + AppendFrames.streamHeader + AppendFrames.padded(key.count))
    }
}

struct EventFrame {
    let base: UnsafeRawPointer
    var type: UInt16 { base.load(fromByteOffset: 0, as: UInt16.self) }
    var schemaVersion: UInt16 { base.load(fromByteOffset: 2, as: UInt16.self) }
    var payloadCount: Int { Int(base.load(fromByteOffset: 4, as: UInt32.self)) }
    var metadataCount: Int { Int(base.load(fromByteOffset: 8, as: UInt32.self)) }
    /// Payload and metadata, one behind the other as they stand in a record.
    var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + AppendFrames.eventHeader, count: payloadCount + metadataCount)
    }
    var next: EventFrame {
        EventFrame(base: base + AppendFrames.eventHeader + AppendFrames.padded(payloadCount + metadataCount))
    }
}
