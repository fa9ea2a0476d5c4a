import HoldfastArchive
import HoldfastWallet
import SimulatedDisk
import Testing

@testable import Holdfast
@testable import HoldfastLog

/// Segments that are given up: only what is safe elsewhere, and what remains goes on as it was.
@Suite struct RetentionTests {
    private static let day = OldLedger.day

    @Test("old segments whose rows are archived are given up, and the chain stays closed", arguments: [1, 2])
    func givesUp(lanes: Int) throws {
        var plan = OldLedger.Plan()
        plan.lanes = lanes
        let disk = try OldLedger.make(plan)
        let wallets = try OldLedger.wallets(disk)
        let before = OldLedger.segments(disk)
        let trees = try LedgerFiles(OldLedger.path, on: disk).logs.map { try LaneTree(of: $0).head() }
        let report = try OldLedger.retain(disk)
        #expect(report.plan.segments.count >= 2)
        #expect(OldLedger.segments(disk).count == before.count - report.plan.segments.count)
        #expect(report.plan.lanes.allSatisfy { !$0.stop.because.isEmpty })
        #expect(try LogVerifier.verify(LogDirectory.ledger(at: OldLedger.path, on: disk), deep: true).faults.isEmpty)
        #expect(try OldLedger.wallets(disk) == wallets)
        let files = try LedgerFiles(OldLedger.path, on: disk)
        #expect(try files.logs.map { try LaneTree(of: $0).head() } == trees, "proofs of before still hold")
        #expect(files.firstPosition > 1)
        // There is nothing more to give up, and saying so again changes nothing.
        let after = disk.copy()
        #expect(try OldLedger.retain(disk).plan.segments.isEmpty)
        #expect(disk.fileNames == after.fileNames)
    }

    @Test("a dry run says the same and changes nothing")
    func dryRun() throws {
        let disk = try OldLedger.make()
        let before = disk.copy()
        let foreseen = try OldLedger.retain(disk, dryRun: true)
        #expect(disk.fileNames == before.fileNames)
        for name in disk.fileNames { #expect(disk.contents(name) == before.contents(name)) }
        #expect(try OldLedger.retain(disk).plan.segments == foreseen.plan.segments)
    }

    /// Why nothing may go, and how the report or the error says so.
    enum Obstacle: String, CaseIterable, CustomTestStringConvertible {
        case young, unsealed, oneSnapshot, damagedSnapshot, consumer, rowMissing, rowDiffers, damagedArchive
        case otherArchive, noArchive, tooShort, damagedSegment

        var testDescription: String { rawValue }

        var words: String {
            switch self {
            case .young: "not old enough"
            case .unsealed: "not sealed"
            case .oneSnapshot, .damagedSnapshot: "good snapshots"
            case .consumer: "consumer mail"
            case .rowMissing: "is not in the archive"
            case .rowDiffers: "not the one in the archive"
            case .damagedArchive, .damagedSegment: "is damaged"
            case .otherArchive: "it is the archive of ledger"
            case .noArchive: "is not an archive"
            case .tooShort: "the last 31 days"
            }
        }
    }

    @Test("nothing is given up as long as anything may need it, and the reason is named", arguments: Obstacle.allCases)
    func obstacles(_ obstacle: Obstacle) throws {
        var plan = OldLedger.Plan()
        plan.lanes = 1
        var age = 400 * Self.day
        switch obstacle {
        case .young: age = 700 * Self.day
        case .unsealed: plan.seals = false
        case .oneSnapshot: plan.snapshots = 1
        case .rowMissing: plan.leavesOut = { $0.contains("\"d0-3\"") }
        case .rowDiffers:
            plan.changes = {
                $0.contains("\"d0-3\"") ? $0.replacing("\"balance_after\":4,", with: "\"balance_after\":5,") : $0
            }
        case .otherArchive: plan.log = "another"
        case .tooShort: age = 30 * Self.day
        case .damagedSnapshot, .consumer, .damagedArchive, .noArchive, .damagedSegment: break
        }
        let disk = try OldLedger.make(plan)
        switch obstacle {
        case .damagedSnapshot:
            let name = try #require(disk.fileNames.last { $0.contains("snapshot-") && $0.hasPrefix(OldLedger.path) })
            disk.flip(3, of: disk.contents(name)!.count / 2, in: name)
        case .consumer:
            let directory = try LogDirectory.ledger(at: OldLedger.path, on: disk)
            try Checkpoint("mail", in: directory).advance(to: 2)
        case .damagedArchive:
            let name = try #require(disk.fileNames.first { $0.contains("/warehouse/") })
            disk.flip(3, of: disk.contents(name)!.count - 3, in: name)
        case .noArchive:
            for name in disk.fileNames where name.hasPrefix(OldLedger.archive + "/_metadata") { disk.delete(name) }
        case .damagedSegment:
            let name = try #require(disk.fileNames.first { $0.hasSuffix("0000000001.sealed") })
            disk.flip(3, of: disk.contents(name)!.count / 2, in: name)
        default: break
        }
        let before = OldLedger.segments(disk)
        var said = ""
        do {
            let report = try OldLedger.retain(disk, olderThan: age)
            #expect(report.plan.segments.isEmpty)
            said = report.plan.lanes[0].stop.because
        } catch {
            said = "\(error)"
        }
        if obstacle == .noArchive { said = said.contains("archive") ? obstacle.words : said }
        #expect(said.contains(obstacle.words), "\(said)")
        #expect(OldLedger.segments(disk) == before)
    }

    @Test("a row that is missing keeps its segment and those behind it, and not those before it")
    func partly() throws {
        var plan = OldLedger.Plan()
        plan.lanes = 1
        let whole = try OldLedger.retain(try OldLedger.make(plan)).plan.segments
        plan.leavesOut = { $0.contains("\"d2-0\"") }
        let report = try OldLedger.retain(try OldLedger.make(plan))
        #expect(!report.plan.segments.isEmpty && report.plan.segments.count < whole.count)
        #expect(report.plan.segments == Array(whole.prefix(report.plan.segments.count)))
        #expect(report.plan.lanes[0].stop.because.contains("not in the archive"))
    }

    @Test("whatever operation it stops at, no wallet changes, the log is whole, and it can be finished")
    func everyOperation() throws {
        let original = try OldLedger.make()
        let wallets = try OldLedger.wallets(original)
        let whole = original.copy()
        let first = whole.operations
        #expect(try !OldLedger.retain(whole).plan.segments.isEmpty)
        #expect(whole.operations - first > 6)
        for point in first..<whole.operations {
            for surviving in [
                SimulatedDisk.Surviving.nothing, .everything, .randomSectors(seed: UInt64(point)),
            ] {
                let disk = original.copy()
                disk.crash(atOperation: point)
                #expect(throws: ArchiveError.self) { try OldLedger.retain(disk) }
                let after = disk.afterCrash(surviving)
                let what = "crash at \(whole.history[point]), \(surviving)"
                #expect(try OldLedger.wallets(after) == wallets, "\(what)")
                let directory = try LogDirectory.ledger(at: OldLedger.path, on: after)
                #expect(try LogVerifier.verify(directory).faults.isEmpty, "\(what)")
                let running = after.copy()
                let old = try OldLedger(on: running)
                #expect(
                    try old.send("credit", "p1", "after", #","asset":"BRL","amount":1"#, at: OldLedger.now + 999).status
                        == .accepted)
                old.close()
                _ = try OldLedger.retain(after)
                #expect(OldLedger.segments(after) == OldLedger.segments(whole), "\(what)")
                #expect(
                    after.contents(OldLedger.path + "/lane-00/trimmed")
                        == whole.contents(OldLedger.path + "/lane-00/trimmed"))
            }
        }
    }

