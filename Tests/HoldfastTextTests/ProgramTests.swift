import Testing

@testable import HoldfastText

private struct InitVerb: Verb {
    static let manual = Manual(
        name: "init",
        summary: "Creates an empty ledger.",
        description: """
            The directory must not exist, or be empty. The number of lanes is fixed from then on, since it decides in which
            lane of the log a player's events stand.

            Assets of ISO 4217 are known already.
            """,
        arguments: [.required("DIR", "where the ledger will live")],
        options: [
            .integer("lanes", "N", 1...64, "how many writers work side by side", default: 4),
            .pairs(
                "asset", "NAME=EXPONENT",
                "declares an asset that is not built in, with the number of decimals between its minor unit and itself"),
        ],
        example: "holdfast init ledger --lanes 8 --asset SKU=0")

    let lanes: Int

    init(_ values: ParsedOptions) throws(UsageError) {
        lanes = values.integer("lanes")
        for (name, value) in values.pairs("asset") where Int(value) == nil {
            throw UsageError("--asset \(name)=\(value): the exponent is a whole number")
        }
    }

    func run() async throws -> ExitCode { lanes == 13 ? .failed : .done }
}

private struct BalanceVerb: Verb {
    static let manual = Manual(
        name: "balance", summary: "Prints a player's balances.",
        arguments: [
            .required("DIR", "the ledger's directory"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's name within it"),
        ],
        options: [
            .time("as-of", "as it was at that time"),
            .integer("at-seq", "N", 1...Int.max, "as it was after that event"),
            .choice("format", ["json", "table"], "how to print it", default: "json"),
            .flag("deep", "checks it as well"),
        ],
        exclusive: [["as-of", "at-seq"]],
        example: "holdfast balance ledger evian p1",
        exitCodes: [.init(.done, "done"), .init(.failed, "there is no such player"), .init(.usage, "wrong usage")])

    init(_ values: ParsedOptions) throws(UsageError) {}
    func run() async throws -> ExitCode { .done }
}

private struct SyncVerb: Verb {
    static let manual = Manual(
        name: "tables sync", summary: "Projects the log into tables.",
        arguments: [.required("DIR", "the ledger's directory")],
        example: "holdfast tables sync ledger")

    init(_ values: ParsedOptions) throws(UsageError) {}
    func run() async throws -> ExitCode { .done }
}

private struct CheckVerb: Verb {
    static let manual = Manual(
        name: "tables check", summary: "Compares tables with the log.", usage: ["DIR INTO", "--check FILE"],
        example: "holdfast tables check ledger tables")

    init(_ values: ParsedOptions) throws(UsageError) {}
    func run() async throws -> ExitCode { .done }
}

@Suite("Program")
struct ProgramTests {
    private let program = Program(
        name: "holdfast", summary: "An event-sourced wallet ledger.", version: "1.2.3",
        groups: [
            VerbGroup("ledger", [InitVerb.self, BalanceVerb.self]),
            VerbGroup("tables", [SyncVerb.self, CheckVerb.self]),
        ])

    private func printed(_ words: String..., columns: Int = 80) throws(UsageError) -> String? {
        guard case .print(let text) = try program.request(words, columns: columns) else { return nil }
        return text
    }

    @Test("the help of a verb at 80 columns")
    func verbHelp() throws {
        let expected = """
            Creates an empty ledger.

            usage: holdfast init DIR [--lanes N] [--asset NAME=EXPONENT]…

            The directory must not exist, or be empty. The number of lanes is fixed from
            then on, since it decides in which lane of the log a player's events stand.

            Assets of ISO 4217 are known already.

            arguments:
              DIR  where the ledger will live

            options:
              --lanes N              how many writers work side by side (1 to 64; default 4)
              --asset NAME=EXPONENT  declares an asset that is not built in, with the number
                                     of decimals between its minor unit and itself (may be
                                     repeated)
              -h, --help             prints this help

            example:
              holdfast init ledger --lanes 8 --asset SKU=0

            exit codes:
              0  done
              1  the command failed
              2  wrong usage

            """
        #expect(try printed("init", "--help") == expected)
        #expect(try printed("init", "ledger", "--lanes", "-h") == expected)
        #expect(try printed("help", "init") == expected)
    }

    @Test("usage lines wrap between their pieces, and exclusive options stand together")
    func usageLine() throws {
        let help = try #require(try printed("balance", "--help"))
        let usage = help.split(separator: "\n").dropFirst().prefix(3)
        #expect(
            Array(usage) == [
                "usage: holdfast balance DIR TENANT PLAYER [--as-of TIME | --at-seq N]",
                "                        [--format json|table] [--deep]", "arguments:",
            ])
        #expect(help.contains("  --as-of TIME         as it was at that time (RFC 3339 or milliseconds)\n"))
        #expect(help.contains("  --format json|table  how to print it (default json)\n"))
        #expect(help.contains("  1  there is no such player\n"))
    }

