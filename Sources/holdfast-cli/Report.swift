import HoldfastBench
import HoldfastText

/// Prints a benchmark's findings, as a table or as one JSON object.
enum Report {
    static func print(_ report: BenchReport, asJSON: Bool) throws {
        if asJSON {
            try Output.print(report.json(version: HoldfastCommand.version))
        } else {
            try Output.print(report.lines)
        }
    }
}
