internal import HoldfastMemory

/// Memory for the records of many places at once, in blocks that each place fills one after the other: in large pages,
/// and never copied to grow.
final class RecordArena {
    private let region: MappedRegion
    let blockBytes: Int
    private var free: [Int]

    /// Each place has a block that is not full, so there are some more than that.
    init(bytes: Int, places: Int) {
        blockBytes = max(Self.blockBytesMin, min(Self.blockBytesMax, bytes / (8 * max(1, places)) & ~0xFFF))
        let count = max(bytes / blockBytes, 2 * places)
        region = MappedRegion(size: count * blockBytes)
        free = (0..<count).reversed().map { [blockBytes] in $0 * blockBytes }
    }

    private static let blockBytesMin = 4 << 10
    private static let blockBytesMax = 256 << 10

    var base: UnsafeMutableRawPointer { region.base }

    /// Where an empty block begins; nil where all are in use.
    func take() -> Int? { free.popLast() }

    func giveBack(_ block: Int) { free.append(block) }
}
