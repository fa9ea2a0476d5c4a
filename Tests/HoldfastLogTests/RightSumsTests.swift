import CHoldfast
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Files that somebody made up: numbers that can't be, under checksums and hashes that are right. Whoever reads them
/// says so, or gets along with them; none of them stops the program.
@Suite("Impossible numbers under right sums") struct RightSumsTests {
    private static let segmentBytes: UInt64 = 8 << 10
    private static let open = SealedStore.lane + "0000000000.log"
    private static let sealed = SealedStore.lane + "0000000001.sealed"
    private static let numbers: [UInt64] = [
        0, 1, 1 << 32 - 1, 1 << 51, 1 << 62, 1 << 63 - 1, .max,
    ]

    private static func store() throws -> SimulatedDisk {
        try SealedStore.make(segmentBytes: segmentBytes, events: 30, streams: 9, payloadMax: 30)
    }

    /// Everything that reads a log.
    private static func read(_ disk: SimulatedDisk) {
        for isDeep in [false, true] {
            _ = failure { () throws(LogError) in _ = try LogVerifier.verify(SealedStore.directory(disk), deep: isDeep) }
        }
        _ = try? SealedStore.records(disk)
        _ = try? SealedStore.directory(disk).openLanes(for: .inspecting)
        let written = disk.copy()
        if let test = try? StoreUnderTest(on: written) {
            test.append("more", to: "tenant-1/stream-1")
            _ = try? test.store.directory.sealAll()
        }
    }

    /// Each number at each place of a part of a file, in four bytes and in eight, with the sums made right by `mend`.
    private static func tryAll(
        _ disk: SimulatedDisk, _ file: String, _ part: Range<Int>, _ mend: (inout [UInt8]) -> Void
    ) throws {
        let whole = try #require(disk.contents(file))
        for offset in stride(from: part.lowerBound, to: part.upperBound, by: 4) {
            for number in numbers {
                for width in [4, 8] where offset + width <= part.upperBound {
                    if width == 4, number > UInt64(UInt32.max) { continue }
                    var bytes = whole
                    for index in 0..<width { bytes[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
                    mend(&bytes)
                    let made = disk.copy()
                    made.overwrite(file, with: bytes)
                    read(made)
                }
            }
        }
    }

    private static func sum(_ bytes: inout [UInt8], _ part: Range<Int>, at place: Int) {
        let sum = bytes[part].withUnsafeBytes { hf_crc32c(0, $0.baseAddress, $0.count) }
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
    }

    private static func put(_ digest: Digest, into bytes: inout [UInt8], at place: Int) {
        withUnsafeBytes(of: digest.words) { bytes.replaceSubrange(place..<place + 32, with: $0) }
    }

    private static func mendSealed(_ bytes: inout [UInt8]) {
        sum(&bytes, 384..<508, at: 508)
        let fields =
            bytes[184..<216] + bytes[396..<400] + bytes[416..<424] + bytes[432..<440] + bytes[64..<72]
            + bytes[120..<184]
        put(SegmentRoot(fields: Array(fields))!.chained, into: &bytes, at: 216)
        sum(&bytes, 0..<380, at: 380)
    }

    private static func mendBatch(_ bytes: inout [UInt8], at: Int) {
        sum(&bytes, at..<at + 124, at: at + 124)
        let size = Int(bytes[at + 4]) | Int(bytes[at + 5]) << 8 | Int(bytes[at + 6]) << 16 | Int(bytes[at + 7]) << 24
        guard (256...bytes.count - at).contains(size) else { return }
        let end = at + size
        put(bytes[at..<end - 40].withUnsafeBytes { .sha256($0) }, into: &bytes, at: end - 40)
        sum(&bytes, end - 40..<end - 8, at: end - 8)
    }

    private static func mendRecord(_ bytes: inout [UInt8], at: Int) {
        let size = bytes.withUnsafeBytes { RecordView($0.baseAddress! + at).size }
        if size <= bytes.count - at { sum(&bytes, at + 4..<at + size, at: at) }
    }

    @Test("in the header of a sealed segment, and in that of the segment that it was", arguments: [8..<380, 392..<508])
    func sealedHeader(part: Range<Int>) throws {
        let disk = try Self.store()
        _ = try SealedStore.directory(disk).sealAll()
        try Self.tryAll(disk, Self.sealed, part, Self.mendSealed)
    }

    @Test("in the header of a segment, the only one or one of several", arguments: [true, false])
    func segmentHeader(isOnly: Bool) throws {
        let disk = try Self.store()
        if isOnly {
            for name in SealedStore.names(disk, ".log") where name != Self.open { disk.delete(name) }
            for name in ["clean", "segments"] { disk.delete(SealedStore.lane + name) }
        }
        try Self.tryAll(disk, Self.open, 8..<124) { Self.sum(&$0, 0..<124, at: 124) }
    }

    @Test("in the header of a batch, and in one of its events")
    func batch() throws {
        let disk = try Self.store()
        let start = SegmentHeader.blockBytes + 256
        try Self.tryAll(disk, Self.open, start + 4..<start + 98) { Self.mendBatch(&$0, at: start) }
        let record = start + BatchHeader.bytes
        try Self.tryAll(disk, Self.open, record + 4..<record + 48) { bytes in
            Self.mendRecord(&bytes, at: record)
            Self.mendBatch(&bytes, at: start)
        }
    }

    @Test("in where a snapshot begins and ends")
    func snapshot() throws {
        let disk = try Self.store()
        let test = try StoreUnderTest(on: disk)
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        test.run()
        test.close()
        let file = try #require(disk.fileNames.first { $0.hasPrefix(SealedStore.lane + SnapshotFile.prefix) })
        let size = try #require(disk.contents(file)).count
        try Self.tryAll(disk, file, 8..<40) { Self.sum(&$0, 0..<60, at: 60) }
        try Self.tryAll(disk, file, size - 16..<size) { Self.sum(&$0, size - 16..<size, at: size - 20) }
    }

    @Test("in what was given up, and where the log was closed")
    func smallFiles() throws {
        let disk = try Self.store()
        _ = try SealedStore.directory(disk).sealAll()
        let log = try SealedStore.directory(disk).openLanes(for: .reading)[0]
        var record = TrimmedRecord()
        record.first = 1
        record.roots = [try log.root(of: 0)]
        try record.write(in: log.at.directory, on: disk)
        disk.delete(SealedStore.lane + "0000000000.sealed")
        #expect(try LogVerifier.verify(SealedStore.directory(disk)).faults.isEmpty)
        for name in ["lane-00/trimmed", "lane-00/clean", "manifest"] {
            let file = StoreUnderTest.path + "/" + name
            let size = try #require(disk.contents(file)).count - 32
            try Self.tryAll(disk, file, 32..<32 + size) { bytes in
                Self.sum(&bytes, 32..<32 + size, at: 20)
                Self.sum(&bytes, 0..<28, at: 28)
            }
        }
    }
}
