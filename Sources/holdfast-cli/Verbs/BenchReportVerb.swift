import HoldfastBench
import HoldfastText

struct BenchReportVerb: Verb {
    static let manual = Manual(
        name: "bench report", summary: "Draws results of benchmarks as one page.",
        description: """
            Throughput and memory over time, latency by percentile, and several runs side by side, as one HTML file \
            without scripts or anything from elsewhere: to be mailed, printed, or kept with a release. FILES are what \
            the other subcommands print with --json.
            """,
        arguments: [.repeated("FILE", "results, as --json printed them")],
        options: [.text("html", "OUT", "the page", required: true)],
        example: "holdfast bench day --json > monday.json\nholdfast bench report monday.json --html monday.html")

    private let files: [String]
    private let output: String

    init(_ values: ParsedOptions) throws(UsageError) {
        files = values.texts("FILE")
        output = values.text("html")
    }

    func run() async throws -> ExitCode {
        let page = try OutputFile(output)
        let runs = try files.map { path throws(BenchFileError) in try BenchFile(path: path) }
        try page.write(BenchPage.html(runs, version: HoldfastCommand.version))
        return .done
    }
}
