import Foundation
import Testing
import WalletModel

/// What goes on working on a ledger that has given up its beginning, and what is said where something can't.
@Suite("a ledger that has given up its beginning")
struct TrimmedStories {
    /// Long enough after everything else that tables and archive treat it as days of its own.
    private static let later = RetainStories.late + 150 * 86_400_000

    private func trimmed(after: String? = nil) throws -> (work: Workplace, archive: String, tables: String) {
        let (work, archive) = try RetainStories.filled(after: after)
        let report = try work.done("retain", work.ledger, "--archive", archive, "--older-than", "400d").value()
        #expect(report["segments"] == 1)
        return (work, archive, work.path + "/tables")
    }

    private func rollback(of target: String, player: String, _ requestID: String) -> String {
        #"{"op":"rollback","tenant":"evian","player":"\#(player)","request_id":"\#(requestID)","#
            + #""target":"\#(target)","at":\#(Self.later)}"# + "\n"
    }

    @Test("tables that have everything go on: sync, check, and the archive after them")
    func tablesGoOn() throws {
        // Rolled back while the log still had the credit, and not in the tables yet when it went.
        let (work, archive, tables) = try trimmed(after: rollback(of: "d3", player: "p3", "r1"))
        let synced = try work.done("tables", "sync", work.ledger, tables, "--json").value()
        #expect(synced["events"] == 1 && synced["dead_letters"] == 0 && synced["position"] == 221)
        let more = (0..<8).map { Lines.credit("p\($0)", 5, "m\($0)", at: Self.later + 1 + Int64($0)) }
        try work.done("apply", work.ledger, "--clock", "given", input: more.joined())
        #expect(try work.done("tables", "sync", work.ledger, tables, "--json").value()["events"] == 8)
        #expect(try work.done("tables", "history", tables, "evian", "p3", "--limit", "1").output.contains("\"m3\""))
        let run = try work.done("archive", "run", work.ledger, tables, archive, "--now", "2027-12-01T00:00:00Z").value()
        #expect(run["moved_records"] == 9)
        #expect(try work.done("archive", "history", archive, "evian", "p3").lines.last?.contains("\"m3\"") == true)
    }

    @Test("tables that lack what was given up are refused, and say where the log begins")
    func newTables() throws {
        let (work, _, _) = try trimmed()
        let result = try work.holdfast("tables", "sync", work.ledger, work.path + "/fresh", "--shards", "2")
        #expect(result.status == .exited(1) && result.errors.contains("given up: it begins at position 201"))
    }

    /// By hledger, where it is installed.
    private func accepted(_ journal: String, in work: Workplace) throws {
        let path = work.path + "/ledger.journal"
        try journal.write(toFile: path, atomically: false, encoding: .utf8)
        guard try work.shell("command -v hledger").status == .exited(0) else { return }
        let checked = try work.shell("hledger check --strict -f '\(path)'")
        #expect(checked.status == .exited(0), "\(checked.errors)")
    }

    @Test("auditors' verbs begin where the log does, and say so")
    func auditors() throws {
        let (work, _, _) = try trimmed()
        let audit = try work.holdfast("audit", work.ledger, "--json")
        #expect(audit.status == .exited(0) && audit.errors.contains("before position 201 were given up"))
        #expect(try audit.value()["events"]?["credited"] == 20)
        let page = work.path + "/audit.html"
        #expect(try work.holdfast("audit", work.ledger, "--html", page).status == .exited(0))
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("The log begins with event 201"))
        for (format, lines) in [("jsonl", 20), ("csv", 21)] {
            let export = try work.holdfast("export", work.ledger, "--format", format)
            #expect(export.status == .exited(0) && export.output.utf8.count { $0 == 10 } == lines)
            #expect(export.errors.contains("holdfast export: the events before position 201 were given up"))
        }
        let statement = work.path + "/statement.csv"
        try "request_id,amount\nn3,0.01\n".write(toFile: statement, atomically: false, encoding: .utf8)
        let reconciled = try work.holdfast("reconcile", work.ledger, "--against", statement, "--json")
        #expect(reconciled.errors.contains("before position 201 were given up"))
        #expect(try reconciled.value()["matched"] == 1)
    }

    @Test("a journal opens each purse with what it had, and hledger accepts it")
    func journal() throws {
        let (work, _, _) = try trimmed()
        let journal = try work.holdfast("export", work.ledger, "--format", "hledger")
        #expect(journal.status == .exited(0) && journal.output.contains("opening balance"))
        try accepted(journal.output, in: work)
    }
}
