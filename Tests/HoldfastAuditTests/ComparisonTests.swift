import Foundation
import HoldfastLog
import HoldfastTestSupport
import Testing

@testable import Holdfast
@testable import HoldfastArchive
@testable import HoldfastAudit
@testable import HoldfastTables

/// What somebody did to another record of the events, and how `verify` must name it.
@Suite("Comparing the log with other records")
struct ComparisonTests {
    private static let time: Int64 = 1_763_683_200_000
    /// Late enough for every day of it to be archived.
    private static let later = time + 200 * 86_400_000

    /// Position 4 is p1's third event: its row has the id 8.
    private static let lines = [
        #"{"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":1000,"at":TIME}"#,
        #"{"op":"credit","tenant":"evian","player":"p2","request_id":"d1","asset":"BRL","amount":5,"at":TIME}"#,
        #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":10,"at":TIME}"#,
        #"{"op":"debit","tenant":"evian","player":"p1","request_id":"x1","asset":"BRL","amount":30,"at":TIME}"#,
    ].map { $0.replacing("TIME", with: "\(time)") }

    private struct Work {
        let ledger: AuditedLedger
        var tables: String { ledger.directory.path + "/tables" }
        var archive: String { ledger.directory.path + "/archive" }
        var backup: String { ledger.directory.path + "/backup" }

        init(shards: Int = 1) async throws {
            ledger = try await AuditedLedger(ComparisonTests.lines)
            try TablesSync(ledger: ledger.path, into: tables, shards: shards, settings: SyncSettings())
                .run(following: false)
        }

        /// SQL on a shard, as an operator with a shell would do it.
        func run(_ sql: String, shard: Int = 0) throws {
            let table = Day(of: ComparisonTests.time).tableName
            let database = try Database(TablesPaths(tables).shard(shard), for: .writing)
            try database.run(sql.replacing("TABLE", with: table))
        }

        func archiveAll() throws {
            let report = try NightlyJob(ledger: ledger.path, tables: tables, root: archive)
                .run(at: ComparisonTests.later)
            try #require(report.problems.isEmpty, "\(report.problems)")
        }

        func findings(_ plan: ComparisonPlan) throws -> [Finding] {
            var report = try LedgerVerification.run(ledger.path)
            try #require(report.isGood)
            report.add(plan.run(ledger.path))
            #expect(report.findings.count == report.findings.kept.count)
            return report.findings.kept
        }
    }

    private static let twice =
        "INSERT INTO TABLE SELECT id + 1, player, seq, event, asset, amount, balance_delta, held_delta, "
        + "balance_after, held_after, request_id, target, kind, ref, error, created_at FROM TABLE WHERE id = 8"

    struct Change: Sendable {
        var sql: String
        var expected: String?
        var found: String
    }

    @Test(
        "names what differs in tables by player, seq, expected and found",
        arguments: [
            Change(sql: "UPDATE TABLE SET amount = 31 WHERE id = 8", expected: "30", found: "31"),
            Change(sql: "UPDATE TABLE SET balance_after = 971 WHERE id = 8", expected: "970", found: "971"),
            Change(sql: "DELETE FROM TABLE WHERE id = 8", expected: "row", found: "nothing"),
            Change(sql: twice, expected: nil, found: "row"),
        ])
    func tables(change: Change) async throws {
        let work = try await Work()
        #expect(try work.findings(.init(tables: work.tables)).isEmpty)
        try work.run(change.sql)
        let findings = try work.findings(.init(tables: work.tables))
        let finding = try #require(findings.first { $0.seq == 3 || change.expected == nil })
        #expect(finding.check == .tables && finding.file == TablesPaths(work.tables).shard(0))
        if let expected = change.expected {
            #expect(finding.tenant == "evian" && finding.player == "p1" && finding.position == 4)
            #expect(finding.expected?.contains(expected) == true, "\(finding.text)")
        }
        #expect(finding.found.contains(change.found), "\(finding.text)")
    }

