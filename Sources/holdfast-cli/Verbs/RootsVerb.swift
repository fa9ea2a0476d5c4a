import Holdfast
import HoldfastLog
import HoldfastText

struct RootsVerb: Verb {
    static let manual = Manual(
        name: "roots", summary: "Prints the roots that proofs are checked against, or publishes them as files.",
        description: """
            Without --into one JSON object with the heads of all lanes as they are now. With it a file for each closed \
            segment and one for each UTC day that the log has gone beyond. A file that exists is compared, never \
            overwritten; where it says something else than the log the exit code is 1. May run beside the process \
            that owns the ledger.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [.text("into", "FOLDER", "writes the files that are not there yet")],
        example: "holdfast roots ledger --into published")

    private let directory: String
    private let into: String?

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        into = values.textIfGiven("into")
    }

    func run() async throws -> ExitCode {
        if let into { try OutputFile.checkFolder(into) }
        let files = try LedgerFiles(directory)
        let progress = Progress.onStandardError("roots", unit: .bytes)
        let prover = Prover(files) { progress.advance(by: $0) }
        guard let into else {
            let roots = try prover.rootsOfNow()
            progress.finish()
            try Output.print(roots.json)
            return .done
        }
        let report = try RootPublisher.publish(prover, into: into)
        progress.finish()
        try Output.print(Self.json(report))
        guard report.differing.isEmpty else {
            throw Failure(
                "\(report.differing.joined(separator: ", ")) in \(into): published before, and the log says something "
                    + "else now. It was changed since, or is another log; nothing was overwritten")
        }
        return .done
    }

    private static func json(_ report: RootPublisher) -> JSONWriter {
        JSONWriter.line { json in
            json.member("written", texts: report.written)
            json.member("unchanged", report.unchanged)
            json.member("differing", texts: report.differing)
        }
    }
}
