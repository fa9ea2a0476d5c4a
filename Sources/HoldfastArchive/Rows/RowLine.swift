private import Glibc
internal import HoldfastText
package import HoldfastWallet

/// The columns of a row by their place in it.
package enum RowColumn: Int, CaseIterable, Sendable {
    case tenantID, playerID, seq, position, event, asset, amount, balanceDelta, heldDelta, balanceAfter, heldAfter
    case requestID, target, kind, ref, error, createdAt

    package var name: String { EventRow.columns[rawValue] }
}

/// Reads lines of an archive: JSON objects with exactly the columns of a row in their order, as `RowJSON` writes
/// them. Anything else is damage. One parser is used line after line; what it says is good until the next.
package final class RowLineParser {
    private let starts = UnsafeMutablePointer<Int32>.allocate(capacity: 17)
    private let ends = UnsafeMutablePointer<Int32>.allocate(capacity: 17)
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: ArchiveLimits.rowBytesMax, alignment: 16)
    private var scratchUsed = 0
    private var base: UnsafeRawPointer
    private var count = 0
    private var playerText = UnsafeRawBufferPointer(start: nil, count: 0)
    /// One bit a column whose value is null.
    package private(set) var nulls: UInt32 = 0
    package private(set) var seq: UInt64 = 0
    package private(set) var position: UInt64 = 0
    package private(set) var createdAt: Int64 = 0
    /// 1 for the incoming half of an exchange.
    package private(set) var half: UInt8 = 0

    /// `{"tenant_id":`, `,"player_id":` …, one behind the other.
    private static let keys: [[UInt8]] = EventRow.columns.enumerated().map { index, name in
        Array("\(index == 0 ? "{" : ",")\"\(name)\":".utf8)
    }
    private static let keyBytes: [UInt8] = keys.flatMap { $0 }
    private let keyCounts: [Int] = RowLineParser.keys.map(\.count)
    private let keys: UnsafeMutablePointer<UInt8>

    package init() {
        base = UnsafeRawPointer(starts)
        keys = .allocate(capacity: Self.keyBytes.count)
        keys.initialize(from: Self.keyBytes, count: Self.keyBytes.count)
    }

    deinit {
        starts.deallocate()
        ends.deallocate()
        scratch.deallocate()
        keys.deallocate()
    }

    /// Takes a line without its end; nil when all is well, or what is wrong.
    package func parse(_ line: UnsafeRawBufferPointer) -> String? {
        guard let start = line.baseAddress, line.count <= ArchiveLimits.rowBytesMax else { return "no row" }
        base = start
        count = line.count
        nulls = 0
        scratchUsed = 0
        var at = 0
        var key = 0
        for column in 0..<17 {
            let size = keyCounts[column]
            guard at + size < count, memcmp(base + at, keys + key, size) == 0 else {
                return "byte \(at): expected \(String(decoding: Self.keys[column], as: UTF8.self))"
            }
            at += size
            key += size
            starts[column] = Int32(truncatingIfNeeded: at)
            guard let end = endOfValue(at) else { return "byte \(at): expected a value" }
            if base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: "n") { nulls |= 1 << UInt32(column) }
            at = end
            ends[column] = Int32(truncatingIfNeeded: at)
        }
        guard at + 1 == count, base.load(fromByteOffset: at, as: UInt8.self) == UInt8(ascii: "}") else {
            return "byte \(at): expected the end"
        }
        return readKey()
    }

    private func readKey() -> String? {
        guard let seq = integer(.seq), seq > 0, let position = integer(.position), position > 0,
            let createdAt = integer(.createdAt), isString(.tenantID), isString(.playerID), isString(.event)
        else { return "tenant_id, player_id, seq, position, event or created_at is not what it should be" }
        self.seq = UInt64(seq)
        self.position = UInt64(position)
        self.createdAt = createdAt
        // Only exchanges have two rows; what came in has a gain.
        let event = raw(.event)
        half =
            event.count == 11 && memcmp(event.baseAddress!, "\"exchanged\"", 11) == 0
                && (integer(.balanceDelta) ?? 0) >= 0 ? 1 : 0
        playerText = text(.playerID)!
        return nil
    }

    private func endOfValue(_ start: Int) -> Int? {
        var at = start
        switch base.load(fromByteOffset: at, as: UInt8.self) {
        case UInt8(ascii: "\""):
            at += 1
            while at < count {
                switch base.load(fromByteOffset: at, as: UInt8.self) {
                case UInt8(ascii: "\""): return at + 1
                case UInt8(ascii: "\\"): at += 2
                default: at += 1
                }
            }
            return nil
        case UInt8(ascii: "n"):
            return at + 4 <= count && memcmp(base + at, "null", 4) == 0 ? at + 4 : nil
        case UInt8(ascii: "-"): at += 1
        default: break
        }
        let digits = at
        while at < count, base.load(fromByteOffset: at, as: UInt8.self) &- UInt8(ascii: "0") < 10 { at += 1 }
        return at > digits ? at : nil
    }

    // MARK: What the line says

    package var line: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Where the value of ref lies, nil where it is null.
    package var refRange: Range<Int>? {
        isNull(.ref) ? nil : Int(starts[RowColumn.ref.rawValue])..<Int(ends[RowColumn.ref.rawValue])
    }

    /// The player's id, unescaped.
    package var player: UnsafeRawBufferPointer { playerText }

    package func isNull(_ column: RowColumn) -> Bool { nulls & 1 << UInt32(column.rawValue) != 0 }

    package var key: RowKey { RowKey(player: Array(player), seq: seq, half: half) }

    private func raw(_ column: RowColumn) -> UnsafeRawBufferPointer {
        let start = Int(starts[column.rawValue])
        return UnsafeRawBufferPointer(start: base + start, count: Int(ends[column.rawValue]) - start)
    }

    private func isString(_ column: RowColumn) -> Bool { raw(column).first == UInt8(ascii: "\"") }

    package func integer(_ column: RowColumn) -> Int64? {
        var magnitude: UInt64 = 0
        let bytes = raw(column)
        guard let first = bytes.first, bytes.count <= 20 else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        for byte in bytes.dropFirst(isNegative ? 1 : 0) {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            magnitude = magnitude &* 10 &+ UInt64(digit)
        }
        guard magnitude <= UInt64(Int64.max) else { return nil }
        return isNegative ? -Int64(magnitude) : Int64(magnitude)
    }

    /// A text without its quotes and escapes; nil for null.
    package func text(_ column: RowColumn) -> UnsafeRawBufferPointer? {
        let bytes = raw(column)
        guard bytes.first == UInt8(ascii: "\""), bytes.count >= 2 else { return nil }
        let inner = UnsafeRawBufferPointer(rebasing: bytes[1..<bytes.count - 1])
        guard inner.contains(UInt8(ascii: "\\")) else { return inner }
        var scanner = JSONScanner(bytes)
        guard let value = try? scanner.value(), case .string(let string) = value else { return inner }
        let target = UnsafeMutableRawBufferPointer(rebasing: scratch[scratchUsed..<scratch.count])
        let size = string.unescape(into: target)
        scratchUsed += size
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(target)[..<size])
    }

    /// The line as a row that borrows from it; nil where a name is not one of ours.
    package func row() -> EventRow? {
        guard let tenant = text(.tenantID), let event = text(.event).flatMap(EventKind.init(wireName:)) else {
            return nil
        }
        let kind = text(.kind).flatMap(Kind.named)
        let error = text(.error).flatMap(Refusal.init(wireName:))
        guard (kind == nil) == isNull(.kind), (error == nil) == isNull(.error) else { return nil }
        return EventRow(
            tenantID: tenant, playerID: player, seq: seq, position: position, event: event, asset: text(.asset),
            amount: integer(.amount), balanceDelta: integer(.balanceDelta), heldDelta: integer(.heldDelta),
            balanceAfter: integer(.balanceAfter), heldAfter: integer(.heldAfter), requestID: text(.requestID),
            target: text(.target), kind: kind, ref: text(.ref), error: error, createdAt: createdAt)
    }
}
