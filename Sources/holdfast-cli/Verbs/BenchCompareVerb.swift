import HoldfastBench
import HoldfastText

struct BenchCompareVerb: Verb {
    static let manual = Manual(
        name: "bench compare", summary: "Says what changed between runs, and whether it is more than noise.",
        description: """
            BEFORE and AFTER are results as --json printed them: one file, several parted by commas, or a directory \
            of them. Medians and spreads are compared, and the odds that luck alone made the difference. Four runs a \
            side or more can tell; of fewer the verdict says how little they prove.
            """,
        arguments: [
            .required("BEFORE", "a file, several parted by commas, or a directory"),
            .required("AFTER", "the same"),
        ],
        options: [
            .integer("fail-above", "PERCENT", 0...100, "exit 1 where anything got worse by more, beyond luck"),
            .flag("json", "one JSON object instead of text"),
        ],
        example: "holdfast bench compare old/ new/ --fail-above 5",
        exitCodes: [
            .init(.done, "done"), .init(.failed, "the command failed, or something got worse (--fail-above)"),
            .init(.usage, "wrong usage"),
        ])

    private let before: String
    private let after: String
    private let failAbove: Int?
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        before = values.text("BEFORE")
        after = values.text("AFTER")
        failAbove = values.integerIfGiven("fail-above")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let comparison = try BenchComparison(before: BenchFile.files(before), after: BenchFile.files(after))
        if asJSON { try Output.print(comparison.json) } else { try Output.print(comparison.text) }
        guard let failAbove else { return .done }
        return comparison.isWorse(byMoreThan: Double(failAbove) / 100) ? .failed : .done
    }
}
