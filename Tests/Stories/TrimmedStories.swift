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

    private func authorise(_ player: String, _ requestID: String) -> String {
        #"{"op":"authorise","tenant":"evian","player":"\#(player)","request_id":"\#(requestID)","#
            + #""asset":"BRL","amount":1,"at":\#(Self.later)}"#
    }

    @Test("tables that have everything go on: sync, check, and the archive after them")
    func tablesGoOn() throws {
        // Rolled back while the log still had the credit, and not in the tables yet when it went.
        let (work, archive, tables) = try trimmed(after: rollback(of: "d3", player: "p3", "r1"))
        let synced = try work.done("tables", "sync", work.ledger, tables, "--json").value()
        #expect(synced["events"] == 1 && synced["dead_letters"] == 0 && synced["position"] == 221)
        let checked = try work.holdfast("tables", "check", work.ledger, tables)
        #expect(checked.status == .exited(0) && checked.errors.contains("before position 201"), "\(checked.output)")
        #expect(try checked.value()["events"] == 21 && checked.value()["players"] == 7)
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

    @Test("tables are checked from where the log begins, in the middle of a day", arguments: [1, 3])
    func checkedFromTheMiddle(lanes: Int) throws {
        let work = try Workplace()
        let (tables, archive) = (work.path + "/tables", work.path + "/archive")
        try work.done("init", work.ledger, "--segment-mib", "1", "--lanes", "\(lanes)")
        var commands = CommandGenerator(seed: 11)
        func apply(_ lines: [String]) throws {
            try work.done("apply", work.ledger, "--clock", "given", input: lines.joined(separator: "\n") + "\n")
        }
        try apply((0..<6_000).map { _ in commands.next() })
        try work.done("seal", work.ledger)
        try apply((0..<2_000).map { _ in commands.next() })
        try apply((0..<50).map { String(Lines.credit("p\($0)", 9, "n\($0)", at: Self.later).dropLast()) })
        try apply((0..<50).map { authorise("p\($0)", "h\($0)") })
        try work.done("tables", "sync", work.ledger, tables, "--shards", "2")
        try work.done(
            "archive", "run", work.ledger, tables, archive, "--now", "2027-09-01T00:00:00Z", "--delete-after", "2000d")
        for _ in 0..<2 { try work.done("snapshot", work.ledger) }
        let retained = try work.done("retain", work.ledger, "--archive", archive, "--older-than", "400d").value()
        #expect(retained["segments"] == .integer(Int64(lanes)))
        let report = try work.holdfast("tables", "check", work.ledger, tables)
        #expect(report.status == .exited(0), "\(report.output) \(report.errors)")
        #expect(try report.value()["rows_given_up"]?.integer ?? 0 > 1_000)
        let verified = try work.holdfast("verify", work.ledger, "--tables", tables, "--archive", archive)
        #expect(verified.status == .exited(0), "\(verified.output)")
        let journal = try work.holdfast("export", work.ledger, "--format", "hledger")
        try accepted(journal.output, in: work)
        // What is wrong is still found.
        guard try work.shell("command -v sqlite3").status == .exited(0) else { return }
        for sql in [
            "UPDATE purses SET balance = balance + 1", "UPDATE player_refs SET locked = 1 - locked",
            "DELETE FROM open_holds", "UPDATE daily_totals SET deposits = deposits + 1",
            "UPDATE days SET rows = rows + 1",
            "INSERT INTO player_refs VALUES (99999, 'evian', 'ghost', 0, 0, 0)",
        ] {
            let copy = work.path + "/copy"
            let change = "sqlite3 '\(copy)/shard-00.sqlite' \"\(sql)\""
            _ = try work.shell("rm -rf '\(copy)'; cp -r '\(tables)' '\(copy)'; \(change)")
            let check = try work.holdfast("tables", "check", work.ledger, copy)
            #expect(try check.status == .exited(1) && check.value()["ok"] == false, "\(sql)")
        }
    }

    /// By hledger, where it is installed.
    private func accepted(_ journal: String, in work: Workplace) throws {
        let path = work.path + "/ledger.journal"
        try journal.write(toFile: path, atomically: false, encoding: .utf8)
        guard try work.shell("command -v hledger").status == .exited(0) else { return }
        let checked = try work.shell("hledger check --strict -f '\(path)'")
        #expect(checked.status == .exited(0), "\(checked.errors)")
    }

    @Test("tables and archive are compared with what is left")
    func compared() throws {
        let (work, archive, tables) = try trimmed()
        for verb in ["verify", "replay"] {
            let report = try work.done(verb, work.ledger, "--archive", archive).value()
            let compared = report["compared"]?.first
            #expect(compared?["ok"] == true && compared?["rows"] == 20 && compared?["rows_given_up"] == 200)
        }
        // A file that has events which the log still has.
        let files = try work.shell("find '\(archive)/warehouse' -name '*.gz' | sort | tail -1").lines
        let file = try #require(files.last)
        _ = try work.shell("chmod u+w '\(file)'; printf 'X' | dd of='\(file)' bs=1 seek=40 conv=notrunc")
        let damaged = try work.holdfast("verify", work.ledger, "--archive", archive)
        #expect(damaged.status == .exited(1))
        #expect(try damaged.value()["fault_count"] != 0 && damaged.value()["chain_heads"] != nil)
        // Tables that were made anew and have nothing can't be compared: that is said beside what was found in the log.
        _ = try work.holdfast("tables", "sync", work.ledger, work.path + "/fresh", "--shards", "2")
        let empty = try work.holdfast("verify", work.ledger, "--tables", work.path + "/fresh")
        #expect(try empty.status == .exited(1) && empty.value()["events"] == 20)
        #expect(empty.output.contains("given up"))
        #expect(try work.done("verify", work.ledger, "--tables", tables).value()["compared"]?.first?["ok"] == true)
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

    @Test("of a player all of whose events were given up there is still what they had")
    func withoutEvents() throws {
        let (work, archive, _) = try trimmed()
        // Of p5's 28 events none is left.
        let statement = try work.done("explain", work.ledger, "evian", "p5").output
        #expect(statement.contains("0 events") && statement.contains("before seq 29 were given up"))
        #expect(statement.contains("opening  28.14 BRL") && statement.contains("closing  28.14 BRL"), "\(statement)")
        try work.done("explain", work.ledger, "evian", "p5", "--html", work.path + "/p5.html")
        let person = work.path + "/p5.tar.gz"
        let arguments = ["export", work.ledger, "--tenant", "evian", "--player", "p5", "--person", person]
        #expect(try work.holdfast(arguments).errors.contains("before seq 29 were given up"))
        #expect(try work.shell("tar xzOf '\(person)' holdfast-person/wallet.json").value()["seq"] == 28)
        #expect(try work.holdfast(arguments + ["--archive", archive]).status == .exited(0))
        #expect(try work.shell("tar xzOf '\(person)' holdfast-person/manifest.json").value()["events"] == 28)
        for arguments in [["explain", work.ledger], ["history", work.ledger]] {
            let nobody = try work.holdfast(arguments + ["evian", "nobody"])
            #expect(nobody.status == .exited(1) && nobody.errors.contains("has no events"))
        }
    }

    @Test("who asks for what was given up by its name or number is told where the log begins")
    func asked() throws {
        let (work, archive, _) = try trimmed()
        let story = try work.holdfast("story", work.ledger, "evian", "p3", "d3")
        #expect(story.status == .exited(1) && story.errors.contains("begins with position 201"), "\(story.errors)")
        for arguments in [["--from", "1"], ["--from", "1", "--backwards"], ["--from", "29", "--limit", "1"]] {
            let result = try work.holdfast(["history", work.ledger, "evian", "p3"] + arguments)
            #expect(result.status == .exited(1) && result.errors.contains("before seq 30 were given up"))
        }
        #expect(try work.done("history", work.ledger, "evian", "p3", "--from", "30").lines.count == 4)
        let whole = try work.done("history", work.ledger, "evian", "p3", "--from", "1", "--archive", archive)
        #expect(whole.lines.count == 33)
    }
}

extension JSONValue {
    /// Of an array.
    fileprivate var first: JSONValue? {
        if case .array(let values) = self { values.first } else { nil }
    }
}
