import Testing

@testable import HoldfastText

@Suite("Options")
struct OptionTests {
    enum Format: String, CaseIterable { case table, json, csv }

    private static let manual = Manual(
        name: "demo", summary: "Shows options.",
        arguments: [
            .required("DIR", "the ledger's directory", unless: "check"),
            .optional("SEQ", "a number in the player's log", .integer(1...Int.max)),
        ],
        options: [
            .flag("deep", "looks closer"),
            .integer("lanes", "N", 1...64, "writer lanes", default: 4),
            .integer("from", "N", Int.min...Int.max, "where to begin"),
            .choice("format", of: Format.self, "how to print", default: .table),
            .time("as-of", "as it was then"),
            .integer("at-seq", "N", 1...Int.max, "as it was there"),
            .duration("older-than", "age", default: "90d"),
            .pairs("asset", "NAME=EXPONENT", "declares an asset"),
            .text("tag", "TEXT", "marks it", repeats: true),
            .text("check", "FILE", "checks a file"),
        ],
        exclusive: [["as-of", "at-seq"]],
        example: "holdfast demo ledger")

    private func parse(_ words: String...) throws(UsageError) -> ParsedOptions {
        try OptionParser.parse(words, by: Self.manual)
    }

    private func message(_ words: String...) -> String? {
        do throws(UsageError) {
            _ = try OptionParser.parse(words, by: Self.manual)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("values are there in their types, with --flag value and --flag=value alike")
    func values() throws {
        let values = try parse(
            "--lanes", "8", "ledger", "--format=csv", "--deep", "7", "--as-of=2025-11-21T00:00:30Z", "--older-than",
            "24h",
            "--asset", "SKU=0", "--asset=GEM=2=x", "--tag", "a", "--tag=", "--from", "-5")
        #expect(values.text("DIR") == "ledger")
        #expect(values.integer("SEQ") == 7)
        #expect(values.integer("lanes") == 8)
        #expect(values.integer("from") == -5)
        #expect(values.choice("format", as: Format.self) == .csv)
        #expect(values.flag("deep"))
        #expect(values.milliseconds("as-of") == 1_763_683_230_000)
        #expect(values.milliseconds("older-than") == 86_400_000)
        #expect(values.pairs("asset").map { "\($0.name):\($0.value)" } == ["SKU:0", "GEM:2=x"])
        #expect(values.texts("tag") == ["a", ""])
        #expect(values.isGiven("lanes") && values.isGiven("DIR") && values.isGiven("deep"))
    }

    @Test("defaults stand in for what is not given; the rest is absent")
    func defaults() throws {
        let values = try parse("ledger")
        #expect(values.integer("lanes") == 4)
        #expect(!values.isGiven("lanes"))
        #expect(values.choice("format", as: Format.self) == .table)
        #expect(values.milliseconds("older-than") == 7_776_000_000)
        #expect(!values.flag("deep"))
        #expect(values.integerIfGiven("SEQ") == nil)
        #expect(values.millisecondsIfGiven("as-of") == nil)
        #expect(values.textIfGiven("check") == nil)
        #expect(values.choiceIfGiven("format", as: Format.self) == .table)
        #expect(values.pairs("asset").isEmpty && values.texts("tag").isEmpty)
    }

    @Test("after -- everything is an argument; a dash and a negative number are arguments anywhere")
    func places() throws {
        #expect(try parse("--", "--deep").text("DIR") == "--deep")
        #expect(try parse("--lanes", "2", "--", "-h").text("DIR") == "-h")
        #expect(try parse("-").text("DIR") == "-")
        #expect(message("ledger", "-3") == "SEQ -3: expected a whole number, 1 or more")
        #expect(OptionParser.asksForHelp(["ledger", "-h"]))
        #expect(!OptionParser.asksForHelp(["ledger", "--", "-h"]))
    }

    @Test(
        "mistakes are named, with the cure where there is one",
        arguments: [
            (["ledger", "--lane", "8"], "unknown option --lane; did you mean --lanes?"),
            (["ledger", "--alnes=8"], "unknown option --alnes; did you mean --lanes?"),
            (["ledger", "--older"], "unknown option --older; did you mean --older-than?"),
            (["ledger", "-deep"], "unknown option -deep; did you mean --deep?"),
            (["ledger", "--hepl"], "unknown option --hepl; did you mean --help?"),
            (["ledger", "--zzzzzz"], "unknown option --zzzzzz"),
            (["ledger", "--lanes"], "--lanes needs a value: --lanes N"),
            (
                ["ledger", "--tag", "--deep"],
                "--tag needs a value, not --deep; a value with dashes is written --tag=--deep"
            ),
            (["ledger", "--lanes", "0"], "--lanes 0: expected a whole number from 1 to 64"),
            (["ledger", "--lanes", "4.0"], "--lanes 4.0: expected a whole number from 1 to 64"),
            (["ledger", "--lanes="], "--lanes “”: expected a whole number from 1 to 64"),
            (["ledger", "--from", "+1"], "--from +1: expected a whole number"),
            (["ledger", "--lanes", "1", "--lanes", "2"], "--lanes is given twice"),
            (["ledger", "--deep", "--deep"], "--deep is given twice"),
            (["ledger", "--deep=yes"], "--deep is a flag and takes no value"),
            (["ledger", "--format", "jsn"], "--format jsn: expected table, json or csv; did you mean json?"),
            (["ledger", "--format", "xml"], "--format xml: expected table, json or csv"),
            (
                ["ledger", "--as-of", "2025-11-21"],
                "--as-of: “2025-11-21” is a day, not a time: write 2025-11-21T00:00:00Z for its beginning in UTC"
            ),
            (
                ["ledger", "--older-than", "90"],
                "--older-than: “90” has no unit: write 90s for seconds, or use ms, m, h or d"
            ),
            (["ledger", "--asset", "SKU"], "--asset SKU: expected a name, an equals sign and a value"),
            (["ledger", "--asset", "=3"], "--asset =3: expected a name, an equals sign and a value"),
            (["ledger", "--as-of", "0", "--at-seq", "1"], "--as-of and --at-seq cannot be used together"),
            ([], "DIR is missing: the ledger's directory"),
            ([""], "DIR is empty: the ledger's directory"),
            (["ledger", "1", "2"], "unexpected argument “2”"),
            (["ledger", "x"], "SEQ x: expected a whole number, 1 or more"),
        ] as [([String], String)])
    func mistakes(words: [String], expected: String) {
        #expect(throws: UsageError(expected)) { try OptionParser.parse(words, by: Self.manual) }
    }

    @Test("an argument may be left out where another option says so")
    func unless() throws {
        #expect(try parse("--check", "proof.json").textIfGiven("DIR") == nil)
    }

    @Test("a required option is asked for, and a repeated argument takes the rest of the line")
    func requiredAndRepeated() throws {
        let manual = Manual(
            name: "merge", summary: "Merges.",
            arguments: [.required("INTO", "the target"), .repeated("FILE", "what to merge")],
            options: [.integer("shards", "N", 1...256, "how many shards", required: true)], example: "holdfast merge")
        #expect(throws: UsageError("--shards N is missing: how many shards")) {
            try OptionParser.parse(["a", "b"], by: manual)
        }
        #expect(throws: UsageError("FILE is missing: what to merge")) {
            try OptionParser.parse(["a", "--shards", "2"], by: manual)
        }
        let values = try OptionParser.parse(["a", "b", "--shards", "2", "c"], by: manual)
        #expect(values.texts("FILE") == ["b", "c"])
        #expect(values.integer("shards") == 2)
    }

    @Test(
        "near names are found, far ones are not",
        arguments: [
            ("verfy", "verify"), ("evrify", "verify"), ("verifyy", "verify"), ("snap", "snapshot"),
            ("bakcup", "backup"),
            ("restor", "restore"), ("xyz", nil), ("s", nil), ("", nil),
        ] as [(String, String?)])
    func suggestions(word: String, expected: String?) {
        let names = ["verify", "snapshot", "seal", "stats", "serve", "backup", "restore"]
        #expect(Suggestions.nearest(to: word, among: names) == expected)
    }

    @Test("the distance counts slips: none, one of each kind, and it is the same both ways")
    func distance() {
        #expect(Suggestions.distance("lanes", "lanes") == 0)
        #expect(Suggestions.distance("", "lanes") == 5)
        for slip in ["lane", "lanees", "lines", "lnaes"] {
            #expect(Suggestions.distance("lanes", slip) == 1)
            #expect(Suggestions.distance(slip, "lanes") == 1)
        }
    }
}
