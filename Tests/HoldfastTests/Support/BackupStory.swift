import HoldfastWallet
import SimulatedDisk
import WalletModel

import struct HoldfastText.JSONWriter

@testable import Holdfast
@testable import HoldfastLog

/// A ledger of a few segments of 64 KiB, and backups of it on the same simulated disk.
final class BackupStory {
    static let target = "/backup"
    let disk = SimulatedDisk()
    private(set) var ledger: LedgerByHand
    private var commands: CommandGenerator
    private let lanes: Int
    private var clock: Int64 = 1_763_683_200_000

    init(lanes: Int, groups: Int = 0, seed: UInt64 = 1) throws {
        self.lanes = lanes
        ledger = try LedgerByHand(on: disk, lanes: lanes, seed: seed)
        commands = CommandGenerator(seed: seed &* 77)
        for _ in 0..<groups { goOn() }
    }

    /// A hundred commands.
    func goOn(_ count: Int = 100) { _ = ledger.send((0..<count).map { _ in commands.next() }) }

    func snapshot() throws {
        try ledger.startSnapshot()
        ledger.finishSnapshot()
    }

    func reopen() throws {
        ledger.close()
        ledger = try LedgerByHand(on: disk, lanes: lanes, time: ledger.latestTime)
    }

    /// Closes the ledger, seals all of it or all segments but the last, and opens it again.
    func seal(evenLast: Bool) throws {
        ledger.close()
        let directory = try LogDirectory.ledger(at: LedgerByHand.path, on: disk)
        if evenLast {
            _ = try directory.sealAll()
        } else {
            for log in try directory.openLanes(for: .writing) {
                let sealer = SegmentSealer(log)
                while let number = sealer.next() { _ = try sealer.seal(number) }
            }
        }
        ledger = try LedgerByHand(on: disk, lanes: lanes, time: ledger.latestTime)
    }

    @discardableResult
    func backup() throws -> LogBackup.Report {
        clock += 60_000
        return try LedgerBackup.run(LedgerByHand.path, into: Self.target, on: disk, at: clock)
    }

    /// The disk with the backup on it and, in the place of the ledger, what was restored from it.
    func restored(
        to moment: RestoreMoment = .newest
    ) throws -> (disk: SimulatedDisk, report: LogRestore.Report) { try Self.restored(disk, to: moment) }

    static func restored(
        _ disk: SimulatedDisk, to moment: RestoreMoment = .newest
    ) throws -> (disk: SimulatedDisk, report: LogRestore.Report) {
        let copy = disk.copy()
        copy.deleteDirectory(LedgerByHand.path)
        let report = try LedgerBackup.restore(target, into: LedgerByHand.path, to: moment, on: copy)
        return (copy, report)
    }

    /// The state of all lanes as a snapshot would write it, by replay of the whole log.
    static func stateBytes(on disk: SimulatedDisk, useSnapshots: Bool = false) throws -> [[UInt8]] {
        let files = try LedgerFiles(LedgerByHand.path, on: disk)
        return try files.recoverStates(useSnapshots: useSnapshots, atOnce: 1).map { machine, _ in
            var bytes: [UInt8] = []
            machine.beginSnapshot()
            while machine.snapshotChunk(into: &bytes) {}
            return bytes
        }
    }

    static func events(on disk: SimulatedDisk) throws -> [LedgerEvent] {
        try LedgerContents.events(of: LedgerFiles(LedgerByHand.path, on: disk))
    }

    static func books(on disk: SimulatedDisk, asOf time: Int64? = nil) throws -> String {
        try LedgerBooks(replaying: LedgerFiles(LedgerByHand.path, on: disk), asOf: time).lines.text
    }
}

extension LedgerEvent {
    /// All that it says but its position, which a cut may change.
    var content: LedgerEvent {
        LedgerEvent(
            player: player, seq: seq, position: 0, event: event, movements: movements, requestID: requestID,
            target: target, kind: kind, ref: ref, refusal: refusal, time: time)
    }
}
