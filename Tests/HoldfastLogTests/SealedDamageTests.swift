import CHoldfast
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Damage to a sealed segment is found and named wherever it is, and nothing that is whole is refused.
@Suite struct SealedDamageTests {
    private typealias Log = SealedStore
    private static let segmentBytes: UInt64 = 8 << 10

    /// Small segments, so that every bit of one can be tried.
    private func sealedLog(segmentBytes: UInt64 = Self.segmentBytes, events: Int = 40) throws -> SimulatedDisk {
        let disk = try Log.make(segmentBytes: segmentBytes, events: events, streams: 9, payloadMax: 30)
        _ = try Log.directory(disk).sealAll()
        return disk
    }

    private func path(_ number: Int) -> String { Log.lane + "000000000\(number).sealed" }

    /// The fault that reading one sealed segment and checking its chain finds.
    private func fault(_ disk: SimulatedDisk, deep: Bool = false) -> LogError? {
        failure { () throws(LogError) in
            let report = try LogVerifier.verify(Log.directory(disk), deep: deep)
            if let first = report.faults.first { throw first }
        }
    }

    private func header(_ segment: [UInt8]) throws -> SealedHeader {
        var found: SealedHeader?
        if case .header(let header) = SealedHeader.read(segment) { found = header }
        return try #require(found)
    }

    private func isNamed(_ error: LogError?, _ path: String) -> Bool {
        guard case .damaged(let damage)? = error else { return false }
        return damage.file == path
    }

