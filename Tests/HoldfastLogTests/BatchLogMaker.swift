import HoldfastTestSupport
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// What the suite of the `BatchLog` seam needs of an implementation. Another one passes the suite by conforming and by
/// standing in `BatchLogKind`.
protocol BatchLogMaker: Sendable {
    /// The log as a new writer finds it after the one before has died: what is durable is there.
    func open() throws(LogError) -> any BatchLog
    /// The next batch that is appended gets no answer; whether it is durable is `fate`.
    func loseNextAnswer(_ fate: UnsureDisk.Fate)
}

enum BatchLogKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case filesOnSimulatedDisk
    case filesOnRealDisk

    var testDescription: String { rawValue }

    func make() throws(LogError) -> any BatchLogMaker {
        switch self {
        case .filesOnSimulatedDisk: try FilesOnSimulatedDisk()
        case .filesOnRealDisk: try FilesOnRealDisk()
        }
    }
}

private let segmentBytes: UInt64 = 64 << 10

/// Every opening is a crash first: what was not synced is gone.
private final class FilesOnSimulatedDisk: BatchLogMaker {
    private let disk: Locked<SimulatedDisk>
    private let unsure: Locked<UnsureDisk>
    private static let place = FileBatchLog.Place(
        directory: "/lane", lane: 0, log: LogID(high: 1, low: 2), segmentBytes: segmentBytes)

    init() throws(LogError) {
        let fresh = SimulatedDisk()
        try FileBatchLog.create(Self.place, on: fresh)
        fresh.makeDirectory(behindTheBack: Self.place.directory)
        disk = Locked(fresh)
        unsure = Locked(UnsureDisk(fresh))
    }

    func open() throws(LogError) -> any BatchLog {
        let after = disk.with { $0.afterCrash(.nothing) }
        let disk = UnsureDisk(after)
        self.disk.with { $0 = after }
        unsure.with { $0 = disk }
        return try FileBatchLog.open(Self.place, on: disk, for: .writing)
    }

    func loseNextAnswer(_ fate: UnsureDisk.Fate) { unsure.with { $0 }.loseNextAnswer(fate) }
}

private final class FilesOnRealDisk: BatchLogMaker {
    private let disk: UnsureDisk
    private let place: FileBatchLog.Place

    init() throws(LogError) {
        let directory = TemporaryDirectory()
        disk = UnsureDisk(RealDisk(), in: directory)
        place = FileBatchLog.Place(
            directory: directory.path + "/lane", lane: 0, log: LogID(high: 1, low: 2), segmentBytes: segmentBytes)
        try FileBatchLog.create(place, on: disk)
    }

    func open() throws(LogError) -> any BatchLog { try FileBatchLog.open(place, on: disk, for: .writing) }

    func loseNextAnswer(_ fate: UnsureDisk.Fate) { disk.loseNextAnswer(fate) }
}