    @Test("a verb may write its own usage forms")
    func ownUsage() throws {
        let help = try #require(try printed("tables", "check", "--help"))
        #expect(
            help.contains(
                "usage: holdfast tables check DIR INTO\n       holdfast tables check --check FILE\n"))
    }

    @Test("no line of any help is wider than the terminal, nor than 100", arguments: [80, 90, 100, 250])
    func widths(columns: Int) throws {
        for name in ["init", "balance", "tables sync", "tables check"] {
            let words = name.split(separator: " ").map(String.init) + ["--help"]
            guard case .print(let text) = try program.request(words, columns: columns) else { return }
            for line in text.split(separator: "\n") {
                #expect(line.count <= min(columns, 100), "\(line)")
                #expect(line.last != " ")
            }
        }
    }

    @Test("the list of verbs by group")
    func programHelp() throws {
        let expected = """
            An event-sourced wallet ledger.

            usage: holdfast VERB [ARGUMENT]… [OPTION]…

            ledger:
              init          Creates an empty ledger.
              balance       Prints a player's balances.

            tables:
              tables sync   Projects the log into tables.
              tables check  Compares tables with the log.

            holdfast VERB --help tells all about one verb; holdfast --version prints the version.

            """
        #expect(try printed("--help", columns: 100) == expected)
        #expect(try printed("-h", columns: 100) == expected)
        #expect(try printed("help", columns: 100) == expected)
    }

    @Test("a family of verbs has a help of its own")
    func familyHelp() throws {
        let expected = """
            usage: holdfast tables VERB [ARGUMENT]… [OPTION]…

            verbs:
              tables sync   Projects the log into tables.
              tables check  Compares tables with the log.

            holdfast tables VERB --help tells all about one verb.

            """
        #expect(try printed("tables", "--help") == expected)
        #expect(try printed("help", "tables") == expected)
    }

    @Test("the version")
    func version() throws {
        #expect(try printed("--version") == "holdfast 1.2.3\n")
    }

    @Test("a verb of one word or two is found and gets its values")
    func found() async throws {
        guard case .run(let verb, "init") = try program.request(["init", "ledger", "--lanes", "13"]) else {
            Issue.record("expected the verb")
            return
        }
        #expect(try await verb.run() == .failed)
        guard case .run(let sync, "tables sync") = try program.request(["tables", "sync", "ledger"]) else {
            Issue.record("expected the verb")
            return
        }
        #expect(sync is SyncVerb)
    }

    @Test(
        "what can't be understood is answered with what was probably meant",
        arguments: [
            ([], "a verb is missing; holdfast --help lists them", nil),
            (["inti"], "unknown verb “inti”; did you mean init?", nil),
            (["frobnicate"], "unknown verb “frobnicate”", nil),
            (["table", "sync"], "unknown verb “table”; did you mean tables sync?", nil),
            (["tabels"], "unknown verb “tabels”; did you mean tables?", nil),
            (["tables"], "a verb is missing after tables", "tables"),
            (["tables", "snyc"], "unknown verb “tables snyc”; did you mean tables sync?", "tables"),
            (["help", "blance"], "unknown verb “blance”; did you mean balance?", nil),
            (["--json", "init"], "unknown option --json; a verb comes first: holdfast VERB --json", nil),
            (["init"], "DIR is missing: where the ledger will live", "init"),
            (["init", "x", "--asset", "SKU=many"], "--asset SKU=many: the exponent is a whole number", "init"),
        ] as [([String], String, String?)])
    func mistakes(words: [String], message: String, verb: String?) {
        #expect(throws: UsageError(message, verb: verb)) { try program.request(words) }
    }

    @Test("errors name the command, and usage errors the way to its help")
    func messages() {
        #expect(
            program.usageText(UsageError("DIR is missing: where the ledger will live", verb: "init"))
                == "holdfast init: DIR is missing: where the ledger will live\nTry “holdfast init --help”.\n")
        #expect(program.usageText(UsageError("no")) == "holdfast: no\nTry “holdfast --help”.\n")
        #expect(
            program.errorText(SystemError(call: "open", code: 2), verb: "seal")
                == "holdfast seal: open: No such file or directory (errno 2)\n")
    }
}

@Suite("Text in columns")
struct TextLayoutTests {
    @Test("words wrap, paragraphs stay apart, a word too wide stands alone")
    func wrap() {
        #expect(TextLayout.wrap("one two three", width: 7) == ["one two", "three"])
        #expect(TextLayout.wrap("a\nb\n\n\nc d", width: 80) == ["a b", "", "c d"])
        #expect(TextLayout.wrap("a wonderfully b", width: 5) == ["a", "wonderfully", "b"])
        #expect(TextLayout.wrap("", width: 5) == [])
    }

    @Test("a term too wide for its column has a line of its own")
    func table() {
        let rows = [(term: "a", text: "first"), (term: "much-too-long-for-that", text: "second")]
        #expect(
            TextLayout.table(rows, width: 30) == [
                "  a           first", "  much-too-long-for-that", "              second",
            ])
    }
}
