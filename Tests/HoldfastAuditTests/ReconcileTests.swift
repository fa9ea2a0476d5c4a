import Holdfast
import Testing
import WalletModel

import struct HoldfastText.BufferedWriter
import struct HoldfastText.CSVReader
import struct HoldfastText.SystemError
import struct HoldfastText.UsageError
import enum WalletModel.JSONValue

@testable import HoldfastAudit

@Suite("Reconciliation")
struct ReconcileTests {
    private static let lines = [
        #"{"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":5000,"at":1763683201000}"#,
        #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":1200,"at":1763683202000}"#,
        #"{"op":"confirm","tenant":"evian","player":"p1","request_id":"c1","target":"b1","at":1763683203000}"#,
        #"{"op":"debit","tenant":"evian","player":"p1","request_id":"x1","asset":"BRL","amount":9999,"at":1763683204000}"#,
        #"{"op":"credit","tenant":"evian","player":"p2","request_id":"d1","asset":"BRL","amount":700,"at":1763683205000}"#,
        #"{"op":"debit","tenant":"lotus","player":"p3","request_id":"w1","asset":"BRL","amount":1,"at":1763683205000}"#,
    ]

    private func reader(_ text: String, chunk: Int = 7) -> CSVReader {
        var rest = Array(text.utf8)[...]
        nonisolated(unsafe) var left = rest
        _ = rest.popFirst()
        return CSVReader { buffer throws(SystemError) in
            let piece = left.prefix(min(chunk, buffer.count))
            buffer.copyBytes(from: piece)
            left = left.dropFirst(piece.count)
            return piece.count
        }
    }

    private func reconcile(
        _ text: String, of lines: [String] = Self.lines, columns: [StatementColumns.Field: String] = [:],
        amounts: ProviderStatement.Amounts = .auto, _ change: (inout Reconciliation.Options) -> Void = { _ in }
    ) async throws -> Reconciliation {
        let ledger = try await AuditedLedger(lines)
        defer { withExtendedLifetime(ledger) {} }
        var csv = reader(text)
        let statement = try ProviderStatement(&csv, columns: columns, amounts: amounts)
        var options = Reconciliation.Options()
        options.tenant = "evian"
        change(&options)
        return try Reconciliation(statement, with: ledger.files, options)
    }

    @Test(
        "matches a good statement however it is written",
        arguments: [
            "request_id,player,amount,time\nd1,p1,5000,1763683201000\nb1,p1,1200,1763683202\nd1,p2,700,1763683205000\n",
            "Transaction ID;User;Value;Date\r\nd1;p1;50,00;2025-11-21T00:00:01Z\r\nc1;p1;-12,00;2025-11-21 00:00:03\r\n"
                + "d1;p2;7,00;2025-11-21 00:00:05",
            "\u{FEFF}\"Request_ID\"\t\"Amount\"\t\"Currency\"\n\"d1\"\t\"50.00\"\tBRL\n\"d1\"\t7.00\tbrl\n\nc1\t12.0\t\n",
        ])
    func good(text: String) async throws {
        let result = try await reconcile(text)
        #expect(result.isGood && result.matched == 3, "\(result.items)")
    }

