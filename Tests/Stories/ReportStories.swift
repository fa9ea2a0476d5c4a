import Foundation
import Testing
import WalletModel

@Suite("Business figures on the command line")
struct ReportStories {
    private static let day = 1_763_683_200_000  // 2025-11-21

    private static let commands = """
        {"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":5000,"at":\(day)}
        {"op":"debit","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":1200,"at":\(day + 1)}
        {"op":"credit","tenant":"evian","player":"p1","request_id":"w1","asset":"BRL","amount":300,"kind":"win","at":\(day + 2)}
        {"op":"credit","tenant":"lotus","player":"p1","request_id":"d1","asset":"SKU","amount":7,"at":\(day + 3)}
        {"op":"debit","tenant":"evian","player":"p1","request_id":"b2","asset":"BRL","amount":100,"at":\(day + 86_400_000)}

        """

    private func filled() throws -> (Workplace, tables: String) {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "1", "--segment-mib", "1", "--asset", "SKU=3")
        try work.done("apply", work.ledger, "--clock", "given", input: Self.commands)
        try work.done("tables", "sync", work.ledger, work.path + "/tables", "--shards", "3")
        return (work, work.path + "/tables")
    }

    @Test("an operator reads yesterday's figures, a program all of them")
    func figures() throws {
        let (work, tables) = try filled()
        let table = try work.done("report", tables, "--to", "2025-11-21", "--tenant", "evian").output
        #expect(table.contains("12.00  3.00  9.00  25.00 %"))
        // The ledger's own decimals come with the tables.
        #expect(try work.done("report", tables, "--section", "lifetime").output.contains("0.007"))
        let all = try work.done("report", tables, "--format", "json").value()
        #expect(all["from"] == "2025-11-21" && all["to"] == "2025-11-22" && all["shards"] == 3)
        let csv = try work.done("report", tables, "--format", "csv", "--from", "\(Self.day + 86_400_000)").output
        #expect(csv.hasPrefix("tenant,asset,day,bets,") && csv.contains("\r\nevian,BRL,2025-11-22,100,0,100,0.000000,"))
        #expect(csv.split(separator: "\r\n").count == 2)
        let gone = try work.shell("$HOLDFAST report '\(tables)' --format json | head -c 1")
        #expect(gone.errors == "")
    }

    @Test("wrong use ends with 2, tables that can't be read with 1")
    func wrongUse() throws {
        let (work, tables) = try filled()
        let wrong = [
            ["--from", "yesterday"], ["--from", "2025-11-22", "--to", "2025-11-21"], ["--format", "jsn"],
            ["--section", "day"], ["--tennant", "evian"],
        ]
        for wrong in wrong {
            let result = try work.holdfast(["report", tables] + wrong)
            #expect(result.status == .exited(2) && result.output == "", "\(wrong): \(result.errors)")
        }
        for option in ["--from", "--to"] {
            let said = try work.holdfast("report", tables, option, "yesterday").errors
            #expect(said.contains("\(option): “yesterday”") && said.contains("a day such as 2025-11-21"), "\(said)")
        }
        #expect(try work.holdfast("report").status == .exited(2))
        let nowhere = try work.holdfast("report", work.path + "/tabels")
        #expect(nowhere.status == .exited(1) && nowhere.errors.contains("there is no such directory"))
        let ledger = try work.holdfast("report", work.ledger)
        #expect(ledger.status == .exited(1) && ledger.errors.contains("holds no tables"))
        let stranger = try work.holdfast("report", tables, "--tenant", "evain")
        #expect(stranger.status == .exited(1) && stranger.errors.contains("evian, lotus"))
    }
}
