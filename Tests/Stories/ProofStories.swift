import Foundation
import Testing
import WalletModel

@Suite("prove and roots")
struct ProofStories {
    private static let tools = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "tools").path()

    /// A ledger of two lanes whose segments of 1 MiB are full several times, over three days.
    private func workplace() throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "2", "--segment-mib", "1")
        var lines = (0..<24_000).map {
            Lines.credit("p\($0 % 9)", 7, "d\($0)", at: 1_763_683_200_000 + Int64($0) * 9_000)
        }
        lines.append(
            #"{"op":"exchange","tenant":"evian","player":"p1","request_id":"x","asset":"BRL","amount":50,"#
                + #""to_asset":"USD","rate":{"num":1,"den":5},"ref":"kiosk"}"# + "\n")
        lines.append(#"{"op":"lock","tenant":"evian","player":"p1","request_id":"l","reason":"asked"}"# + "\n")
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
        return work
    }

    private func write(_ text: String, to name: String, in work: Workplace) throws -> String {
        let path = work.path + "/" + name
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    /// Both checkers must say the same.
    private func check(
        _ proof: String, _ roots: String..., with tool: String = "check-proof", in work: Workplace
    ) throws -> Bool {
        var arguments = ["prove", "--check", proof]
        if let root = roots.first { arguments += ["--root", root] }
        if roots.count > 1 { arguments += ["--consistency", roots[1]] }
        let own = try work.holdfast(arguments)
        let other = try work.shell("python3 '\(Self.tools)/\(tool)' \(([proof] + roots).joined(separator: " "))")
        #expect(own.status == other.status, "\(own.errors)\(other.errors)")
        #expect(own.status == .exited(0) ? own.errors.isEmpty : own.errors.contains("does not hold"))
        return own.status == .exited(0)
    }

    @Test("an event is proven to both checkers, sealed off or still open, an exchange with both its rows")
    func inclusion() throws {
        let work = try workplace()
        let now = try write(work.done("roots", work.ledger).output, to: "now.json", in: work)
        for seq in [1, 1_300, 2_668, 2_669] {
            let made = try work.done("prove", work.ledger, "evian", "p1", "\(seq)")
            let proof = try write(made.output, to: "proof.json", in: work)
            #expect(try check(proof, in: work))
            #expect(try check(proof, now, in: work))
            // What it shows is what `history` shows.
            let rows = try work.done("history", work.ledger, "evian", "p1", "--from", "\(seq)", "--limit", "1").values()
            #expect(try made.value()["event"] == .array(rows))
        }
    }

    @Test("a proof that was tampered with is refused by both checkers, with a reason")
    func tampering() throws {
        let work = try workplace()
        let now = try write(work.done("roots", work.ledger).output, to: "now.json", in: work)
        let made = try work.done("prove", work.ledger, "evian", "p1", "3").output
        let changes = [
            (#""amount":7"#, #""amount":8"#), (#""seq":3"#, #""seq":4"#),
            (#""amount":7"#, #""amount":9000,"amount":7"#), (#""kind":"deposit""#, #""kind":"win""#),
            (#""balance_delta":7"#, #""balance_delta":700"#), (#""held_delta":0"#, #""held_delta":-7"#),
            (#""error":null"#, #""error":"player_locked""#), (#""ref":null"#, #""ref":null,"note":"paid twice""#),
            (#""balance_after":21"#, #""balance_after":22"#),
            (#""index":"#, #""index":1"#), (#""record":"#, #""record":"00"#),
            (#""player_id":"p1""#, #""player_id":"p2""#),
            (#""path":["#, #""path":["\#(String(repeating: "ab", count: 32))","#),
        ]
        for (old, new) in changes {
            let changed =
                old == #""record":"#
                ? made.replacingOccurrences(of: #""record":"1"#, with: #""record":"2"#)
                : made.replacingOccurrences(of: old, with: new)
            if changed == made {
                #expect(old == #""record":"#, "there is no \(old) to change")
                continue
            }
            let proof = try write(changed, to: "proof.json", in: work)
            #expect(try !check(proof, now, in: work), "\(old) became \(new)")
        }
        let proof = try write(made, to: "proof.json", in: work)
        #expect(try check(proof, now, in: work))
        // One event more, and the root of now is another; the proof still holds for the one it was made for.
        try work.done("apply", work.ledger, input: Lines.credits(0..<20_000))
        let later = try write(work.done("roots", work.ledger).output, to: "later.json", in: work)
        #expect(try !check(proof, later, in: work))
        let anew = try work.done("prove", work.ledger, "evian", "p1", "3", "--root", later).output
        #expect(try check(write(anew, to: "anew.json", in: work), later, in: work))
    }

    @Test("roots are published once, by segment and by day; each later log is proven to extend them")
    func publishing() throws {
        let work = try workplace()
        let folder = work.path + "/published"
        let first = try work.done("roots", work.ledger, "--into", folder).value()
        let names = try #require(first["written"]?.strings)
        #expect(names.contains("day-2025-11-21.json") && names.contains { $0.hasPrefix("segment-0") })
        try work.done("apply", work.ledger, input: Lines.credits(0..<20_000))
        let second = try work.done("roots", work.ledger, "--into", folder).value()
        #expect(second["unchanged"]?.integer == Int64(names.count))
        #expect(second["differing"] == .array([]))
        let now = try write(work.done("roots", work.ledger).output, to: "now.json", in: work)
        for name in names {
            let old = folder + "/" + name
            let made = try work.done("prove", work.ledger, "--consistency", old, "--root", now).output
            let proof = try write(made, to: "grew.json", in: work)
            #expect(try check(proof, now, old, with: "check-consistency", in: work))
            #expect(try !check(proof, old, now, with: "check-consistency", in: work))
            let spoilt = try write(
                made.replacingOccurrences(of: #""lane":1"#, with: #""lane":0"#), to: "bad.json", in: work)
            #expect(try made.contains(#""lane":1"#) == !check(spoilt, now, old, with: "check-consistency", in: work))
        }
        // A published file that says something else is reported and left alone.
        let victim = folder + "/day-2025-11-21.json"
        let text = try String(contentsOfFile: victim, encoding: .utf8)
        _ = try write(
            text.replacingOccurrences(of: #""position":"#, with: #""position":9"#), to: "published/day-2025-11-21.json",
            in: work)
        let third = try work.holdfast("roots", work.ledger, "--into", folder)
        #expect(third.status == .exited(1) && third.errors.contains("day-2025-11-21.json"))
    }

    @Test("one lane shown twice does not stand for the other, and a root file with two heads of a lane is none")
    func laneTwice() throws {
        let work = try workplace()
        let old = try write(work.done("roots", work.ledger).output, to: "old.json", in: work)
        try work.done("apply", work.ledger, input: Lines.credits(0..<500))
        let new = try write(work.done("roots", work.ledger).output, to: "new.json", in: work)
        let made = try work.done("prove", work.ledger, "--consistency", old).output
        #expect(try check(write(made, to: "grew.json", in: work), new, old, with: "check-consistency", in: work))
        let twice = """
            import json, sys
            data = json.load(open(sys.argv[1]))
            data["lanes"] = data["lanes"][:1] * 2
            print(json.dumps(data))
            """
        let script = try write(twice, to: "twice.py", in: work)
        let forged = work.path + "/forged.json"
        _ = try work.shell("python3 '\(script)' '\(work.path)/grew.json' > '\(forged)'")
        #expect(try !check(forged, new, old, with: "check-consistency", in: work))
        let proof = try write(work.done("prove", work.ledger, "evian", "p1", "3").output, to: "proof.json", in: work)
        let both = work.path + "/both.json"
        _ = try work.shell("python3 '\(script)' '\(new)' > '\(both)'")
        #expect(try work.holdfast("prove", "--check", proof, "--root", both).status == .exited(1))
        #expect(try work.shell("python3 '\(Self.tools)/check-proof' '\(proof)' '\(both)'").status == .exited(1))
    }

    @Test("wrong use is explained")
    func wrongUse() throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        try work.done("apply", work.ledger, input: Lines.credit("p1", 5, "d"))
        for arguments in [["prove", work.ledger], ["prove", work.ledger, "evian", "p1"], ["prove"]] {
            #expect(try work.holdfast(arguments).status == .exited(2))
        }
        #expect(try work.holdfast("prove", work.ledger, "--check", "x").status == .exited(2))
        for arguments in [
            ["prove", "--check", work.path + "/none"], ["prove", work.ledger, "evian", "nobody", "1"],
            ["prove", work.ledger, "evian", "p1", "999999"], ["roots", work.path + "/none"],
        ] {
            let result = try work.holdfast(arguments)
            #expect(result.status == .exited(1) && !result.errors.isEmpty && result.output.isEmpty)
        }
    }
}

extension JSONValue {
    fileprivate var strings: [String]? {
        guard case .array(let elements) = self else { return nil }
        return elements.compactMap { element in
            guard case .string(let text) = element else { return nil }
            return text
        }
    }
}
