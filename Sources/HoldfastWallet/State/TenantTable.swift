import HoldfastMemory

/// The tenants of a lane, by a number that fits into a player's slot. Numbers are the lane's own; they stand in
/// snapshots next to the names, and nowhere else.
struct TenantTable: ~Copyable {
    /// Entry n: one byte count, then up to 32 bytes of name.
    private let names: MappedRegion
    private var numbers: [TenantName: UInt16] = [:]
    /// The tenant that was asked for last: most often it is asked for again.
    private var latest: UInt16 = 0
    private static let stride = 40
    static let tenantsMax = 65_535

    private struct TenantName: Hashable {
        let words: (UInt64, UInt64, UInt64, UInt64, UInt64)

        init(_ text: UnsafeRawBufferPointer) {
            var words: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, UInt64(text.count))
            withUnsafeMutableBytes(of: &words) { copyBytes(from: text, to: $0.baseAddress!) }
            self.words = words
        }

        static func == (left: TenantName, right: TenantName) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) {
            withUnsafeBytes(of: words) { hasher.combine(bytes: $0) }
        }
    }

    init() { names = MappedRegion(size: (Self.tenantsMax + 1) * Self.stride) }

    /// Tenants have the numbers 1 … count.
    var count: Int { numbers.count }

    /// The name's bytes, good for as long as the table.
    @inline(__always)
    func name(of number: UInt16) -> UnsafeRawBufferPointer {
        let place = UnsafeRawPointer(names.base) + Int(number) &* Self.stride
        return UnsafeRawBufferPointer(start: place + 1, count: Int(place.load(as: UInt8.self)))
    }

    /// The number of a tenant, a new one if need be; 0 when there are too many.
    mutating func number(of name: UnsafeRawBufferPointer) -> UInt16 {
        if latest != 0, sameBytes(self.name(of: latest), name) { return latest }
        latest = findOrAdd(name)
        return latest
    }

    private mutating func findOrAdd(_ name: UnsafeRawBufferPointer) -> UInt16 {
        let key = TenantName(name)
        if let number = numbers[key] { return number }
        guard numbers.count < Self.tenantsMax else { return 0 }
        let number = UInt16(numbers.count + 1)
        numbers[key] = number
        let place = names.base + Int(number) * Self.stride
        place.storeBytes(of: UInt8(name.count), as: UInt8.self)
        copyBytes(from: name, to: place + 1)
        return number
    }
}
