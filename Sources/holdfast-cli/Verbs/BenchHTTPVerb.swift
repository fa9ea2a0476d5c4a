import HoldfastBench
import HoldfastLog
import HoldfastText

struct BenchHTTPVerb: Verb {
    static let manual = Manual(
        name: "bench http", summary: "Measures the HTTP service on this machine.",
        description: """
            A service and its clients in one process, over sockets: one client and --clients of them, each with a \
            connection that it keeps, authorise and confirm in turns, one command a request and in batches. Every \
            answer is durable and checked. What making and reading requests costs is part of it.
            """,
        options: [
            .text("dir", "DIR", "where the ledger is made", default: "bench-http"),
            .integer("clients", "N", 1...10_000, "clients at once", default: 64),
            .integer("batch", "N", 1...10_000, "commands a request; 1, 100 and 1000 if not given"),
            .integer("seconds", "N", 1...3600, "length of each run", default: 3),
            .integer("lanes", "N", 1...Limits.lanesMax, "lanes of the ledger", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench http --clients 256 --batch 1 --dir /var/tmp/bench-http")

    private let values: ParsedOptions

    init(_ values: ParsedOptions) throws(UsageError) { self.values = values }

    func run() async throws -> ExitCode {
        let plan = HTTPBench.Plan(
            directory: values.text("dir"), clients: values.integer("clients"), batch: values.integerIfGiven("batch"),
            seconds: Double(values.integer("seconds")), lanes: values.integer("lanes"))
        try await Report.print(HTTPBench(plan).run(), asJSON: values.flag("json"))
        return .done
    }
}
