import Holdfast
import HoldfastAudit
import HoldfastLog
import HoldfastText

struct AuditVerb: Verb {
    static let manual = Manual(
        name: "audit", summary: "Checks a ledger against everything there is, and writes the whole report.",
        description: """
            Everything that verify checks; with --tables, --archive and --backup also every difference between them \
            and the log; what players have, what moved and when, and the roots and chain heads that vouch for it. \
            --html writes it as one page that needs nothing else. Exit 1 if anything is wrong. Changes nothing.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: ComparisonOptions.options + [
            .text("html", "FILE", "writes the report as a page"),
            .flag("json", "one JSON object instead of text"),
        ],
        example: "holdfast audit ledger --tables tables --archive archive --html audit.html")

    private let directory: String
    private let plan: ComparisonPlan
    private let html: String?
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        plan = ComparisonOptions.plan(values)
        html = values.textIfGiven("html")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let page = try html.map { path in try OutputFile(path) }
        let lines = Locked<[String: Progress]>([:])
        let audit = try LedgerAudit(directory, against: plan, at: SystemClock().now()) { what, done in
            lines.with { lines in
                if lines[what] == nil { lines[what] = Progress.onStandardError(what, unit: .things("events")) }
                lines[what]?.update(done: done)
            }
        }
        for line in lines.with({ $0 }).values { line.finish() }
        LogBeginning.say("audit", audit.firstPosition, "; what moved is counted from there on")
        try page?.write(audit.html)
        if asJSON { try Output.print(audit.json) } else { try Output.print(audit.lines) }
        return audit.isGood ? .done : .failed
    }
}
