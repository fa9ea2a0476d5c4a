import HoldfastBench
import HoldfastText

/// Prints a benchmark's findings, as a table or as one JSON object.
enum Report {
    static func print(_ report: BenchReport, asJSON: Bool) throws {
        var output = BufferedWriter.standardOutput()
        if asJSON {
            try output.write(report.json(version: HoldfastCommand.version))
        } else {
            for line in report.lines { try output.writeLine(line) }
        }
        try output.flush()
    }
}
