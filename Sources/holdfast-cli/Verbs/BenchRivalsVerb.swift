import HoldfastBench
import HoldfastText

struct BenchRivalsVerb: Verb {
    static let manual = Manual(
        name: "bench rivals", summary: "Runs the same transactions through SQLite and PostgreSQL.",
        description: """
            Holdfast in bulk and one by one; SQLite in one database, batched and one by one; PostgreSQL 15 with a \
            stored procedure, from one client and from several, on a server that is made for the run, reached through \
            a private socket, and removed. All are durable before they answer, get the same transactions of \
            `bench day`, and are compared with the same books. What is not installed is skipped with a message. \
            Everything is made in DIR and in /tmp, and removed.
            """,
        options: [
            .text("dir", "DIR", "where ledger and databases are made; must not exist", default: "bench-rivals"),
            .integer("tx", "N", 1000...100_000_000, "transactions", default: 1_000_000),
            .integer("players", "N", 100...10_000_000, "players", default: 100_000),
            .integer("clients", "N", 2...128, "clients where there are several", default: 16),
            .integer("seconds", "N", 1...3600, "most seconds that a rival may take", default: 20),
            .integer("seed", "N", 0...Int.max, "seed of the transactions", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench rivals --dir /var/tmp/bench-rivals")

    private let plan: RivalsBench.Plan
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        plan = RivalsBench.Plan(
            directory: values.text("dir"), players: values.integer("players"), transactions: values.integer("tx"),
            clients: values.integer("clients"), seconds: Double(values.integer("seconds")),
            seed: UInt64(values.integer("seed")))
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let bench = RivalsBench(plan, dashboard: .onStandardError()) { message in
            var error = BufferedWriter.standardError()
            try? error.writeLine("bench rivals: \(message)")
            try? error.flush()
        }
        let report = try await bench.run()
        try Report.print(report, asJSON: asJSON)
        return report.isGood ? .done : .failed
    }
}
