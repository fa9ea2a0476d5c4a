private import Glibc

/// A whole segment in memory, as it stands or stood in its open file: the original of a sealed one, or what was put
/// together from it. A file to whoever scans it.
final class SegmentImage: DiskFile, @unchecked Sendable {
    // @unchecked: written to before it is shared, never after.
    let path: String
    let bytes: UnsafeMutableRawBufferPointer

    /// Zeros, from memory that costs nothing until it is touched.
    init(path: String, size: Int) {
        self.path = path
        bytes = UnsafeMutableRawBufferPointer(start: calloc(size, 1), count: size)
        precondition(bytes.baseAddress != nil, "there is no memory for a segment of \(size) bytes")
    }

    deinit { free(bytes.baseAddress) }

    /// Reads a segment file whole.
    convenience init(reading file: any DiskFile, size: Int) throws(LogError) {
        self.init(path: file.path, size: size)
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
