internal import CHoldfast

/// Brings the records of a segment into the order of their keys, each key's records in the order of the log.
///
/// Sorted are eight bytes of the key at a time, as one number, by their bytes from the last to the first; bytes that
/// are the same in all keys are passed over. With the ids of the benchmark that takes five passes, 25 ns a record,
/// where comparing whole keys takes 300.
struct KeyOrder: ~Copyable {
    /// A record: eight bytes of its key, and where it is in the image in units of eight bytes.
    private struct Item {
        var chunk: UInt64
        var place: UInt32
    }

    private let image: UnsafeRawPointer
    private var items: UnsafeMutableBufferPointer<Item>
    private let spare: UnsafeMutableBufferPointer<Item>
    private static let smallRun = 48

    /// `offsets`: where the records stand in the image, ascending, in units of eight bytes.
    init(image: UnsafeRawPointer, offsets: [UInt32]) {
        self.image = image
        items = .allocate(capacity: offsets.count)
        spare = .allocate(capacity: offsets.count)
        for (index, offset) in offsets.enumerated() {
            items.initializeElement(at: index, to: Item(chunk: 0, place: offset))
        }
        sort(0..<offsets.count, from: 0)
    }

    deinit {
        items.deallocate()
        spare.deallocate()
    }

    var count: Int { items.count }
    func record(_ index: Int) -> RecordView { RecordView(image + Int(items[index].place) << 3) }
    func offset(_ index: Int) -> UInt64 { UInt64(items[index].place) << 3 }

    private func key(_ item: Item) -> UnsafeRawBufferPointer { RecordView(image + Int(item.place) << 3).key }

    /// Sorts a run of records whose keys agree in their first `depth` bytes.
    private mutating func sort(_ run: Range<Int>, from depth: Int) {
        if run.count < 2 { return }
        if run.count <= Self.smallRun { return sortSmall(run) }
        let depth = depth + sharedBytes(run, from: depth)
        var isLonger = false
        for index in run {
            let key = key(items[index])
            items[index].chunk = Self.chunk(key, depth)
            if key.count > depth + 8 { isLonger = true }
        }
        sortByChunk(run)
        var first = run.lowerBound
        while first < run.upperBound {
            var end = first + 1
            while end < run.upperBound, items[end].chunk == items[first].chunk { end += 1 }
            if end - first > 1, !isOneKey(first..<end) {
                // Keys that end within the chunk may differ by zeros at their end only.
                if isLonger, end - first > Self.smallRun, endsBehind(depth + 8, first..<end) {
                    sort(first..<end, from: depth + 8)
                } else {
                    sortSmall(first..<end)
                }
            }
            first = end
        }
    }

    private func endsBehind(_ depth: Int, _ run: Range<Int>) -> Bool {
        run.allSatisfy { key(items[$0]).count > depth }
    }

    private func isOneKey(_ run: Range<Int>) -> Bool {
        let first = key(items[run.lowerBound])
        for index in run.dropFirst() {
            let other = key(items[index])
            if other.count != first.count || memcmp(other.baseAddress!, first.baseAddress!, first.count) != 0 {
                return false
            }
        }
        return true
    }

    private mutating func sortSmall(_ run: Range<Int>) {
        var part = UnsafeMutableBufferPointer(rebasing: items[run])
        let image = image
        part.sort { a, b in
            let order = compareBytes(
                RecordView(image + Int(a.place) << 3).key, RecordView(image + Int(b.place) << 3).key)
            return order < 0 || (order == 0 && a.place < b.place)
        }
    }

    /// How many bytes behind `depth` all keys of a run share, with one byte of each left over.
    private func sharedBytes(_ run: Range<Int>, from depth: Int) -> Int {
        let first = key(items[run.lowerBound])
        var shared = first.count - depth
        for index in run.dropFirst() where shared > 0 {
            let other = key(items[index])
            let most = min(shared, other.count - depth)
            if most == shared, memcmp(first.baseAddress! + depth, other.baseAddress! + depth, shared) == 0 { continue }
            shared = 0
            while shared < most, first[depth + shared] == other[depth + shared] { shared += 1 }
        }
        return max(0, shared)
    }

    /// Up to eight bytes as a number in their order, zeros behind the key's end.
    private static func chunk(_ key: UnsafeRawBufferPointer, _ depth: Int) -> UInt64 {
        let left = key.count - depth
        if left <= 0 { return 0 }
        // Behind the key stands at least the rest of the record's last eight bytes only, so reading eight is not safe
        // where fewer are left.
        if left >= 8 { return key.loadUnaligned(fromByteOffset: depth, as: UInt64.self).bigEndian }
        var value: UInt64 = 0
        for index in 0..<left { value |= UInt64(key[depth + index]) << UInt64(56 - 8 * index) }
        return value
    }

    /// From the last byte to the first, each pass keeping the order of the one before: records of one key stay in the
    /// order of the log.
    private mutating func sortByChunk(_ run: Range<Int>) {
        let first = items[run.lowerBound].chunk
        var differing: UInt64 = 0
        for index in run { differing |= items[index].chunk ^ first }
        var source = UnsafeMutableBufferPointer(rebasing: items[run])
        var target = UnsafeMutableBufferPointer(rebasing: spare[run])
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { starts in
            for shift in stride(from: UInt64(0), to: 64, by: 8) where (differing >> shift) & 0xFF != 0 {
                starts.update(repeating: 0)
                for item in source { starts[Int((item.chunk >> shift) & 0xFF)] += 1 }
                var sum: UInt32 = 0
                for value in 0..<256 {
                    let count = starts[value]
                    starts[value] = sum
                    sum += count
                }
                for item in source {
                    let value = Int((item.chunk >> shift) & 0xFF)
                    target[Int(starts[value])] = item
                    starts[value] += 1
                }
                swap(&source, &target)
            }
        }
        if source.baseAddress != items.baseAddress! + run.lowerBound { _ = target.update(from: source) }
    }
}
