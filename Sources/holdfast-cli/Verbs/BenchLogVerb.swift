import Holdfast
import HoldfastBench
import HoldfastLog
import HoldfastText

struct BenchLogVerb: Verb {
    static let manual = Manual(
        name: "bench log", summary: "Measures the event log on this machine.",
        description: """
            Durable appends in bulk and one by one, commit latency at set rates, reading and recovery. The log is \
            made in DIR, which must be missing or empty, and is left there. Durable means synced.
            """,
        options: [
            .text("dir", "DIR", "where the log is made", default: "bench-log"),
            .integer("events", "N", 1000...Int.max, "events in bulk", default: 10_000_000),
            .integer("streams", "N", 1...1 << 28, "streams that they go to", default: 100_000),
            .integer("runs", "N", 1...99, "runs of each; medians are printed", default: 3),
            .integer("seconds", "N", 1...3600, "length of each timed run", default: 3),
            .choice("only", of: LogBench.Plan.Part.self, "one part instead of all"),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench log --dir /var/tmp/bench-log")

    private let values: ParsedOptions

    init(_ values: ParsedOptions) throws(UsageError) { self.values = values }

    func run() async throws -> ExitCode {
        let plan = LogBench.Plan(
            directory: values.text("dir"), events: values.integer("events"), streams: values.integer("streams"),
            seconds: Double(values.integer("seconds")), runs: values.integer("runs"),
            only: values.choiceIfGiven("only", as: LogBench.Plan.Part.self))
        try await Report.print(LogBench(plan).run(), asJSON: values.flag("json"))
        return .done
    }
}
