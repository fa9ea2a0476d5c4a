import Holdfast
import HoldfastLog
import HoldfastText

struct ApplyVerb: Verb {
    enum Clock: String, CaseIterable { case given }

    static let manual = Manual(
        name: "apply", summary: "Applies commands from standard input and prints their answers.",
        description: """
            Reads one JSON command a line and writes one JSON answer a line, in the same order. Every answer printed \
            is durable. A line that is no command is answered invalid_request, and the run goes on. Commands are \
            committed in groups; when no more input is waiting, what is there is committed at once.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .choice("clock", of: Clock.self, "takes the time from each command's \"at\" instead of the system's clock"),
            .integer("batch", "N", 1...65_536, "commands in one group at most", default: 4_096),
        ],
        example: "holdfast apply ledger < commands.ndjson > answers.ndjson")

    private let directory: String
    private let clockIsGiven: Bool
    private let batch: Int

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        clockIsGiven = values.choiceIfGiven("clock", as: Clock.self) == .given
        batch = values.integer("batch")
    }

    func run() async throws -> ExitCode {
        let given = GivenClock()
        let ledger = try Ledger.open(
            at: directory, on: RealDisk(), clock: clockIsGiven ? given : SystemClock(), drive: .threads)
        do {
            var input = LineReader.standardInput()
            var output = BufferedWriter.standardOutput()
            try await CommandPipe(ledger, clock: clockIsGiven ? given : nil, groupMax: batch).run(&input, &output)
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
        return .done
    }
}