    @Test("names a changed balance in tables by player, asset, expected and found")
    func balances() async throws {
        let work = try await Work()
        try work.run("UPDATE purses SET balance = balance + 1 WHERE balance = 970")
        let findings = try work.findings(.init(tables: work.tables))
        let finding = try #require(findings.first)
        #expect(finding.player == "p1" && finding.tenant == "evian" && finding.seq == 3)
        #expect(finding.expected == "970" && finding.found.contains("971"), "\(finding.text)")
    }

    @Test(
        "names what differs in an archive by player, seq, expected and found",
        arguments: [
            Change(sql: "UPDATE TABLE SET amount = 31 WHERE id = 8", expected: "amount 30", found: "amount 31"),
            Change(
                sql: "UPDATE TABLE SET balance_after = 971, balance_delta = -29 WHERE id = 8",
                expected: "balance_delta -30, balance_after 970", found: "balance_delta -29, balance_after 971"),
            Change(sql: "UPDATE TABLE SET seq = 4 WHERE id = 8", expected: #""seq":3,"#, found: "no such row"),
        ])
    func archives(change: Change) async throws {
        let work = try await Work()
        try work.run(change.sql)
        try work.archiveAll()
        let findings = try work.findings(.init(archive: work.archive))
        let finding = try #require(findings.first)
        #expect(finding.check == .archive && finding.tenant == "evian" && finding.player == "p1" && finding.seq == 3)
        #expect(finding.expected?.contains(change.expected ?? "") == true, "\(finding.text)")
        #expect(finding.found == change.found, "\(finding.text)")
        // A row under another number is one that the log does not have.
        let isMoved = change.sql.contains("seq")
        try #require(findings.count == (isMoved ? 2 : 1))
        if isMoved { #expect(findings[1].seq == 4 && findings[1].expected == "no such row") }
    }

    @Test("an archive of the log's own rows has none that differ, and one row that lies there twice is named")
    func doubledInArchive() async throws {
        let work = try await Work()
        try work.archiveAll()
        #expect(try work.findings(.init(archive: work.archive)).isEmpty)
        let archive = try Archive.open(work.archive, for: .reading)
        let day = Day(of: Self.time)
        let partition = ArchivePartition(tenant: "evian", day: day)
        let key = ArchivedRow(player: Array("p1".utf8), seq: 3, half: 0)
        #expect(try RowTally.rows(of: partition, in: archive)[key]?.copies == 1)
        // The same file once more beside itself, as after a night that was carried out twice.
        var comparison = Comparison(with: "archive", path: work.archive)
        var rows = try RowTally.rows(of: partition, in: archive)
        for key in rows.keys { rows[key]?.copies = 2 }
        try comparison.compareRows(rows, of: partition, archive, work.ledger.files)
        let kept = comparison.findings.kept
        #expect(kept.count == 4 && kept.allSatisfy { $0.expected == "the row once" && $0.found.contains("2 times") })
        #expect(kept.map(\.seq) == [1, 1, 2, 3] && kept.last?.player == "p1")
    }

    @Test("names the batch from which a backup and the log tell different stories")
    func backups() async throws {
        let work = try await Work()
        _ = try LedgerBackup.run(work.ledger.path, into: work.backup)
        #expect(try work.findings(.init(backup: work.backup)).isEmpty)
        // Somebody rewrites history and computes every checksum anew: only the backup knows better.
        try Forger(work.ledger).forge { record, bytes in
            guard record.position == 2 else { return false }
            bytes.storeBytes(of: record.time + 1, toByteOffset: 32, as: Int64.self)
            return true
        }
        let findings = try work.findings(.init(backup: work.backup))
        let finding = try #require(findings.first)
        #expect(finding.check == .backup && finding.file == Forger(work.ledger).path && finding.offset != nil)
        #expect(finding.expected?.contains("as backed up at") == true && finding.found.hasPrefix("batch "))
    }
}
