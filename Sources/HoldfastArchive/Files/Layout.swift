package import HoldfastTables
internal import HoldfastText

/// Where things lie below the archive's root. Inside `warehouse/` there is nothing but data: readers that discover
/// partitions by their directories stumble over anything else.
package enum Layout {
    package static let warehouse = "warehouse"
    package static let metadata = "_metadata"
    package static let staging = "_staging"
    package static let retired = "_retired"
    package static let receipts = "_metadata/receipts"
    package static let all = [warehouse, metadata, staging, retired, receipts]

    static let lock = "_metadata/lock"
    package static let table = "ledger_entries"

    /// The claim of a version, which is the commit: its name can be made only once.
    package static func version(_ number: UInt64) -> String { "\(metadata)/version-\(padded(number)).json" }
    package static func base(_ number: UInt64) -> String { "\(metadata)/base-\(padded(number)).json" }

    /// The same file under the name for people.
    package static func snapshot(timestamp: Int64, label: String) -> String {
        let time = RFC3339.text(timestamp).filter { $0 != "-" && $0 != ":" }
        return "\(metadata)/snapshot-\(time)-\(label).json"
    }

    package static func number(of name: String, prefix: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.hasSuffix(".json") else { return nil }
        return UInt64(name.dropFirst(prefix.count).dropLast(5))
    }

    package static func staging(_ id: Int64) -> String { "\(staging)/\(id)" }
    package static func retired(_ id: Int64) -> String { "\(retired)/\(id)" }

    package static func partition(tenant: String, database: String, day: Day) -> String {
        let date = day.date
        return "\(warehouse)/tenant=\(tenant)/database=\(database)/table=\(table)"
            + "/year=\(date.year)/month=\(two(date.month))/day=\(two(date.day))"
    }

    package static func isPart(_ name: String) -> Bool { name.hasPrefix("part-") && name.hasSuffix(".jsonl.gz") }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}

/// Where names come from that must never come twice.
package struct Identifiers: Sendable {
    private var generator: any RandomNumberGenerator & Sendable

    package init(_ generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.generator = generator
    }

    /// Another source that gives other names.
    package mutating func fork() -> Identifiers {
        generator is SystemRandomNumberGenerator ? self : Identifiers(Seeded(state: generator.next()))
    }

    private struct Seeded: RandomNumberGenerator, Sendable {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            let mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            return mixed ^ (mixed >> 27)
        }
    }

    /// A positive number that every JSON reader holds exactly.
    package mutating func snapshotID() -> Int64 { Int64(generator.next() >> 11) | 1 << 40 }

    /// A random UUID (version 4).
    package mutating func uuid() -> String {
        let high = generator.next() & ~0xF000 | 0x4000
        let low = generator.next() & ~(3 << 62) | 1 << 63
        func digits(_ value: UInt64, _ range: Range<Int>) -> Substring {
            let text = String(value, radix: 16)
            return (String(repeating: "0", count: 16 - text.count) + text).dropFirst(range.lowerBound).prefix(
                range.count)
        }
        return "\(digits(high, 0..<8))-\(digits(high, 8..<12))-\(digits(high, 12..<16))"
            + "-\(digits(low, 0..<4))-\(digits(low, 4..<16))"
    }
}
