import Foundation
import HoldfastText
import HoldfastWallet
import Testing
import WalletModel

import enum WalletModel.JSONValue

@testable import Holdfast
@testable import HoldfastAudit
@testable import HoldfastLog

@Suite("Verification")
struct VerificationTests {
    private static let lines = [
        #"{"op":"credit","tenant":"evian","player":"p0","request_id":"d1","asset":"BRL","amount":10,"at":500}"#,
        #"{"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":5000,"at":1000}"#,
        #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":1200,"at":2000}"#,
        #"{"op":"confirm","tenant":"evian","player":"p1","request_id":"c1","target":"b1","amount":1000,"at":3000}"#,
        #"{"op":"authorise","tenant":"evian","player":"p0","request_id":"b7","asset":"BRL","amount":4,"at":4000}"#,
        #"{"op":"lock","tenant":"evian","player":"p0","request_id":"l1","at":4500}"#,
    ]

    private func verify(_ ledger: AuditedLedger) throws -> LedgerVerification {
        try LedgerVerification.run(ledger.path)
    }

    @Test("finds nothing wrong in any ledger, and both opinions come to the same books", arguments: [1, 2, 3])
    func good(lanes: Int) async throws {
        for seed in 30..<33 as Range<UInt64> {
            let ledger = try await AuditedLedger.random(1_500, seed: seed, lanes: lanes)
            let report = try verify(ledger)
            #expect(report.isGood, "\(report.findings.kept.map(\.text))")
            #expect(report.events == (try ledger.files.lastPosition) && report.purses > 20)
            let json = try JSONValue(parsing: report.json.text)
            #expect(json["ok"] == true && json["faults"] == [] && json["fault_count"] == 0)
        }
    }

    @Test("where some of many findings are shown, there are some of each sort, in their order")
    func someOfEach() {
        var list = FindingList()
        for number in 0..<300 { list.add(Finding(.log, found: "\(number)")) }
        for number in 0..<30 { list.add(Finding(.tables, found: "\(number)")) }
        list.add(Finding(.archive, found: "one"))
        let shown = list.first(100)
        let sorts = [(Finding.Check.log, 69), (.tables, 30), (.archive, 1)]
        #expect(shown.map(\.check) == sorts.flatMap { Array(repeating: $0, count: $1) })
        #expect(shown.prefix(69).map(\.found) == (0..<69).map { "\($0)" })
        #expect(list.first(1_000) == list.kept)
    }

    @Test("compares everything in a snapshot with the replay", arguments: [1, 3])
    func snapshots(lanes: Int) async throws {
        let ledger = try await AuditedLedger.random(800, seed: 40, lanes: lanes)
        var more = CommandGenerator(seed: 41)
        try await ledger.apply((0..<600).map { _ in more.next() }, thenSnapshot: true)
        try await ledger.apply((0..<300).map { _ in more.next() })
        let report = try verify(ledger)
        #expect(report.isGood, "\(report.findings.kept.map(\.text))")
        #expect(report.snapshotsCompared == lanes)
    }

    private static let players = 24

