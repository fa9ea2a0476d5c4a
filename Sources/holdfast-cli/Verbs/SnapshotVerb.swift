import Holdfast
import HoldfastLog
import HoldfastText

struct SnapshotVerb: Verb {
    static let manual = Manual(
        name: "snapshot", summary: "Writes a snapshot of all wallets.",
        description: "The next opening reads only what comes after it. The log stays whole: a snapshot is a shortcut.",
        arguments: [.required("DIR", "the ledger's directory")], example: "holdfast snapshot ledger")

    private let directory: String

    init(_ values: ParsedOptions) throws(UsageError) { directory = values.text("DIR") }

    func run() async throws -> ExitCode {
        // A clock that stands still: to take a snapshot must not end holds or let requests grow old.
        let ledger = try Ledger.open(at: directory, on: RealDisk(), clock: GivenClock(), drive: .threads)
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
