internal import CHoldfast

/// Brings the records of a segment into the order of their keys, each key's records in the order of the log.
///
/// Of each key the sixteen bytes behind what all keys share are taken, in one pass through the segment; of these the
/// bits that are not the same in all, at most 64: seven digits come down to 28 bits. These numbers are sorted by eleven
/// bits at a time, from the last to the first. Only keys that are the same so far and go on are looked at again. With
/// the ids of the benchmark that takes 45 ns a record, comparing whole keys 300.
struct KeyOrder: ~Copyable {
    /// A record: the bits of its key that tell it from others, where it is in the image in units of eight bytes, and
    /// how long its key is.
    private struct Item {
        var bits: UInt64
        var place: UInt32
        var keyCount: UInt32
    }

    private let image: UnsafeRawPointer
    private var items: UnsafeMutableBufferPointer<Item>
    private let spare: UnsafeMutableBufferPointer<Item>
    private let starts: UnsafeMutablePointer<UInt32>
    private static let smallRun = 48
    private static let digitBits = 11
    private static let window = 16

    /// `offsets`: where the records stand in the image, ascending, in units of eight bytes.
    init(image: UnsafeRawPointer, offsets: [UInt32]) {
        self.image = image
        items = .allocate(capacity: offsets.count)
        spare = .allocate(capacity: offsets.count)
        starts = .allocate(capacity: 1 << Self.digitBits)
        for (index, offset) in offsets.enumerated() {
            items.initializeElement(at: index, to: Item(bits: 0, place: offset, keyCount: 0))
        }
        sort(0..<offsets.count, from: 0)
    }

    deinit {
        items.deallocate()
        spare.deallocate()
        starts.deallocate()
    }

    var count: Int { items.count }
    func record(_ index: Int) -> RecordView { RecordView(image + Int(items[index].place) << 3) }
    func offset(_ index: Int) -> UInt64 { UInt64(items[index].place) << 3 }
    /// Where the records stand, in this order.
    var places: [UInt32] { items.map(\.place) }

    @inline(__always)
    func prefetch(_ index: Int) { if index < items.count { record(index).prefetch() } }

    private func key(_ item: Item) -> UnsafeRawBufferPointer { RecordView(image + Int(item.place) << 3).key }

    /// Sorts a run of records whose keys agree in their first `depth` bytes.
    private mutating func sort(_ run: Range<Int>, from depth: Int) {
        if run.count < 2 { return }
        if run.count <= Self.smallRun { return sortSmall(run) }
        let depth = depth + sharedBytes(run, from: depth)
        let tellsAllApart = takeBits(run, from: depth)
        sortByBits(run)
        var first = run.lowerBound
        while first < run.upperBound {
            var end = first + 1
            while end < run.upperBound, items[end].bits == items[first].bits { end += 1 }
            if end - first > 1 { sortEqual(first..<end, from: depth, tellsAllApart) }
            first = end
        }
    }

    /// Records whose bits are the same. Where the window ends behind their keys they are of one key.
    private mutating func sortEqual(_ run: Range<Int>, from depth: Int, _ tellsAllApart: Bool) {
        let length = items[run.lowerBound].keyCount
        if tellsAllApart, Int(length) <= depth + Self.window, haveLength(length, run) { return }
        if isOneKey(run) { return }
        // Keys that end within the window may differ by zeros at their end only.
        if tellsAllApart, run.count > Self.smallRun, endBehind(depth + Self.window, run) {
            sort(run, from: depth + Self.window)
        } else {
            sortSmall(run)
        }
    }

    private func haveLength(_ length: UInt32, _ run: Range<Int>) -> Bool {
        run.allSatisfy { items[$0].keyCount == length }
    }

