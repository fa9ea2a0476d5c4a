internal import HoldfastMemory

/// A whole segment in memory, as it stands or stood in its open file: the original of a sealed one, or what was put
/// together from it. A file to whoever scans it.
final class SegmentImage: DiskFile, @unchecked Sendable {
    // @unchecked: written to before it is shared, never after.
    let path: String
    let bytes: UnsafeMutableRawBufferPointer

    private let memory: SegmentMemory

    /// Zeros, from memory that costs nothing until it is touched.
    convenience init(path: String, size: Int) { self.init(path: path, size: size, in: SegmentMemory(size: size)) }

    private init(path: String, size: Int, in memory: SegmentMemory) {
        self.path = path
        self.memory = memory
        bytes = UnsafeMutableRawBufferPointer(start: memory.region.base, count: size)
    }

    /// Reads a segment file whole, into memory that nothing else uses any more.
    convenience init(reading file: any DiskFile, size: Int, in memory: SegmentMemory) throws(LogError) {
        self.init(path: file.path, size: size, in: memory)
        do throws(DiskFailure) {
            let got = try file.read(into: bytes, at: 0)
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
/// segment into it, so whoever seals one segment after the other keeps it.
final class SegmentMemory {
    fileprivate let region: MappedRegion

    init(size: Int) { region = MappedRegion(size: size) }
}