    @Test("names what is missing on either side, what differs, what was refused and what comes twice")
    func differences() async throws {
        let result = try await reconcile(
            """
            request_id,player,amount,time,currency
            d1,p1,50.01,1763683201000,BRL
            b1,p1,12.00,1763683209000,USD
            x1,p1,99.99,1763683204000,BRL
            n1,p1,1.00,1763683204000,BRL
            n1,p1,1.00,1763683204000,BRL

            """)
        #expect(!result.isGood)
        let told = result.items.map { "\($0.sort.rawValue) \($0.requestID) \($0.field ?? "") \($0.line ?? 0)" }
        #expect(
            Set(told) == [
                "differs d1 amount 2", "differs b1 time 3", "differs b1 asset 3", "refused x1  4",
                "missing_in_ledger n1  5", "duplicate n1  6", "missing_in_statement d1  0",
            ])
        #expect(result.items.first { $0.sort == .missingInStatement }?.player == "p2")
        #expect(result.items.first { $0.field == "amount" }?.statement == "50.01")
        #expect(result.items.first { $0.field == "amount" }?.ledger == "50.00 BRL")
    }

    @Test("one row stands for one request, though two players have one of that name, or two names look alike")
    func alike() async throws {
        let lines = [
            #"{"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":500,"at":1763683201000}"#,
            #"{"op":"credit","tenant":"evian","player":"p2","request_id":"d1","asset":"BRL","amount":500,"at":1763683201000}"#,
            "{\"op\":\"credit\",\"tenant\":\"evian\",\"player\":\"p1\",\"request_id\":\"\u{E9}\",\"asset\":\"BRL\","
                + "\"amount\":7,\"at\":1763683201000}",
            "{\"op\":\"credit\",\"tenant\":\"evian\",\"player\":\"p1\",\"request_id\":\"e\u{301}\",\"asset\":\"BRL\","
                + "\"amount\":7,\"at\":1763683201000}",
        ]
        let one = try await reconcile("id,amount\nd1,500\n\u{E9},7\n", of: lines)
        #expect(one.matched == 2 && one.counts == [.missingInStatement: 2], "\(one.items)")
        let both = try await reconcile("id,amount\nd1,500\nd1,500\n\u{E9},7\ne\u{301},7\n", of: lines)
        #expect(both.isGood && both.matched == 4, "\(both.items)")
        let more = try await reconcile("id,amount\nd1,500\nd1,500\nd1,500\n\u{E9},7\ne\u{301},7\n", of: lines)
        #expect(more.matched == 4 && more.counts == [.duplicate: 1], "\(more.items)")
    }

    @Test("looks no further than the provider's kinds and the statement's period")
    func scope() async throws {
        let rows = "request_id,amount,time\nc1,1200,1763683203000\n"
        // The deposits lie two seconds to either side, which is the tolerance by default.
        #expect(try await reconcile(rows) { $0.toleranceMilliseconds = 1_000 }.isGood)
        #expect(try await reconcile(rows).counts[.missingInStatement] == 2)
        let wide =
            "request_id,player,amount,time\nc1,p1,1200,1763683203000\nd1,p1,5000,1763683201000\nn1,p1,1200,1763683205000\n"
        #expect(try await reconcile(wide).counts[.missingInStatement] == 1)
        #expect(try await reconcile(wide) { $0.only = ["bet", "confirmed"] }.counts[.missingInStatement] == nil)
    }

    @Test("no tolerance and no time is too large to reckon with")
    func extremes() async throws {
        for time in [1 << 53, -(1 << 53)] {
            let result = try await reconcile("id,player,amount,time\nd1,p1,5000,\(time)\n") {
                $0.toleranceMilliseconds = .max
            }
            #expect(result.matched == 1 && result.counts[.differs] == nil, "\(result.items)")
            #expect(result.counts[.missingInStatement] == 2)
        }
    }

    @Test("says which line or column it can't read")
    func unreadable() async throws {
        for (text, told) in [
            ("", "empty"), ("a,b\n1,2\n", "--columns"), ("id,amount\nx,abc\n", "line 2: “abc” is no amount"),
            ("id,amount\n,5\n", "line 2: no request_id"), ("id,amount\nx\n", "line 2: it has 1 fields"),
            ("id,amount,time\nx,1,soon\n", "“soon” is no time"),
            ("id,amount,time\nd1,1,1763683201000\nx,1,\(Int64.max)\n", "line 3: “\(Int64.max)” is no time"),
            ("id,amount,time\nx,1,\(Int64.min)\n", "line 2: “\(Int64.min)” is no time"),
            ("id,amount,time\nx,1,-9007199254740993\n", "2^53"), ("id,amount\n\"x,1\n", "never closed"),
        ] {
            do {
                _ = try await reconcile(text)
                Issue.record("“\(text)” was read")
            } catch {
                #expect("\(error)".contains(told), "\(error)")
            }
        }
        #expect(throws: UsageError.self) { try StatementColumns.parse("amout=Value") }
        let named = try await reconcile(
            "Ref,Betrag\nd1,50.00\n", columns: [.requestID: "Ref", .amount: "Betrag"]
        ) { $0.only = ["none"] }
        #expect(named.matched == 1)
    }

    @Test(
        "amounts are read exactly",
        arguments: [
            ("12", 2, 1200), ("12.3", 2, 1230), ("1,234.50", 2, 123_450), ("1.234,50", 2, 123_450), ("-0.05", 2, 5),
            ("1,234", 2, 123_400), ("1,5", 2, 150), ("$ 4.00", 2, 400), ("4.00 EUR", 2, 400), ("0.00000001", 8, 1),
            ("1.230", 2, 123), ("1.234.567", 0, 1_234_567), ("30", 0, 30),
        ])
    func amounts(text: String, exponent: Int, minor: Int64) throws {
        #expect(try #require(DecimalText(text)).minorUnits(exponent: exponent) == minor)
    }

    @Test("what is no amount is none", arguments: ["", "-", "1.2.3,4,5", "twelve", "99999999999999999999", "1e5"])
    func noAmounts(text: String) {
        #expect(DecimalText(text) == nil)
    }

    @Test("a quote may hold separators, line ends and quotes, wherever the pieces of a file end", arguments: 1..<12)
    func csv(chunk: Int) throws {
        var csv = reader("a,\"b,\"\"c\"\"\nd\",e\r\n\r\n\"\",\"x\" ,y\n1,2,3", chunk: chunk)
        #expect(try csv.next() == ["a", "b,\"c\"\nd", "e"] && csv.line == 1)
        #expect(try csv.next() == ["", "x ", "y"] && csv.line == 4)
        #expect(try csv.next() == ["1", "2", "3"])
        #expect(try csv.next() == nil)
    }
}
