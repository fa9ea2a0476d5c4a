import HoldfastMemory

/// A lane's own view of the registry: names by number without a lock, numbers by name mostly without one.
struct AssetTable: ~Copyable {
    private let registry: AssetRegistry
    /// Names by number, filled up from the registry as they are needed.
    private let names: MappedRegion
    private var known = 0
    private var cache = AssetCache()

    init(registry: AssetRegistry) {
        self.registry = registry
        names = MappedRegion(size: (AssetRegistry.namesMax + 1) * MemoryLayout<AssetName>.stride)
    }

    /// How many names this lane has met, or could have.
    var count: Int { known }

    /// The name's bytes, good for as long as the table.
    mutating func text(of id: AssetID) -> UnsafeRawBufferPointer {
        if Int(id) > known { takeOver() }
        return takenText(of: id)
    }

    mutating func name(of id: AssetID) -> AssetName { AssetName(unchecked: text(of: id))! }

    /// The same of one that has come before the last taking over.
    func takenName(of id: AssetID) -> AssetName { AssetName(unchecked: takenText(of: id))! }

    @inline(__always)
    private func takenText(of id: AssetID) -> UnsafeRawBufferPointer {
        precondition(id != 0 && Int(id) <= known, "a number of this process")
        let place = names.base + Int(id) * MemoryLayout<AssetName>.stride
        return UnsafeRawBufferPointer(start: place, count: Int(place.load(fromByteOffset: 23, as: UInt8.self)))
    }

    /// Fills up with the names that have come since.
    mutating func takeOver() {
        for name in registry.names(after: known) {
            known += 1
            (names.base + known * MemoryLayout<AssetName>.stride).storeBytes(of: name, as: AssetName.self)
        }
    }

    /// The number of a name in the log; 0 when it is no name or there are too many.
    mutating func id(ofLogged text: UnsafeRawBufferPointer) -> AssetID {
        AssetName(unchecked: text).map { id(of: $0) } ?? 0
    }

    /// The same of a name that stands in a record.
    @inline(__always)
    mutating func id(inRecord text: UnsafeRawBufferPointer) -> AssetID {
        guard let name = AssetName(inRecord: text) else { return 0 }
        return id(of: name)
    }

    @inline(__always)
    private mutating func id(of name: AssetName) -> AssetID {
        let cached = cache.id(of: name)
        return cached != 0 ? cached : intern(name)
    }

    @inline(never)
    private mutating func intern(_ name: AssetName) -> AssetID {
        guard name.hasForm, let id = registry.internFromLog(name) else { return 0 }
        cache.keep(name, id)
        return id
    }
}

/// Numbers by name, one entry a place: a ledger has few assets, so they rarely displace each other.
struct AssetCache: ~Copyable {
    private let entries: UnsafeMutablePointer<Entry>
    private static let count = 64

    private struct Entry: BitwiseCopyable {
        var name: AssetName
        var id: AssetID
    }

    init() {
        entries = .allocate(capacity: Self.count)
        let none = AssetName(unchecked: UnsafeRawBufferPointer(start: nil, count: 0))!
        entries.initialize(repeating: Entry(name: none, id: 0), count: Self.count)
    }

    deinit { entries.deallocate() }

    @inline(__always)
    private func place(_ name: AssetName) -> Int {
        Int(truncatingIfNeeded: ((name.low ^ name.middle &* 31) &* 0x9E37_79B9_7F4A_7C15) >> 58)
    }

    /// 0 when the name isn't here.
    @inline(__always)
    func id(of name: AssetName) -> AssetID {
        let entry = entries[place(name)]
        return entry.name == name ? entry.id : 0
    }

    func keep(_ name: AssetName, _ id: AssetID) { entries[place(name)] = Entry(name: name, id: id) }
}