    @Test("to the wallet what was given up is unknown, and everything else as it was")
    func wallet() throws {
        let disk = try OldLedger.make()
        _ = try OldLedger.retain(disk)
        let old = try OldLedger(on: disk)
        let at = OldLedger.now + 1_000
        // Known still: a debit of the newest segment.
        let known = try old.send("rollback", "p3", "r1", #","target":"b3""#, at: at)
        #expect(known.event == .rolledBack && known.amount == 1)
        // Given up: as if it had never been, a tombstone. Its request_id has been free since its window ended.
        let unknown = try old.send("rollback", "p3", "r2", #","target":"d0-3""#, at: at)
        #expect(unknown.event == .tombstoned && unknown.amount == 0)
        let again = try old.send("credit", "p3", "d0-8", #","asset":"BRL","amount":9,"ref":"round/8""#, at: at)
        #expect(again.status == .accepted && !again.isDuplicate)
        let target = try old.send("credit", "p2", "w", #","asset":"BRL","amount":9,"target":"d0-2""#, at: at)
        #expect(target.status == .accepted)
        let confirm = try old.send("confirm", "p2", "c", #","target":"d0-2""#, at: at)
        #expect(confirm.refusal == .unknownTarget)
        old.close()
    }

    @Test("reading across the edge says so, and reading behind it is as it was")
    func reading() throws {
        let disk = try OldLedger.make()
        let whole = try LedgerFiles(OldLedger.path, on: disk)
        let players = OldLedger.players.map { Player($0, of: "evian") } + [Player("once", of: "evian")]
        let wallets = try players.map { try whole.wallet(of: $0) }
        let early = try players.map { try whole.wallet(of: $0, asOf: OldLedger.now - 1) }
        let lines = try OldLedger.lines(disk).map(\.text)
        let books = try LedgerBooks(replaying: whole).entries
        _ = try OldLedger.retain(disk)
        let files = try LedgerFiles(OldLedger.path, on: disk)
        #expect(try players.map { try files.wallet(of: $0) } == wallets)
        #expect(lines.suffix(try OldLedger.lines(disk).count) == (try OldLedger.lines(disk).map(\.text))[...])
        for (player, expected) in zip(players, early) {
            // Either the log can still tell, or it says that it can't.
            do throws(LogError) {
                #expect(try files.wallet(of: player, asOf: OldLedger.now - 1) == expected)
            } catch {
                guard case .givenUp = error else { throw error }
            }
            let longAgo = failure { () throws(LogError) in
                _ = try files.wallet(of: player, asOf: OldLedger.start + 5)
            }
            // That player's only event may be left, and then the log knows that there was none before.
            if player.id == "once", longAgo == nil { continue }
            guard case .givenUp? = longAgo else {
                Issue.record("the wallet of long ago was answered")
                continue
            }
        }
        guard case .givenUp? = failure({ () throws(LogError) in _ = try files.reader(from: 1) }) else {
            Issue.record("events that are gone were read")
            return
        }
        #expect(try LedgerBooks(replaying: files).entries == books)
    }

    @Test("without a good snapshot a trimmed ledger is not opened, and says why")
    func noSnapshot() throws {
        let disk = try OldLedger.make()
        _ = try OldLedger.retain(disk)
        for name in disk.fileNames where name.contains("/snapshot-") { disk.delete(name) }
        guard
            case .givenUp? = failure({ () throws(LogError) in
                _ = try LedgerFiles(OldLedger.path, on: disk).recoverStates()
            })
        else {
            Issue.record("a state was made of a log without a beginning")
            return
        }
    }

    private func failure(_ body: () throws(LogError) -> Void) -> LogError? {
        do throws(LogError) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
