import HoldfastArchive
import HoldfastTables
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// The machine stops at every single operation of two nights, and again at every operation of the run that recovers.
@Suite("A run that dies")
struct CrashTests {
    private static let nights = [World.now(moved: 2), World.now(moved: 12)]

    /// Two nights: the first moves two days, the second moves a third and drops the first two.
    private static func play(_ world: World) throws(ArchiveError) {
        for now in nights {
            try world.run(now: now) {
                $0.snapshotDaysMax = 1
                // A second try begins with the first night again.
                $0.forgivesClock = true
            }
        }
    }

    private static func world() -> World { World(shards: 2, days: 3, players: 2, rowsPerDay: 1) }

    private static func operations() throws -> Int {
        let world = world()
        try play(world)
        return world.disk.operations
    }

    /// What is wrong after a crash at this operation and the run that follows, or nil.
    private static func fault(
        _ start: World, crashAt operation: Int, _ surviving: SimulatedDisk.Surviving, thenCrashAt second: Int? = nil
    ) -> String? {
        start.disk.crash(atOperation: operation)
        do { try play(start) } catch {}
        var world = start.afterCrash(surviving)
        if let fault = world.fault() { return "right after the crash: \(fault)" }
        if let second {
            world.disk.crash(atOperation: second)
            do { try play(world) } catch {}
            world = world.afterCrash(surviving)
            if let fault = world.fault() { return "right after the second crash: \(fault)" }
        }
        do {
            try play(world)
            return try world.faultAfterRun() ?? (Set(world.warehouseLines()) == world.all ? nil : "rows did not move")
        } catch {
            return "the next run failed: \(error)"
        }
    }

    @Test("loses and doubles nothing at any operation, whatever survives of what was not synced")
    func everyOperation() throws {
        let count = try Self.operations()
        #expect(count > 100)
        for operation in 0..<count {
            let other =
                operation % 2 == 0 ? .everything : SimulatedDisk.Surviving.randomSectors(seed: UInt64(operation))
            for surviving in [.nothing, other] {
                let fault = Self.fault(Self.world(), crashAt: operation, surviving)
                #expect(fault == nil, "crash at operation \(operation), surviving \(surviving)")
            }
        }
    }

    @Test("and nothing when the run that recovers dies too")
    func twice() throws {
        let count = try Self.operations()
        var tried = 0
        for operation in stride(from: 0, to: count, by: 6) {
            // Over all first crashes the second ones fall on every operation of the recovery.
            for second in stride(from: operation / 6 % 11, to: 66, by: 11) {
                let surviving: SimulatedDisk.Surviving =
                    second % 3 == 0 ? .nothing : second % 3 == 1 ? .everything : .randomSectors(seed: UInt64(second))
                let fault = Self.fault(Self.world(), crashAt: operation, surviving, thenCrashAt: second)
                #expect(fault == nil, "crashes at operations \(operation) and \(second), surviving \(surviving)")
                tried += 1
            }
        }
        #expect(tried > 150)
    }

    @Test("a full disk in the middle loses nothing, says so, and the next run goes on")
    func fullDisk() throws {
        var refusals = 0
        for room in stride(from: 0, to: 1 << 20, by: 1_024) {
            let world = Self.world()
            world.disk.limitSpace(to: room)
            do {
                try world.run(now: Self.nights[0])
                break
            } catch {
                refusals += 1
                #expect("\(error)".contains("Nothing was lost"))
            }
            #expect(world.fault() == nil)
            world.disk.limitSpace(to: nil)
            try Self.play(world)
            #expect(try world.faultAfterRun() == nil)
        }
        #expect(refusals > 10)
    }

    /// One sort of sync that is left out.
    enum Omission: String, CaseIterable, Sendable {
        case data, manifest, stagingDirectory, stagingParent, metadataDirectory, partition, partitionParents

        func covers(file path: String) -> Bool {
            switch self {
            case .data: path.hasSuffix(".jsonl.gz")
            case .manifest: path.hasSuffix("manifest.json") || path.contains("/_metadata/version-")
            default: false
            }
        }

        func covers(directory path: String) -> Bool {
            let place = path.dropFirst(World.root.count)
            switch self {
            case .stagingDirectory: return place.hasPrefix("/_staging/")
            case .stagingParent: return place == "/_staging"
            case .metadataDirectory: return place == "/_metadata"
            case .partition: return place.contains("/day=")
            case .partitionParents: return place.hasPrefix("/warehouse") && !place.contains("/day=")
            case .data, .manifest: return false
            }
        }
    }

    @Test("without any one of its syncs it would not hold", arguments: Omission.allCases)
    func everySyncIsNeeded(omission: Omission) throws {
        let count = try Self.operations()
        var found: String?
        search: for operation in (0..<count).reversed() {
            for seed in 0..<4 as Range<UInt64> {
                let world = Self.world()
                world.wrap = { ForgetfulDisk($0, forgets: omission) }
                let surviving: SimulatedDisk.Surviving = seed == 0 ? .nothing : .randomSectors(seed: seed)
                found = Self.fault(world, crashAt: operation, surviving)
                if found != nil { break search }
            }
        }
        #expect(found != nil, "leaving out the \(omission.rawValue) sync was not noticed")
    }
}

/// A disk on which one sort of sync does nothing and says that it did.
final class ForgetfulDisk: Disk {
    private let disk: SimulatedDisk
    fileprivate let omission: CrashTests.Omission

    init(_ disk: SimulatedDisk, forgets omission: CrashTests.Omission) {
        self.disk = disk
        self.omission = omission
    }

    func makeDirectory(_ path: String) throws(DiskFailure) { try disk.makeDirectory(path) }
    func directoryExists(_ path: String) -> Bool { disk.directoryExists(path) }
    func fileExists(_ path: String) -> Bool { disk.fileExists(path) }
    func list(_ path: String) throws(DiskFailure) -> [String] { try disk.list(path) }
    func rename(_ from: String, to: String) throws(DiskFailure) { try disk.rename(from, to: to) }
    func link(_ from: String, to: String) throws(DiskFailure) { try disk.link(from, to: to) }
    func remove(_ path: String) throws(DiskFailure) { try disk.remove(path) }
    func removeDirectory(_ path: String) throws(DiskFailure) { try disk.removeDirectory(path) }
    func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)? { try disk.lock(path) }

    func syncDirectory(_ path: String) throws(DiskFailure) {
        if !omission.covers(directory: path) { try disk.syncDirectory(path) }
    }

    func open(_ path: String, for use: FileUse) throws(DiskFailure) -> any DiskFile {
        ForgetfulFile(try disk.open(path, for: use), omission)
    }
}

private final class ForgetfulFile: DiskFile {
    private let file: any DiskFile
    private let omission: CrashTests.Omission

    init(_ file: any DiskFile, _ omission: CrashTests.Omission) {
        self.file = file
        self.omission = omission
    }

    var path: String { file.path }
    func size() throws(DiskFailure) -> UInt64 { try file.size() }
    func allocate(_ size: UInt64) throws(DiskFailure) { try file.allocate(size) }
    func fillWithZeros(_ range: Range<UInt64>) throws(DiskFailure) { try file.fillWithZeros(range) }
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        try file.read(into: buffer, at: offset)
    }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        try file.write(bytes, at: offset)
    }
    func writePages(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        try file.writePages(bytes, at: offset)
    }
    func sync() throws(DiskFailure) {
        if !omission.covers(file: path) { try file.sync() }
    }
}
