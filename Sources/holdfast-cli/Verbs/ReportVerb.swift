import HoldfastTables
import HoldfastText

struct ReportVerb: Verb {
    static let manual = Manual(
        name: "report", summary: "Prints the business figures of sharded tables.",
        description: """
            GGR, NGR, RTP, deposits, withdrawals, ARPU and ARPPU per tenant, asset and day, week and month; different \
            players who were active; lifetime value, churn and retention. Rollbacks are netted out, and currencies \
            never mixed. Days are whole ones in UTC. docs/REPORTS.md defines each figure.

            json has amounts in minor units and ratios with six decimals. csv is one section, days unless --section \
            says another. May run beside tables sync.
            """,
        arguments: [.required("INTO", "the directory of the tables")],
        options: [
            .text("from", "TIME", "the first day: a day, RFC 3339 or milliseconds; the beginning if not given"),
            .text("to", "TIME", "the last day, or the moment at which it ends; the newest event if not given"),
            .text("tenant", "T", "only this tenant"),
            .choice("format", of: ReportFormat.self, "how to write it", default: .table),
            .choice("section", of: ReportSection.self, "only this section"),
        ],
        example: "holdfast report tables --from 2025-11-01 --to 2025-11-30 --tenant evian")

    private let into: String
    private let selection: ReportSelection
    private let format: ReportFormat
    private let section: ReportSection?

    init(_ values: ParsedOptions) throws(UsageError) {
        into = values.text("INTO")
        let days: DayRange
        let (from, to) = (values.textIfGiven("from"), values.textIfGiven("to"))
        do throws(TimeTextError) {
            days = try DayRange(from: from, to: to)
        } catch {
            // The first of the two is read first.
            throw UsageError("\(error.text == from ? "--from" : "--to"): \(error)")
        }
        if days.isEmpty { throw UsageError("--from is later than --to") }
        selection = ReportSelection(days: days, tenant: values.textIfGiven("tenant"))
        format = values.choice("format", as: ReportFormat.self)
        section = values.choiceIfGiven("section", as: ReportSection.self)
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("report", unit: .things("days of players"))
        let report = try TablesReport.read(into, selection) { progress.update(done: $0) }
        progress.finish()
        if report.deadLetters > 0 { warn(report.deadLetters) }
        let sections = section.map { [$0] } ?? ReportSection.allCases
        var output = BufferedWriter.standardOutput()
        switch format {
        case .table: for line in report.lines(sections) { try output.writeLine(line) }
        case .json: try output.write(report.json(sections))
        case .csv: try output.write(report.csv(section ?? .days).text)
        }
        try output.flush()
        return .done
    }

    private func warn(_ deadLetters: Int64) {
        Output.say(
            "report: \(deadLetters) event\(deadLetters == 1 ? " is" : "s are") among the dead letters and not in these "
                + "figures; `holdfast tables dead-letters` lists them")
    }
}
