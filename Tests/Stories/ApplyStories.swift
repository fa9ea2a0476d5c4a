import Foundation
import Testing
import WalletModel

@Suite("holdfast apply")
struct ApplyStories {
    private func workplace(lanes: Int = 1) throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "4")
        return work
    }

    @Test(
        "gives the answers of the naive model, whatever the lanes and the size of a group", arguments: [1, 3],
        [1, 7, 4096])
    func model(lanes: Int, batch: Int) throws {
        let work = try workplace(lanes: lanes)
        var commands = CommandGenerator(seed: UInt64(lanes * 10_000 + batch))
        var model = NaiveLedger()
        // Two runs: the second goes on where the first one stopped.
        for run in 0..<2 {
            // The last one is recorded at the latest time seen, so that the next run knows it too.
            let last = String(Lines.credit("p1", 1, "end of run \(run)").dropLast())
            let lines = (0..<400).map { _ in commands.next() } + [last]
            let answers = try work.done(
                "apply", work.ledger, "--clock", "given", "--batch", "\(batch)",
                input: lines.map { $0 + "\n" }.joined()
            ).values()
            try #require(answers.count == lines.count)
            for (line, answer) in zip(lines, answers) {
                let expected = model.apply(line: line)
                try #require(answer == expected, "\(line)\n got \(answer)\nwant \(expected)")
            }
        }
        #expect(try work.done("verify", work.ledger).value()["ok"] == true)
    }

    @Test("answers bad lines in their place and goes on", arguments: [1, 3])
    func badLines(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        let input =
            Lines.credit("p1", 1, "d1") + "\n" + "not json\n" + "{}\n" + Lines.credit("p2", 1, "d1")
            + String(repeating: "x", count: 100_000) + "\n" + "[1]\n"
            + Lines.credit("p1", 1, "d2").replacing("\n", with: "\r\n") + "{\"op\":\"fly\"}\n"
            + Lines.credit("p1", 1, "d3").replacing("}", with: #","extra":1}"#)
            + "{\"op\":\"unlock\",\"tenant\":\"evian\",\"player\":\"\u{7F}\",\"request_id\":\"u1\"}\n"
            // The last line has no line end.
            + Lines.credit("p3", 1, "d1").dropLast()
        let answers = try work.done("apply", work.ledger, input: input).values()
        let invalid: JSONValue = ["ok": false, "error": "invalid_request"]
        func invalidField(_ field: JSONValue) -> JSONValue {
            ["ok": false, "error": "invalid_request", "field": field]
        }
        let accepted = [0, 4, 7, 11].map { answers.indices.contains($0) ? answers[$0]["event"] : nil }
        #expect(accepted == ["credited", "credited", "credited", "credited"])
        #expect(Array(answers[1...3]) == [invalid, invalid, invalidField("op")])
        #expect(Array(answers[5...6]) == [invalid, invalid])
        #expect(Array(answers[8...10]) == [invalidField("op"), invalidField("extra"), invalidField("player")])
        #expect(answers.count == 12)
    }

    @Test("on a pipe answers a line at once, before the end of its input", arguments: [1, 3])
    func promptly(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        let child = try work.start("apply", work.ledger)
        for number in 1...20 {
            child.write(Lines.credit("p\(number % 3)", 1, "d\(number)"))
            let answer = try JSONValue(parsing: try #require(try child.readLine()))
            #expect(answer["event"] == "credited")
        }
        // Half a line is none, and must not hold up what came before it.
        let line = Lines.credit("p1", 1, "half")
        child.write(Lines.credit("p1", 1, "whole") + String(line.prefix(40)))
        #expect(try JSONValue(parsing: try #require(try child.readLine()))["ok"] == true)
        child.write(String(line.dropFirst(40)))
        #expect(try JSONValue(parsing: try #require(try child.readLine()))["ok"] == true)
        child.closeInput()
        #expect(try child.wait() == .exited(0))
        #expect(try child.readLine() == nil)
        #expect(child.errors == "")
    }

    @Test("takes no notice of a command's own time unless it is told to")
    func ownTime() throws {
        let work = try workplace()
        for (number, at) in ["5", "-1", "\"noon\""].enumerated() {
            let line = Lines.credit("p1", 1, "d\(number)").replacing("}", with: ",\"at\":\(at)}")
            #expect(try work.done("apply", work.ledger, input: line).value()["ok"] == true)
        }
        let rows = try work.done("history", work.ledger, "evian", "p1").values()
        #expect(rows.allSatisfy { ($0["created_at"]?.integer ?? 0) > 1_700_000_000_000 })
        let given = Lines.credit("p2", 1, "d1", at: -1)
        #expect(try work.done("apply", work.ledger, "--clock", "given", input: given).value()["field"] == "at")
    }

    @Test("with no input at all does nothing, and does it well")
    func empty() throws {
        let work = try workplace()
        #expect(try work.done("apply", work.ledger).output == "")
        #expect(try work.done("stats", work.ledger, "--json").value()["events"] == 0)
    }

    @Test("ends quietly when its reader goes away, and the next one works", arguments: [1, 3])
    func readerGoesAway(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        let input = Lines.credits(0..<8_000)
        let child = try work.start("apply", work.ledger, "--batch", "100", input: input)
        var answers: [JSONValue] = []
        for _ in 0..<50 { answers.append(try JSONValue(parsing: try #require(try child.readLine()))) }
        child.closeOutput()
        guard case .exited = try child.wait() else {
            Issue.record("it was ended by a signal")
            return
        }
        #expect(child.errors == "", "whoever went away knows it")
        let again = try work.done("apply", work.ledger, input: input).values()
        #expect(again.count == 8_000)
        for (first, second) in zip(answers, again) {
            #expect(second["duplicate"] == true && second["seq"] == first["seq"])
        }
        #expect(try work.done("stats", work.ledger, "--json").value()["events"] == 8_000)
        #expect(try work.done("verify", work.ledger).value()["ok"] == true)
    }

    @Test("killed in the middle has everything that it answered in the log, once", arguments: [1, 3])
    func killed(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        let count = 12_000
        let input = Lines.credits(0..<count)
        var answered = 0
        for stop in [1, 1_000, 4_000] {
            let child = try work.start("apply", work.ledger, "--batch", "200", input: input)
            var answers: [String] = []
            while answers.count < stop, let line = try child.readLine() { answers.append(line) }
            child.kill()
            answers += try child.readLines()
            #expect(try child.wait() == .signalled(9))
            try #require(answers.count >= stop && answers.count < count, "it was killed in the middle")
            answered = max(answered, answers.count)

            var seqs: [String: [Int64]] = [:]
            for row in try work.done("events", work.ledger).values() {
                seqs[try #require(row["request_id"]?.string), default: []].append(try #require(row["seq"]?.integer))
            }
            #expect(seqs.values.allSatisfy { $0.count == 1 }, "nothing is there twice")
            for (number, line) in answers.enumerated() {
                let answer = try JSONValue(parsing: line)
                #expect(seqs["d\(number)"]?.first == answer["seq"]?.integer, "answer \(number)")
            }
            #expect(try work.done("verify", work.ledger).value()["ok"] == true)
        }
        let again = try work.done("apply", work.ledger, input: input).values()
        #expect(again.count == count)
        #expect(again.allSatisfy { $0["ok"] == true })
        #expect(again.prefix(answered).allSatisfy { $0["duplicate"] == true })
        #expect(try work.done("stats", work.ledger, "--json").value()["events"] == .integer(Int64(count)))
    }

    @Test("refuses a ledger that another process owns, and leaves that one alone")
    func locked() throws {
        let work = try workplace()
        let owner = try work.start("apply", work.ledger)
        owner.write(Lines.credit("p1", 1, "d1"))
        #expect(try owner.readLine() != nil)
        for verb in ["apply", "snapshot"] {
            let second = try work.holdfast(verb, work.ledger)
            #expect(second.status == .exited(1))
            #expect(second.output == "")
            #expect(second.errors.contains(work.ledger) && second.errors.contains("in use by another process"))
        }
        owner.write(Lines.credit("p1", 1, "d2"))
        #expect(try JSONValue(parsing: try #require(try owner.readLine()))["seq"] == 2)
        owner.closeInput()
        #expect(try owner.wait() == .exited(0))
        try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "d3"))
    }
}