    /// Two lanes, and players of both to whom one sends money.
    private func withTransfers() async throws -> (ledger: AuditedLedger, losing: Int) {
        var lines: [String] = []
        func add(_ fields: String, _ player: Int) {
            lines.append(
                #"{"tenant":"evian","player":"p\#(player)","request_id":"r\#(lines.count)","asset":"BRL","#
                    + #"\#(fields),"at":\#(1_000 + lines.count)}"#)
        }
        // Which lane a player lives in differs from ledger to ledger. With one sender all that crosses goes one way, so
        // that it never comes to nothing; and of so many players some live where the sender does not.
        for player in 0..<Self.players { add(#""op":"credit","amount":100000"#, player) }
        for number in 0..<200 {
            add(#""op":"transfer","amount":\#(number + 1),"to":"p\#(1 + number % (Self.players - 1))""#, 0)
        }
        return (try await AuditedLedger(lines, lanes: 2), 1)
    }

    @Test(
        "of a lane that is lost the loss comes first, and what may follow from it is marked and said once",
        arguments: ["segments", "everything"])
    func lostLane(what: String) async throws {
        let (ledger, lane) = try await withTransfers()
        #expect(try verify(ledger).isGood)
        let directory = ledger.path + "/lane-0\(lane)"
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where what == "everything" || name.hasSuffix(".log") {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        let report = try verify(ledger)
        let kept = report.findings.kept
        #expect(kept.first?.check == .log && kept.first?.file?.hasPrefix(directory) == true, "\(kept.map(\.text))")
        let following = kept.filter(\.mayFollow)
        #expect(following.map(\.check) == [.law] && following.first?.found.contains("transfers leave") == true)
        #expect(kept.last == following.last && report.findings.following == 1)
        #expect(report.findings.followingWords?.hasPrefix("1 of the faults may follow") == true)
        let json = try JSONValue(parsing: report.json.text)
        #expect(json["may_follow_count"] == 1 && json["fault_count"] == .integer(Int64(kept.count)))
        let audit = try LedgerAudit(ledger.path, against: ComparisonPlan(), at: 0)
        let words = "may follow from what is missing of the log"
        #expect(audit.lines.count(where: { $0.contains(words) }) == 1)
        #expect(audit.html.components(separatedBy: words).count == 2 && audit.html.contains("(may follow)"))
        // Nobody opens it as if nothing were amiss.
        #expect(throws: LedgerError.self) { try LedgerFiles(ledger.path) }
    }

    @Test("what is wrong with a player of a lane that is whole does not follow from another lane's damage")
    func followsFromOwnLane() async throws {
        var list = FindingList()
        let (ledger, _) = try await withTransfers()
        let files = try ledger.files
        let players = (0..<Self.players).map { Player("p\($0)", of: "evian") }
        let whole = try #require(players.first { files.lane(of: $0) == 0 })
        let file = files.logs[1].at.directory + "/0000000000.log"
        let bytes = try #require(FileManager.default.contents(atPath: file))
        // All of lane 1 behind its first half is gone, in mid-batch: it was closed cleanly, so that is damage.
        var cut = bytes
        cut.replaceSubrange(12_000..., with: Data(count: bytes.count - 12_000))
        try cut.write(to: URL(filePath: file))
        try Forger(ledger).forge { record, bytes in
            guard record.key.elementsEqual("evian/\(whole.id)".utf8), let at = Forger.balanceOffset(record) else {
                return false
            }
            bytes.storeBytes(of: 7, toByteOffset: at, as: Int64.self)
            return true
        }
        list.add(try verify(ledger).findings)
        let balance = try #require(list.kept.first { $0.check == .balance && $0.player == whole.id })
        #expect(!balance.mayFollow)
        #expect(list.kept.contains { $0.check == .law && $0.mayFollow })
    }

    @Test("names the player, seq, file and offset of a balance that does not follow")
    func wrongBalance() async throws {
        let ledger = try await AuditedLedger(Self.lines)
        let offset = try Forger(ledger).forge { record, bytes in
            guard record.position == 3, let at = Forger.balanceOffset(record) else { return false }
            bytes.storeBytes(of: 5001, toByteOffset: at, as: Int64.self)
            return true
        }
        let report = try verify(ledger)
        let first = try #require(report.findings.kept.first)
        #expect(first.check == .balance && first.player == "p1" && first.tenant == "evian" && first.seq == 2)
        #expect(first.offset == offset && first.file == Forger(ledger).path && first.asset == "BRL")
        #expect(first.expected == "balance 5000, held 1200" && first.found == "balance 5001, held 1200")
        // The next event of the purse says otherwise again; nothing else is touched, and nobody is named twice.
        #expect(report.findings.kept.map(\.seq) == [2, 3] && report.findings.count == 2)
        let json = try JSONValue(parsing: report.json.text)
        #expect(json["ok"] == false && json["faults"] != [])
    }

    @Test("names the player and the seq where a number is missing")
    func seqGap() async throws {
        let ledger = try await AuditedLedger(Self.lines)
        try Forger(ledger).forge { record, bytes in
            guard record.position == 4 else { return false }
            bytes.storeBytes(of: 7, toByteOffset: 16, as: UInt64.self)
            return true
        }
        let report = try verify(ledger)
        #expect(report.findings.kept.map(\.check) == [.seq])
        let finding = try #require(report.findings.kept.first)
        #expect(finding.player == "p1" && finding.seq == 7 && finding.expected == "3" && finding.found == "7")
    }

    @Test("names the event that ends a hold which is not open")
    func unknownHold() async throws {
        let ledger = try await AuditedLedger(Self.lines)
        try Forger(ledger).forge { record, bytes in
            guard record.position == 4 else { return false }
            let text = record.payload.firstRange(of: Array("b1".utf8))!
            bytes.storeBytes(
                of: UInt8(ascii: "9"), toByteOffset: Forger.payload(record) + text.lowerBound + 1, as: UInt8.self)
            return true
        }
        let report = try verify(ledger)
        let first = try #require(report.findings.kept.first)
        #expect(first.check == .hold && first.player == "p1" && first.seq == 3)
        #expect(first.expected == "an open hold b9")
        // The hold stays open, and held is not its sum any more.
        #expect(report.findings.kept.contains { $0.check == .law && $0.player == "p1" && $0.asset == "BRL" })
    }

    @Test("names the law that a made-up event breaks, though it follows from what was there")
    func brokenLaw() async throws {
        // A debit of more than there is, with the balance that it leads to.
        let ledger = try await AuditedLedger([
            Self.lines[0],
            #"{"op":"debit","tenant":"evian","player":"p0","request_id":"x1","asset":"BRL","amount":9,"at":900}"#,
        ])
        try Forger(ledger).forge { record, bytes in
            guard record.position == 2, let at = Forger.balanceOffset(record) else { return false }
            bytes.storeBytes(of: 11, toByteOffset: at - 8, as: Int64.self)
            bytes.storeBytes(of: -1, toByteOffset: at, as: Int64.self)
            return true
        }
        let report = try verify(ledger)
        #expect(report.findings.kept.map(\.check) == [.law])
        #expect(report.findings.kept.first?.player == "p0" && report.findings.kept.first?.seq == 2)
    }

    @Test("names the player and seq of a damaged record, as far as they can be read")
    func damage() async throws {
        let ledger = try await AuditedLedger(Self.lines)
        let path = Forger(ledger).path
        let offset = try #require(try Forger(ledger).forge { record, _ in record.position == 3 })
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[Int(offset) + 80] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
        let report = try verify(ledger)
        #expect(!report.isGood)
        let finding = try #require(report.findings.kept.first)
        #expect(finding.check == .log && finding.file == path && finding.offset == offset)
        #expect(finding.player == "p1" && finding.tenant == "evian" && finding.seq == 2)
    }

    @Test("goes on behind damage: every damaged event is named, and nothing else", arguments: [1, 2])
    func manyDamages(lanes: Int) async throws {
        let ledger = try await AuditedLedger.random(900, seed: 61, lanes: lanes)
        // Three events far from each other in lane 0; the last is not the last of its player.
        var wanted: [(offset: UInt64, player: String, seq: UInt64)] = []
        let log = try ledger.files.logs[0]
        var records: [(UInt64, String, UInt64)] = []
        let cursor = try log.batches(from: log.firstAddress, upTo: log.tail.address)
        while let batch = try cursor.next() {
            batch.forEachRecord { record, address in
                records.append((address, String(decoding: record.key, as: UTF8.self), record.revision))
            }
        }
        for index in [records.count / 7, records.count / 2, records.count - 20] { wanted.append(records[index]) }
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: Forger(ledger).path)))
        for event in wanted { bytes[Int(event.offset) + 33] ^= 1 }
        try Data(bytes).write(to: URL(filePath: Forger(ledger).path))

        let report = try verify(ledger)
        let damaged = report.findings.kept.filter { $0.check == .log }
        #expect(damaged.map(\.offset) == wanted.map(\.offset))
        #expect(damaged.map { "\($0.tenant ?? "")/\($0.player ?? "")" } == wanted.map(\.player))
        #expect(damaged.map(\.seq) == wanted.map(\.seq))
        #expect(report.findings.kept.allSatisfy { $0.check != .seq }, "\(report.findings.kept.map(\.text))")
        // All other events were looked at.
        #expect(report.events == UInt64(try ledger.files(inspecting: true).lastPosition) - 3)
        #expect(report.players > 5 && !report.isLogReadable)
    }

    @Test(
        "one lane's only segment is sealed and damaged: its file is named, the other lane looked at",
        arguments: [5, 600] as [UInt64])
    func damagedSealedLane(offset: UInt64) async throws {
        let lines = (0..<400).map {
            #"{"op":"credit","tenant":"evian","player":"p\#($0 % 40)","request_id":"d\#($0)","asset":"BRL","amount":1,"at":\#($0)}"#
        }
        let ledger = try await AuditedLedger(lines, lanes: 2)
        _ = try ledger.files.directory.sealAll()
        let other = try verify(ledger).events
        let file = ledger.path + "/lane-00/0000000000.sealed"
        let handle = try #require(FileHandle(forUpdatingAtPath: file))
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data([0xDE, 0xAD, 0xBE, 0xEF]))
        try handle.close()
        let report = try verify(ledger)
        let finding = try #require(report.findings.kept.first)
        #expect(report.findings.count == 1 && finding.check == .log && finding.file == file && finding.offset != nil)
        #expect(report.log.lanes == 2 && report.log.segments == 2 && report.log.batches > 0)
        #expect(report.events > 100 && report.events < other && report.players > 10 && report.purses > 10)
        #expect(!report.isLogReadable)
    }

    @Test("says of an event in a sealed segment that its byte is of before")
    func forgedThenSealed() async throws {
        let ledger = try await AuditedLedger(Self.lines)
        let offset = try Forger(ledger).forge { record, bytes in
            guard record.position == 3, let at = Forger.balanceOffset(record) else { return false }
            bytes.storeBytes(of: 5001, toByteOffset: at, as: Int64.self)
            return true
        }
        _ = try ledger.files.directory.sealAll()
        let first = try #require(try verify(ledger).findings.kept.first)
        #expect(first.check == .balance && first.offset == offset && first.isBeforeSealing)
        #expect(first.file == ledger.path + "/lane-00/0000000000.sealed")
        #expect(first.text.contains(".sealed, byte \(offset!) before it was sealed"), "\(first.text)")
        let json = try JSONValue(parsing: JSONWriter.line { first.writeMembers(to: &$0) }.text)
        #expect(json["sealed"] == true)
    }

    @Test("finds whatever is changed in a snapshot: a balance, a lock, a hold, a seq, a request", arguments: 0..<5)
    func forgedSnapshot(what: Int) async throws {
        let ledger = try await AuditedLedger(Self.lines)
        try await ledger.apply([Self.lines[0]], thenSnapshot: true)
        let names = try SnapshotFile.list(in: Forger(ledger).directory, on: RealDisk())
        try forgePieces(of: Forger(ledger).directory + "/" + (try #require(names.first))) { piece in
            let isPlayers = piece[4] == 1
            let isRequests = piece[4] == 2
            // p0 stands first: tenant, id, seq, address, flags, counts, then the purse and the hold.
            guard let id = piece.firstRange(of: [2] + Array("p0".utf8)) else {
                if isRequests, what == 4 { Self.forgetRequest(in: &piece) }
                return
            }
            guard isPlayers else { return }
            let seq = id.upperBound
            let flags = seq + 16
            let purse = flags + 1 + 2 + 4
            switch what {
            case 0: piece[purse + 2] += 1
            case 1: piece[flags] ^= 1
            case 2: piece[purse + 18 + 2] += 1
            case 3: piece[seq + 8] += 8
            default: break
            }
        }
        let report = try verify(ledger)
        #expect(report.snapshotsCompared == 1 && report.findings.kept.map(\.check) == [.snapshot])
        let finding = try #require(report.findings.kept.first)
        #expect(finding.file?.contains("snapshot-") == true)
        #expect(what == 4 || (finding.player == "p0" && finding.tenant == "evian"), "\(finding.text)")
    }

    @Test("notices a player whose events lie in a lane where nobody looks for them")
    func stranger() async throws {
        func line(_ player: Int) -> String {
            #"{"op":"credit","tenant":"evian","player":"p\#(player)","request_id":"d","asset":"BRL","amount":7,"at":9}"#
        }
        let ledger = try await AuditedLedger((100..<140).map(line), lanes: 2)
        let files = try ledger.files
        let renamed = try #require((100..<140).first { files.lane(of: Player("p\($0)", of: "evian")) == 0 })
        let stranger = try #require((140..<999).first { files.lane(of: Player("p\($0)", of: "evian")) == 1 })
        try Forger(ledger, lane: 0).forge { record, bytes in
            guard String(decoding: record.key, as: UTF8.self) == "evian/p\(renamed)" else { return false }
            bytes.advanced(by: RecordLayout.headerBytes).copyMemory(
                from: Array("evian/p\(stranger)".utf8), byteCount: record.keyCount)
            return true
        }
        let found = try verify(ledger).findings.kept
        let words = "events of this player in lane 0; expected all of them in lane 1"
        #expect(found.map(\.text) == ["log: player p\(stranger) of evian, seq 1: \(words)"])
    }

    /// Takes the first entry out of the pages in a piece of requests that introduces no names.
    private static func forgetRequest(in piece: inout [UInt8]) {
        var at = 27
        while at < piece.count {
            let filled = piece[at..<at + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            at += 8
            for _ in 0..<filled.nonzeroBitCount {
                if piece[at + 60] != 0 {
                    piece[at + 60] &= piece[at + 60] - 1
                    return
                }
                at += 64
            }
        }
    }

    /// Changes the pieces of a snapshot and makes their checksums right again.
    private func forgePieces(of path: String, _ change: (inout [UInt8]) -> Void) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var forged = Array(bytes[..<64])
        var at = 64
        func u32(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
        }
        while u32(at) != 0xFFFF_FFFF {
            var piece = Array(bytes[(at + 8)..<(at + 8 + Int(u32(at)))])
            at += 8 + piece.count
            change(&piece)
            for word in [UInt32(piece.count), crc32c(piece)] {
                forged += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            }
            forged += piece
        }
        try Data(forged + bytes[at...]).write(to: URL(filePath: path))
    }

    /// As docs/FORMAT.md defines it.
    private func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 != 0 ? 0x82F6_3B78 : 0) }
        }
        return ~crc
    }

    @Test("the second opinion notices what the first one leaves out")
    func opinionsDiffer() async throws {
        let ledger = try await AuditedLedger.random(600, seed: 50, lanes: 1)
        let files = try ledger.files
        let machine = WalletMachine(files.configuration)
        let books = PlainBooks()
        var skipped: RecordView?
        let cursor = try files.logs[0].batches(from: files.logs[0].firstAddress, upTo: files.logs[0].tail.address)
        var name: [UInt8] = []
        while let batch = try cursor.next() {
            try batch.forEachRecord { (record, address) throws(LedgerError) in
                try machine.apply(record, at: address)
                let isLast = record.position == files.lastPosition
                if isLast {
                    skipped = record
                    name = Array(record.key)
                    return
                }
                books.take(1) { _ in
                    record.base
                } note: { _, disagreement in
                    Issue.record("\(disagreement)")
                }
            }
        }
        #expect(skipped != nil && !name.isEmpty)
        let wasRefused = books.events + 1 == files.lastPosition && BooksCheck([machine], [books]).findings.isEmpty
        // The last event of this seed moves something.
        #expect(!wasRefused)
    }

    @Test("replay as of any time agrees with both opinions and with each player's own wallet")
    func replayAsOf() async throws {
        let ledger = try await AuditedLedger.random(1_200, seed: 51)
        let files = try ledger.files
        var times: [Int64] = []
        try files.forEachRecord(EventSelection()) { times.append($0.time) }
        for time in [times.sorted()[times.count / 3], times.max()!, 0] {
            let replay = try LedgerReplay(of: files, asOf: time)
            #expect(replay.isGood)
            let books = try LedgerBooks(replaying: files, asOf: time)
            #expect(replay.lines.text == books.lines.text)
            #expect(books.totals.count == replay.totals.count)
            for total in books.totals {
                #expect(replay.totals[total.asset] == .init(balance: total.balance, held: total.held))
            }
        }
    }
}
