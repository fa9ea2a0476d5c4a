import Holdfast
import HoldfastText

struct SnapshotVerb: Verb {
    static let manual = Manual(
        name: "snapshot", summary: "Writes a snapshot of all wallets.",
        description: "The next opening reads only what comes after it. The log stays whole: a snapshot is a shortcut.",
        arguments: [.required("DIR", "the ledger's directory")], example: "holdfast snapshot ledger")

    private let directory: String

    init(_ values: ParsedOptions) throws(UsageError) { directory = values.text("DIR") }

    func run() async throws -> ExitCode {
        let ledger = try await Ledger.openExisting(at: directory)
        do {
            try await ledger.snapshot()
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
        return .done
    }
}
