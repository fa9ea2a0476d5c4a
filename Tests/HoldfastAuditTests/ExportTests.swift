import Foundation
import Holdfast
import HoldfastLog
import HoldfastTestSupport
import HoldfastText
import HoldfastWallet
import Testing
import WalletModel

import enum WalletModel.JSONValue

@testable import HoldfastAudit

@Suite("What is exported")
struct ExportTests {
    @Test("jsonl and csv say the same, row for row, whichever lanes they come from", arguments: [1, 3])
    func jsonlAndCSVAgree(lanes: Int) async throws {
        let ledger = try await AuditedLedger.random(1_500, seed: 11, lanes: lanes)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        let rows = try LedgerExport.text(of: files, as: .jsonl).split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
        let csv = try LedgerExport.text(of: files, as: .csv)
        #expect(csv.hasSuffix("\r\n"))
        let lines = csv.split(separator: "\r\n").map { Self.fields($0) }
        #expect(lines.first == EventRow.columns)
        #expect(lines.count == rows.count + 1)
        for (row, fields) in zip(rows, lines.dropFirst()) {
            let members = try #require(row.members)
            #expect(members.map(\.key) == EventRow.columns)
            #expect(fields == members.map { Self.text($0.value) })
        }
        let positions = rows.compactMap { $0["position"]?.integer }
        #expect(positions == positions.sorted() && Set(positions).count == Int(files.lastPosition))
    }

    @Test("a tenant, a player and a time narrow it down, the same way for one player as for all")
    func selection() async throws {
        let ledger = try await AuditedLedger.random(1_500, seed: 12)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        let all = try LedgerExport.text(of: files, as: .jsonl).split(separator: "\n").map(String.init)
        func chosen(_ selection: EventSelection) throws -> [String] {
            try LedgerExport.text(of: files, selection, as: .jsonl).split(separator: "\n").map(String.init)
        }
        func filtered(_ keep: (JSONValue) -> Bool) throws -> [String] {
            try all.filter { keep(try JSONValue(parsing: $0)) }
        }
        let evian = try filtered { $0["tenant_id"] == "evian" }
        #expect(try chosen(.init(tenant: "evian")) == evian)
        let p1 = try filtered { $0["player_id"] == "p1" }
        #expect(try chosen(.init(player: "p1")) == p1)
        #expect(!p1.isEmpty)
        let one = try filtered { $0["player_id"] == "p1" && $0["tenant_id"] == "evian" }
        #expect(try chosen(.init(tenant: "evian", player: "p1")) == one)
        let middle = try #require(try JSONValue(parsing: one[one.count / 2])["created_at"]?.integer)
        let late = try one.filter { try JSONValue(parsing: $0)["created_at"]?.integer ?? 0 >= middle }
        #expect(try chosen(.init(tenant: "evian", player: "p1", from: middle)) == late)
        let early = try filtered { $0["created_at"]?.integer ?? 0 <= middle }
        #expect(try chosen(.init(to: middle)) == early)
    }

    /// Fields of one line; enough of RFC 4180 for lines without line ends in their fields.
    private static func fields(_ line: Substring) -> [String] {
        var fields: [String] = [""]
        var isQuoted = false
        for character in line.replacing("\"\"", with: "\u{1}") {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character == "\u{1}" ? "\"" : character)
            }
        }
        return fields
    }

    private static func text(_ value: JSONValue) -> String {
        if value == .null { return "" }
        return value.string ?? value.integer.map { "\($0)" } ?? "?"
    }
}

@Suite("Journals in programs by others")
struct JournalTests {
    /// Both must be there: a check that is skipped in silence checks nothing.
    private func run(_ name: String, _ arguments: [String], in directory: String) throws -> OtherProgram {
        let ended = try OtherProgram.run(name, arguments, in: directory)
        return try #require(ended, "\(name) is not installed, so the journal was not checked; run tools/setup")
    }

    private static func strictly(_ program: String, _ journal: String) -> [String] {
        program == "hledger" ? ["check", "--strict", "-f", journal] : ["-f", journal, "--pedantic", "bal"]
    }