    @Test("every single flipped bit of a sealed segment is found, and the file is named")
    func everyBit() throws {
        let disk = try sealedLog()
        #expect(fault(disk) == nil && fault(disk, deep: true) == nil)
        let file = path(1)
        let place = try Log.directory(disk).place(lane: 0)
        let verifier = SealedVerifier()
        for offset in try #require(disk.contents(file)).indices {
            for bit in 0..<8 {
                disk.flip(bit, of: offset, in: file)
                let found = failure { () throws(LogError) in
                    let open: any DiskFile
                    do throws(DiskFailure) { open = try disk.open(file, for: .reading) } catch { throw .io(error) }
                    try verifier.verify(SealedSegment(open, number: 1, of: place), seed: place.hashSeed)
                }
                if !isNamed(found, file), !isNewer(found) {
                    Issue.record("bit \(bit) of byte \(offset): \(found.map(\.description) ?? "unnoticed")")
                }
                disk.flip(bit, of: offset, in: file)
            }
        }
        #expect(fault(disk) == nil, "all bits are back in their places")
    }

    /// A flipped bit of the version is covered by the checksum like any other.
    private func isNewer(_ error: LogError?) -> Bool {
        if case .newerFormat? = error { return true }
        return false
    }

    @Test("a sealed segment that is cut off anywhere, or goes on behind its end, is found")
    func everyLength() throws {
        let disk = try sealedLog()
        let whole = try #require(disk.contents(path(1)))
        for size in 0..<whole.count {
            disk.overwrite(path(1), with: Array(whole[..<size]))
            #expect(isNamed(fault(disk), path(1)), "cut to \(size)")
        }
        disk.overwrite(path(1), with: whole + [0])
        #expect(isNamed(fault(disk), path(1)))
        disk.overwrite(path(1), with: whole)
        #expect(fault(disk) == nil)
    }

    /// The segment with these of its blocks in this order, and every sum made right.
    private func rebuilt(_ whole: [UInt8], _ order: (Int) -> [Int]) throws -> [UInt8] {
        var header = try header(whole)
        let (old, blocks) = (header[.index], header[.blocks])
        let stored = Array(whole[Int(old.offset)..<Int(old.offset + old.size)])
        let index = try #require(SealedIndex(stored, count: Int(old.count), filling: blocks.range))
        let known = Array(stored[(index.count * SealedIndex.entryBytes)...])
        let order = order(index.count)
        var (entries, keys, content): ([SealedIndex.Entry], [UInt8], [UInt8]) = ([], [], [])
        let keyBytes = order.reduce(0) { $0 + index[$1].keyCount }
        let shift = UInt64(order.count * SealedIndex.entryBytes + keyBytes) - old.size
        for number in order {
            var entry = index[number]
            let key = known[entry.keyOffset..<entry.keyOffset + entry.keyCount]
            let bytes = whole[Int(entry.offset)..<Int(entry.offset) + entry.bytes]
            entry.offset = blocks.offset + shift + UInt64(content.count)
            entry.keyOffset = keys.count
            entries.append(entry)
            keys += key
            content += bytes
        }
        let made = SealedIndex.stored(entries, keys: keys)
        header[.index].size += shift
        header[.index].count = UInt32(order.count)
        header[.index].checksum = made.withUnsafeBytes { hf_crc32c(0, $0.baseAddress, $0.count) }
        for part in [SealedHeader.Part.statistics, .batches, .blocks, .filter] { header[part].offset += shift }
        let more = UInt64(content.count) - blocks.size
        header[.blocks].size += more
        header[.blocks].count = UInt32(order.count)
        header[.filter].offset += more
        header.fileBytes += shift + more
        return header.stored() + made + whole[Int(old.range.upperBound)..<Int(blocks.offset)] + content
            + whole[Int(blocks.range.upperBound)...]
    }

    @Test("rows beyond the events that the root vouches for, and rows where no search finds them, are found")
    func rowsOutOfPlace() throws {
        let disk = try sealedLog(segmentBytes: 256 << 10, events: 2_500)
        let whole = try #require(disk.contents(path(0)))
        disk.overwrite(path(0), with: try rebuilt(whole) { Array(0..<$0) })
        #expect(disk.contents(path(0)) == whole)
        let orders: [(Int) -> [Int]] = [{ Array(0..<$0) + [$0 - 1] }, { Array((0..<$0).reversed()) }]
        for order in orders {
            disk.overwrite(path(0), with: try rebuilt(whole, order))
            #expect(isNamed(fault(disk), path(0)))
            #expect(isNamed(fault(disk, deep: true), path(0)))
        }
    }

    @Test("two segments that changed places, one of another lane, log or time, and a missing one are found")
    func wrongSegment() throws {
        let disk = try sealedLog(events: 120)
        let (second, third) = (disk.contents(path(1))!, disk.contents(path(2))!)
        let swapped = disk.copy()
        swapped.overwrite(path(1), with: third)
        swapped.overwrite(path(2), with: second)
        #expect(isNamed(fault(swapped), path(1)))

        // The same log in another life: same place and id, other events before it.
        let other = try Log.make(segmentBytes: Self.segmentBytes, events: 120, streams: 8, payloadMax: 29)
        _ = try Log.directory(other).sealAll()
        let older = disk.copy()
        older.overwrite(path(2), with: other.contents(path(2))!)
        #expect(isNamed(fault(older), path(2)))

        let missing = disk.copy()
        missing.delete(path(1))
        #expect(fault(missing) != nil)

        let lanes = try Log.make(lanes: 2, events: 300, streams: 20)
        _ = try Log.directory(lanes).sealAll()
        lanes.overwrite("/log/lane-01/0000000000.sealed", with: lanes.contents(path(0))!)
        #expect(isNamed(fault(lanes), "/log/lane-01/0000000000.sealed"))
    }

    /// What can be wrong with a sealed segment that a lane ends with.
    enum Harm: String, CaseIterable, CustomTestStringConvertible {
        case header, index, batches, blocks, end
        var testDescription: String { rawValue }

        fileprivate func harm(_ bytes: inout [UInt8]) {
            guard case .header(let header) = SealedHeader.read(bytes) else { return }
            switch self {
            case .header: bytes[20] ^= 1
            case .index: bytes[Int(header[.index].offset) + 4] ^= 1
            case .batches: bytes[Int(header[.batches].offset) + 4] ^= 1
            case .blocks: bytes[Int(header[.blocks].offset) + 4] ^= 1
            case .end: bytes.removeLast(100)
            }
        }

        /// Blocks are read as they are needed; opening does not look at them.
        var keepsOut: Bool { self != .blocks }
    }

    @Test(
        "a damaged sealed segment at a lane's end is named, and all that stands elsewhere is looked at",
        arguments: Harm.allCases, [false, true])
    func lastSegment(harm: Harm, withoutTable: Bool) throws {
        let disk = try Log.make(lanes: 2, events: 900)
        _ = try Log.directory(disk).sealAll()
        let last = try #require(Log.directory(disk).openLanes(for: .reading)[0].sealedSegments.last)
        #expect(last > 0)
        let file = SegmentNames.sealedPath(last, in: "/log/lane-00")
        var bytes = try #require(disk.contents(file))
        harm.harm(&bytes)
        let records = try Log.records(disk)
        disk.overwrite(file, with: bytes)
        if withoutTable { disk.delete("/log/lane-00/segments") }

        let directory = try Log.directory(disk)
        for mode in [OpenMode.reading, .writing] where harm.keepsOut {
            #expect(isNamed(failure { () throws(LogError) in _ = try directory.openLanes(for: mode) }, file))
        }
        let reader = CountingReader()
        let report = try LogVerifier.verify(directory.openLanes(for: .inspecting), with: reader)
        let read = reader.events.with { $0 }
        #expect(report.faults.count == 1 && isNamed(report.faults.first, file), "\(report.faults)")
        let whole = records.filter { $0.lane == 1 || $0.address / directory.manifest.segmentBytes < last }
        #expect(read[1] == UInt64(whole.count { $0.lane == 1 }))
        #expect(read[0] > 0 && read[0] == UInt64(whole.count { $0.lane == 0 }))
        #expect(report.events == UInt64(whole.count))
    }

    @Test("a sealed segment in the middle that nothing tells the place of leaves what is before it, and other lanes")
    func middleSegment() throws {
        let disk = try Log.make(lanes: 2, events: 900)
        _ = try Log.directory(disk).sealAll()
        disk.flip(0, of: 20, in: path(1))
        let withTable = try LogVerifier.verify(Log.directory(disk).openLanes(for: .inspecting))
        disk.delete(Log.lane + "segments")
        let without = try LogVerifier.verify(Log.directory(disk).openLanes(for: .inspecting))
        for report in [withTable, without] {
            #expect(report.faults.count == 1 && isNamed(report.faults.first, path(1)), "\(report.faults)")
        }
        #expect(without.events > 500 && withTable.events > without.events)
    }

    @Test("a segment of a newer format is refused by name and not called damaged")
    func newer() throws {
        let disk = try sealedLog()
        var bytes = disk.contents(path(1))!
        bytes.store(UInt32(2), at: 8)
        bytes.store(crc32c(bytes[..<380]), at: 380)
        disk.overwrite(path(1), with: bytes)
        guard case .newerFormat(let file, let found, let supported)? = fault(disk) else {
            Issue.record("it was not refused as newer")
            return
        }
        #expect(file == path(1) && found == 2 && supported == 1)
    }

    @Test("a deep look finds a filter, statistics and times that are not those of the events")
    func deep() throws {
        let disk = try sealedLog()
        let good = disk.contents(path(1))!
        let header = try self.header(good)
        // Statistics of other events, with a checksum that is right.
        var bytes = good
        let statistics = header[.statistics]
        bytes[Int(statistics.offset) + 2] &+= 1
        var changed = header
        changed[.statistics].checksum = crc32c(bytes[Int(statistics.offset)..<Int(statistics.range.upperBound)])
        bytes.replaceSubrange(..<512, with: changed.stored())
        disk.overwrite(path(1), with: bytes)
        #expect(fault(disk) == nil)
        #expect(isNamed(fault(disk, deep: true), path(1)))
        // Bits in the filter of a store that has no names.
        bytes = good
        let filter = Int(header[.filter].offset)
        bytes[filter] = 0xFF
        bytes.store(crc32c(bytes[filter..<filter + 4092]), at: filter + 4092)
        disk.overwrite(path(1), with: bytes)
        #expect(fault(disk) == nil)
        #expect(isNamed(fault(disk, deep: true), path(1)))
    }

    @Test("more faults in one lane's open files than are kept hide neither its sealed segments' nor another lane's")
    func shares() throws {
        let segmentBytes: UInt64 = 64 << 10
        let disk = try Log.make(lanes: 2, segmentBytes: segmentBytes, events: 6_000, payloadMax: 30)
        let sealed = ["/log/lane-00/0000000000.sealed", "/log/lane-01/0000000000.sealed"]
        for log in try Log.directory(disk).openLanes(for: .writing) { _ = try SegmentSealer(log).seal(0) }
        for file in sealed {
            let header = try header(try #require(disk.contents(file)))
            disk.flip(0, of: Int(header[.filter].offset), in: file)
        }
        // Every second event, so that each is a fault of its own; not those of the last file, which opening reads.
        let records = try Log.records(disk).filter { $0.lane == 0 && $0.address >= segmentBytes }
        let last = try #require(records.last).address / segmentBytes
        var flipped = 0
        for record in records where record.address / segmentBytes < last {
            flipped += 1
            if flipped % 2 == 0 { continue }
            let file = SegmentNames.path(record.address / segmentBytes, in: "/log/lane-00")
            disk.flip(0, of: Int(record.address % segmentBytes) + RecordLayout.headerBytes, in: file)
        }
        let report = try LogVerifier.verify(Log.directory(disk))
        #expect(report.faultCount > 1_100 && report.faults.count == 1_000)
        for file in sealed { #expect(report.faults.contains { isNamed($0, file) }) }
    }

    @Test("a fault that is met again is counted once, also where there was no more room for it")
    func metAgain() {
        func fault(_ offset: Int, _ file: String = "a.sealed") -> LogError {
            .damaged(Damage(file: file, offset: UInt64(offset), found: "something else"))
        }
        var faults = LogFaults()
        for _ in 0..<2 { for offset in 0..<1_500 { faults.add(fault(offset), lane: 0) } }
        #expect(faults.count == 1_500 && faults.kept.count == 1_000)
        faults.add(fault(1_200, "b.sealed"), lane: 0)
        faults.add(fault(1_200), lane: 1)
        #expect(faults.count == 1_502, "another file and another lane have faults of their own")
    }

    @Test(
        "room is shared out evenly, and what some don't need is for those who need more",
        arguments: [
            ([5_000], [1_000]), ([5_000, 5_000], [500, 500]), ([5_000, 1], [999, 1]),
            ([1, 400, 9_000], [1, 400, 599]),
            ([0, 3_000, 333, 3_000], [0, 333, 333, 334]), ([], []), ([7, 8], [7, 8]),
        ])
    func fairShares(wanted: [Int], shares: [Int]) {
        #expect(FairShares.of(1_000, wanted: wanted) == shares)
    }
}

/// Counts what it sees of each of two lanes.
private final class CountingReader: LogVerifier.Companion {
    let events = Locked<[UInt64]>([0, 0])

    func take(_ records: RecordRun, lane: Int, isOwnThread: Bool) {
        let count = UInt64(records.count)
        events.with { $0[lane] += count }
    }

    func end(lane: Int) {}
}
