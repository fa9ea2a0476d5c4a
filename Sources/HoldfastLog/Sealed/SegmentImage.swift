internal import CHoldfast
internal import HoldfastMemory

/// A whole segment in memory, as it stands or stood in its open file: the original of a sealed one, or what was put
/// together from it. A file to whoever scans it.
final class SegmentImage: DiskFile, @unchecked Sendable {
    // @unchecked: written to before it is shared, never after.
    let path: String
    let bytes: UnsafeMutableRawBufferPointer

    private let memory: SegmentMemory
    private let pool: SegmentMemoryPool?

    /// With a pool the memory may hold what another image left, and goes back there.
    init(path: String, size: Int, from pool: SegmentMemoryPool? = nil) {
        self.path = path
        self.pool = pool
        memory = pool?.take() ?? SegmentMemory(size: size)
        bytes = UnsafeMutableRawBufferPointer(start: memory.region.base, count: size)
    }

    private init(path: String, size: Int, in memory: SegmentMemory) {
        self.path = path
        self.memory = memory
        pool = nil
        bytes = UnsafeMutableRawBufferPointer(start: memory.region.base, count: size)
    }

    deinit { pool?.giveBack(memory) }

    /// Said before the first byte is put down, as whatever comes of it the memory is used again.
    func willBeFilled(upTo end: Int) { memory.used = max(memory.used, end) }

    /// Lets nothing but zeros stand from `end` on.
    func clear(from end: Int) {
        if memory.used > end { memset(bytes.baseAddress! + end, 0, memory.used - end) }
        memory.used = end
    }

    /// Reads a segment file whole, into memory that nothing else uses any more.
    convenience init(reading file: any DiskFile, size: Int, in memory: SegmentMemory) throws(LogError) {
        self.init(path: file.path, size: size, in: memory)
        do throws(DiskFailure) {
            let got = try file.readPages(into: bytes, at: 0)
            guard got == size else {
                throw DiskFailure(operation: "read \(size) bytes of", path: file.path, errno: SystemErrors.inputOutput)
            }
        } catch {
            throw .io(error)
        }
    }

    func size() throws(DiskFailure) -> UInt64 { UInt64(bytes.count) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        guard offset < UInt64(bytes.count) else { return 0 }
        let count = min(buffer.count, bytes.count - Int(offset))
        if count > 0 { buffer.baseAddress!.copyMemory(from: bytes.baseAddress! + Int(offset), byteCount: count) }
        return count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) { throw refusal }
    func writePages(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) { throw refusal }
    func sync() throws(DiskFailure) { throw refusal }
    func allocate(_ size: UInt64) throws(DiskFailure) { throw refusal }
    func fillWithZeros(_ range: Range<UInt64>) throws(DiskFailure) { throw refusal }

    private var refusal: DiskFailure {
        DiskFailure(operation: "write to a sealed segment:", path: path, errno: SystemErrors.readOnly)
    }
}

/// Room for one segment, in large pages. Fresh memory is cleared by the kernel first, which takes longer than reading a
/// segment into it, so whoever goes through one segment after the other keeps it.
final class SegmentMemory: @unchecked Sendable {
    // @unchecked: one image uses it at a time.
    fileprivate let region: MappedRegion
    /// Zeros stand from here on.
    fileprivate var used = 0

    init(size: Int) { region = MappedRegion(size: size) }
}

/// Keeps the memory of images that went, for the next ones.
final class SegmentMemoryPool: Sendable {
    private let spare = Locked<[SegmentMemory]>([])

    func take() -> SegmentMemory? { spare.with { $0.popLast() } }

    func giveBack(_ memory: SegmentMemory) { spare.with { $0.append(memory) } }
}
