import HoldfastAudit
import HoldfastText

/// The options with which the auditor's verbs name other records of the same events.
enum ComparisonOptions {
    static let options: [Manual.Option] = [
        .text("tables", "DIR", "also compares every row and balance of these SQL tables with the log"),
        .text("archive", "ROOT", "also compares every row of this archive with the log"),
        .text("backup", "DIR", "also checks this backup and compares its points with the log"),
    ]

    static func plan(_ values: ParsedOptions) -> ComparisonPlan {
        ComparisonPlan(
            tables: values.textIfGiven("tables"), archive: values.textIfGiven("archive"),
            backup: values.textIfGiven("backup"))
    }

    /// Compares, with a progress line for each record.
    static func run(_ plan: ComparisonPlan, _ directory: String) -> [Comparison] {
        var lines: [String: Progress] = [:]
        let results = plan.run(directory) { what, done in
            if lines[what] == nil {
                let unit = what == "backup" ? Progress.Unit.bytes : .things("events")
                lines[what] = Progress.onStandardError("comparing \(what)", unit: unit)
            }
            lines[what]?.update(done: done)
        }
        for line in lines.values { line.finish() }
        return results
    }
}
