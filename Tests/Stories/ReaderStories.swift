import Foundation
import Testing
import WalletModel

@Suite("Reading beside a running apply")
struct ReaderStories {
    private func workplace(lanes: Int) throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "1")
        return work
    }

    @Test("events --follow shows what a running apply does, as it comes", arguments: [1, 3])
    func follow(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        let owner = try work.start("apply", work.ledger)
        owner.write(Lines.credit("p0", 1, "d0"))
        #expect(try owner.readLine() != nil)
        let follower = try work.start("events", work.ledger, "--follow")
        let late = try work.start("events", work.ledger, "--follow", "--from", "11", "--limit", "3")
        for number in 0..<40 {
            if number > 0 {
                owner.write(Lines.credit("p\(number)", number, "d\(number)"))
                #expect(try owner.readLine() != nil)
            }
            let row = try JSONValue(parsing: try #require(try follower.readLine()))
            #expect(row["position"] == .integer(Int64(number + 1)))
            #expect(row["request_id"] == .string("d\(number)"))
        }
        #expect(try late.readLines().compactMap { try JSONValue(parsing: $0)["position"]?.integer } == [11, 12, 13])
        #expect(try late.wait() == .exited(0))
        owner.closeInput()
        #expect(try owner.wait() == .exited(0))
        #expect(follower.errors == "")
    }

    @Test("events --follow ends when its reader goes away, also where nothing comes any more")
    func followerWithoutReader() throws {
        let work = try workplace(lanes: 1)
        try work.done("apply", work.ledger, input: Lines.credit("p0", 1, "d0"))
        let follower = try work.start("events", work.ledger, "--follow")
        #expect(try follower.readLine() != nil)
        follower.closeOutput()
        #expect(try follower.wait() == .exited(1))
        #expect(follower.errors == "")
    }

    @Test("never meets half a transfer, nor damage that is none", arguments: [1, 3])
    func consistent(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        try work.done("apply", work.ledger, input: (0..<30).map { Lines.credit("p\($0)", 1_000, "open") }.joined())
        let transfers = (0..<1_500).map { number in
            #"{"op":"transfer","tenant":"evian","player":"p\#(number % 30)","request_id":"t\#(number)","asset":"BRL","#
                + #""amount":1,"to":"p\#((number * 7 + 1) % 30)"}"# + "\n"
        }
        let owner = try work.start("apply", work.ledger, input: transfers.joined())
        var answered = 0
        while try owner.readLine() != nil {
            answered += 1
            if answered % 500 != 1 { continue }
            let totals = try work.done("replay", work.ledger).value()
            #expect(totals["assets"]?["BRL"] == ["balance": 30_000, "held": 0])
            let report = try work.holdfast("verify", work.ledger)
            #expect(report.status == .exited(0), "\(report.output)\(report.errors)")
            let rows = try work.done("events", work.ledger).values()
            #expect(rows.reduce(0) { $0 + ($1["balance_delta"]?.integer ?? 0) } == 30_000)
            #expect(try work.done("balance", work.ledger, "evian", "p1").value()["player"] == "p1")
            #expect(try work.done("history", work.ledger, "evian", "p1", "--limit", "1").lines.count == 1)
            #expect(try work.done("stats", work.ledger, "--json").value()["players"] == 30)
        }
        #expect(answered == 1_500)
        #expect(try owner.wait() == .exited(0))
    }

    @Test("events into head ends without a word")
    func head() throws {
        let work = try workplace(lanes: 1)
        // Far more than a pipe holds.
        try work.done("apply", work.ledger, input: Lines.credits(0..<3_000))
        let piped = try work.shell(#""$HOLDFAST" events "$LEDGER" | head -n 3"#)
        #expect(piped.status == .exited(0))
        #expect(try piped.values().compactMap { $0["position"]?.integer } == [1, 2, 3])
        #expect(piped.errors == "")
        let child = try work.start("events", work.ledger, input: "")
        #expect(try child.readLine() != nil)
        child.closeOutput()
        #expect(try child.wait() == .exited(1), "what it had to say did not all arrive")
        #expect(child.errors == "")
    }
}
