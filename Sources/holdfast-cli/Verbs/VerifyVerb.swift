import HoldfastAudit
import HoldfastLog
import HoldfastText

struct VerifyVerb: Verb {
    static let manual = Manual(
        name: "verify", summary: "Reads the whole log and checks it.",
        description: """
            Checksums, hash chains, Merkle roots of sealed segments and their chain, positions, gaps in any player's \
            seq, the laws of the domain, every balance against an independent summation, and the newest snapshot \
            against a replay. Prints a JSON report; exit 1 and the place of each fault (file, offset, player, seq) \
            where there is one. Changes nothing.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .flag(
                "deep", "computes anew all that sealing computed: batch hashes, filters, statistics, the order of keys")
        ] + ComparisonOptions.options,
        example: "holdfast verify ledger")

    private let directory: String
    private let isDeep: Bool
    private let plan: ComparisonPlan

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        isDeep = values.flag("deep")
        plan = ComparisonOptions.plan(values)
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("verify", unit: .things("events"), total: nil)
        var report = try LedgerVerification.run(directory, deep: isDeep) { done, total in
            progress.setTotal(total)
            progress.update(done: done)
        }
        progress.finish()
        if !plan.isEmpty, !report.isLogReadable {
            Output.say("holdfast verify: the log can't be read whole, so nothing else was compared with it")
        } else if !plan.isEmpty {
            report.add(ComparisonOptions.run(plan, directory))
        }
        try Output.print(report.json)
        if let words = report.findings.followingWords { Output.say("holdfast verify: \(words)") }
        return report.isGood ? .done : .failed
    }
}