    private func endBehind(_ depth: Int, _ run: Range<Int>) -> Bool {
        run.allSatisfy { Int(items[$0].keyCount) > depth }
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

    // MARK: Bits

    /// Notes of each key the bits in which it differs from others within the window. False where these are too many:
    /// then the first 64.
    private mutating func takeBits(_ run: Range<Int>, from depth: Int) -> Bool {
        var differing = Window()
        let first = Window(key(items[run.lowerBound]), depth)
        for index in run {
            let key = key(items[index])
            items[index].keyCount = UInt32(truncatingIfNeeded: key.count)
            let window = Window(key, depth)
            differing.high |= window.high ^ first.high
            differing.low |= window.low ^ first.low
        }
        let (image, items) = (image, items)
        return withUnsafeTemporaryAllocation(of: BitChoice.Part.self, capacity: Self.window) { parts in
            let choice = BitChoice(differing, in: parts)
            for index in run {
                let key = RecordView(image + Int(items[index].place) << 3).key
                items[index].bits = choice.bits(of: Window(key, depth))
            }
            return choice.isComplete
        }
    }

    /// Sixteen bytes of a key as two numbers in their order, zeros behind the key's end.
    private struct Window {
        var high: UInt64 = 0
        var low: UInt64 = 0

        init() {}

        @inline(__always)
        init(_ key: UnsafeRawBufferPointer, _ depth: Int) {
            high = Self.chunk(key, depth)
            low = Self.chunk(key, depth + 8)
        }

        @inline(__always)
        private static func chunk(_ key: UnsafeRawBufferPointer, _ depth: Int) -> UInt64 {
            let left = key.count - depth
            if left <= 0 { return 0 }
            if left >= 8 { return key.loadUnaligned(fromByteOffset: depth, as: UInt64.self).bigEndian }
            // Before the key stand 48 bytes of the record, so the eight that end with it can be read.
            let last = UnsafeRawPointer(key.baseAddress! + (key.count - 8)).loadUnaligned(as: UInt64.self).bigEndian
            return last << UInt64(8 * (8 - left))
        }
    }

    /// Which bits of the window are kept: of each byte that differs its lower ones, up to the highest that does.
    private struct BitChoice {
        struct Part: BitwiseCopyable {
            let isLow: Bool
            let shift: UInt64
            let mask: UInt64
            let width: UInt64
        }

        private let parts: UnsafeMutableBufferPointer<Part>
        private var count = 0
        private(set) var isComplete = true

        init(_ differing: Window, in parts: UnsafeMutableBufferPointer<Part>) {
            self.parts = parts
            var total: UInt64 = 0
            for byte in 0..<KeyOrder.window {
                let half = byte < 8 ? differing.high : differing.low
                let shift = UInt64(56 - 8 * (byte & 7))
                let bits = UInt8(truncatingIfNeeded: half >> shift)
                if bits == 0 { continue }
                let width = UInt64(8 - bits.leadingZeroBitCount)
                if total + width > 64 {
                    isComplete = false
                    return
                }
                total += width
                parts.initializeElement(
                    at: count, to: Part(isLow: byte >= 8, shift: shift, mask: 1 << width - 1, width: width))
                count += 1
            }
        }

        @inline(__always)
        func bits(of window: Window) -> UInt64 {
            var bits: UInt64 = 0
            for index in 0..<count {
                let part = parts[index]
                bits = bits << part.width | ((part.isLow ? window.low : window.high) >> part.shift) & part.mask
            }
            return bits
        }
    }

    /// From the last bits to the first, each pass keeping the order of the one before: records of one key stay in the
    /// order of the log.
    private mutating func sortByBits(_ run: Range<Int>) {
        let first = items[run.lowerBound].bits
        var differing: UInt64 = 0
        for index in run { differing |= items[index].bits ^ first }
        var source = UnsafeMutableBufferPointer(rebasing: items[run])
        var target = UnsafeMutableBufferPointer(rebasing: spare[run])
        let mask: UInt64 = 1 << UInt64(Self.digitBits) - 1
        for shift in stride(from: UInt64(0), to: 64, by: Self.digitBits) where (differing >> shift) & mask != 0 {
            starts.initialize(repeating: 0, count: 1 << Self.digitBits)
            for item in source { starts[Int((item.bits >> shift) & mask)] &+= 1 }
            var sum: UInt32 = 0
            for value in 0..<1 << Self.digitBits {
                let count = starts[value]
                starts[value] = sum
                sum &+= count
            }
            for item in source {
                let value = Int((item.bits >> shift) & mask)
                target[Int(starts[value])] = item
                starts[value] &+= 1
            }
            swap(&source, &target)
        }
        if source.baseAddress != items.baseAddress! + run.lowerBound { _ = target.update(from: source) }
    }
}
