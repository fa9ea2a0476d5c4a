/// The assets that a log names, numbered from 1 as they come. A ledger has few, and one event's is mostly the last one's.
struct PlainAssets: ~Copyable {
    /// By number; nobody has the number 0.
    private(set) var names: [[UInt8]] = [[]]
    /// Of each asset: what transfers left over.
    private(set) var transfers: [Int128] = [0]
    private var latest = 0
    private var latestName = PlainKey(UnsafeRawBufferPointer(start: nil, count: 0))
    private var latestBytes = 0

    /// Numbers of assets with short names, by a hash of the name; few displace each other.
    private struct ShortName: BitwiseCopyable {
        var name: UInt64 = 0
        var bytes = 0
        var number = 0
    }

    private let shortNames: UnsafeMutablePointer<ShortName>
    private static let shortNamesBits: UInt64 = 6

    init() {
        shortNames = .allocate(capacity: 1 << Int(Self.shortNamesBits))
        shortNames.initialize(repeating: ShortName(), count: 1 << Int(Self.shortNamesBits))
    }

    deinit { shortNames.deallocate() }

    /// `plain` is the key that the name itself makes.
    @inline(__always)
    mutating func number(of name: UnsafeRawBufferPointer, _ plain: PlainKey) -> Int {
        if latestBytes == name.count, name.count <= PlainKey.bytes, latestName.isSame(as: plain, in: name.count) {
            return latest
        }
        return other(name, plain)
    }

    /// Of the asset whose number was asked for last.
    @inline(__always)
    mutating func addTransfer(_ change: Int64) { transfers[latest] += Int128(change) }

    @inline(never)
    private mutating func other(_ name: UnsafeRawBufferPointer, _ plain: PlainKey) -> Int {
        latestName = plain
        latestBytes = name.count
        if name.count > 8 { return findOrAdd(name) }
        let place = Int((plain.a &* 0x9E37_79B9_7F4A_7C15) >> (64 - Self.shortNamesBits))
        let known = shortNames[place]
        if known.bytes == name.count, known.name == plain.a {
            latest = known.number
            return known.number
        }
        let number = findOrAdd(name)
        shortNames[place] = ShortName(name: plain.a, bytes: name.count, number: number)
        return number
    }

    private mutating func findOrAdd(_ name: UnsafeRawBufferPointer) -> Int {
        if let known = names.dropFirst().firstIndex(where: { $0.elementsEqual(name) }) {
            latest = known
            return known
        }
        precondition(names.count < Int(UInt16.max), "a log names fewer assets than that")
        names.append(Array(name))
        transfers.append(0)
        latest = names.count - 1
        return latest
    }
}