    /// Balances by account and asset, from `name` in its own words.
    private func balances(_ name: String, _ journal: String, in directory: String) throws -> [String: String] {
        let format = "%(account)|%(quantity(amount))|%(commodity(amount))\\n"
        let arguments =
            name == "hledger"
            ? ["-f", journal, "register", "^wallets", "^holds", "-O", "csv"]
            : ["-f", journal, "register", "^wallets", "^holds", "--format", format]
        let result = try run(name, arguments, in: directory)
        #expect(result.status == 0, "\(result.errors)")
        var sums: [String: Decimal] = [:]
        for line in result.output.split(separator: "\n") {
            var parts: [String]
            if name == "hledger" {
                let fields = line.dropFirst().dropLast().components(separatedBy: "\",\"")
                guard fields.count == 7, fields[0] != "txnidx" else { continue }
                let amount = fields[5].replacing("\"\"", with: "").split(separator: " ")
                parts = [fields[4], String(amount[0]), amount.count > 1 ? String(amount[1]) : ""]
            } else {
                parts = line.components(separatedBy: "|")
            }
            let asset = parts[2].replacing("\"", with: "")
            // A posting of nothing has lost its asset on the way; it adds nothing either.
            guard let amount = Decimal(string: parts[1]), amount != 0 else { continue }
            sums["\(parts[0]) \(asset)", default: 0] += amount
        }
        return sums.filter { $0.value != 0 }.mapValues { "\($0)" }
    }

    /// The same from our own replay.
    private func ownBalances(_ files: LedgerFiles) throws -> [String: String] {
        var sums: [String: String] = [:]
        var money = MoneyTable(files.configuration.assets)
        for (machine, _) in try files.recoverStates() {
            machine.withState { state in
                state.forEachPurse { tenant, player, asset, facts in
                    let tenant = String(decoding: tenant, as: UTF8.self)
                    let player = JournalName.encoded(String(decoding: player, as: UTF8.self))
                    for (account, amount) in [("wallets", facts.available), ("holds", facts.held)] where amount != 0 {
                        let digits = Decimal(string: money.digits(amount, asset))!
                        sums["\(account):\(tenant):\(player) \(asset)"] = "\(digits)"
                    }
                }
            }
        }
        return sums
    }

    @Test("recompute the books from the journal alone, and find what we do", arguments: ["hledger", "ledger"])
    func recompute(program: String) async throws {
        for seed in [1, 2] as [UInt64] {
            let ledger = try await AuditedLedger.random(2_500, seed: seed)
            let files = try ledger.files
            let journal = ledger.directory.path + "/all.journal"
            try LedgerExport.text(of: files, as: .hledger).write(toFile: journal, atomically: false, encoding: .utf8)
            let checked = try run(program, Self.strictly(program, journal), in: ledger.directory.path)
            #expect(checked.status == 0, "\(checked.errors)")
            let own = try ownBalances(files)
            #expect(own.count > 50)
            #expect(try balances(program, journal, in: ledger.directory.path) == own)
            // Transfers cancel out over the whole ledger.
            let transfers = try run(program, ["-f", journal, "bal", "^transfers", "--flat"], in: ledger.directory.path)
            #expect(!transfers.output.contains("transfers:"), "\(transfers.output)")
        }
    }

    @Test("see a balance that is a cent off", arguments: ["hledger", "ledger"])
    func seeWhatIsWrong(program: String) async throws {
        let ledger = try await AuditedLedger([
            #"{"op":"credit","tenant":"evian","player":"a b:(c)  ;d","request_id":"d)1","asset":"BRL","amount":5000,"at":1}"#,
            #"{"op":"debit","tenant":"evian","player":"a b:(c)  ;d","request_id":"b1","asset":"BRL","amount":100,"at":2}"#,
        ])
        let good = try LedgerExport.text(of: ledger.files, as: .hledger)
        #expect(good.contains("wallets:evian:a%20b%3A%28c%29%20%20%3Bd  -1.00 BRL = 49.00 BRL"))
        for (text, isRight) in [(good, true), (good.replacing("= 49.00", with: "= 49.01"), false)] {
            let journal = ledger.directory.path + "/\(isRight).journal"
            try text.write(toFile: journal, atomically: false, encoding: .utf8)
            #expect(try (run(program, ["-f", journal, "bal"], in: ledger.directory.path).status == 0) == isRight)
        }
    }

    @Test("accept a journal that begins late, with the balances of then", arguments: ["hledger", "ledger"])
    func beginLate(program: String) async throws {
        let ledger = try await AuditedLedger.random(2_000, seed: 5)
        let files = try ledger.files
        var times: [Int64] = []
        try files.forEachRecord(EventSelection()) { times.append($0.time) }
        let journal = ledger.directory.path + "/late.journal"
        try LedgerExport.text(of: files, .init(from: times.sorted()[times.count / 2]), as: .hledger)
            .write(toFile: journal, atomically: false, encoding: .utf8)
        #expect(try String(contentsOfFile: journal, encoding: .utf8).contains("opening balance"))
        let checked = try run(program, Self.strictly(program, journal), in: ledger.directory.path)
        #expect(checked.status == 0, "\(checked.errors)")
    }
}
