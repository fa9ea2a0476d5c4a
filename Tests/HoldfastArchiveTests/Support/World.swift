import CZlib
import HoldfastArchive
import HoldfastTables
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// An archive and the shelves that it takes rows from, on one simulated machine.
final class World {
    var disk: SimulatedDisk
    var shelves: [MemoryShelf]
    /// Every row that ever was, whatever became of it.
    let all: Set<String>
    var seed: UInt64 = 7
    var wrap: (SimulatedDisk) -> any Disk = { $0 }

    static let root = "/archive"

    init(shards: Int = 2, days: Int = 3, players: Int = 4, rowsPerDay: Int = 2, seed: UInt64 = 1) {
        let disk = SimulatedDisk()
        self.disk = disk
        let made = RowMaker.shelves(
            count: shards, days: days, players: players, rowsPerDay: rowsPerDay, seed: seed)
        shelves = made.enumerated().map { MemoryShelf(number: $0, of: shards, $1, disk: disk) }
        all = Set(shelves.flatMap(\.lines))
    }

    private init(_ other: World, disk: SimulatedDisk) {
        self.disk = disk
        shelves = other.shelves.map { $0.copy(on: disk) }
        all = other.all
        seed = other.seed
        wrap = other.wrap
    }

    func copy() -> World { World(self, disk: disk.copy()) }
    /// The machine after a crash: tables as their last transaction left them.
    func afterCrash(_ surviving: SimulatedDisk.Surviving) -> World { World(self, disk: disk.afterCrash(surviving)) }

    /// A moment at which the first `moved` days are old enough to move and the first `dropped` to go.
    static func now(moved: Int64) -> Int64 { Day(number: RowMaker.firstDay.number + moved - 1).end + 90 * 86_400_000 }

    func open(_ use: Archive.Use = .writing) throws(ArchiveError) -> Archive {
        seed += 1
        return try Archive.open(
            World.root, for: use, on: wrap(disk), identifiers: Identifiers(SplitMix(seed: seed)))
    }

    @discardableResult
    func run(now: Int64, threads: Int = 1, _ change: (inout RunOptions) -> Void = { _ in }) throws(ArchiveError)
        -> RunReport
    {
        var options = RunOptions(now: now, database: "ledger")
        options.threads = threads
        options.engine = .zlib1
        change(&options)
        return try ArchiveRun(try open(), shelves, options).run()
    }

    // MARK: What a reader sees who knows nothing of us

    /// The rows in all files of the warehouse, unpacked by zlib alone.
    func warehouseLines() -> [String] {
        disk.fileNames.filter { $0.hasPrefix("\(World.root)/warehouse/") }.flatMap { lines(in: $0) }
    }

    func lines(in path: String) -> [String] {
        String(decoding: Gunzip.all(disk.contents(path)!), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// What is wrong with this world, or nil: no row twice, none lost, marks only on rows that are in files.
    func fault() -> String? {
        let lines = warehouseLines()
        let archived = Set(lines)
        if archived.count != lines.count { return "\(lines.count - archived.count) rows lie in the archive twice" }
        let lost = all.subtracting(archived).subtracting(shelves.flatMap(\.lines))
        if !lost.isEmpty { return "\(lost.count) rows are lost" }
        let onlyMarked = Set(shelves.flatMap(\.archivedLines)).subtracting(archived)
        if !onlyMarked.isEmpty { return "\(onlyMarked.count) rows are marked and in no file" }
        return nil
    }

    /// The same, and what must hold once a run has ended well: no leftovers, and manifests that tell the truth.
    func faultAfterRun() throws -> String? {
        if let fault = fault() { return fault }
        let archive = try open(.reading)
        let placed = Set(archive.chain.live.keys.map { "\(World.root)/\($0)" })
        let found = Set(disk.fileNames.filter { $0.hasPrefix("\(World.root)/warehouse/") })
        if placed != found { return "files and manifests differ: \(placed.symmetricDifference(found).sorted())" }
        let leftovers = disk.fileNames.filter { $0.hasPrefix("\(World.root)/_staging/") }
        if !leftovers.isEmpty { return "left in staging: \(leftovers)" }
        for file in archive.chain.live.values {
            let reader = try PartReader(file, at: file.path, in: archive.storage, codec: GzipCodec(.zlib1))
            try RowCursor(reader).finish()
        }
        return nil
    }
}

/// Unpacks whole gzip files, member after member, as gunzip does.
enum Gunzip {
    static func all(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var stream = z_stream()
        inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { inflateEnd(&stream) }
        var input = bytes
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while stream.avail_in > 0 {
                let code = chunk.withUnsafeMutableBufferPointer { chunk -> Int32 in
                    stream.next_out = chunk.baseAddress
                    stream.avail_out = UInt32(chunk.count)
                    let code = inflate(&stream, Z_NO_FLUSH)
                    output += chunk[..<(chunk.count - Int(stream.avail_out))]
                    return code
                }
                if code == Z_STREAM_END { inflateReset(&stream) } else if code != Z_OK { return }
            }
        }
        return output
    }
}
