import Foundation
import Holdfast
import HoldfastText
import HoldfastWallet
import Testing

@testable import HoldfastAudit

@Suite("Pages")
struct PageTests {
    @Test("a statement's page escapes names, plots balances, and links events to proofs that hold")
    func statement() async throws {
        let ledger = try await AuditedLedger([
            #"{"op":"credit","tenant":"evian","player":"<b>&p","request_id":"d1","asset":"BRL","amount":5000,"at":1000}"#,
            #"{"op":"debit","tenant":"evian","player":"<b>&p","request_id":"x1","asset":"BRL","amount":100,"at":2000}"#,
        ])
        let html = try #require(
            try StatementPage.html(
                Player("<b>&p", of: "evian"), of: ledger.files, directory: ledger.path, from: nil, to: nil, proofs: 1))
        #expect(!html.contains("<b>") && html.contains("&lt;b&gt;&amp;p"))
        #expect(html.contains("<svg") && html.contains("href=\"#proof-2\"") && html.contains("id=\"proof-2\""))
        #expect(html.contains("href=\"#proofs\"") && html.contains("49.00 BRL") && html.contains("Deposit (d1)"))
        #expect(Self.fetchesNothing(html))
    }
    private static let story = [
        #"{"op":"credit","tenant":"evian","player":"<b>&p","request_id":"d1","asset":"BRL","amount":5000,"at":1000}"#,
        #"{"op":"credit","tenant":"evian","player":"<b>&p","request_id":"d2","asset":"BTC","amount":7,"at":1000}"#,
        #"{"op":"authorise","tenant":"evian","player":"<b>&p","request_id":"b<1>","asset":"BRL","amount":1200,"ref":"\u202E\u2028","at":2000}"#,
        #"{"op":"credit","tenant":"evian","player":"<b>&p","request_id":"d3","asset":"BTC","amount":1,"at":2500}"#,
        #"{"op":"credit","tenant":"evian","player":"<b>&p","request_id":"d4","asset":"BRL","amount":4321,"at":2500}"#,
        #"{"op":"confirm","tenant":"evian","player":"<b>&p","request_id":"c1","target":"b<1>","amount":1000,"at":3000}"#,
        #"{"op":"rollback","tenant":"evian","player":"<b>&p","request_id":"r1","target":"b<1>","at":64000}"#,
    ]

    @Test("a story's page tells what became of the request, and plots the balances of its assets meanwhile")
    func story() async throws {
        let ledger = try await AuditedLedger(Self.story)
        let html = try storyPage(of: "b<1>", in: ledger, proven: false)
        #expect(!html.contains("<b>") && !html.contains("b<1>") && html.contains("Request b&lt;1&gt;: rolled back"))
        for part in [
            "Hold opened (b&lt;1&gt;)", "10.00 of 12.00 BRL (c1)", "rolled back, paid back (r1)", "the request",
            "acts on it", ">12.00 BRL<", "1 min 02 s", "lane-00/0000000000.log",
        ] { #expect(html.contains(part), "\(part) is missing") }
        // What else happened to the same asset is in the plot, and not among the events.
        #expect(html.contains("balance: 93.21") && !html.contains("(d4)"))
        #expect(html.contains(">BRL, balance</figcaption>") && html.contains(">BRL, held</figcaption>"))
        #expect(!html.contains(">BTC, balance</figcaption>"), "the request is of one asset")
        #expect(Self.fetchesNothing(html))
        #expect(try !storyPage(of: "d1", in: ledger, proven: false).contains("<svg"), "a single moment has no course")
    }

    @Test("each event of a story's page leads to a proof file on it that holds against the roots")
    func storyIsProven() async throws {
        let ledger = try await AuditedLedger(Self.story)
        let files = try ledger.files
        let roots = try Prover(files).rootsOfNow()
        let html = try storyPage(of: "b<1>", in: ledger, proven: true)
        for seq in [3, 6, 7] {
            #expect(html.contains("href=\"#proof-\(seq)\""))
            let detail = try #require(html.components(separatedBy: "<details id=\"proof-\(seq)\"").dropFirst().first)
            let code = try #require(detail.components(separatedBy: "<code>").dropFirst().first)
            let file = Self.unescaped(try #require(code.components(separatedBy: "</code>").first))
            guard case .inclusion(let proof) = try ProofFile(reading: Array(file.utf8)) else {
                Issue.record("\(file) proves no inclusion")
                continue
            }
            try proof.check(against: roots)
            try proof.withRows { rows throws(ProofFailure) in #expect(rows.first.seq == UInt64(seq)) }
        }
        let bare = try storyPage(of: "b<1>", in: ledger, proven: false)
        #expect(!bare.contains("proof-3") && bare.contains("href=\"#proofs\"") && bare.contains("id=\"proofs\""))
        #expect(bare.contains("evian &#39;&lt;b&gt;&amp;p&#39; SEQ"), "a command for the shell quotes what it must")
    }

    @Test("amounts on pages stand in groups of digits, and nowhere else")
    func grouped() async throws {
        let ledger = try await AuditedLedger([
            #"{"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":123456789,"at":1000}"#,
            #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":1200000,"at":2000}"#,
            #"{"op":"confirm","tenant":"evian","player":"p1","request_id":"c1","target":"b1","amount":1100000,"at":3000}"#,
            #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b2","asset":"BRL","amount":150000,"at":4000}"#,
        ])
        let files = try ledger.files
        let player = Player("p1", of: "evian")
        let statement = try #require(
            try StatementPage.html(
                player, of: files, directory: ledger.path, from: nil, to: nil, proofs: 0))
        let story = try #require(try RequestStory(of: "b1", player: player, in: files, for: .page))
        let storyPage = try StoryPage.html(story, of: files, directory: ledger.path)
        let audit = try LedgerAudit(ledger.path, against: ComparisonPlan(), at: 0)
        let partly = "11 000.00 of 12 000.00 BRL".replacing(" 000", with: "\u{202F}000")
        for (page, parts) in [
            (statement, ["1 223 567.89", "+1 234 567.89", "-11 000.00", "1 500.00"]),
            (storyPage, ["1 234 567.89", "12 000.00"]), (audit.html, ["1 223 567.89", "1 234 567.89", "-11 000.00"]),
        ] {
            for part in parts {
                #expect(page.contains(part.replacing(" ", with: "\u{202F}")), "\(part) is missing")
            }
            #expect(page.firstMatch(of: /[0-9]{4}\.[0-9]{2}[^0-9]/) == nil, "an amount without groups")
        }
        #expect(statement.contains(partly) && storyPage.contains(partly))
        // What programs and terminals get is as it was.
        let plain = try #require(try RequestStory(of: "b1", player: player, in: files))
        let texts = [try plain.json().text, plain.lines(files).joined(), audit.json.text, audit.lines.joined()]
        for text in texts { #expect(!text.contains("\u{202F}")) }
        #expect(plain.lines(files).joined().contains("11000.00 of 12000.00 BRL"))
    }

    private func storyPage(of id: String, in ledger: AuditedLedger, proven: Bool) throws -> String {
        let files = try ledger.files
        let story = try #require(
            try RequestStory(
                of: id, player: Player("<b>&p", of: "evian"), in: files, provenBy: proven ? Prover(files) : nil))
        return try StoryPage.html(story, of: files, directory: ledger.path)
    }

    /// The name of SVG is an address; nothing is fetched from it.
    private static func fetchesNothing(_ html: String) -> Bool {
        !html.replacing("http://www.w3.org/2000/svg", with: "").contains("http")
    }

    private static func unescaped(_ html: String) -> String {
        html.replacing("&quot;", with: "\"").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
    }
}
