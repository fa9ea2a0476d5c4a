import Foundation
import Testing
import WalletModel

@Suite("Wrong use and wrong places")
struct WrongUseStories {
    private static let verbs = [
        "init", "apply", "snapshot", "balance", "history", "events", "stats", "verify", "replay",
    ]
    /// What each verb needs besides the directory.
    private static func arguments(_ verb: String) -> [String] {
        ["balance", "history"].contains(verb) ? ["evian", "p1"] : []
    }

    @Test("every verb has help with an example", arguments: verbs + ["bench log", "bench wallet"])
    func help(verb: String) throws {
        let work = try Workplace()
        let words = verb.split(separator: " ").map(String.init)
        for flag in ["--help", "-h"] {
            let result = try work.holdfast(words + [flag])
            #expect(result.status == .exited(0))
            #expect(result.errors == "")
            #expect(result.output.contains("usage: holdfast \(verb)"))
            #expect(result.output.contains("example:\n  holdfast \(verb) "))
        }
        #expect(try work.done("--help").output.contains("  \(verb) "), "the list of verbs has it")
        #expect(try work.holdfast(["help"] + words).output == work.holdfast(words + ["--help"]).output)
    }

    @Test(
        "a slip is exit code 2, with what was meant",
        arguments: [
            (["balence", "ledger", "evian", "p1"], "did you mean balance?"),
            (["balance", "ledger", "evian", "p1", "--at-sek", "1"], "did you mean --at-seq?"),
            (["events", "ledger", "--folow"], "did you mean --follow?"),
            (["bench", "walet"], "did you mean bench wallet?"),
            (["apply", "ledger", "--clock", "gven"], "given"),
            (["apply", "ledger", "--batch", "0"], "from 1 to 65536"),
            (["apply", "ledger", "--batch", "many"], "whole number"), (["apply"], "DIR"),
            (["apply", "ledger", "another"], "another"), (["balance", "ledger", "evian"], "PLAYER"),
            (["balance", "ledger", "evian", "p1", "--as-of", "noon"], "noon"),
            (["balance", "ledger", "evian", "p1", "--as-of", "1", "--at-seq", "1"], "cannot be used together"),
            (["history", "ledger", "evian", "p1", "--limit"], "--limit"),
            (["history", "ledger", "evian", "p1", "--limit", "-1"], "--limit"),
            (["init", "ledger", "--lanes", "0"], "--lanes"), (["init", "ledger", "--asset", "gold=1"], "gold"),
            (["init", "ledger", "--asset", "GOLD"], "GOLD"), (["init", "ledger", "--asset", "GOLD=x"], "GOLD=x"),
            (["init", "ledger", "--asset", "GOLD=1", "--asset", "GOLD=2"], "twice"),
            (["init", "ledger", "--request-window", "1h"], "24 hours"), (["init", ""], "DIR is empty"),
            (["balance", "ledger", "evian", ""], "PLAYER is empty"), (["backup", "ledger", ""], "TARGET is empty"),
            ([], "holdfast --help"),
        ])
    func slips(words: [String], said: String) throws {
        let work = try Workplace()
        let result = try work.holdfast(words.map { $0 == "ledger" ? work.ledger : $0 })
        #expect(result.status == .exited(2))
        #expect(result.output == "")
        #expect(result.errors.contains(said), "\(result.errors)")
        #expect(result.errors.contains("--help"), "and where to read on")
        #expect(!FileManager.default.fileExists(atPath: work.ledger), "nothing was done")
    }

    @Test("a place without a ledger is exit code 1, named", arguments: verbs.filter { $0 != "init" })
    func noLedger(verb: String) throws {
        let work = try Workplace()
        try FileManager.default.createDirectory(atPath: work.path + "/empty", withIntermediateDirectories: false)
        try "text".write(toFile: work.path + "/file", atomically: false, encoding: .utf8)
        for (place, said) in [("missing", "no such directory"), ("empty", "manifest"), ("file", "it is a file")] {
            let result = try work.holdfast([verb, work.path + "/" + place] + Self.arguments(verb))
            #expect(result.status == .exited(1))
            #expect(result.output == "")
            #expect(result.errors.hasPrefix("holdfast \(verb): \(work.path)/\(place) "), "\(result.errors)")
            #expect(result.errors.contains(said), "\(result.errors)")
            let canBeMade = result.errors.contains("`holdfast init \(work.path)/\(place)`")
            #expect(canBeMade == (place != "file"), "\(result.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path + "/empty").isEmpty, "nothing was made")
    }

    @Test("where the directory around a new place is missing, it is named, with what to do")
    func missingParent() throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--segment-mib", "1")
        try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "d1"))
        try work.done("backup", work.ledger, work.path + "/copies")
        try work.done("tables", "sync", work.ledger, work.path + "/tables", "--shards", "1")
        let parent = work.path + "/missing"
        let place = parent + "/new"
        let player = ["--tenant", "evian", "--player", "p1"]
        for words in [
            ["init", place], ["tables", "sync", work.ledger, place], ["backup", work.ledger, place],
            ["archive", "run", work.ledger, work.path + "/tables", place], ["restore", work.path + "/copies", place],
            ["roots", work.ledger, "--into", place], ["replay", work.ledger, "--into", place],
            ["audit", work.ledger, "--html", place], ["explain", work.ledger, "evian", "p1", "--html", place],
            ["export", work.ledger, "--person", place] + player,
        ] {
            let result = try work.holdfast(words)
            #expect(result.status == .exited(1), "\(words)")
            #expect(result.errors.contains(place), "\(words): \(result.errors)")
            #expect(result.errors.contains("There is no directory \(parent): create it first"), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: parent), "\(words) made nothing")
        }
    }

    @Test("init leaves alone what is there")
    func initTwice() throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--segment-mib", "1")
        try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "d1"))
        let again = try work.holdfast("init", work.ledger)
        #expect(again.status == .exited(1))
        #expect(again.errors.contains("already holds a log"))
        #expect(try work.done("stats", work.ledger, "--json").value()["events"] == 1)
        let other = work.path + "/other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        try "mine".write(toFile: other + "/notes", atomically: false, encoding: .utf8)
        #expect(try work.holdfast("init", other).status == .exited(1))
        #expect(try FileManager.default.contentsOfDirectory(atPath: other) == ["notes"])
    }

    @Test("a player without events is exit code 1, named", arguments: ["balance", "history"])
    func unknownPlayer(verb: String) throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--segment-mib", "1")
        try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "d1"))
        for (tenant, player) in [("evian", "p2"), ("lotus", "p1"), ("Not a tenant", "p1")] {
            let result = try work.holdfast(verb, work.ledger, tenant, player)
            #expect(result.status == .exited(1))
            #expect(result.output == "")
            #expect(result.errors.contains("player \(player) of \(tenant) has no events"), "\(result.errors)")
        }
    }
}
